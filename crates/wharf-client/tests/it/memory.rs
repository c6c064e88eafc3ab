//! What is remembered of servers, and what it is good for.

use std::fs;
use std::sync::Arc;

use wharf_client::{Client, Error, ErrorClass, HostMemory as _, KnownHostsFile, Secret, TlsMode};
use wharf_transport::TicketPlan;

use crate::peer::{Server, logged_in};

fn file(place: &tempfile::TempDir) -> Arc<KnownHostsFile> {
    Arc::new(KnownHostsFile::new(place.path().join("known_hosts")))
}

#[tokio::test]
async fn a_server_that_lost_its_tls_is_refused_before_the_user_name() {
    // TLS-06, SEC-07
    let place = tempfile::tempdir().unwrap();
    let memory = file(&place);
    let server = Server::start().await;
    let with = |tls| {
        let mut options = server.options(tls);
        options.memory = Some(memory.clone());
        options
    };
    let (options, port) = (with(TlsMode::ExplicitIfOffered), server.options(TlsMode::Explicit).port.unwrap());
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["QUIT"]).await;
        peer.say("221 bye").await;
    };
    let client = async { logged_in(options.clone()).await.unwrap().quit().await.unwrap() };
    tokio::join!(script, client);
    let record = memory.recall("127.0.0.1", port).unwrap();
    assert!(record.tls && record.certificate == Some(server.fingerprint));

    for mode in [TlsMode::ExplicitIfOffered, TlsMode::Explicit] {
        let script = async {
            let mut peer = server.greet().await;
            peer.expect("AUTH TLS").await;
            peer.say("502 no TLS here").await;
            assert_eq!(peer.hear().await, None, "not a word more");
        };
        let (error, ()) = tokio::join!(async { Client::connect(with(mode)).await.unwrap_err() }, script);
        assert!(matches!(error, Error::Downgrade { .. }), "{error}");
        assert_eq!(error.class(), ErrorClass::Tls);
        let text = error.to_string();
        assert!(text.contains(&memory.place()) && text.contains("502"), "{text}");
    }

    // Said outright, it goes, with a warning.
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["NOOP"]).await;
        peer.say("200 ok").await;
        assert!(!peer.heard.contains(&"AUTH TLS".to_owned()));
    };
    let client = async {
        let mut client = logged_in(with(TlsMode::Off)).await.unwrap();
        assert_eq!(client.warnings().len(), 1, "{:?}", client.warnings());
        client.raw("NOOP").await.unwrap();
    };
    tokio::join!(script, client);

    // Forgotten, it is a server like any other.
    assert!(memory.forget("127.0.0.1", port).unwrap());
    let script = async {
        let mut peer = server.greet().await;
        peer.expect("AUTH TLS").await;
        peer.say("502 no TLS here").await;
    };
    let (client, ()) = tokio::join!(Client::connect(with(TlsMode::ExplicitIfOffered)), script);
    assert!(client.unwrap().tls_info().is_none());
}

#[tokio::test]
async fn a_memory_that_cannot_be_read_lets_nothing_go_in_clear() {
    let place = tempfile::tempdir().unwrap();
    let memory = file(&place);
    let server = Server::start().await;
    let mut options = server.options(TlsMode::ExplicitIfOffered);
    fs::write(memory.path(), format!("127.0.0.1 {} nonsense\n", options.port.unwrap())).unwrap();
    options.memory = Some(memory);
    let script = async {
        let mut peer = server.greet().await;
        peer.expect("AUTH TLS").await;
        peer.say("502 no TLS here").await;
        assert_eq!(peer.hear().await, None);
    };
    let (error, ()) = tokio::join!(async { Client::connect(options).await.unwrap_err() }, script);
    assert!(error.to_string().contains("known_hosts"), "{error}");
}

#[tokio::test]
async fn sessions_that_are_no_longer_resumed_are_worth_a_word() {
    let place = tempfile::tempdir().unwrap();
    let memory = file(&place);
    let server = Server::lax().await;
    let mut options = server.options(TlsMode::Explicit);
    memory.note("127.0.0.1", options.port.unwrap(), &|record| record.resumes = true).unwrap();
    options.memory = Some(memory);
    let script = async {
        let mut peer = server.greet().await;
        for _ in 0..2 {
            peer.until(&["RETR"]).await;
            peer.tls = server.forgetful_tls();
            peer.give(b"x", Some(TicketPlan::Download)).await;
        }
        peer.hear().await
    };
    let client = async {
        let mut client = logged_in(options).await.unwrap();
        for _ in 0..2 {
            let mut fetched = Vec::new();
            client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
            assert!(!client.data_tls_info().unwrap().resumed);
        }
        let warnings = client.warnings().to_vec();
        assert!(warnings.len() == 1 && warnings[0].contains("do not resume"), "{warnings:?}");
    };
    tokio::join!(script, client);
}

#[tokio::test]
async fn a_renewed_certificate_takes_the_place_of_the_old_one() {
    let place = tempfile::tempdir().unwrap();
    let memory = file(&place);
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Explicit);
    let port = options.port.unwrap();
    let old = Server::start().await.fingerprint;
    memory.note("127.0.0.1", port, &|record| record.certificate = Some(old)).unwrap();
    options.memory = Some(memory.clone());
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["USER"]).await;
        peer.say("530 go away").await;
    };
    let client = async {
        let mut client = Client::connect(options).await.unwrap();
        client.login("wharf", Secret::new("secret").unwrap(), None).await.unwrap_err();
    };
    tokio::join!(script, client);
    assert_eq!(memory.recall("127.0.0.1", port).unwrap().certificate, Some(server.fingerprint));
}
