//! Upgrade, downgrade, and what must not get lost on the way.

use bytes::Bytes;
use rustls::ClientConnection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use wharf_transport::{ControlEvent, ControlStream, DataSession, TlsFailure, TlsVersion, UpgradeError};

use crate::support::*;

fn line(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// AUTH TLS, a protected line each way, CCC, a clear line each way. // TLS-01 TLS-25
#[tokio::test]
async fn upgrades_and_goes_back_to_clear() {
    for version in VERSIONS {
        let (server, client) = pair().await;
        let (mut server, mut client) = (ControlStream::clear(server), ControlStream::clear(client));
        let (server_tls, client_tls) = (server_tls(DataSession::Prefer).control(None), client_tls(version));

        client.queue(line("AUTH TLS\r\n"));
        let ((), asked) = tokio::join!(flush(&mut client), read_until(&mut server, b"\r\n"));
        assert_eq!(&asked[..], b"AUTH TLS\r\n");
        server.queue(line("234 Go on\r\n"));
        server.upgrade_server(&server_tls).unwrap();
        assert_eq!(server.upgrade_server(&server_tls), Err(UpgradeError::Busy));
        let at_client = async {
            assert_eq!(&read_until(&mut client, b"\r\n").await[..], b"234 Go on\r\n");
            client.upgrade_client(&client_tls).unwrap();
            // Queued before TLS is up, sent when it is.
            client.queue(line("USER alice\r\n"));
            outcome(&mut client).await
        };
        let (at_server, at_client) = tokio::join!(outcome(&mut server), at_client);
        let ControlEvent::Secured(info) = at_server else { panic!("{at_server:?}") };
        assert_eq!((info.version, info.resumed), (version, false));
        // TLS-09
        assert_eq!((info.sni.as_deref(), info.alpn.as_deref()), (Some("localhost"), Some(&b"ftp"[..])));
        let ControlEvent::Secured(info) = at_client else { panic!("{at_client:?}") };
        assert_eq!(info.peer_certificate, Some(identity().fingerprint()));
        assert!(!info.cipher.is_empty());
        assert_eq!(server.upgrade_server(&server_tls), Err(UpgradeError::AlreadySecure));

        let ((), got) = tokio::join!(flush(&mut client), read_until(&mut server, b"\r\n"));
        assert_eq!(&got[..], b"USER alice\r\n");
        server.queue(line("200 Clear from here\r\n"));
        server.downgrade();
        server.queue(line("200 In clear\r\n"));
        let at_client = async {
            let got = read_until(&mut client, b"\r\n").await;
            assert_eq!(&got[..], b"200 Clear from here\r\n");
            client.downgrade();
            client.queue(line("NOOP\r\n"));
            loop {
                match client.progress(true).await {
                    ControlEvent::Cleared => break,
                    ControlEvent::Flushed | ControlEvent::CloseNotify => {}
                    event => panic!("{event:?}"),
                }
            }
        };
        let (at_server, ()) = tokio::join!(outcome(&mut server), at_client);
        assert!(matches!(at_server, ControlEvent::Cleared), "{at_server:?}");
        assert!(server.tls_info().is_none() && client.tls_info().is_none());
        let (at_server, at_client) =
            tokio::join!(read_until(&mut server, b"\r\n"), read_until(&mut client, b"\r\n"));
        assert_eq!((&at_server[..], &at_client[..]), (&b"NOOP\r\n"[..], &b"200 In clear\r\n"[..]));
    }
}

/// A command in the same segment as the close_notify before it.
#[tokio::test]
async fn loses_nothing_behind_the_close_notify() {
    for version in VERSIONS {
        let (server, client) = pair().await;
        let mut server = ControlStream::clear(server);
        server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
        let bare = Bare::new(version, &[]);
        let (at_server, client) = tokio::join!(outcome(&mut server), bare.connect(tcp(client)));
        assert!(matches!(at_server, ControlEvent::Secured(_)), "{at_server:?}");

        let (mut io, mut tls): (_, ClientConnection) = client.unwrap().into_inner();
        let mut bytes = Vec::new();
        std::io::Write::write_all(&mut tls.writer(), b"CCC\r\n").unwrap();
        tls.send_close_notify();
        while tls.wants_write() {
            tls.write_tls(&mut bytes).unwrap();
        }
        bytes.extend_from_slice(b"NOOP\r\nPWD\r\n");
        io.write_all(&bytes).await.unwrap();

        assert_eq!(&read_until(&mut server, b"\r\n").await[..], b"CCC\r\n");
        // Even when the server looks on before it answers.
        assert!(matches!(server.progress(true).await, ControlEvent::CloseNotify));
        server.downgrade();
        assert!(matches!(outcome(&mut server).await, ControlEvent::Cleared));
        assert_eq!(&read_until(&mut server, b"PWD\r\n").await[..], b"NOOP\r\nPWD\r\n");
    }
}

// TLS-04
#[tokio::test]
async fn notices_clear_text_behind_the_upgrade() {
    let (server, mut client) = pair().await;
    let mut server = ControlStream::clear(server);
    client.write_all(b"AUTH TLS\r\nUSER mallory\r\n").await.unwrap();
    while server.buffer().len() < 24 {
        server.progress(true).await;
    }
    let _command = server.buffer().split_to(10);
    server.queue(line("234 Go on\r\n"));
    server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
    assert!(matches!(outcome(&mut server).await, ControlEvent::PlaintextAfterUpgrade));
    assert!(matches!(outcome(&mut server).await, ControlEvent::Closed));
}

#[tokio::test]
async fn two_writers_do_not_wait_for_each_other() {
    const MUCH: usize = 10 << 20;
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Prefer), client_tls(version)).await;
        let both = |mut stream: ControlStream| async move {
            let much: Bytes = (0..MUCH).map(|n| n.to_le_bytes()[1]).collect();
            stream.queue(much.clone());
            let mut got = bytes::BytesMut::new();
            while got.len() < MUCH || stream.pending() > 0 {
                match stream.progress(true).await {
                    ControlEvent::Read | ControlEvent::Flushed => got.unsplit(stream.buffer().split()),
                    event => panic!("{event:?}"),
                }
            }
            assert!(got == much);
            stream
        };
        let done = async { tokio::join!(both(session.server), both(session.client)) };
        timeout(PATIENCE, done).await.unwrap();
    }
}

#[tokio::test]
async fn stops_reading_when_nobody_takes_the_bytes() {
    let (server, mut client) = pair().await;
    let mut server = ControlStream::clear(server);
    client.write_all(&[b'x'; 100_000]).await.unwrap();
    drop(client);
    while server.buffer().len() <= 64 * 1024 {
        assert!(matches!(server.progress(true).await, ControlEvent::Read));
    }
    let idle = std::future::poll_fn(|cx| std::task::Poll::Ready(server.poll_progress(cx, true).is_pending()));
    assert!(idle.await);
    assert!(server.buffer().len() < 80 * 1024);
    server.buffer().clear();
    assert!(matches!(outcome(&mut server).await, ControlEvent::Eof { clean: true }));
}

// TLS-29
#[tokio::test]
async fn closes_with_close_notify_and_tells_a_cut_from_an_end() {
    let mut session = session(&server_tls(DataSession::Prefer), client_tls(TlsVersion::V1_3)).await;
    session.server.queue(line("221 Bye\r\n"));
    session.server.start_close();
    let at_client = async {
        assert_eq!(&read_until(&mut session.client, b"\r\n").await[..], b"221 Bye\r\n");
        assert!(matches!(outcome(&mut session.client).await, ControlEvent::CloseNotify));
        assert!(matches!(outcome(&mut session.client).await, ControlEvent::Eof { clean: true }));
    };
    let (at_server, ()) = tokio::join!(outcome(&mut session.server), at_client);
    assert!(matches!(at_server, ControlEvent::Closed), "{at_server:?}");
    drop(session.client);
    assert!(matches!(outcome(&mut session.server).await, ControlEvent::Eof { clean: false }));
}

/// A handshake that cannot succeed ends with a word about the cause on both sides. // TLS-06 TLS-07
#[tokio::test]
async fn names_why_there_is_no_tls() {
    // Nothing in common.
    let only_13 = server_with(identity(), TlsVersion::V1_3, TlsVersion::V1_3, DataSession::Prefer);
    let ends = handshake(&only_13.control(None), &client_tls(TlsVersion::V1_2)).await;
    for (_, event) in <[_; 2]>::from(ends) {
        let ControlEvent::SecureFailed(TlsFailure::NoCommonVersionOrCipher(_)) = event else {
            panic!("{event:?}")
        };
    }

    // Not TLS at all, at a port where TLS comes first.
    let (server, mut client) = pair().await;
    let mut server = ControlStream::clear(server);
    server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let event = outcome(&mut server).await;
    assert!(matches!(event, ControlEvent::SecureFailed(TlsFailure::NotTls)), "{event:?}");

    // Gone in the middle.
    let (server, client) = pair().await;
    let mut server = ControlStream::clear(server);
    server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
    drop(client);
    let event = outcome(&mut server).await;
    assert!(matches!(event, ControlEvent::SecureFailed(TlsFailure::Truncated)), "{event:?}");
}

/// A client that wants HTTP is sent away; FTP in every usual spelling, and no list at all, is fine. // TLS-09
#[tokio::test]
async fn a7_takes_no_other_application_protocol() {
    for (alpn, fine) in [
        (&["http/1.1"][..], false),
        (&[], true),
        (&["ftp"], true),
        (&["ftp-data"], true),
        (&["x-filezilla-ftp", "ftp"], true),
    ] {
        let (server, client) = pair().await;
        let mut server = ControlStream::clear(server);
        server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
        let bare = Bare::new(TlsVersion::V1_3, alpn);
        let (at_server, at_client) = tokio::join!(outcome(&mut server), bare.connect(tcp(client)));
        if fine {
            assert!(matches!(at_server, ControlEvent::Secured(_)), "{alpn:?}: {at_server:?}");
            assert!(at_client.is_ok());
        } else {
            let refused = matches!(at_server, ControlEvent::SecureFailed(TlsFailure::NoCommonProtocol));
            assert!(refused, "{at_server:?}");
            let alert = at_client.unwrap_err().to_string();
            assert!(alert.contains("NoApplicationProtocol"), "{alert}");
        }
    }
}

/// TLS from the first byte on: nothing is said in clear.
#[tokio::test]
async fn is_silent_before_implicit_tls() {
    let (server, mut client) = pair().await;
    let mut server = ControlStream::clear(server);
    server.upgrade_server(&server_tls(DataSession::Prefer).control(None)).unwrap();
    server.queue(line("220 Ready\r\n"));
    let silent =
        std::future::poll_fn(|cx| std::task::Poll::Ready(server.poll_progress(cx, true).is_pending()));
    assert!(silent.await);
    server.start_close();
    assert!(matches!(outcome(&mut server).await, ControlEvent::Closed));
    let mut said = Vec::new();
    client.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty(), "{said:?}");
}
