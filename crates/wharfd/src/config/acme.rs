//! `[acme]`: what contradicts it, and what it asks for.

use std::{fs, net::IpAddr, os::unix::fs::PermissionsExt as _, path::Path};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wharf_acme::{AcmeOptions, Challenge, ExternalAccount};

use super::{
    model::{Acme, At, Model, Proof},
    problem::{Problem, quoted},
    settings::Settings,
};
use crate::{certificate, failure::shown};

/// The names that the certificate is for: those that are written, else those of the hosts without a certificate of their own.
pub(super) fn names(model: &Model, acme: &Acme) -> Vec<At<String>> {
    if !acme.names.is_empty() {
        return acme.names.clone();
    }
    let without = model.hosts.iter().filter(|host| host.pair.certificate.is_none());
    without.flat_map(|host| host.names()).cloned().collect()
}

/// Everything in the file that contradicts the section.
pub(super) fn contradictions(model: &Model, listeners: &[Settings], problems: &mut Vec<Problem>) {
    let Some(acme) = &model.acme else { return };
    let mut at = |line: usize, cause: String, cure: &str| problems.push(Problem::at(line, cause, cure));
    match acme.accept_terms {
        Some(At { value: true, .. }) => {}
        Some(At { line, value: false }) => at(
            line,
            "the authority gives no certificate to who does not accept its terms".to_owned(),
            "read them, and write accept_terms = true, or remove the section",
        ),
        None => at(
            acme.line,
            "[acme] has no accept_terms, and the authority gives a certificate only to who accepts its terms"
                .to_owned(),
            "read them, and write accept_terms = true",
        ),
    }
    if !listeners.iter().any(|listener| listener.has_tls() && listener.files.is_none()) {
        at(
            acme.line,
            "no listener would show the certificate of [acme]: each has one of its own, or no TLS".to_owned(),
            "remove certificate and key in [tls] or at a listener, or remove [acme]",
        );
    }
    let names = names(model, acme);
    if names.is_empty() {
        at(
            acme.line,
            "[acme] has no names, and there is no [[host]] without a certificate that could give some"
                .to_owned(),
            "write names = [\"ftp.example.org\"]",
        );
    }
    let proof = acme.challenge.map_or(Proof::Http, |at| at.value);
    for name in &names {
        if name.value.parse::<IpAddr>().is_ok() {
            at(
                name.line,
                format!("{} is an address, and ACME is for names", quoted(&name.value)),
                "write a host name",
            );
        } else if name.value.starts_with("*.") && proof == Proof::Http {
            at(
                name.line,
                format!("{} cannot be proved by http-01", quoted(&name.value)),
                "write challenge = \"dns-01\" and a hook",
            );
        }
    }
    match (proof, &acme.hook, &acme.listen) {
        (Proof::Dns, None, _) => at(
            acme.challenge.map_or(acme.line, |at| at.line),
            "challenge = \"dns-01\" without a hook".to_owned(),
            "write hook = \"/path/to/program\", which sets and removes the record",
        ),
        (Proof::Http, Some(hook), _) => at(
            hook.line,
            "a hook, but the challenge is http-01".to_owned(),
            "write challenge = \"dns-01\", or remove the hook",
        ),
        (Proof::Dns, Some(_), Some(listen)) => {
            at(listen.line, "listen, but the challenge is dns-01".to_owned(), "remove one of the two")
        }
        (Proof::Dns, Some(_), None) | (Proof::Http, None, _) => {}
    }
    match (&acme.external_account, &acme.external_account_key) {
        (Some(id), None) => at(
            id.line,
            "external_account without its key".to_owned(),
            "write external_account_key = \"FILE\", which holds what the authority gave",
        ),
        (None, Some(key)) => at(
            key.line,
            "external_account_key without the account".to_owned(),
            "write external_account = \"ID\", as the authority calls it",
        ),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

/// What the section asks for, with the files that it names looked at.
pub(super) fn options(model: &Model, acme: &Acme) -> Result<AcmeOptions, Problem> {
    let state = model.state_dir.as_ref().map(|at| at.value.clone()).or_else(certificate::state_dir);
    let Some(state) = state else {
        return Err(Problem::at(
            acme.line,
            "there is no home directory to keep the account and the certificate of [acme] in",
            "write state_dir",
        ));
    };
    let names = names(model, acme).into_iter().map(|name| name.value).collect();
    let mut options = AcmeOptions::new(state.join("acme"), names);
    options.accept_terms = acme.accept_terms.is_some_and(|at| at.value);
    options.contact = acme.contact.iter().map(|at| at.value.clone()).collect();
    if let Some(directory) = &acme.directory {
        options.directory.clone_from(&directory.value);
    }
    if let Some(listen) = acme.listen {
        options.challenge = Challenge::Http01 { listen: listen.value };
    }
    if let Some(hook) = &acme.hook {
        options.challenge = Challenge::Dns01 { hook: program(hook)? };
    }
    if let Some(At { line, value }) = &acme.ca_file {
        readable(*line, value)?;
        options.ca_file = Some(value.clone());
        options.check_root().map_err(|error| {
            Problem::at(*line, error.to_string(), "without ca_file, those count that the system trusts")
        })?;
    }
    if let (Some(id), Some(key)) = (&acme.external_account, &acme.external_account_key) {
        options.external_account = Some(ExternalAccount { id: id.value.clone(), key: secret(key)? });
    }
    Ok(options)
}

fn program(At { line, value }: &At<std::path::PathBuf>) -> Result<std::path::PathBuf, Problem> {
    let usable =
        fs::metadata(value).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    if usable {
        return Ok(value.clone());
    }
    let cause = format!("the hook {} is no program", shown(value));
    Err(Problem::at(*line, cause, "write the path of a file that may be run: chmod +x it"))
}

fn readable(line: usize, path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path).map_err(|error| {
        Problem::at(
            line,
            format!("{} cannot be read: {error}", shown(path)),
            "check its path and permissions",
        )
    })
}

/// The key of an external account: base64url, as authorities show it (RFC 8555 §7.3.4).
fn secret(At { line, value }: &At<std::path::PathBuf>) -> Result<Vec<u8>, Problem> {
    let bytes = readable(*line, value)?;
    let mode = fs::metadata(value).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o077 != 0 {
        let cause = format!("{} can be read by others (mode {:03o})", shown(value), mode & 0o777);
        return Err(Problem::at(*line, cause, "take that permission away: chmod 600 it"));
    }
    let key = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| URL_SAFE_NO_PAD.decode(text.trim().trim_end_matches('=')).ok());
    key.filter(|key| !key.is_empty()).ok_or_else(|| {
        let cause = format!("{} holds no key in base64url", shown(value));
        Problem::at(*line, cause, "write the HMAC key into it as the authority shows it")
    })
}
