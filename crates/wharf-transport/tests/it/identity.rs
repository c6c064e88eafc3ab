//! Certificates: kept, private, and refused with a reason.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use wharf_transport::{Identity, IdentityError, Origin};

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
