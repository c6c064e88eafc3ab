//! What is printed of a file that is fine.

use std::{fmt::Write as _, net::SocketAddr};

use wharf_server::{ClientCertificateRule, Strength, TlsRule, TlsVersion};

use super::{
    load::{Loaded, Shown},
    model::Model,
    settings::Settings,
};
use crate::failure::shown;

/// The lines, without passwords or hashes.
#[derive(Debug)]
pub(crate) struct Summary {
    /// The directory that is served, ready to be shown.
    pub(crate) root: String,
    listeners: Vec<(SocketAddr, &'static str, String)>,
    rest: String,
}

impl Summary {
    pub(super) fn of(model: &Model, listeners: &[Settings], loaded: &Loaded) -> Self {
        let mut rest = String::new();
        let mut certificates: Vec<String> = Vec::new();
        for certificate in loaded.certificates.iter().flatten() {
            let text = certificate_text(certificate);
            if !certificates.contains(&text) {
                line(&mut rest, "certificate", &text);
                certificates.push(text);
            }
        }
        for ((host, own), accounts) in model.hosts.iter().zip(&loaded.hosts).zip(&loaded.accounts.hosts) {
            let names: Vec<&str> = host.names().map(|name| name.value.as_str()).collect();
            let own = own.as_ref().map_or_else(String::new, |own| format!("; {}", certificate_text(own)));
            let root = host.root.as_ref().map(|at| format!("; root {}", at.value.escape_debug()));
            let accounts = accounts.as_ref().map(|own| format!("; {}", own.count()));
            let asks = host.client_certificates.map(|at| format!("; client certificates {}", at.value));
            let more = [root, accounts, asks].into_iter().flatten().collect::<String>();
            let rule = rule_text(host.rule.tls());
            line(&mut rest, "host", &format!("{}{rule}{more}{own}", names.join(", ")));
        }
        if let Some(trust) = &loaded.client_trust {
            let text = format!(
                "authorities: {}, lists of revoked ones: {}",
                trust.authorities(),
                trust.revocation_lists().len()
            );
            line(&mut rest, "client certs", &text);
        }
        for network in &model.networks {
            let text = format!("{}{}", network.cidr.value, rule_text(network.rule.tls()));
            line(&mut rest, "network", &text);
        }
        if let Some(section) = &model.server_to_server {
            let tls = match section.certificates.len() {
                0 => "without SSCN and CPSV".to_owned(),
                count => format!("with TLS towards {count} pinned certificates"),
            };
            line(&mut rest, "other servers", &tls);
        }
        if let Some(audit) = &model.audit {
            line(&mut rest, "audit log", &shown(&audit.file.value));
        }
        let anonymous = if loaded.accounts.anonymous.is_some() { ", and anonymous may read" } else { "" };
        line(&mut rest, "accounts", &format!("{}{anonymous}", loaded.accounts.known.len()));
        let root = model.root.as_ref().map_or_else(String::new, |root| {
            shown(&std::path::absolute(&root.value).unwrap_or_else(|_| root.value.clone()))
        });
        Self { root, listeners: listeners.iter().map(listener).collect(), rest }
    }

    /// The lines, each ended by a newline, with the addresses of the file.
    pub(crate) fn text(&self) -> String {
        self.text_at(&self.listeners.iter().map(|(address, _, _)| *address).collect::<Vec<_>>())
    }

    /// The same with the addresses that were bound, in the order of the file.
    pub(crate) fn text_at(&self, bound: &[SocketAddr]) -> String {
        let mut text = String::new();
        for ((_, kind, policy), address) in self.listeners.iter().zip(bound) {
            line(&mut text, kind, &format!("{address}  {policy}"));
        }
        text + &self.rest
    }
}

fn listener(settings: &Settings) -> (SocketAddr, &'static str, String) {
    let kind = match (settings.has_tls(), settings.implicit.value) {
        (false, _) => "FTP",
        (true, false) => "explicit FTPS",
        (true, true) => "implicit FTPS",
    };
    let mut policy = format!("control {}, data {}", settings.control.value, settings.data.value);
    if settings.has_tls() {
        let versions = match (settings.min_version.value, settings.max_version.value) {
            (TlsVersion::V1_2, TlsVersion::V1_2) => "1.2",
            (TlsVersion::V1_3, TlsVersion::V1_3 | TlsVersion::V1_2) => "1.3",
            (TlsVersion::V1_2, TlsVersion::V1_3) => "1.2 or 1.3",
        };
        let strength = match settings.min_strength {
            Strength::Bits128 => "128",
            Strength::Bits256 => "256",
        };
        _ = write!(policy, ", TLS {versions}, at least {strength} bits");
    }
    if settings.client_certificates.value != ClientCertificateRule::Off {
        _ = write!(policy, ", client certificates {}", settings.client_certificates.value);
    }
    _ = write!(policy, ", dialect {}", settings.dialect);
    if settings.report_only.value {
        policy.push_str(", report only");
    }
    (settings.address.value, kind, policy)
}

fn rule_text(rule: TlsRule) -> String {
    let control = rule.control.map(|control| format!("control {control}"));
    let data = rule.data.map(|data| format!("data {data}"));
    let said: Vec<String> = control.into_iter().chain(data).collect();
    if said.is_empty() { String::new() } else { format!("  {}", said.join(", ")) }
}

fn certificate_text(shown: &Shown) -> String {
    let certificate = &shown.certificate;
    if certificate.exists {
        format!("sha256:{} ({})", certificate.identity.fingerprint(), certificate.origin)
    } else {
        certificate.origin.clone()
    }
}

fn line(text: &mut String, label: &str, rest: &str) {
    _ = writeln!(text, "  {label:<14} {rest}");
}
