//! Whom a client trusts, and what it says when it does not. // TLS-08

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlEvent, DataChannel, DataFailure, DataRole, DataSession,
    Identity, KnownHosts as _, KnownHostsFile, PeerRule, TicketPlan, TlsError, TlsFailure, TlsVersion, Trust,
};

use crate::support::*;

/// What a client with this trust says to a server with this identity.
async fn meet(identity: &Identity, trust: Trust, name: &str) -> Result<(), TlsFailure> {
    let listener = server_with(identity.clone(), TlsVersion::V1_2, TlsVersion::V1_3, DataSession::Prefer);
    let tls = client_with(trust, name, TlsVersion::V1_3);
    let (_, (_, at_client)) = handshake(&listener.control(None), &tls).await;
    match at_client {
        ControlEvent::Secured(_) => {
            assert_eq!(tls.control_certificate(), Some(identity.fingerprint()));
            Ok(())
        }
        ControlEvent::SecureFailed(failure) => {
            assert_eq!(tls.control_certificate(), None);
            Err(failure)
        }
        event => panic!("{event:?}"),
    }
}

fn ca_file(dir: &tempfile::TempDir, identity: &Identity) -> Trust {
    let path = dir.path().join("ca.pem");
    fs::write(&path, identity.cert_pem()).unwrap();
    Trust::CaFile(path)
}

fn made(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Identity {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut params);
    let cert = params.self_signed(&key).unwrap();
    Identity::from_pem(cert.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_ca_file_proves_chain_name_and_dates() {
    let dir = tempfile::tempdir().unwrap();
    let server = identity();
    meet(&server, ca_file(&dir, &server), "localhost").await.unwrap();
    meet(&server, ca_file(&dir, &server), "127.0.0.1").await.unwrap();

    let failure = meet(&server, ca_file(&dir, &server), "elsewhere.example").await.unwrap_err();
    let TlsFailure::WrongName { expected, presented, .. } = &failure else { panic!("{failure:?}") };
    assert_eq!(expected, "elsewhere.example");
    assert!(presented.iter().any(|name| name.contains("localhost")), "{presented:?}");

    let other = Identity::self_signed(&["localhost".to_owned()]).unwrap();
    let failure = meet(&server, ca_file(&dir, &other), "localhost").await.unwrap_err();
    let seen = server.fingerprint();
    assert!(
        matches!(&failure, TlsFailure::UnknownIssuer { seen: Some(fp), self_signed: true } if *fp == seen),
        "{failure:?}"
    );
    assert!(failure.to_string().contains(&format!("sha256:{seen}")), "{failure}");

    for ca in [false, true] {
        let expired = made(|params| {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
            if ca {
                params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }
        });
        let failure = meet(&expired, ca_file(&dir, &expired), "localhost").await.unwrap_err();
        assert!(matches!(failure, TlsFailure::Expired { .. }), "{failure:?}");
    }
    let future = made(|params| params.not_before = rcgen::date_time_ymd(4000, 1, 1));
    let failure = meet(&future, ca_file(&dir, &future), "localhost").await.unwrap_err();
    assert!(matches!(failure, TlsFailure::NotYetValid), "{failure:?}");
}

/// What `openssl req -x509` makes by default: a certificate that is its own authority.
#[tokio::test]
async fn a_listed_certificate_of_the_server_itself_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let server = made(|params| params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained));
    meet(&server, ca_file(&dir, &server), "localhost").await.unwrap();
    let failure = meet(&server, ca_file(&dir, &server), "elsewhere.example").await.unwrap_err();
    assert!(matches!(failure, TlsFailure::WrongName { .. }), "{failure:?}");
    let failure = meet(&server, ca_file(&dir, &identity()), "localhost").await.unwrap_err();
    assert!(matches!(failure, TlsFailure::UnknownIssuer { .. }), "{failure:?}");
}

#[tokio::test]
async fn a_pin_takes_one_certificate_and_no_other() {
    let (server, other) = (identity(), Identity::self_signed(&["x".to_owned()]).unwrap());
    meet(&server, Trust::Pin(server.fingerprint()), "any.name.example").await.unwrap();
    let failure = meet(&other, Trust::Pin(server.fingerprint()), "localhost").await.unwrap_err();
    let TlsFailure::PinMismatch { pinned, seen } = failure else { panic!("{failure:?}") };
    assert_eq!((pinned, seen), (server.fingerprint(), other.fingerprint()));
    meet(&other, Trust::DangerousInsecure, "localhost").await.unwrap();
}

#[tokio::test]
async fn the_first_certificate_is_remembered_and_another_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state/known_hosts");
    let known = Arc::new(KnownHostsFile::new(&path));
    let (server, other) = (identity(), Identity::self_signed(&["localhost".to_owned()]).unwrap());
    let tofu = || Trust::Tofu(known.clone());
    meet(&server, tofu(), "LocalHost").await.unwrap();
    meet(&server, tofu(), "localhost").await.unwrap();
    let line = format!("localhost 21 sha256:{}\n", server.fingerprint());
    assert_eq!(fs::read_to_string(&path).unwrap(), line);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let failure = meet(&other, tofu(), "localhost").await.unwrap_err();
    let TlsFailure::TofuChanged { known: old, seen, .. } = &failure else { panic!("{failure:?}") };
    assert_eq!((*old, *seen), (server.fingerprint(), other.fingerprint()));

    known.remember("example.org", 990, &other.fingerprint()).unwrap();
    known.remember("localhost", 21, &other.fingerprint()).unwrap();
    assert_eq!(known.lookup("localhost", 21).unwrap(), Some(other.fingerprint()));
    assert_eq!(known.lookup("EXAMPLE.org", 990).unwrap(), Some(other.fingerprint()));
    assert_eq!(known.lookup("example.org", 21).unwrap(), None);
    known.remember("two words", 21, &other.fingerprint()).unwrap_err();

    fs::write(&path, "localhost 21 sha256:nonsense\n").unwrap();
    let failure = meet(&server, tofu(), "localhost").await.unwrap_err();
    assert!(matches!(failure, TlsFailure::KnownHosts(_)), "{failure:?}");
}

/// The data connection goes to a server with another certificate.
#[tokio::test]
async fn data_connections_show_the_certificate_of_the_control_connection() {
    let client = client_with(Trust::DangerousInsecure, "localhost", TlsVersion::V1_3);
    let session = session(&server_tls(DataSession::Off), client).await;
    let other = Identity::self_signed(&["localhost".to_owned()]).unwrap();
    let impostor = server_with(other, TlsVersion::V1_2, TlsVersion::V1_3, DataSession::Off);
    let listener = listen().await;
    let active = DataChannel::active(net(), listener.local_addr(), None);
    let passive = DataChannel::passive(listener, PeerRule::Any);
    let (client, _) = tokio::join!(
        secured(active, DataRole::Client(session.client_tls.clone()), TicketPlan::None),
        secured(passive, DataRole::Server(impostor.control(None)), TicketPlan::None),
    );
    assert!(matches!(client, Err(DataFailure::CertificateMismatch)), "{client:?}");
}

#[test]
fn unusable_options_are_refused_early() {
    let options = |trust, name: &str, min_version, max_version| {
        let mut options = ClientTlsOptions::new(trust, name, 21);
        (options.min_version, options.max_version) = (min_version, max_version);
        options
    };
    let (v12, v13) = (TlsVersion::V1_2, TlsVersion::V1_3);
    let new = ClientControlTls::new;
    assert!(matches!(
        new(options(Trust::DangerousInsecure, "a b", v12, v13)),
        Err(TlsError::BadServerName { .. })
    ));
    assert!(matches!(new(options(Trust::DangerousInsecure, "x", v13, v12)), Err(TlsError::NoVersion)));
    let missing = Trust::CaFile("/nowhere/ca.pem".into());
    assert!(matches!(new(options(missing, "x", v12, v13)), Err(TlsError::CaFile { .. })));
    for address in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "ftp.example.org."] {
        new(options(Trust::DangerousInsecure, address, v12, v13)).unwrap();
    }
}
