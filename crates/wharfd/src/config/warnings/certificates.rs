//! Certificates that end soon, or that do not prove the names they are shown for.

use std::time::{Duration, SystemTime};

use super::{
    super::{
        acme,
        load::{Loaded, Purpose, Shown},
        model::{Acme, Model},
    },
    Warnings,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long before its end a certificate is worth a word.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

pub(super) fn find(
    model: &Model,
    loaded: &Loaded,
    (purpose, now): (Purpose, SystemTime),
    warnings: &mut Warnings,
) {
    let usual: Vec<&Shown> = loaded.certificates.iter().flatten().collect();
    for shown in usual.iter().copied().chain(loaded.hosts.iter().flatten()) {
        // A server that runs speaks of the end of its certificates by itself, as often as need be.
        if purpose == Purpose::Check {
            expiry(shown, now, warnings);
        }
    }
    if let Some(section) = &model.acme {
        unnamed(model, section, warnings);
    }
    for (host, own) in model.hosts.iter().zip(&loaded.hosts) {
        let shown = match own {
            Some(own) => vec![own],
            None => usual.clone(),
        };
        for name in host.names() {
            for shown in &shown {
                let proved = shown.certificate.identity.names();
                if !proved.iter().any(|proved| proves(proved, &name.value)) {
                    warnings.add(
                        name.line,
                        format!("the certificate {} does not prove the name {}", origin(shown), name.value),
                    );
                }
            }
        }
    }
}

/// Hosts that show the certificate of ACME, which is not for their names.
fn unnamed(model: &Model, section: &Acme, warnings: &mut Warnings) {
    let names = acme::names(model, section);
    for host in model.hosts.iter().filter(|host| host.pair.certificate.is_none()) {
        for name in host.names().filter(|name| !names.iter().any(|known| proves(&known.value, &name.value))) {
            let text = format!("the certificate of [acme] will not prove the name {}", name.value);
            warnings.add(name.line, text);
        }
    }
}

fn expiry(shown: &Shown, now: SystemTime, warnings: &mut Warnings) {
    let end = shown.certificate.identity.not_after();
    if shown.certificate.identity.not_before() > now {
        let text = format!(
            "the certificate {} is not valid yet: clients refuse it until then; check the clock of this machine",
            origin(shown)
        );
        return warnings.add(shown.line, text);
    }
    match end.duration_since(now) {
        Ok(left) if left > SOON => {}
        Ok(left) => {
            let days = left.as_secs() / DAY.as_secs();
            let unit = if days == 1 { "day" } else { "days" };
            warnings.add(shown.line, format!("the certificate {} ends in {days} {unit}", origin(shown)));
        }
        Err(_) => warnings.add(shown.line, format!("the certificate {} has expired", origin(shown))),
    }
}

fn origin(shown: &Shown) -> &str {
    &shown.certificate.origin
}

/// Whether a name of a certificate proves a host's: they are the same, or the first label is `*` (RFC 6125 §6.4.3).
fn proves(proved: &str, name: &str) -> bool {
    let rest = |name: &str| name.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    match proved.strip_prefix("*.") {
        Some(parent) => rest(name).is_some_and(|rest| rest == parent.to_ascii_lowercase()),
        None => proved.eq_ignore_ascii_case(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(proves("ftp.example.org", "FTP.example.org"));
        assert!(proves("*.example.org", "ftp.Example.org"));
        assert!(!proves("*.example.org", "example.org"));
        assert!(!proves("*.example.org", "a.b.example.org"));
        assert!(!proves("example.org", "ftp.example.org"));
    }
}
