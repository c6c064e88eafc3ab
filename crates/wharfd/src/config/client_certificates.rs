//! `[client_certificates]`: whose certificates clients may show, and what they are good for.

use std::{path::Path, sync::Arc};

use wharf_server::{
    Authenticator, ByCertificate, CertificateLogin, CertificateMap, ClientCertificateRule, ClientTrust,
    Fingerprint,
};

use super::{
    document::Section,
    model::{At, Model, User},
    problem::{Problem, quoted},
    read::path,
    settings::Settings,
};
use crate::failure::shown;

const RULES: [(&str, ClientCertificateRule); 3] = [
    ("off", ClientCertificateRule::Off),
    ("optional", ClientCertificateRule::Optional),
    ("required", ClientCertificateRule::Required),
];
const MAPS: [(&str, CertificateMap); 5] = [
    ("none", CertificateMap::None),
    ("common-name", CertificateMap::CommonName),
    ("san-email", CertificateMap::SanEmail),
    ("san-dns", CertificateMap::SanDns),
    ("fingerprint", CertificateMap::Fingerprint),
];
const LOGINS: [(&str, CertificateLogin); 4] = [
    ("either", CertificateLogin::Either),
    ("certificate", CertificateLogin::Certificate),
    ("both", CertificateLogin::Both),
    ("password", CertificateLogin::Password),
];

/// `[client_certificates]`.
#[derive(Debug, Default)]
pub(super) struct ClientCertificates {
    /// The line of its head.
    pub(super) line: usize,
    pub(super) ask: Option<At<ClientCertificateRule>>,
    pub(super) ca: Option<At<std::path::PathBuf>>,
    pub(super) crl: Vec<At<std::path::PathBuf>>,
    pub(super) map: Option<At<CertificateMap>>,
    pub(super) login: Option<At<CertificateLogin>>,
}

impl ClientCertificates {
    pub(super) fn read(section: &Section<'_, '_>, folder: &Path) -> Self {
        let crl = section.texts("crl", "[\"clients.crl\"] (files with lists of revoked certificates)");
        Self {
            line: section.line,
            ask: rule(section, "ask"),
            ca: path(section, "ca", "\"clients-ca.pem\" (the authorities' certificates)", folder),
            crl: crl.into_iter().map(|At { line, value }| At { line, value: folder.join(value) }).collect(),
            map: section.word("map", &MAPS),
            login: login(section),
        }
    }

    /// Loads the files that are named; `None` where there are none.
    ///
    /// # Errors
    /// The one that cannot be used.
    pub(super) fn trust(&self) -> Result<Option<ClientTrust>, Problem> {
        let Some(ca) = &self.ca else { return Ok(None) };
        let lists: Vec<_> = self.crl.iter().map(|at| at.value.clone()).collect();
        ClientTrust::from_files(&ca.value, &lists).map(Some).map_err(|error| {
            let at = |path: &std::path::PathBuf| self.crl.iter().find(|at| at.value == *path);
            match error.path.as_ref().and_then(at) {
                Some(list) => Problem::at(
                    list.line,
                    format!("the list of revoked certificates {}: {}", shown(&list.value), error.cause),
                    "give one in PEM or DER, as its authority publishes it",
                ),
                None => Problem::at(
                    ca.line,
                    format!("the authorities in {}: {}", shown(&ca.value), error.cause),
                    "give the certificates of those who sign certificates of clients, in PEM",
                ),
            }
        })
    }
}

/// Whether a listener or a host asks for certificates.
pub(super) fn rule(section: &Section<'_, '_>, key: &str) -> Option<At<ClientCertificateRule>> {
    section.word(key, &RULES)
}

/// What an account needs to log in.
pub(super) fn login(section: &Section<'_, '_>) -> Option<At<CertificateLogin>> {
    section.word("login", &LOGINS)
}

/// A list of fingerprints.
pub(super) fn fingerprints(section: &Section<'_, '_>) -> Vec<At<Fingerprint>> {
    let mut certificates = Vec::new();
    for At { line, value } in section.texts("certificates", "[\"sha256:...\"]") {
        match value.parse() {
            Ok(value) => certificates.push(At { line, value }),
            Err(error) => section.document.report(Problem::at(
                line,
                format!("{} is no fingerprint: {error}", quoted(&value)),
                "write \"sha256:\" and 64 hexadecimal digits, as wharfd prints its own",
            )),
        }
    }
    certificates
}

impl Model {
    /// How a certificate names an account.
    pub(super) fn map(&self) -> CertificateMap {
        self.client_certificates.map.map_or(CertificateMap::None, |at| at.value)
    }

    /// What accounts need that say nothing themselves.
    pub(super) fn login(&self) -> CertificateLogin {
        self.client_certificates.login.map_or(CertificateLogin::Either, |at| at.value)
    }

    pub(super) fn login_of(&self, user: &User) -> CertificateLogin {
        user.login.map_or_else(|| self.login(), |at| at.value)
    }

    /// Whether clients are asked for certificates at a listener, by itself or for one of the hosts there.
    pub(super) fn asks_at(&self, listener: &Settings) -> bool {
        let off = ClientCertificateRule::Off;
        let of_host = |host: &super::model::Host| host.client_certificates.is_some_and(|at| at.value != off);
        listener.has_tls() && (listener.client_certificates.value != off || self.hosts.iter().any(of_host))
    }

    /// The accounts of `inner`, into which certificates log in or for which they are needed, where the file says so.
    pub(super) fn certified(&self, inner: Arc<dyn Authenticator>, users: &[User]) -> Arc<dyn Authenticator> {
        let said = users.iter().any(|user| user.login.is_some());
        if self.map() == CertificateMap::None && self.login() == CertificateLogin::Either && !said {
            return inner;
        }
        let mut judge = ByCertificate::new(inner, self.map(), self.login());
        for user in users {
            if let Some(At { value: login, .. }) = user.login {
                judge.set_login(user.name.value.as_bytes(), login);
            }
            for At { value, .. } in &user.certificates {
                judge.list(user.name.value.as_bytes(), *value.as_bytes());
            }
        }
        Arc::new(judge)
    }
}

/// What cannot be meant.
pub(super) fn contradictions(model: &Model, listeners: &[Settings], problems: &mut Vec<Problem>) {
    let section = &model.client_certificates;
    let mut add = |problem: Problem| {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    let of_hosts = model.hosts.iter().filter_map(|host| host.client_certificates);
    let of_listeners = listeners.iter().filter_map(|listener| {
        let said = listener.client_certificates;
        Some(At { line: said.line?, value: said.value })
    });
    let asking: Vec<_> = of_listeners
        .chain(section.ask)
        .chain(of_hosts)
        .filter(|at| at.value != ClientCertificateRule::Off)
        .collect();
    if section.ca.is_none() {
        for at in &asking {
            add(Problem::at(
                at.line,
                format!("certificates of clients are {}, but nothing says whose", at.value),
                "write ca = \"clients-ca.pem\" in [client_certificates], the certificates of those who sign them",
            ));
        }
        if let Some(list) = section.crl.first() {
            add(Problem::at(list.line, "crl without ca", "write ca in the same section"));
        }
    }
    for listener in listeners {
        let said = listener.client_certificates;
        if said.value == ClientCertificateRule::Required && !listener.has_tls() {
            add(Problem::at(
                listener.address.line,
                format!(
                    "certificates of clients are required, but the listener {} has no TLS, so that nobody could log in",
                    listener.address.value
                ),
                "write client_certificates = \"off\" in that [[listener]], or take control = \"deny\" away",
            ));
        }
    }
    let asked = listeners.iter().any(|listener| model.asks_at(listener));
    let needs = model.users.iter().filter_map(|user| user.login).chain(section.login);
    for At { line, value } in needs {
        let word = match value {
            CertificateLogin::Either | CertificateLogin::Password => continue,
            CertificateLogin::Certificate => "certificate",
            CertificateLogin::Both => "both",
        };
        let (why, cure) = if !asked {
            ("no listener asks for certificates", "write ask = \"optional\" in [client_certificates]")
        } else if model.map() == CertificateMap::None {
            (
                "no certificate names an account",
                "write map = \"common-name\" or another way in [client_certificates]",
            )
        } else {
            continue;
        };
        add(Problem::at(line, format!("login = \"{word}\" lets nobody in: {why}"), cure));
    }
    for user in &model.users {
        if let (Some(first), false) = (user.certificates.first(), model.map() == CertificateMap::Fingerprint)
        {
            add(Problem::at(
                first.line,
                format!("the certificates of the user {} count for nothing", quoted(&user.name.value)),
                "write map = \"fingerprint\" in [client_certificates], or remove them",
            ));
        }
    }
}
