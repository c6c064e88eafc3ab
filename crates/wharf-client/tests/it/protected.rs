//! TLS.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use wharf_client::{Client, ErrorClass, Secret, TlsMode, TlsVersion, Trust, Upload};
use wharf_transport::TicketPlan;

use crate::peer::{Server, logged_in, sample};

#[tokio::test]
async fn data_connections_resume_the_session() {
    // TLS-20, TLS-21, TLS-22: more transfers than there were tickets to begin with, each resumed.
    for highest in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let server = Server::start().await;
        let mut options = server.options(TlsMode::Explicit);
        options.max_version = highest;
        let file = sample(700_000);
        let copy = file.clone();
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            for _ in 0..12 {
                match &peer.until(&["RETR", "STOR", "MLSD"]).await[..4] {
                    "STOR" => assert_eq!(peer.take(Some(TicketPlan::Upload)).await, copy),
                    "RETR" => peer.give(&copy, Some(TicketPlan::Download)).await,
                    _ => peer.give(b"type=file; f\r\n", Some(TicketPlan::Download)).await,
                }
            }
        });
        let mut client = logged_in(options).await.unwrap();
        assert_eq!(client.tls_info().unwrap().version, highest);
        assert!(client.data_protected());
        for round in 0..12 {
            match round {
                // Uploads alone give no tickets back but to a client that asks and drains.
                0..10 => {
                    client.upload("f", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap();
                }
                10 => {
                    let mut fetched = Vec::new();
                    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
                    assert!(fetched == file);
                }
                _ => assert_eq!(client.list("").await.unwrap().len(), 1),
            }
            assert!(client.data_tls_info().unwrap().resumed, "round {round}");
        }
        script.await.unwrap();
    }
}

#[tokio::test]
async fn implicit_tls() {
    // IMP-01, IMP-03
    let server = Server::start().await;
    let options = server.options(TlsMode::Implicit);
    let script = tokio::spawn(async move {
        let mut peer = server.accept().await;
        peer.control.upgrade_server(&peer.tls).unwrap();
        peer.handshake().await;
        peer.say("220 hello").await;
        peer.until(&["RETR"]).await;
        assert!(peer.heard.contains(&"PROT P".to_owned()));
        peer.give(b"x", Some(TicketPlan::Download)).await;
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, b"x");
    script.await.unwrap();
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_before_the_user_name() {
    // TLS-06, TLS-08
    let server = Server::start().await;
    let other = Server::start().await;
    let mut options = server.options(TlsMode::Explicit);
    options.trust = Trust::Pin(other.fingerprint);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.expect("AUTH TLS").await;
        peer.control.queue("234 go\r\n".into());
        peer.control.upgrade_server(&peer.tls).unwrap();
        assert_eq!(peer.hear().await, None);
    });
    let error = Client::connect(options).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Certificate, "{error}");
    script.await.unwrap();
}

#[tokio::test]
async fn another_certificate_on_the_data_connection_is_refused() {
    // TLS-08
    let server = Server::start().await;
    let other = Server::start().await;
    let mut options = server.options(TlsMode::Explicit);
    options.trust = Trust::DangerousInsecure;
    let stranger = other.options(TlsMode::Explicit).port.unwrap();
    let thief = tokio::spawn(async move {
        let mut peer = other.accept().await;
        peer.control.upgrade_server(&peer.tls).unwrap();
        peer.hear().await
    });
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["EPSV"]).await;
        peer.say(&format!("229 Extended (|||{stranger}|)")).await;
        peer.expect("STOR f").await;
        peer.say("150 go").await;
        assert_eq!(thief.await.unwrap(), None);
        peer.say("426 cut").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let file = b"for nobody else\r\n";
    let error = client.upload("f", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Data, "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    script.await.unwrap();
}

#[tokio::test]
async fn a_download_without_the_end_mark_is_not_whole() {
    // TLS-24, E7
    for (strict, size) in [(true, None), (true, Some(4)), (false, None)] {
        let server = Server::start().await;
        let mut options = server.options(TlsMode::Explicit);
        options.strict_close = strict;
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["SIZE"]).await;
            match size {
                Some(size) => peer.say(&format!("213 {size}")).await,
                None => peer.say("550 no").await,
            }
            peer.until(&["RETR"]).await;
            peer.say("150 here").await;
            let mut data = peer.data(Some(TicketPlan::Download)).await;
            data.write_all(b"half").await.unwrap();
            data.flush().await.unwrap();
            // The end of TCP without the end of TLS.
            drop(data);
            peer.say("226 done").await;
            peer.hear().await
        });
        let mut client = logged_in(options).await.unwrap();
        let mut fetched = Vec::new();
        let result = client.download("f", 0, &mut fetched, &mut |_| {}).await;
        assert_eq!(result.is_ok(), !strict || size.is_some(), "{result:?}");
        drop(client);
        script.await.unwrap();
    }
}

#[tokio::test]
async fn tls12_takes_over_where_sessions_must_be_resumed() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["CWD"]).await;
        peer.say("250 ok").await;
        peer.until(&["RETR"]).await;
        peer.say("522 resume the session").await;
        peer.until(&["PWD"]).await;
        peer.say("257 \"/deep\"").await;
        let mut again = server.greet().await;
        assert_eq!(again.until(&["CWD"]).await, "CWD /deep");
        again.say("250 ok").await;
        again.until(&["RETR"]).await;
        again.give(b"at last", Some(TicketPlan::Download)).await;
        again.heard
    });
    let mut client = logged_in(options).await.unwrap();
    client.cwd("deep").await.unwrap();
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, b"at last");
    assert_eq!(client.tls_info().unwrap().version, TlsVersion::V1_2);
    assert!(client.data_tls_info().unwrap().resumed);
    assert!(script.await.unwrap().contains(&"USER wharf".to_owned()));
}

#[tokio::test]
async fn a_password_stays_here_where_there_is_no_tls() {
    // SEC-07: on the loopback interface it may go, so this is about the refusal of AUTH alone.
    let server = Server::start().await;
    let mut options = server.options(TlsMode::ExplicitIfOffered);
    options.timeout = Duration::from_secs(5);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.expect("AUTH TLS").await;
        peer.say("502 no").await;
        peer.until(&["NOOP"]).await;
        peer.say("200 ok").await;
    });
    let mut client = Client::connect(options).await.unwrap();
    assert!(client.tls_info().is_none());
    client.login("wharf", Secret::new("secret").unwrap(), None).await.unwrap();
    client.raw("NOOP").await.unwrap();
    script.await.unwrap();
}

#[tokio::test]
async fn bytes_behind_the_reply_that_breaks_off_are_kept() {
    for tls in [TlsMode::Off, TlsMode::Explicit] {
        let server = Server::start().await;
        let options = server.options(tls);
        let file = sample(300_000);
        let copy = file.clone();
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["RETR"]).await;
            peer.say("150 here").await;
            let tickets = (tls != TlsMode::Off).then_some(TicketPlan::Download);
            let mut data = peer.data(tickets).await;
            data.write_all(&copy[..100_000]).await.unwrap();
            data.flush().await.unwrap();
            // The reply is there before the rest is sent.
            peer.say("426 cut").await;
            data.write_all(&copy[100_000..]).await.unwrap();
            data.finish_send(Duration::from_secs(5)).await.unwrap();
            peer.hear().await
        });
        let mut client = logged_in(options).await.unwrap();
        let mut fetched = Vec::new();
        client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap_err();
        assert!(fetched == file, "{} bytes", fetched.len());
        drop(client);
        script.await.unwrap();
    }
}
