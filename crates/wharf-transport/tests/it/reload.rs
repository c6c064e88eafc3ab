//! Certificates that are exchanged while connections go on, and files that are read when they change.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use wharf_transport::{
    ControlStream, DataSession, FileWatch, HostIdentity, Identity, Reloaded, ServerTls, ServerTlsOptions,
    TicketPlan, Trust,
};

use crate::resumption::{bare_data, bare_session_at};
use crate::support::*;

#[tokio::test]
async fn the_next_control_connection_sees_what_was_exchanged() {
    let of_host = |identity: &Identity| {
        vec![HostIdentity { names: vec!["files.example".to_owned()], identity: identity.clone() }]
    };
    let [usual, files, newer, newer_files] = [(); 4].map(|()| made_for("any.example"));
    let mut options = ServerTlsOptions::new(usual.clone());
    options.hosts = of_host(&files);
    let tls = ServerTls::new(options).unwrap();
    // Prepared before the exchange, and shaking hands after it: what counts is the handshake.
    let waiting = tls.control(Some("files.example"));
    assert_eq!(seen(&tls.control(None), "any.example").await, Some(usual.fingerprint()));
    assert_eq!(seen(&tls.control(None), "files.example").await, Some(files.fingerprint()));
    tls.replace_certificates(&newer, &of_host(&newer_files));
    assert_eq!(seen(&tls.control(None), "any.example").await, Some(newer.fingerprint()));
    assert_eq!(seen(&tls.control(None), "files.example").await, Some(newer_files.fingerprint()));
    assert_eq!(seen(&tls.control(Some("files.example")), "127.0.0.1").await, Some(newer_files.fingerprint()));
    assert_eq!(seen(&waiting, "127.0.0.1").await, Some(newer_files.fingerprint()));
}

/// A watch whose source tells each time it is read; what it reads is the text of the file, `bad` being unusable.
fn watch(file: &Path) -> (FileWatch, mpsc::UnboundedReceiver<Result<String, String>>) {
    let (tell, told) = mpsc::unbounded_channel();
    let mut watch = FileWatch::new().every(Duration::from_millis(1));
    let path = file.to_owned();
    let mut last = String::new();
    watch.add("a file", vec![file.to_owned()], move || {
        let text = fs::read_to_string(&path).map_err(|error| error.to_string());
        let outcome = match text {
            Ok(text) if text == last => Ok(Reloaded::Same),
            Ok(text) if text == "bad" => Err(text),
            Ok(text) => {
                last.clone_from(&text);
                Ok(Reloaded::New(text))
            }
            Err(error) => Err(error),
        };
        // Nobody listens once the test is over.
        let _ = tell.send(match &outcome {
            Ok(Reloaded::Same) => Ok("same".to_owned()),
            Ok(Reloaded::New(text)) => Ok(text.clone()),
            Err(error) => Err(error.clone()),
        });
        outcome
    });
    (watch, told)
}

/// Waits until the source was read with this outcome; others before it are passed over.
async fn until(told: &mut mpsc::UnboundedReceiver<Result<String, String>>, wanted: Result<&str, ()>) {
    let reached = async {
        loop {
            match told.recv().await.expect("the watch goes on") {
                Ok(text) if wanted == Ok(&text) => return,
                Err(_) if wanted.is_err() => return,
                Ok(_) | Err(_) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.expect("it is read in time");
}

#[tokio::test]
async fn files_are_read_when_they_change_however_they_change() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for (folder, text) in [("one", "first"), ("two", "second")] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("file"), text).unwrap();
    }
    symlink("one", at("live")).unwrap();
    let (watch, mut told) = watch(&at("live/file"));
    let (bell, counts) = (watch.bell(), watch.counts());
    let running = tokio::spawn(watch.run());
    until(&mut told, Ok("first")).await;
    // A folder behind a link is exchanged, as Kubernetes does.
    symlink("two", at("next")).unwrap();
    fs::rename(at("next"), at("live")).unwrap();
    until(&mut told, Ok("second")).await;
    // Written in place, and replaced by another file.
    fs::write(at("two/file"), "third").unwrap();
    until(&mut told, Ok("third")).await;
    fs::write(at("new"), "fourth").unwrap();
    fs::rename(at("new"), at("two/file")).unwrap();
    until(&mut told, Ok("fourth")).await;
    // Unusable, then gone, then there again.
    fs::write(at("two/file"), "bad").unwrap();
    until(&mut told, Err(())).await;
    fs::remove_file(at("two/file")).unwrap();
    until(&mut told, Err(())).await;
    fs::write(at("two/file"), "fifth").unwrap();
    until(&mut told, Ok("fifth")).await;
    until(&mut told, Ok("same")).await;
    bell.ring();
    until(&mut told, Ok("same")).await;
    assert_eq!(counts.renewed(), 5);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn what_stays_unusable_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "bad").unwrap();
    let (watch, mut told) = watch(&file);
    let (bell, counts) = (watch.bell(), watch.counts());
    let running = tokio::spawn(watch.run());
    for _ in 0..10 {
        until(&mut told, Err(())).await;
    }
    assert_eq!(counts.failed(), 1);
    bell.ring();
    // Counted behind the outcome: the next look is the proof that this one is over.
    for _ in 0..4 {
        until(&mut told, Err(())).await;
    }
    assert_eq!(counts.failed(), 2, "who asks is told again");
    fs::write(&file, "good").unwrap();
    until(&mut told, Ok("good")).await;
    until(&mut told, Ok("same")).await;
    assert_eq!((counts.renewed(), counts.failed()), (1, 2));
    running.abort();
}

/// Certificates come and go as fast as they can while clients connect and resume: no handshake fails.
#[tokio::test(flavor = "multi_thread")]
async fn handshakes_go_on_while_certificates_are_exchanged() {
    // TLS-20
    let tls = server_tls(DataSession::Require);
    let exchanging = {
        let (tls, all) = (tls.clone(), [made_for("a.example"), made_for("b.example")]);
        tokio::spawn(async move {
            for identity in all.iter().cycle() {
                tls.replace_certificates(identity, &[]);
                tokio::task::yield_now().await;
            }
        })
    };
    for version in VERSIONS {
        let sessions = (0..8).map(|_| async {
            let client = client_with(Trust::DangerousInsecure, "localhost", version);
            let session = session(&tls, client).await;
            for direction in [Direction::Upload, Direction::Download, Direction::Upload] {
                assert!(transfer(&session, direction).await.unwrap());
            }
        });
        futures_util::future::join_all(sessions).await;
    }
    exchanging.abort();
}

#[tokio::test]
async fn data_connections_show_what_their_control_connection_showed() {
    // TLS-20
    for version in VERSIONS {
        // These clients know one certificate, and the second of them has no ticket.
        let (tls, client) = (server_tls(DataSession::Off), || Bare::new(version, &["ftp"]));
        let (_server, control, _client) = bare_session_at(&tls, &client()).await;
        tls.replace_certificates(&made_for("localhost"), &[]);
        let (at_server, at_client) = bare_data(&control, &client(), TicketPlan::Download).await;
        assert!(!at_server.unwrap().tls.resumed);
        assert!(at_client.is_some_and(|kind| kind != rustls::HandshakeKind::Resumed));
        let (server, other) = pair().await;
        let mut server = ControlStream::clear(server);
        server.upgrade_server(&tls.control(None)).unwrap();
        let newcomer = client();
        let (_, refused) = tokio::join!(outcome(&mut server), newcomer.connect(tcp(other)));
        assert!(refused.is_err(), "a new session is shown the new certificate");
    }
}
