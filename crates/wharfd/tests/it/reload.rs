//! Certificates that are exchanged under a server that runs.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use wharf_server::Identity;

use crate::{
    program::{Running, talk},
    watch::await_file,
};

/// Makes a certificate for `names` as `DIR/cert.pem` and `DIR/key.pem`, and gives its fingerprint.
fn certificate(dir: &Path, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    // What is there already is kept.
    let _ = fs::remove_dir_all(dir);
    let (identity, _) = Identity::load_or_create(dir, &names).unwrap();
    format!("sha256:{}", identity.fingerprint())
}

#[test]
fn a_hangup_or_a_new_file_brings_a_new_certificate() {
    let home = tempfile::tempdir().unwrap();
    let live = home.path().join("live");
    let first = certificate(&live, &["localhost"]);
    let mut server = Running::start(
        home.path(),
        &["srv", "--listen", "127.0.0.1:0", "--cert", "live/cert.pem", "--key", "live/key.pem"],
    );
    assert_eq!(server.fingerprint(), first);
    // Asked by a signal.
    let second = certificate(&live, &["localhost", "second.example"]);
    server.signal("HUP");
    let line = server.await_log("now in use");
    assert!(line.contains(&second) && line.contains("second.example"), "{line}");
    // Asked again, and nothing is new.
    server.signal("HUP");
    server.await_log("unchanged");
    // A key that belongs to another certificate changes nothing, and says so.
    let other = home.path().join("other");
    let third = certificate(&other, &["third.example"]);
    fs::copy(other.join("key.pem"), live.join("key.pem")).unwrap();
    server.signal("HUP");
    let line = server.await_log("does not belong to the first certificate");
    assert!(line.contains("stays in use"), "{line}");
    // Its counterpart follows, and is seen without a signal.
    fs::copy(other.join("cert.pem"), live.join("cert.pem")).unwrap();
    let line = server.await_log("now in use");
    assert!(line.contains(&third), "{line}");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn each_host_is_read_by_itself() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("srv")).unwrap();
    certificate(&home.path().join("usual"), &["localhost"]);
    certificate(&home.path().join("shop"), &["shop.example"]);
    let path = home.path().join("wharfd.toml");
    let text = "root = \"srv\"\n[tls]\ncertificate = \"usual/cert.pem\"\nkey = \"usual/key.pem\"\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\n[anonymous]\n\
        [[host]]\nname = \"shop.example\"\ncertificate = \"shop/cert.pem\"\nkey = \"shop/key.pem\"\n";
    fs::write(&path, text).unwrap();
    let mut server = Running::configured(home.path(), &[]);
    fs::write(home.path().join("usual/cert.pem"), "nothing").unwrap();
    let renewed = certificate(&home.path().join("shop"), &["shop.example"]);
    server.signal("HUP");
    let line = server.await_log("now in use");
    assert!(line.contains(&renewed), "{line}");
    server.await_log("holds no usable certificate");
}

/// A configuration below `home`, with these sections and nobody to log in but anonymous.
fn configured(home: &Path, sections: &str) -> Running {
    configure(home, sections);
    Running::configured(home, &[])
}

fn configure(home: &Path, sections: &str) {
    fs::create_dir_all(home.join("srv")).unwrap();
    let text = format!(
        "root = \"srv\"\nstate_dir = \"state\"\n[tls]\ncontrol = \"allow\"\n\
        [[listener]]\naddress = \"127.0.0.1:0\"\n[anonymous]\n{sections}"
    );
    let path = home.join("wharfd.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn without_an_authority_the_server_serves_and_waits_longer_and_longer() {
    let home = tempfile::tempdir().unwrap();
    // Nobody listens at this port.
    let section = "[acme]\ndirectory = \"https://127.0.0.1:1/dir\"\naccept_terms = true\n\
        names = [\"ftp.example.org\"]\nlisten = \"127.0.0.1:0\"\n";
    let mut server = configured(home.path(), section);
    assert!(server.line("certificate").ends_with("until ACME gives one)"), "{}", server.printed);
    assert!(server.line("ACME").starts_with("ftp.example.org by http-01"), "{}", server.printed);
    server.await_log("signed by itself");
    let line = server.await_log("no new certificate");
    assert!(line.contains("the next attempt is in"), "{line}");
    // A signal has it tried sooner, and not at once.
    server.signal("HUP");
    server.await_log("asked to try again");
    assert!(talk(server.address("explicit FTPS"), &[b"AUTH TLS"])[1].starts_with("234"));
    server.end();
    // Another start asks nobody before the pause is over.
    let mut server = configured(home.path(), section);
    let line = server.await_log("the last attempt failed");
    assert!(line.contains("failures=1"), "{line}");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("no new certificate"), "{log}");
    let folder = home.path().join("state/acme/127.0.0.1-1-dir");
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn figures_are_written() {
    let home = tempfile::tempdir().unwrap();
    configure(home.path(), "[metrics]\nfile = \"m.prom\"\ninterval = 1\n");
    // It is there for another user's program.
    let server = Running::configured_in_private(home.path());
    let address = server.address("explicit FTPS");
    talk(address, &[b"USER anonymous", b"PASS x", b"QUIT"]);
    talk(address, &[b"USER nobody", b"PASS x", b"QUIT"]);
    let path = home.path().join("m.prom");
    // It is written before anybody logged in, too.
    let text = await_file(&path, |text| text.contains("wharfd_logins_total{outcome=\"ok\"} 1\n"));
    assert!(text.contains("wharfd_sessions_total "), "{text}");
    let line = text.lines().find(|line| line.starts_with("wharfd_certificate_not_after_seconds{")).unwrap();
    assert!(line.contains("state/cert.pem") && line.contains("name=\"127.0.0.1\""), "{line}");
    assert!(line.rsplit(' ').next().unwrap().parse::<u64>().unwrap() > 1_700_000_000, "{line}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
}
