//! `[acme]` and `[metrics]`.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, time::Duration};

use wharf_acme::Challenge;

use super::{Folder, errors, now, told, with_head};

/// Errors of `text` below a head of three lines.
#[track_caller]
fn refused(text: &str, expected: &[&str]) {
    let errors = errors(&with_head(text));
    let causes: Vec<&str> = errors.lines().filter(|line| line.starts_with("wharfd.toml")).collect();
    assert_eq!(causes, expected, "{errors}");
}

#[test]
fn what_it_asks_for_is_what_is_written() {
    let folder = Folder::new();
    folder.certificate("ca", &["ca.example"]);
    let hook = folder.write("hook", "#!/bin/sh\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).unwrap();
    folder.write("eab", "Zm9v\n");
    let plan = folder.plan(&with_head(
        "[acme]\ndirectory = \"https://ca.example:14000/dir\"\ncontact = [\"mailto:a@example.org\"]\n\
        names = [\"ftp.example.org\", \"*.example.org\"]\naccept_terms = true\nchallenge = \"dns-01\"\nhook = \"hook\"\n\
        ca_file = \"ca/cert.pem\"\nexternal_account = \"kid\"\nexternal_account_key = \"eab\"\n\
        [metrics]\nfile = \"m.prom\"\ninterval = 30\n[anonymous]\n",
    ));
    let acme = plan.upkeep.acme.unwrap();
    assert_eq!(acme.directory, "https://ca.example:14000/dir");
    assert_eq!(acme.contact, ["mailto:a@example.org"]);
    assert_eq!(acme.names, ["ftp.example.org", "*.example.org"]);
    assert_eq!(acme.challenge, Challenge::Dns01 { hook });
    assert_eq!(acme.ca_file, Some(folder.path().join("ca/cert.pem")));
    assert_eq!(acme.external_account.as_ref().unwrap().key, b"foo");
    assert!(!format!("{acme:?}").contains("foo") && !format!("{acme:?}").contains("102, 111"));
    assert_eq!(acme.state, folder.path().join("state/acme"));
    let metrics = plan.upkeep.metrics.unwrap();
    assert_eq!((metrics.file, metrics.interval), (folder.path().join("m.prom"), Duration::from_secs(30)));
    let text = plan.summary.text();
    assert!(text.contains("self-signed") || text.contains("until ACME gives one"), "{text}");
    assert!(text.contains("ftp.example.org, *.example.org by dns-01"), "{text}");
    assert!(!folder.path().join("state").exists(), "a check makes nothing");
}

#[test]
fn names_are_those_of_hosts_that_have_no_certificate() {
    let folder = Folder::new();
    folder.certificate("own", &["own.example.org"]);
    let hosts = "[[host]]\nname = \"a.example.org\"\naliases = [\"b.example.org\"]\n\
        [[host]]\nname = \"own.example.org\"\ncertificate = \"own/cert.pem\"\nkey = \"own/key.pem\"\n[anonymous]\n";
    let plan = folder.plan(&with_head(&format!("[acme]\naccept_terms = true\n{hosts}")));
    let acme = plan.upkeep.acme.unwrap();
    assert_eq!(acme.names, ["a.example.org", "b.example.org"]);
    assert_eq!(acme.challenge, Challenge::Http01 { listen: SocketAddr::from(([0, 0, 0, 0], 80)) });
    let names = "names = [\"a.example.org\"]";
    let plan = folder.plan(&with_head(&format!("[acme]\naccept_terms = true\n{names}\n{hosts}")));
    let said: Vec<_> = plan.warnings.iter().map(|warning| warning.text.as_str()).collect();
    assert_eq!(said, ["the certificate of [acme] will not prove the name b.example.org"]);
}

#[test]
fn its_names_are_hosts_from_the_start() {
    let folder = Folder::new();
    let text = "[acme]\naccept_terms = true\nchallenge = \"dns-01\"\nhook = \"hook\"\n\
        names = [\"*.example.org\", \"ftp.example.net\", \"A.example.com\"]\n\
        [[host]]\nname = \"a.example.com\"\n[anonymous]\n";
    let hook = folder.write("hook", "#!/bin/sh\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).unwrap();
    let plan = folder.plan(&with_head(text));
    let hosts = &plan.options.listeners[0].session.as_ref().unwrap().hosts;
    let names: Vec<&[String]> = hosts.iter().map(|host| &host.names[..]).collect();
    let [own, others] = names[..] else { panic!("{names:?}") };
    assert_eq!(own, ["a.example.com"]);
    assert!(others.contains(&"ftp.example.net".to_owned()), "{others:?}");
    assert_eq!(others.last().unwrap(), "*.example.org");
    assert!(!others.contains(&"A.example.com".to_owned()), "{others:?}");
    // What is shown meanwhile is not told to be what ACME gave.
    let held = plan.upkeep.live.all();
    assert!(held.iter().all(|held| held.placeholder && held.file().ends_with("certificate.pem")));
}

#[test]
fn metrics_that_nobody_reads_or_that_have_no_folder_are_warned_of() {
    let folder = Folder::new();
    let warnings = |file: &str| -> Vec<String> {
        let plan = folder.plan(&with_head(&format!("[metrics]\nfile = \"{file}\"\n[anonymous]\n")));
        let told = |text: &str| text.replace(&folder.path().display().to_string(), "DIR");
        plan.warnings
            .iter()
            .map(|warning| format!("{}: {}", warning.line.unwrap_or(0), told(&warning.text)))
            .collect()
    };
    assert!(warnings("m.prom").is_empty());
    assert_eq!(
        warnings("absent/m.txt"),
        [
            "5: the metrics file \"DIR/absent/m.txt\" does not end in .prom: node_exporter reads no other",
            "5: the folder of the metrics, \"DIR/absent\", is not there: none are written until it is",
        ]
    );
}

#[test]
fn a_root_without_a_certificate_is_named() {
    let folder = Folder::new();
    folder.certificate("ca", &["ca.example"]);
    let text =
        "[acme]\naccept_terms = true\nnames = [\"a.example.org\"]\nca_file = \"ca/key.pem\"\n[anonymous]\n";
    let said = told(&folder.plan_at(&with_head(text), now()).unwrap_err());
    assert!(said.starts_with("wharfd.toml, line 7: the ca_file "), "{said}");
    assert!(said.contains("/ca/key.pem cannot be used (no CERTIFICATE block)"), "{said}");
}

#[test]
fn contradictions_are_found() {
    let names = "names = [\"a.example.org\"]\n";
    let right = format!("[acme]\naccept_terms = true\n{names}");
    refused(
        "[acme]\n",
        &[
            "wharfd.toml, line 4: [acme] has no accept_terms, and the authority gives a certificate only to who accepts its terms",
            "wharfd.toml, line 4: [acme] has no names, and there is no [[host]] without a certificate that could give some",
        ],
    );
    refused(
        &format!("[acme]\naccept_terms = false\n{names}"),
        &["wharfd.toml, line 5: the authority gives no certificate to who does not accept its terms"],
    );
    refused(
        &format!("{right}challenge = \"dns-01\"\n"),
        &["wharfd.toml, line 7: challenge = \"dns-01\" without a hook"],
    );
    refused(
        &format!("{right}hook = \"h\"\n"),
        &["wharfd.toml, line 7: a hook, but the challenge is http-01"],
    );
    refused(
        &format!("{right}challenge = \"dns-01\"\nhook = \"h\"\nlisten = \"0.0.0.0:80\"\n"),
        &["wharfd.toml, line 9: listen, but the challenge is dns-01"],
    );
    refused(
        &format!("{right}challenge = \"dns-01\"\nhook = \"srv\"\n"),
        &["wharfd.toml, line 8: the hook \"DIR/srv\" is no program"],
    );
    refused(
        "[acme]\naccept_terms = true\nnames = [\"*.example.org\", \"127.0.0.1\", \"a b\"]\n",
        &[
            "wharfd.toml, line 6: \"a b\" is no host name",
            "wharfd.toml, line 6: \"*.example.org\" cannot be proved by http-01",
            "wharfd.toml, line 6: \"127.0.0.1\" is an address, and ACME is for names",
        ],
    );
    refused(
        &format!("{right}listen = \"0.0.0.0:2121\"\n"),
        &["wharfd.toml, line 7: 0.0.0.0:2121 is where the listener in line 3 listens"],
    );
    refused(
        &format!("{right}external_account = \"kid\"\n"),
        &["wharfd.toml, line 7: external_account without its key"],
    );
    refused(
        &format!("{right}directory = \"http://ca.example\"\ncontact = [\"a@example.org\"]\n"),
        &[
            "wharfd.toml, line 7: directory cannot be \"http://ca.example\"",
            "wharfd.toml, line 8: \"a@example.org\" is nothing that an authority can write to",
        ],
    );
    refused(
        &format!("[tls]\ncertificate = \"c\"\nkey = \"k\"\n{right}"),
        &[
            "wharfd.toml, line 7: no listener would show the certificate of [acme]: each has one of its own, or no TLS",
        ],
    );
    refused("[metrics]\n", &["wharfd.toml, line 4: [metrics] has no file"]);
}
