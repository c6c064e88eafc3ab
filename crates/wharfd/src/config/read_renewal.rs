//! `[acme]` and `[metrics]`, from keys to the model.

use std::{net::SocketAddr, path::Path};

use super::{
    document::Section,
    model::{Acme, Metrics, Proof},
    problem::{Problem, quoted},
    read::{is_host, path, span},
};

const PROOFS: [(&str, Proof); 2] = [("http-01", Proof::Http), ("dns-01", Proof::Dns)];

impl Acme {
    pub(super) fn read(section: &Section<'_, '_>, folder: &Path) -> Self {
        let contact = section.texts("contact", "[\"mailto:admin@example.org\"]");
        for contact in contact.iter().filter(|contact| !contact.value.starts_with("mailto:")) {
            let cause = format!("{} is nothing that an authority can write to", quoted(&contact.value));
            section.document.report(Problem::at(contact.line, cause, "write \"mailto:\" and an address"));
        }
        let names = section.texts("names", "[\"ftp.example.org\"]");
        for name in &names {
            if !is_host(name.value.strip_prefix("*.").unwrap_or(&name.value)) {
                let cause = format!("{} is no host name", quoted(&name.value));
                let cure = "write it in ASCII without a port, such as ftp.example.org or *.example.org";
                section.document.report(Problem::at(name.line, cause, cure));
            }
        }
        // Whoever could change an answer on its way would choose the account.
        let secure = |text: &str| text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
        let url = |text: &str| (secure(text) && !text.contains(char::is_whitespace)).then(|| text.to_owned());
        Self {
            line: section.line,
            directory: section.parsed(
                "directory",
                "\"https://acme-v02.api.letsencrypt.org/directory\" (a URL that begins with https)",
                url,
            ),
            contact,
            names,
            accept_terms: section.flag("accept_terms"),
            challenge: section.word("challenge", &PROOFS),
            listen: section.parsed("listen", "\"0.0.0.0:80\" (an IP address and a port)", |text| {
                text.parse::<SocketAddr>().ok()
            }),
            hook: path(section, "hook", "\"/etc/wharfd/dns-hook\" (a program)", folder),
            ca_file: path(section, "ca_file", "\"ca.pem\" (a file that holds a certificate)", folder),
            external_account: section.text("external_account", "\"kid-1\" (as the authority calls it)"),
            external_account_key: path(
                section,
                "external_account_key",
                "\"eab.key\" (a file that holds the key in base64url)",
                folder,
            ),
        }
    }
}

impl Metrics {
    pub(super) fn read(section: &Section<'_, '_>, folder: &Path) -> Self {
        const WRITE: &str = "\"/var/lib/prometheus/node-exporter/wharfd.prom\" (a file)";
        let file = path(section, "file", WRITE, folder);
        if file.is_none() {
            section.missing("file", WRITE);
        }
        Self { file, interval: span(section, "interval", "\"15s\"") }
    }
}
