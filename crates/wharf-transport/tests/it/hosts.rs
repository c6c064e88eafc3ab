//! Several hosts behind one listener, and what ciphers it speaks. // VH-07

use wharf_transport::{
    CipherOrder, ClientControlTls, ClientTlsOptions, ControlEvent, ControlStream, HostIdentity, ServerTls,
    ServerTlsOptions, Strength, TlsFailure, TlsInfo, TlsVersion, Trust,
};

use crate::support::*;

#[tokio::test]
async fn each_host_shows_its_own_certificate() {
    let (usual, files, other) =
        (made_for("usual.example"), made_for("files.example"), made_for("other.example"));
    let mut options = ServerTlsOptions::new(usual.clone());
    options.hosts = vec![
        HostIdentity {
            names: vec!["files.example".to_owned(), "ftp.example".to_owned()],
            identity: files.clone(),
        },
        HostIdentity { names: vec!["other.example".to_owned()], identity: other.clone() },
    ];
    let tls = ServerTls::new(options).unwrap();
    let (usual, files, other) = (usual.fingerprint(), files.fingerprint(), other.fingerprint());
    // By its name in TLS.
    assert_eq!(seen(&tls.control(None), "files.example").await, Some(files));
    assert_eq!(seen(&tls.control(None), "FTP.example").await, Some(files));
    assert_eq!(seen(&tls.control(None), "other.example").await, Some(other));
    // By HOST, where TLS names none: an address is never sent.
    assert_eq!(seen(&tls.control(Some("ftp.example")), "127.0.0.1").await, Some(files));
    // What TLS names goes before HOST; the session is the judge of that.
    assert_eq!(seen(&tls.control(Some("files.example")), "other.example").await, Some(other));
    // Names that nobody knows.
    assert_eq!(seen(&tls.control(None), "unknown.example").await, Some(usual));
    assert_eq!(seen(&tls.control(Some("unknown.example")), "127.0.0.1").await, Some(usual));
}

/// The handshakes behind the first one are those of data connections, by the same configuration.
#[tokio::test]
async fn a_data_connection_that_names_no_host_shows_what_its_control_connection_showed() {
    let [usual, files, other] = ["usual", "files", "other"].map(|name| made_for(&format!("{name}.example")));
    let mut options = ServerTlsOptions::new(usual.clone());
    let host = |name: &str, identity: &wharf_transport::Identity| HostIdentity {
        names: vec![name.to_owned()],
        identity: identity.clone(),
    };
    options.hosts = vec![host("files.example", &files), host("other.example", &other)];
    let tls = ServerTls::new(options).unwrap();
    let cases = [
        (None, "files.example", &files),
        (None, "unknown.example", &usual),
        (None, "127.0.0.1", &usual),
        (Some("files.example"), "127.0.0.1", &files),
        (Some("files.example"), "other.example", &other),
    ];
    for (named_before, named, shown) in cases {
        let control = tls.control(named_before);
        assert_eq!(seen(&control, named).await, Some(shown.fingerprint()), "{named_before:?} {named}");
        for on_data in [named, "127.0.0.1", "unknown.example"] {
            assert_eq!(seen(&control, on_data).await, Some(shown.fingerprint()), "{named} {on_data}");
        }
    }
}

/// A client goes by the address it knows and keeps one session for it; which host it meant, HOST said.
#[tokio::test]
async fn a6_a_ticket_of_one_host_or_session_opens_no_other() {
    // VH-03, TLS-21
    for version in VERSIONS {
        let mut options = ServerTlsOptions::new(identity());
        let host = |name: &str| HostIdentity { names: vec![name.to_owned()], identity: identity() };
        options.hosts = vec![host("files.example"), host("other.example")];
        let tls = ServerTls::new(options).unwrap();
        let bare = Bare::with(version, &["ftp"], |config| config.enable_sni = false);
        let files = tls.control(Some("files.example"));
        // The same control connection's keys, so that the ticket is shown to be good; then those of everybody else.
        let others = [
            (&files, false),
            (&files, true),
            (&tls.control(Some("other.example")), false),
            (&tls.control(Some("files.example")), false),
            (&tls.control(None), false),
            (&server_tls(wharf_transport::DataSession::Prefer).control(None), false),
        ];
        for (number, (control, resumes)) in others.into_iter().enumerate() {
            let (server, client) = pair().await;
            let mut server = ControlStream::clear(server);
            server.upgrade_server(control).unwrap();
            // Each attempt has the tickets of the first host alone.
            let of_this = if number < 2 { bare.clone() } else { fresh_from(&files, version).await };
            let (at_server, at_client) = tokio::join!(outcome(&mut server), of_this.connect(tcp(client)));
            let ControlEvent::Secured(info) = at_server else { panic!("{version} {number}: {at_server:?}") };
            assert_eq!(info.resumed, resumes, "{version} {number}");
            take_tickets(&mut server, &mut at_client.unwrap()).await;
        }
    }
}

/// A client that has been at one host, and has its tickets.
async fn fresh_from(host: &wharf_transport::ServerControlTls, version: TlsVersion) -> Bare {
    let bare = Bare::with(version, &["ftp"], |config| config.enable_sni = false);
    let (server, client) = pair().await;
    let mut server = ControlStream::clear(server);
    server.upgrade_server(host).unwrap();
    let (_, client) = tokio::join!(outcome(&mut server), bare.connect(tcp(client)));
    take_tickets(&mut server, &mut client.unwrap()).await;
    bare
}

/// The tickets come with the first reply.
async fn take_tickets(
    server: &mut ControlStream,
    client: &mut tokio_rustls::client::TlsStream<tokio::net::TcpStream>,
) {
    server.queue(bytes::Bytes::from_static(b"220\r\n"));
    flush(server).await;
    tokio::io::AsyncReadExt::read_exact(client, &mut [0; 5]).await.unwrap();
}

/// Data before the handshake is done could be sent twice by somebody in between (RFC 8446 §8): no ticket permits it.
#[tokio::test]
async fn a8_early_data_is_never_offered() {
    let bare = Bare::with(TlsVersion::V1_3, &["ftp"], |config| config.enable_early_data = true);
    let tls = server_tls(wharf_transport::DataSession::Prefer).control(None);
    for resumes in [false, true] {
        let (server, client) = pair().await;
        let mut server = ControlStream::clear(server);
        server.upgrade_server(&tls).unwrap();
        let secured = bare.connect(tcp(client));
        let (at_server, at_client) = tokio::join!(outcome(&mut server), secured);
        let ControlEvent::Secured(info) = at_server else { panic!("{at_server:?}") };
        assert_eq!(info.resumed, resumes);
        let mut at_client = at_client.unwrap();
        assert!(at_client.get_mut().1.early_data().is_none());
        take_tickets(&mut server, &mut at_client).await;
    }
}

/// What a server agrees on with a client that speaks nothing but `ciphers`.
async fn agreed(strength: Strength, version: TlsVersion, ciphers: &str) -> Result<TlsInfo, TlsFailure> {
    let mut options = ServerTlsOptions::new(identity());
    options.min_strength = strength;
    let tls = ServerTls::new(options).unwrap();
    let (server, client) = pair().await;
    let mut server = ControlStream::clear(server);
    server.upgrade_server(&tls.control(None)).unwrap();
    let bare = Bare::speaking(ciphers, version, &["ftp"], |_| {});
    let client = tokio::spawn(async move { bare.connect(tcp(client)).await.map(drop) });
    let at_server = outcome(&mut server).await;
    drop(server);
    // Only what the server says counts here.
    let _ = client.await.unwrap();
    match at_server {
        ControlEvent::Secured(info) => Ok(info),
        ControlEvent::SecureFailed(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn weaker_ciphers_than_asked_for_are_not_spoken() {
    for version in VERSIONS {
        for strength in [Strength::Bits128, Strength::Bits256] {
            for ciphers in ["AES_256", "CHACHA20"] {
                assert!(agreed(strength, version, ciphers).await.unwrap().cipher.contains(ciphers));
            }
        }
        assert!(agreed(Strength::Bits128, version, "AES_128").await.is_ok());
        let refused = agreed(Strength::Bits256, version, "AES_128").await;
        assert!(refused.is_err(), "{version}: {refused:?}");
    }
}

#[tokio::test]
async fn the_client_says_which_cipher_comes_first() {
    let ours = || ClientTlsOptions::new(Trust::Pin(identity().fingerprint()), "localhost", 21);
    assert_eq!(ours().cipher_order, CipherOrder::Strongest);
    for version in VERSIONS {
        for (strength, order, cipher) in [
            (Strength::Bits128, CipherOrder::Strongest, "AES_256_GCM"),
            (Strength::Bits128, CipherOrder::Fastest, "AES_128_GCM"),
            // An order leaves no cipher out.
            (Strength::Bits256, CipherOrder::Fastest, "AES_256_GCM"),
        ] {
            let mut options = ServerTlsOptions::new(identity());
            options.min_strength = strength;
            let server = ServerTls::new(options).unwrap().control(None);
            let mut options = ours();
            (options.max_version, options.cipher_order) = (version, order);
            let client = ClientControlTls::new(options).unwrap();
            let ((_, at_server), (_, at_client)) = handshake(&server, &client).await;
            for event in [at_server, at_client] {
                let ControlEvent::Secured(info) = event else { panic!("{version} {order:?}: {event:?}") };
                assert_eq!(info.version, version);
                assert!(info.cipher.contains(cipher), "{version} {order:?}: {}", info.cipher);
            }
        }
    }
}
