//! What a server makes of certificates that clients show. // TLS-31

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use wharf_testkit::{Authority, Issued};
use wharf_transport::{
    CertificateProblem as Problem, ClientControlTls, ClientIdentity, ClientTlsOptions, ClientTrust,
    ClientVerdict, Clock, ControlEvent, ControlStream, DataChannel, DataFailure, DataRole, DataSession,
    Identity, PeerRule, ServerControlTls, ServerTls, ServerTlsOptions, TicketPlan, TlsInfo, TlsVersion,
    Trust,
};

use crate::support::*;

fn asking(trust: ClientTrust, data_session: DataSession) -> ServerTls {
    let mut options = ServerTlsOptions::new(identity());
    options.client_trust = Some(trust);
    options.data_session = data_session;
    ServerTls::new(options).unwrap()
}

fn trusting(authority: &Authority, lists: &[String]) -> ClientTrust {
    let lists: Vec<&[u8]> = lists.iter().map(String::as_bytes).collect();
    ClientTrust::from_pem(authority.pem.as_bytes(), &lists).unwrap()
}

fn showing(shown: Option<&Issued>, version: TlsVersion) -> ClientControlTls {
    let mut options = ClientTlsOptions::new(Trust::Pin(identity().fingerprint()), "localhost", 21);
    options.max_version = version;
    options.identity =
        shown.map(|issued| Identity::from_pem(issued.cert.as_bytes(), issued.key.as_bytes()).unwrap());
    ClientControlTls::new(options).unwrap()
}

/// What the server says of a control connection on which this was shown.
async fn told(server: &ServerTls, shown: Option<&Issued>, version: TlsVersion) -> TlsInfo {
    let ((_, told), (_, seen)) = handshake(&server.control(None), &showing(shown, version)).await;
    assert!(matches!(seen, ControlEvent::Secured(_)), "the client hears by a reply: {seen:?}");
    match told {
        ControlEvent::Secured(info) => info,
        other => panic!("{other:?}"),
    }
}

fn names(verdict: &ClientVerdict) -> Arc<ClientIdentity> {
    match verdict {
        ClientVerdict::Verified(identity) => Arc::clone(identity),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_certificate_gets_its_verdict() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let revoked = ours.issue("alice");
    let lists = [ours.list(&[&revoked], 40)];
    let server = asking(trusting(&ours, &lists), DataSession::Prefer);
    let for_servers = ours.issue_with("alice", |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    });
    let future = ours.issue_with("alice", |params| {
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(2900, 1, 1), rcgen::date_time_ymd(2901, 1, 1));
    });
    let cases = [
        (theirs.issue("alice"), Problem::UnknownIssuer),
        // The same name does not make it the same authority.
        (Authority::new("ours").issue("alice"), Problem::UnknownIssuer),
        (ours.issue_expired("alice"), Problem::Expired),
        (future, Problem::NotYetValid),
        (revoked, Problem::Revoked),
        (for_servers, Problem::WrongPurpose),
    ];
    for version in VERSIONS {
        assert_eq!(told(&server, None, version).await.client, ClientVerdict::Missing);
        for (shown, problem) in &cases {
            let verdict = told(&server, Some(shown), version).await.client;
            assert_eq!(verdict, ClientVerdict::Refused(*problem), "{version}");
        }
        let good = ours.issue_with("alice", |params| {
            params.subject_alt_names = vec![
                rcgen::SanType::Rfc822Name("alice@example.org".try_into().unwrap()),
                rcgen::SanType::DnsName("alice.example.org".try_into().unwrap()),
            ];
        });
        let info = told(&server, Some(&good), version).await;
        let identity = names(&info.client);
        assert_eq!(identity.common_name.as_deref(), Some("alice"));
        assert_eq!(identity.emails, ["alice@example.org"]);
        assert_eq!(identity.dns_names, ["alice.example.org"]);
        assert_eq!(Some(identity.fingerprint), info.peer_certificate);
        // A server that asks for none is shown none.
        let info = told(&server_tls(DataSession::Prefer), Some(&good), version).await;
        assert_eq!((info.client, info.peer_certificate), (ClientVerdict::NotAsked, None));
    }
}

#[tokio::test]
async fn where_no_list_tells_nobody_is_trusted() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let good = ours.issue("alice");
    let verdict = async |lists: &[String]| {
        let server = asking(trusting(&ours, lists), DataSession::Prefer);
        told(&server, Some(&good), TlsVersion::V1_3).await.client
    };
    assert!(matches!(verdict(&[]).await, ClientVerdict::Verified(_)));
    assert!(matches!(verdict(&[ours.list(&[], 40)]).await, ClientVerdict::Verified(_)));
    let unknown = ClientVerdict::Refused(Problem::RevocationUnknown);
    assert_eq!(verdict(&[theirs.list(&[], 40)]).await, unknown);
    // Signed by somebody else who took the name.
    assert_eq!(verdict(&[Authority::new("ours").list(&[], 40)]).await, unknown);
    let expired = ClientVerdict::Refused(Problem::RevocationExpired);
    assert_eq!(verdict(&[ours.list(&[], 5)]).await, expired);
    // One beside its successor does no harm, and does not hide what that one says.
    assert!(matches!(
        verdict(&[ours.list(&[&good], 5), ours.list_from(1, &[], 40)]).await,
        ClientVerdict::Verified(_)
    ));
    let revoked = ClientVerdict::Refused(Problem::Revoked);
    assert_eq!(verdict(&[ours.list(&[], 5), ours.list_from(1, &[&good], 40)]).await, revoked);
    // What was issued last counts, also where it ends first.
    assert_eq!(verdict(&[ours.list(&[], 365), ours.list_from(2, &[&good], 30)]).await, revoked);
}

#[tokio::test]
async fn files_say_whom_to_trust() {
    let ours = Authority::new("ours");
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca = write("ca.pem", ours.pem.as_bytes());
    let pem = ours.list(&[&ours.issue("a"), &ours.issue("b")], 40);
    let der = rustls_pki_types::CertificateRevocationListDer::from_pem_slice(pem.as_bytes()).unwrap();
    let lists = [write("crl.pem", pem.as_bytes()), write("crl.der", &der)];
    let trust = ClientTrust::from_files(&ca, &lists).unwrap();
    assert_eq!(trust.authorities(), 1);
    let [one, other] = trust.revocation_lists() else { panic!("{trust:?}") };
    assert_eq!((one.path.as_ref(), other.path.as_ref()), (Some(&lists[0]), Some(&lists[1])));
    assert_eq!((one.next_update, other.count), (other.next_update, 2));
    assert_eq!((one.issuer.as_str(), one.count), ("CN=ours", 2));
    assert!(one.next_update.is_some());

    let empty = write("empty", b"");
    let missing = dir.path().join("missing");
    for (ca, lists, wrong) in [
        (&empty, &[][..], &empty),
        (&missing, &[][..], &missing),
        (&ca, &[missing.clone()][..], &missing),
        (&ca, &[ca.clone()][..], &ca),
    ] {
        let error = ClientTrust::from_files(ca, lists).unwrap_err();
        assert_eq!(error.path.as_ref(), Some(wrong), "{error}");
        assert!(error.to_string().starts_with(&wrong.display().to_string()));
    }
}

/// What is made of chains by these authorities and lists.
async fn judged(ca: &str, lists: &[String], shown: &Issued) -> ClientVerdict {
    let lists: Vec<&[u8]> = lists.iter().map(String::as_bytes).collect();
    let trust = ClientTrust::from_pem(ca.as_bytes(), &lists).unwrap();
    let server = asking(trust, DataSession::Prefer);
    told(&server, Some(shown), TlsVersion::V1_3).await.client
}

#[tokio::test]
async fn an_authority_may_change_its_key_and_keep_its_name() {
    let (old, new) = (Authority::new("ours"), Authority::new("ours"));
    let (by_old, by_new, bad) = (old.issue("alice"), new.issue("alice"), new.issue("mallory"));
    let revoked = ClientVerdict::Refused(Problem::Revoked);
    let unknown = ClientVerdict::Refused(Problem::RevocationUnknown);
    let good = |verdict: &ClientVerdict| matches!(verdict, ClientVerdict::Verified(_));
    for ca in [format!("{}{}", old.pem, new.pem), format!("{}{}", new.pem, old.pem)] {
        // Whichever list is the newer one.
        for (ago_old, ago_new) in [(1, 2), (2, 1), (1, 1)] {
            let lists = [old.list_from(ago_old, &[], 40), new.list_from(ago_new, &[&bad], 40)];
            assert!(good(&judged(&ca, &lists, &by_old).await));
            assert!(good(&judged(&ca, &lists, &by_new).await));
            assert_eq!(judged(&ca, &lists, &bad).await, revoked);
            // An old list by the same key does not count beside its successor.
            let lists =
                [lists.to_vec(), vec![old.list_from(9, &[&by_old], 40), new.list_from(9, &[], 40)]].concat();
            assert!(good(&judged(&ca, &lists, &by_old).await));
            assert_eq!(judged(&ca, &lists, &bad).await, revoked);
        }
        // A key without a list of its own is told of by none.
        let lists = [new.list(&[], 40)];
        assert_eq!(judged(&ca, &lists, &by_old).await, unknown);
        assert!(good(&judged(&ca, &lists, &by_new).await));
        let trust = ClientTrust::from_pem(ca.as_bytes(), &[lists[0].as_bytes()]).unwrap();
        let listed: Vec<bool> = trust.authority_list().iter().map(|authority| authority.has_list).collect();
        assert_eq!(listed, [ca.starts_with(&new.pem), ca.starts_with(&old.pem)]);
        assert!(good(&judged(&ca, &[], &by_old).await) && good(&judged(&ca, &[], &by_new).await));
    }
}

#[test]
fn who_signed_a_list_and_whether_it_counts_is_told() {
    let (old, new) = (Authority::new("ours"), Authority::new("ours"));
    let lists = [
        old.list_from(3, &[], 40),
        new.list_from(2, &[], 40),
        old.list_from(1, &[], 40),
        Authority::new("ours").list_from(4, &[], 40),
        old.below("theirs").list_from(5, &[], 40),
    ];
    let bytes: Vec<&[u8]> = lists.iter().map(String::as_bytes).collect();
    let trust = ClientTrust::from_pem(format!("{}{}", old.pem, new.pem).as_bytes(), &bytes).unwrap();
    let [of_old, of_new] = trust.authority_list() else { panic!("{trust:?}") };
    let by = [of_old, of_new].map(|authority| Some(authority.fingerprint));
    let told: Vec<_> =
        trust.revocation_lists().iter().map(|list| (list.signed_by, list.superseded)).collect();
    assert_eq!(told, [(by[0], false), (by[1], false), (by[0], true), (None, false), (None, false)]);
    assert!(of_old.has_list && of_new.has_list);
}

#[tokio::test]
async fn an_intermediate_authority_may_change_its_key_too() {
    let root = Authority::new("root");
    let (old, new) = (root.below("sub"), root.below("sub"));
    let under = |sub: &Authority| {
        let mut issued = sub.issue("alice");
        issued.cert.push_str(&sub.pem);
        issued
    };
    for (ago_old, ago_new) in [(1, 2), (2, 1)] {
        let lists = [root.list(&[], 40), old.list_from(ago_old, &[], 40), new.list_from(ago_new, &[], 40)];
        for mut issued in [under(&old), under(&new)] {
            let verdict = judged(&root.pem, &lists, &issued).await;
            assert!(matches!(verdict, ClientVerdict::Verified(_)), "{verdict:?}");
            // Both came along.
            issued.cert.push_str(&format!("{}{}", old.pem, new.pem));
            let verdict = judged(&root.pem, &lists, &issued).await;
            assert!(matches!(verdict, ClientVerdict::Verified(_)), "{verdict:?}");
        }
        let bad = under(&old);
        let lists =
            [root.list(&[], 40), old.list_from(ago_old, &[&bad], 40), new.list_from(ago_new, &[], 40)];
        assert_eq!(judged(&root.pem, &lists, &bad).await, ClientVerdict::Refused(Problem::Revoked));
        // An older list by the same key does not count beside its successor.
        let lists = [lists.to_vec(), vec![old.list_from(9, &[], 40), new.list_from(9, &[], 40)]].concat();
        assert_eq!(judged(&root.pem, &lists, &bad).await, ClientVerdict::Refused(Problem::Revoked));
        // Nor does one by a key that only bears the name.
        let lists =
            [root.list(&[], 40), root.below("sub").list(&[], 40), Authority::new("sub").list(&[], 40)];
        let verdict = judged(&root.pem, &lists, &bad).await;
        assert_eq!(verdict, ClientVerdict::Refused(Problem::RevocationUnknown));
    }
}

#[tokio::test]
async fn an_authority_counts_as_long_as_its_certificate_is_valid() {
    let year = |year| rcgen::date_time_ymd(year, 1, 1);
    let over = Authority::new_with("over", |params| {
        (params.not_before, params.not_after) = (year(2000), year(2001));
    });
    let future = Authority::new_with("future", |params| params.not_before = year(2900));
    let ours = Authority::new("ours");
    let ca = [&over, &future, &ours].map(|authority| authority.pem.as_str()).concat();
    let refused = ClientVerdict::Refused;
    assert_eq!(judged(&ca, &[], &over.issue("alice")).await, refused(Problem::Expired));
    assert_eq!(judged(&ca, &[], &future.issue("alice")).await, refused(Problem::NotYetValid));
    assert!(matches!(judged(&ca, &[], &ours.issue("alice")).await, ClientVerdict::Verified(_)));
    let stranger = Authority::new("over").issue("alice");
    assert_eq!(judged(&ca, &[], &stranger).await, refused(Problem::UnknownIssuer));
    // One whose certificate was renewed for the same key goes on, wherever the old one stands.
    let renewed = over.narrowed_to("example.org");
    for ca in [format!("{}{renewed}", over.pem), format!("{renewed}{}", over.pem)] {
        let verdict = judged(&ca, &[over.list(&[], 40)], &over.issue("alice")).await;
        assert!(matches!(verdict, ClientVerdict::Verified(_)), "{verdict:?}");
    }
    let trust = ClientTrust::from_pem(ca.as_bytes(), &[]).unwrap();
    let [over, ..] = trust.authority_list() else { panic!("{trust:?}") };
    assert_eq!(
        (over.name.as_str(), over.not_after < std::time::SystemTime::UNIX_EPOCH + now()),
        ("CN=over", true)
    );
}

/// What the server says of a data connection on which this was shown, with or without a session to resume.
async fn data(control: &ServerControlTls, client: &ClientControlTls) -> Result<bool, DataFailure> {
    let listener = listen().await;
    let to = listener.local_addr();
    let channel = DataChannel::passive(listener, PeerRule::Only(LOCALHOST)).with_patience(Duration::ZERO);
    let server = secured(channel, DataRole::Server(control.clone()), TicketPlan::Download);
    let client =
        secured(DataChannel::active(net(), to, None), DataRole::Client(client.clone()), TicketPlan::None);
    let server = async {
        let (stream, info) = server.await?;
        // The client may be gone: see below.
        let _ = stream.finish_send(PATIENCE).await;
        Ok(info.bound)
    };
    // A client without a control connection of its own cannot tell whom it reached; what counts here is the server.
    let client = async {
        if let Ok((stream, _)) = client.await {
            receive_some(stream).await;
        }
    };
    tokio::join!(server, client).0
}

/// Reads to the end, whatever that is.
async fn receive_some(mut stream: wharf_transport::DataStream) {
    let mut all = bytes::BytesMut::new();
    while let Ok(1..) = stream.read_chunk(&mut all, 65_536).await {}
}

fn problem(taken: Result<bool, DataFailure>) -> Problem {
    match taken {
        Err(DataFailure::ClientCertificate(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_data_connection_shows_the_certificate_of_its_control_connection() {
    // TLS-31
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let (alice, bob) = (ours.issue("alice"), ours.issue("bob"));
    for version in VERSIONS {
        for data_session in [DataSession::Off, DataSession::Prefer, DataSession::Require] {
            let server = asking(trusting(&ours, &[]), data_session);
            let session = session(&server, showing(Some(&alice), version)).await;
            let to = &session.server_tls;
            for direction in [Direction::Download, Direction::Upload] {
                assert!(transfer(&session, direction).await.unwrap(), "{version} {data_session:?}");
            }
            // Without a session to resume: it is the same client by its key.
            let again = data(to, &showing(Some(&alice), version)).await;
            match data_session {
                DataSession::Off | DataSession::Prefer => assert!(!again.unwrap()),
                DataSession::Require => assert!(matches!(again, Err(DataFailure::NotResumed))),
            }
            assert_eq!(problem(data(to, &showing(Some(&bob), version)).await), Problem::Different);
            assert_eq!(problem(data(to, &showing(None, version)).await), Problem::Missing);
            let stranger = theirs.issue("alice");
            assert_eq!(problem(data(to, &showing(Some(&stranger), version)).await), Problem::UnknownIssuer);
            // None of them has harmed the session.
            assert!(transfer(&session, Direction::Download).await.unwrap());
        }
        // One that comes out of nowhere belongs to somebody else.
        let server = asking(trusting(&ours, &[]), DataSession::Off);
        let session = session(&server, showing(None, version)).await;
        assert!(transfer(&session, Direction::Download).await.unwrap());
        let taken = data(&session.server_tls, &showing(Some(&alice), version)).await;
        assert_eq!(problem(taken), Problem::Different);
    }
}

#[tokio::test]
async fn a6_a_resumed_session_is_judged_by_what_holds_then() {
    let ours = Authority::new("ours");
    let (alice, bob) = (ours.issue("alice"), ours.issue("bob"));
    for version in VERSIONS {
        let server = asking(trusting(&ours, &[ours.list(&[], 40)]), DataSession::Require);
        let of_alice = session(&server, showing(Some(&alice), version)).await;
        let of_bob = session(&server, showing(Some(&bob), version)).await;
        assert!(transfer(&of_alice, Direction::Download).await.unwrap());
        // Revoked while the session is there.
        assert!(server.replace_client_trust(trusting(&ours, &[ours.list(&[&alice], 40)])));
        let refused = data(&of_alice.server_tls, &of_alice.client_tls).await;
        assert_eq!(problem(refused), Problem::Revoked, "{version}");
        assert!(transfer(&of_bob, Direction::Download).await.unwrap());
        // And what is trusted again is.
        assert!(server.replace_client_trust(trusting(&ours, &[])));
        assert!(transfer(&of_alice, Direction::Download).await.unwrap());
        let theirs = Authority::new("theirs");
        assert!(server.replace_client_trust(trusting(&theirs, &[])));
        let refused = data(&of_alice.server_tls, &of_alice.client_tls).await;
        assert_eq!(problem(refused), Problem::UnknownIssuer, "{version}");
        assert_eq!(server.client_trust().unwrap().authorities(), 1);
    }
    assert!(!server_tls(DataSession::Require).replace_client_trust(trusting(&ours, &[])));
}

#[tokio::test]
async fn what_was_shown_is_judged_again_when_trust_is_replaced() {
    let ours = Authority::new("ours");
    let alice = ours.issue("alice");
    for version in VERSIONS {
        let server = asking(trusting(&ours, &[]), DataSession::Require);
        let of_alice = session(&server, showing(Some(&alice), version)).await;
        let of_nobody = session(&server, showing(None, version)).await;
        assert_eq!(of_alice.server_tls.judged_again(), None);
        assert!(server.replace_client_trust(trusting(&ours, &[ours.list(&[&alice], 40)])));
        let again = of_alice.server_tls.judged_again();
        assert_eq!(again, Some(ClientVerdict::Refused(Problem::Revoked)), "{version}");
        assert_eq!(of_alice.server_tls.judged_again(), None);
        assert_eq!(of_nobody.server_tls.judged_again(), None);
        assert!(server.replace_client_trust(trusting(&ours, &[])));
        assert!(matches!(of_alice.server_tls.judged_again(), Some(ClientVerdict::Verified(_))));
    }
}

#[test]
fn an_authority_that_may_vouch_for_less_is_another_one() {
    let ours = Authority::new("ours");
    let read = |pem: &str| ClientTrust::from_pem(pem.as_bytes(), &[]).unwrap();
    assert!(read(&ours.pem).is_same(&read(&ours.pem)));
    let narrow = read(&ours.narrowed_to("good.example"));
    assert!(!narrow.is_same(&read(&ours.pem)));
    assert!(!narrow.is_same(&read(&ours.narrowed_to("other.example"))));
}

#[tokio::test]
async fn a_certificate_that_expires_meanwhile_resumes_no_more() {
    let ours = Authority::new("ours");
    for version in VERSIONS {
        let passed = Arc::new(AtomicU64::new(0));
        let mut options = ServerTlsOptions::new(identity());
        options.client_trust = Some(trusting(&ours, &[]));
        let clock = Arc::clone(&passed);
        options.clock = Clock::new(move || now() + Duration::from_secs(clock.load(Ordering::SeqCst)));
        let server = ServerTls::new(options).unwrap();
        let session = session(&server, showing(Some(&ours.issue("alice")), version)).await;
        assert!(transfer(&session, Direction::Upload).await.unwrap());
        passed.store(31 * 24 * 60 * 60, Ordering::SeqCst);
        let refused = data(&session.server_tls, &session.client_tls).await;
        assert_eq!(problem(refused), Problem::Expired, "{version}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the certificates of these tests begin yesterday")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

/// A client that shows `chain`, and signs with `key`.
fn pretending(version: TlsVersion, chain: Vec<CertificateDer<'static>>, key: &str) -> Bare {
    #[derive(Debug)]
    struct Pretender(Arc<rustls::sign::CertifiedKey>);
    impl rustls::client::ResolvesClientCert for Pretender {
        fn resolve(
            &self,
            _: &[&[u8]],
            _: &[rustls::SignatureScheme],
        ) -> Option<Arc<rustls::sign::CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }

        fn has_certs(&self) -> bool {
            true
        }
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    Bare::with(version, &["ftp"], |config| {
        config.client_auth_cert_resolver =
            Arc::new(Pretender(Arc::new(rustls::sign::CertifiedKey::new(chain, key))));
    })
}

#[tokio::test]
async fn a_certificate_without_its_key_is_worth_nothing() {
    let ours = Authority::new("ours");
    let (alice, mallory) = (ours.issue("alice"), ours.issue("mallory"));
    let leaf = CertificateDer::from_pem_slice(alice.cert.as_bytes()).unwrap();
    let server = asking(trusting(&ours, &[]), DataSession::Prefer);
    for version in VERSIONS {
        let cases = [
            (vec![leaf.clone()], &alice.key, true),
            (vec![leaf.clone()], &mallory.key, false),
            // A chain that is as long as no ticket can be.
            (vec![leaf.clone(); 150], &alice.key, false),
            // Each order of them may have to be tried.
            (vec![leaf.clone(); 6], &alice.key, true),
            (vec![leaf.clone(); 7], &alice.key, false),
        ];
        for (number, (chain, key, good)) in cases.into_iter().enumerate() {
            let (at_server, at_client) = pair().await;
            let mut at_server = ControlStream::clear(at_server);
            at_server.upgrade_server(&server.control(None)).unwrap();
            let bare = pretending(version, chain, key);
            let client = tokio::spawn(async move { bare.connect(tcp(at_client)).await.map(drop) });
            match outcome(&mut at_server).await {
                ControlEvent::Secured(info) => {
                    assert!(good, "{version} {number}");
                    assert_eq!(names(&info.client).common_name.as_deref(), Some("alice"));
                }
                ControlEvent::SecureFailed(failure) => assert!(!good, "{version} {number}: {failure}"),
                other => panic!("{version} {number}: {other:?}"),
            }
            drop(at_server);
            // Only what the server says counts here.
            let _ = client.await.unwrap();
        }
    }
}
