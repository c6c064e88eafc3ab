//! Certificates: kept, private, and refused with a reason.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use wharf_transport::{ClientTrust, Identity, IdentityError, Origin, PeerTls, Trust};

fn names() -> Vec<String> {
    vec!["ftp.example.org".to_owned(), "192.0.2.7".to_owned(), "2001:db8::7".to_owned()]
}

#[test]
fn is_kept_between_runs_and_private() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state/tls");
    let (first, origin) = Identity::load_or_create(&dir, &names()).unwrap();
    assert_eq!(origin, Origin::Created);
    let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("key.pem")), (0o700, 0o600));
    assert_eq!(first.names(), names());
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3600);
    assert!(first.not_after() > SystemTime::UNIX_EPOCH + ten_years);
    let (second, origin) = Identity::load_or_create(&dir, &[]).unwrap();
    assert_eq!((origin, second.fingerprint()), (Origin::Loaded, first.fingerprint()));
    assert_eq!(
        second.cert_pem().trim(),
        fs::read_to_string(dir.join("cert.pem")).unwrap().replace('\r', "").trim()
    );
    let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");

    fs::set_permissions(dir.join("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    let error = Identity::load_or_create(&dir, &names()).unwrap_err();
    assert!(matches!(error, IdentityError::KeyReadable { mode: 0o640, .. }), "{error:?}");
    assert!(error.to_string().contains("chmod 600"));
    fs::remove_file(dir.join("key.pem")).unwrap();
    assert!(matches!(Identity::load_or_create(&dir, &names()), Err(IdentityError::Half { .. })));
}

#[test]
fn bad_files_are_named() {
    let home = tempfile::tempdir().unwrap();
    let (one, other) = (home.path().join("one"), home.path().join("other"));
    Identity::load_or_create(&one, &names()).unwrap();
    Identity::load_or_create(&other, &names()).unwrap();
    let error = Identity::from_pem_files(&one.join("cert.pem"), &other.join("key.pem")).unwrap_err();
    assert!(matches!(error, IdentityError::Mismatch { .. }), "{error:?}");
    assert!(error.to_string().contains("other/key.pem"));
    let error = Identity::from_pem_files(&one.join("key.pem"), &one.join("key.pem")).unwrap_err();
    assert!(matches!(error, IdentityError::Certificate { .. }), "{error:?}");
    let error = Identity::from_pem_files(&one.join("cert.pem"), &one.join("cert.pem")).unwrap_err();
    assert!(matches!(error, IdentityError::Key { .. }), "{error:?}");
    let error = Identity::from_pem_files(&one.join("nothing.pem"), &one.join("key.pem")).unwrap_err();
    assert!(error.to_string().contains("nothing.pem"), "{error}");
    assert!(matches!(Identity::self_signed(&[]), Err(IdentityError::Create { .. })));
}

#[test]
fn the_key_is_never_shown() {
    let identity = Identity::self_signed(&names()).unwrap();
    let shown = format!("{identity:?}");
    assert!(shown.contains("ftp.example.org") && !shown.contains("KEY"), "{shown}");
    assert!(!identity.cert_pem().contains("PRIVATE"));
}

/// A text in PEM as it looks after somebody's template, editor or environment variable.
fn broken(pem: &str) -> Vec<(&'static str, String)> {
    vec![
        ("flattened", pem.replace('\n', "")),
        ("escaped", pem.replace('\n', "\\n")),
        ("spaced", pem.replace('\n', " ")),
        ("spaced at the end too", format!("{}-", pem.replace('\n', " "))),
        ("glued BEGIN", pem.replace("KEY-----\n", "KEY-----")),
        ("cut", pem.split("-----END").next().unwrap().to_owned()),
        ("flattened and cut", pem.split("-----END").next().unwrap().replace('\n', "")),
        ("no base64", pem.replacen("MI", "!?", 1)),
    ]
}

/// Nothing of the key stands in the text: neither as it is, nor as numbers of bytes, nor decoded.
fn assert_tells_nothing(told: &str, key: &str, form: &str) {
    let body: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
    for part in body.as_bytes().windows(8) {
        assert!(!told.contains(std::str::from_utf8(part).unwrap()), "{form}: {told}");
        let numbers: Vec<String> = part[..4].iter().map(u8::to_string).collect();
        for between in [", ", ",", " "] {
            assert!(!told.contains(&numbers.join(between)), "{form}: {told}");
        }
        let hex: String = part[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!told.contains(&hex), "{form}: {told}");
    }
}

#[test]
fn what_is_wrong_with_a_key_is_said_without_its_bytes() {
    let home = tempfile::tempdir().unwrap();
    Identity::load_or_create(home.path(), &names()).unwrap();
    let [cert, key] = ["cert.pem", "key.pem"]
        .map(|name| fs::read_to_string(home.path().join(name)).unwrap().replace('\r', ""));
    let [good, bad] = ["cert.pem", "bad.pem"].map(|name| home.path().join(name));
    for both in [key.clone(), format!("{cert}{key}"), format!("{key}{cert}")] {
        for (form, text) in broken(&both) {
            fs::write(&bad, &text).unwrap();
            let errors = [
                Identity::from_pem_files(&good, &bad).err().map(|error| format!("{error} {error:?}")),
                Identity::from_pem_files(&bad, &bad).err().map(|error| format!("{error} {error:?}")),
                ClientTrust::from_files(&bad, &[]).err().map(|error| format!("{error} {error:?}")),
                ClientTrust::from_files(&good, std::slice::from_ref(&bad))
                    .err()
                    .map(|error| format!("{error} {error:?}")),
                PeerTls::new(&Trust::CaFile(bad.clone())).err().map(|error| format!("{error} {error:?}")),
            ];
            for told in errors.iter().flatten() {
                assert_tells_nothing(told, &key, form);
            }
            assert!(errors.iter().flatten().count() >= 2, "{form}: {errors:?}");
        }
    }
    let flat = Identity::from_pem(cert.as_bytes(), key.replace('\n', "").as_bytes()).unwrap_err();
    assert!(flat.to_string().contains("are the line breaks lost?"), "{flat}");
}
