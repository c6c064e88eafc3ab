//! Certificates that are exchanged under a server that runs.

use std::{fs, path::Path};

use wharf_server::Identity;

use crate::program::Running;

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
