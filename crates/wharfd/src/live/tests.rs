//! What is taken into use, and what is not.

use std::{fs, path::Path};

use wharf_server::ServerTlsOptions;

use super::*;

/// A certificate that is valid in these years, and its key, as the files of `dir`.
fn write(dir: &Path, from: i32, to: i32) {
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(dir.join("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
}

fn of(dir: &Path) -> Certificate {
    Certificate::given(&dir.join("cert.pem"), &dir.join("key.pem")).unwrap()
}

#[test]
fn only_what_is_valid_now_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 2020, 4000);
    let certificate = of(dir.path());
    let mut live = Live::default();
    let slot = live.slot(&certificate);
    assert_eq!(live.slot(&of(dir.path())), slot, "the same files are one certificate");
    let tls = ServerTls::new(ServerTlsOptions::new(certificate.identity.clone())).unwrap();
    live.show(&tls, slot, Vec::new());
    let shown = || live.all()[0].identity.fingerprint();
    let first = shown();
    assert_eq!(live.read(slot), Ok(Reloaded::Same));

    write(dir.path(), 2019, 2020);
    assert!(live.read(slot).unwrap_err().contains("expired"));
    write(dir.path(), 3000, 4000);
    assert!(live.read(slot).unwrap_err().contains("not valid yet"));
    fs::remove_file(dir.path().join("key.pem")).unwrap();
    assert!(live.read(slot).unwrap_err().contains("key.pem"));
    assert_eq!(shown(), first);

    write(dir.path(), 2021, 4000);
    assert!(matches!(live.read(slot), Ok(Reloaded::New(_))));
    assert_ne!(shown(), first);
}

#[test]
fn a_certificate_that_was_not_given_yet_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), 2020, 4000);
    let mut certificate = of(dir.path());
    certificate.files = (dir.path().join("later.pem"), dir.path().join("later.pem"));
    certificate.renewed = true;
    let mut live = Live::default();
    let slot = live.slot(&certificate);
    assert_eq!(live.read(slot), Ok(Reloaded::Same));
    write(dir.path(), 2021, 4000);
    let both =
        [fs::read(dir.path().join("key.pem")).unwrap(), fs::read(dir.path().join("cert.pem")).unwrap()];
    fs::write(dir.path().join("later.pem"), both.concat()).unwrap();
    assert!(matches!(live.read(slot), Ok(Reloaded::New(_))));
}
