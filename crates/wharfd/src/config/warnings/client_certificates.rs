//! Certificates of clients that are of no use, and lists of revoked ones that have ended.

use std::time::{Duration, SystemTime};

use wharf_server::{CertificateLogin, CertificateMap, ClientCertificateRule};

use super::{
    super::{
        load::{Loaded, Purpose},
        model::Model,
        problem::quoted,
        settings::Settings,
    },
    Warnings,
};
use crate::failure::shown;

/// How long before its end a list is worth a word. Many are made anew each day.
const SOON: Duration = Duration::from_secs(6 * 60 * 60);
/// How many days before its end an authority is.
const SOON_DAYS: u64 = 30;

pub(super) fn find(
    model: &Model,
    listeners: &[Settings],
    loaded: &Loaded,
    (purpose, now): (Purpose, SystemTime),
    warnings: &mut Warnings,
) {
    let section = &model.client_certificates;
    // A server that runs speaks of the end of its lists by itself, as often as need be.
    if purpose == Purpose::Check {
        lists(model, loaded, now, warnings);
        authorities(model, loaded, now, warnings);
    }
    let asked = listeners.iter().any(|listener| model.asks_at(listener));
    if let (Some(ca), false) = (&section.ca, asked) {
        warnings.add(ca.line, "no listener asks for certificates of clients");
    }
    let required = listeners
        .iter()
        .map(|listener| listener.client_certificates.value)
        .chain(model.hosts.iter().filter_map(|host| host.client_certificates.map(|at| at.value)))
        .any(|rule| rule == ClientCertificateRule::Required);
    if asked && !required && model.map() == CertificateMap::None {
        warnings.add(
            section.ask.map_or(section.line, |at| at.line),
            "certificates of clients are optional and name no account: who shows one gains nothing; write map",
        );
    }
    if model.map() == CertificateMap::Fingerprint
        && model.users.iter().all(|user| user.certificates.is_empty())
    {
        warnings.add(
            section.map.map(|at| at.line),
            "map = \"fingerprint\", but no [[user]] has certificates: no certificate logs in",
        );
    }
    for user in &model.users {
        let logs_in = match model.login_of(user) {
            CertificateLogin::Either | CertificateLogin::Certificate => {
                asked && model.map() != CertificateMap::None
            }
            CertificateLogin::Both | CertificateLogin::Password => false,
        };
        if let Some(hash) = user.hash.as_ref().filter(|hash| hash.value == "*" && !logs_in) {
            let name = quoted(&user.name.value);
            warnings.add(hash.line, format!("the user {name} has no password, and no certificate logs in"));
        }
    }
}

fn lists(model: &Model, loaded: &Loaded, now: SystemTime, warnings: &mut Warnings) {
    let Some(trust) = &loaded.client_trust else { return };
    for list in trust.revocation_lists().iter().filter(|list| !list.superseded) {
        let Some(path) = &list.path else { continue };
        let line = model.client_certificates.crl.iter().find(|at| at.value == *path).map(|at| at.line);
        let what =
            format!("the list of revoked certificates {} ({})", shown(path), list.issuer.escape_debug());
        let named = trust.authority_list().iter().any(|authority| authority.name == list.issuer);
        if list.signed_by.is_none() && named {
            warnings.add(
                line,
                format!(
                    "{what} counts for nothing: the key of no authority of that name in ca has signed it"
                ),
            );
            continue;
        }
        match list.next_update.map(|end| end.duration_since(now)) {
            Some(Err(_)) => warnings.add(
                line,
                format!(
                    "{what} has expired: certificates of that issuer are refused until there is a new one"
                ),
            ),
            Some(Ok(left)) if left < SOON => {
                warnings.add(line, format!("{what} expires in less than {} hours", SOON.as_secs() / 3600));
            }
            Some(Ok(_)) | None => {}
        }
    }
}

/// Authorities that are over, and those that no list tells of where there are lists at all.
fn authorities(model: &Model, loaded: &Loaded, now: SystemTime, warnings: &mut Warnings) {
    let (Some(trust), Some(ca)) = (&loaded.client_trust, &model.client_certificates.ca) else { return };
    for authority in trust.authority_list().iter().filter(|authority| !authority.superseded) {
        let what = format!("the authority {} in {}", authority.name.escape_debug(), shown(&ca.value));
        let refused = "the certificates that it has signed are refused";
        if authority.not_before > now {
            warnings.add(ca.line, format!("{what} is not valid yet: {refused}"));
            continue;
        }
        match authority.not_after.duration_since(now).map(|left| left.as_secs() / (24 * 60 * 60)) {
            Err(_) => {
                warnings.add(ca.line, format!("{what} has expired: {refused}"));
                continue;
            }
            Ok(days) if days < SOON_DAYS => {
                let unit = if days == 1 { "day" } else { "days" };
                warnings.add(ca.line, format!("{what} ends in {days} {unit}: {refused} then"));
            }
            Ok(_) => {}
        }
        if !authority.has_list && !trust.revocation_lists().is_empty() {
            warnings.add(
                ca.line,
                format!("{what} has signed none of the lists in crl: {refused} until there is one"),
            );
        }
    }
}
