//! Servers that mean harm.

use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use wharf_client::{Client, Error, ErrorClass, Secret, TlsMode, Upload};

use crate::peer::{Server, logged_in};

#[tokio::test]
async fn e1_pasv_leads_nowhere_else() {
    // E1, SEC-06
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let canary = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["EPSV"]).await;
        peer.say("500 what?").await;
        peer.expect("PASV").await;
        let port = peer.listen().await.port();
        peer.say(&format!("227 Passive (127,0,0,2,{},{})", port >> 8, port & 255)).await;
        peer.expect("RETR f").await;
        peer.give(b"here", None).await;
        let hit = canary.accept();
        assert!(tokio::time::timeout(Duration::from_millis(50), hit).await.is_err());
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, b"here");
    script.await.unwrap();
}

#[tokio::test]
async fn e2_names_carry_no_commands() {
    // E2, CTL-28
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        while let Some(line) = peer.hear().await {
            let verb = line.split(' ').next().unwrap();
            match verb {
                "USER" => peer.say("331 password").await,
                "PASS" => peer.say("230 in").await,
                _ => peer.say("500 what?").await,
            }
        }
        peer.heard
    });
    let mut client = logged_in(options).await.unwrap();
    for bad in ["x\r\nDELE y", "x\nDELE y", "x\0y", "x\r"] {
        let refused = |error: Error| assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        refused(client.cwd(bad).await.unwrap_err());
        refused(client.mkdir(bad).await.unwrap_err());
        refused(client.rmdir(bad).await.unwrap_err());
        refused(client.delete(bad).await.unwrap_err());
        refused(client.rename("x", bad).await.unwrap_err());
        refused(client.rename(bad, "x").await.unwrap_err());
        refused(client.size(bad).await.unwrap_err());
        refused(client.modified(bad).await.unwrap_err());
        refused(client.stat(bad).await.unwrap_err());
        refused(client.list(bad).await.unwrap_err());
        refused(client.names(bad).await.unwrap_err());
        refused(client.raw(bad).await.unwrap_err());
        refused(client.download(bad, 0, &mut Vec::new(), &mut |_| {}).await.unwrap_err());
        refused(client.upload(bad, 0, Upload::Store, &mut &b""[..], &mut |_| {}).await.unwrap_err());
        refused(client.login(bad, Secret::default(), None).await.unwrap_err());
        assert!(Secret::new(bad).is_err());
    }
    drop(client);
    let heard = script.await.unwrap();
    assert!(
        heard.iter().all(|line| ["USER wharf", "PASS secret", "FEAT", "SYST"].contains(&line.as_str())),
        "{heard:?}"
    );
}

#[tokio::test]
async fn e3_no_name_without_tls() {
    // E3, SEC-07
    for reply in ["230 in", "200 ok", "220 hello", "421 busy", "500 what?", "234 go\r\n230 in"] {
        for mode in [TlsMode::Explicit, TlsMode::ExplicitIfOffered] {
            if mode == TlsMode::ExplicitIfOffered && reply.starts_with('5') {
                continue;
            }
            let server = Server::start().await;
            let options = server.options(mode);
            let script = tokio::spawn(async move {
                let mut peer = server.greet().await;
                peer.expect("AUTH TLS").await;
                peer.say(reply).await;
                while peer.hear().await.is_some() {}
                peer.heard
            });
            Client::connect(options).await.unwrap_err();
            assert_eq!(script.await.unwrap(), ["AUTH TLS"], "{reply}");
        }
    }
}

#[tokio::test]
async fn e5_endless_greetings_end() {
    // E5
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.accept().await;
        let line = Bytes::from(format!("220-{}\r\n", "x".repeat(1000)));
        let mut sent = 0;
        loop {
            for _ in 0..64 {
                peer.control.queue(line.clone());
                sent += line.len();
            }
            peer.flush().await;
            if peer.control.pending() > 0 || sent > 64 << 20 {
                return sent;
            }
        }
    });
    let error = Client::connect(options).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Protocol, "{error}");
    assert!(script.await.unwrap() < 64 << 20, "it took everything");

    // One that drips: the deadline is for the whole of it.
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.timeout = Duration::from_millis(200);
    let script = tokio::spawn(async move {
        let mut peer = server.accept().await;
        loop {
            peer.control.queue(Bytes::from_static(b"2"));
            peer.flush().await;
            if peer.control.pending() > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let error = Client::connect(options).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Timeout, "{error}");
    script.abort();
}

#[tokio::test]
async fn e7_half_a_file_is_no_success() {
    // E7: the last word is 226, and the size says something else.
    for size in [3, 5, 1_000_000] {
        let server = Server::start().await;
        let options = server.options(TlsMode::Off);
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["SIZE"]).await;
            peer.say(&format!("213 {size}")).await;
            peer.until(&["RETR"]).await;
            peer.give(b"four", None).await;
        });
        let mut client = logged_in(options).await.unwrap();
        let error = client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, Error::Truncated { bytes: 4, .. }), "{error:?}");
        script.await.unwrap();
    }
    // A server that stores less than it was sent.
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["STOR"]).await;
        peer.take(None).await;
        peer.until(&["SIZE"]).await;
        peer.say("213 3").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.upload("f", 0, Upload::Store, &mut &b"four"[..], &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Data, "{error}");
    script.await.unwrap();
}

#[tokio::test]
async fn turned_away_with_a_reason() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = tokio::spawn(async move {
        let mut peer = server.accept().await;
        peer.say("421 too many of you").await;
    });
    let error = Client::connect(options).await.unwrap_err();
    assert!(error.to_string().contains("too many of you"), "{error}");
    script.await.unwrap();
}
