//! From one server to another.

use wharf_client::{Between, Client, ErrorClass, TlsMode};

use crate::peer::{Peer, Server, logged_in};

async fn clients(one: &Server, other: &Server, tls: TlsMode) -> (Client, Client) {
    let (one, other) = tokio::join!(logged_in(one.options(tls)), logged_in(other.options(tls)));
    (one.unwrap(), other.unwrap())
}

async fn goes(peer: &mut Peer, dialog: &[(&str, &[&str])]) {
    for (line, replies) in dialog {
        let verb = line.split(' ').next().unwrap();
        assert_eq!(peer.until(&[verb]).await, *line);
        for reply in *replies {
            peer.say(reply).await;
        }
    }
}

#[tokio::test]
async fn servers_send_to_each_other() {
    // RFC 959 §5.4; SEC-06: the address is the server's own, whatever it says.
    let (from, to) = (Server::start().await, Server::start().await);
    let source = async {
        let mut peer = from.greet().await;
        goes(
            &mut peer,
            &[
                ("SIZE a", &["213 7"]),
                ("PORT 127,0,0,1,1,2", &["200 ok"]),
                ("RETR a", &["150 now", "226 gone"]),
                ("SIZE a", &["213 7"]),
            ],
        )
        .await;
    };
    let target = async {
        let mut peer = to.greet().await;
        goes(
            &mut peer,
            &[
                ("PASV", &["227 here (10,0,0,1,1,2)"]),
                ("STOR b", &["150 now", "226 there"]),
                ("SIZE b", &["213 7"]),
            ],
        )
        .await;
    };
    let work = async {
        let (mut source, mut target) = clients(&from, &to, TlsMode::Off).await;
        Client::transfer_between(&mut source, "a", &mut target, "b", true, &mut |_| {}).await.unwrap()
    };
    let ((), (), way) = tokio::join!(source, target, work);
    assert_eq!(way, Between::Direct);
}

#[tokio::test]
async fn protected_servers_need_one_that_acts_as_the_client() {
    for (features, dialog_source, dialog_target) in [
        (["SIZE", "CPSV"], &[][..], &[("CPSV", &["227 here (127,0,0,1,1,2)"][..])][..]),
        (
            ["SSCN", "SIZE"],
            &[("SSCN ON", &["200 client"][..])][..],
            &[("PASV", &["227 here (127,0,0,1,1,2)"][..])][..],
        ),
    ] {
        let (from, to) = (Server::start().await, Server::start().await);
        let source = async {
            let mut peer = from.greet().await;
            peer.features = features[0];
            if features[0] == "SIZE" {
                goes(&mut peer, &[("SIZE a", &["213 7"])]).await;
            }
            goes(&mut peer, dialog_source).await;
            goes(&mut peer, &[("PORT 127,0,0,1,1,2", &["200 ok"]), ("RETR a", &["150 now", "226 gone"])])
                .await;
            if features[0] == "SSCN" {
                goes(&mut peer, &[("SSCN OFF", &["200 server"])]).await;
            }
            goes(&mut peer, &[("SIZE a", &["213 7"])]).await;
        };
        let target = async {
            let mut peer = to.greet().await;
            peer.features = features[1];
            goes(&mut peer, dialog_target).await;
            goes(&mut peer, &[("STOR b", &["150 now", "226 there"]), ("SIZE b", &["213 7"])]).await;
        };
        let work = async {
            let (mut source, mut target) = clients(&from, &to, TlsMode::Explicit).await;
            Client::transfer_between(&mut source, "a", &mut target, "b", true, &mut |_| {}).await.unwrap()
        };
        let ((), (), way) = tokio::join!(source, target, work);
        assert_eq!(way, Between::Direct);
    }
}

/// What both do when the bytes pass through the client.
async fn through(source: &mut Peer, target: &mut Peer) {
    let fetch = async {
        source.until(&["RETR"]).await;
        source.give(b"content", None).await;
    };
    let store = async {
        target.until(&["STOR"]).await;
        assert_eq!(target.take(None).await, b"content");
        target.until(&["SIZE"]).await;
        target.say("213 7").await;
    };
    tokio::join!(fetch, store);
}

#[tokio::test]
async fn what_servers_refuse_goes_through_here() {
    for direct in [false, true] {
        let (from, to) = (Server::start().await, Server::start().await);
        let script = async {
            let (mut source, mut target) = tokio::join!(from.greet(), to.greet());
            if direct {
                let refuses = async {
                    source.until(&["SIZE"]).await;
                    source.say("213 7").await;
                    source.until(&["PORT"]).await;
                    source.say("504 only your own address").await;
                };
                let listens = async {
                    target.until(&["PASV"]).await;
                    target.say("227 here (127,0,0,1,1,2)").await;
                };
                // The logins of both go on side by side.
                tokio::join!(refuses, listens);
            }
            through(&mut source, &mut target).await;
            (source.heard, target.heard)
        };
        let work = async {
            let (mut source, mut target) = clients(&from, &to, TlsMode::Off).await;
            Client::transfer_between(&mut source, "a", &mut target, "b", direct, &mut |_| {}).await.unwrap()
        };
        let ((source, target), way) = tokio::join!(script, work);
        assert_eq!(way, Between::Through);
        let asked = source.iter().chain(&target).any(|line| line.starts_with("PORT") || line == "PASV");
        assert_eq!(asked, direct, "nobody is told where to connect to unless that was asked for");
    }
}

#[tokio::test]
async fn a_transfer_that_one_side_refuses_is_stopped_on_the_other() {
    let (from, to) = (Server::start().await, Server::start().await);
    let script = async {
        let (mut source, mut target) = tokio::join!(from.greet(), to.greet());
        let refuses = async {
            source.until(&["SIZE"]).await;
            source.say("213 7").await;
            source.until(&["RETR"]).await;
            source.say("550 no such file").await;
            // The other way tells the same.
            source.until(&["RETR"]).await;
            source.say("550 no such file").await;
        };
        let waits = async {
            target.until(&["PASV"]).await;
            target.say("227 here (127,0,0,1,1,2)").await;
            target.until(&["STOR"]).await;
            target.say("150 now").await;
            target.until(&["ABOR"]).await;
            target.say("426 stopped").await;
            target.say("226 ok").await;
            while let Some(line) = target.hear().await {
                if !line.starts_with("STOR") {
                    target.otherwise(&line).await;
                }
            }
        };
        tokio::join!(refuses, waits);
    };
    let work = async {
        let (mut source, mut target) = clients(&from, &to, TlsMode::Off).await;
        Client::transfer_between(&mut source, "a", &mut target, "b", true, &mut |_| {}).await.unwrap_err()
    };
    let ((), error) = tokio::join!(script, work);
    assert_eq!(error.class(), ErrorClass::NotFound, "{error}");
}
