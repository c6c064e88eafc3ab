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
    let lists = loaded.client_trust.iter().flat_map(|trust| trust.revocation_lists());
    for list in lists {
        let Some(path) = &list.path else { continue };
        let line = model.client_certificates.crl.iter().find(|at| at.value == *path).map(|at| at.line);
        let what =
            format!("the list of revoked certificates {} ({})", shown(path), list.issuer.escape_debug());
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
