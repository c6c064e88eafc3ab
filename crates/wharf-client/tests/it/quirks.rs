//! Servers that say one thing and do another.

use wharf_client::{Client, ErrorClass, TimeVal, TlsMode, Upload};

use crate::peer::{Peer, Server, logged_in};

async fn in_clear(server: &Server) -> Client {
    logged_in(server.options(TlsMode::Off)).await.unwrap()
}

/// FEAT, what is said and answered, whether it works, and what comes for the next file.
type Case<'a> = (&'static str, &'a [(&'a str, &'a str)], bool, &'a str);

#[tokio::test]
async fn sets_times_as_the_server_can() {
    // XFR-24, E8
    let time = TimeVal::parse(b"20240102030405").unwrap();
    let utime = "SITE UTIME 20240102030405 f";
    let mdtm = "MDTM 20240102030405 f";
    let cases: [Case<'_>; 4] = [
        ("MFMT\r\n MDTM", &[("MFMT 20240102030405 f", "500 what?"), (utime, "200 ok")], true, utime),
        ("MDTM", &[(utime, "500 what?"), (mdtm, "213 ok")], true, mdtm),
        ("MDTM", &[(utime, "500 what?"), (mdtm, "550 no such file")], false, utime),
        ("SIZE", &[(utime, "502 no")], false, "NOOP"),
    ];
    for (features, dialog, works, next) in cases {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = features;
            peer.until(&[&dialog[0].0[..4]]).await;
            assert_eq!(peer.heard.last().unwrap(), dialog[0].0);
            peer.say(dialog[0].1).await;
            for (line, reply) in &dialog[1..] {
                peer.expect(line).await;
                peer.say(reply).await;
            }
            // What was found out counts for the next file.
            peer.expect(next).await;
            peer.say("200 ok").await;
            peer
        };
        let work = async {
            let mut client = in_clear(&server).await;
            assert_eq!(client.set_modified("f", time).await.unwrap(), works, "{features}");
            let again = client.set_modified("f", time).await.unwrap();
            if !again {
                client.command(wharf_client::Command::Noop).await.unwrap();
            }
        };
        tokio::join!(script, work);
    }
}

#[tokio::test]
async fn a_server_without_the_mlsd_that_it_lists_is_asked_for_list() {
    // E8, LST-22
    for refusal in ["500 what?", "502 no", "504 not so"] {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.until(&["MLSD"]).await;
            peer.say(refusal).await;
            for _ in 0..2 {
                peer.until(&["LIST"]).await;
                peer.give(b"-rw-r--r-- 1 o g 42 Jan 02  2023 f\r\n", None).await;
            }
            peer.heard
        };
        let work = async {
            let mut client = in_clear(&server).await;
            for _ in 0..2 {
                assert_eq!(client.list("").await.unwrap().len(), 1);
            }
        };
        let (heard, ()) = tokio::join!(script, work);
        assert_eq!(heard.iter().filter(|line| line.starts_with("MLSD")).count(), 1, "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_without_the_rest_that_it_lists_gets_the_rest_by_appe() {
    // XFR-10, E8
    let server = Server::start().await;
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["REST"]).await;
        peer.say("502 no").await;
        assert_eq!(peer.until(&["APPE", "STOR"]).await, "APPE f");
        assert_eq!(peer.take(None).await, b"456");
        peer.until(&["SIZE"]).await;
        peer.say("213 7").await;
    };
    let work = async {
        let mut client = in_clear(&server).await;
        client.upload("f", 4, Upload::Store, &mut &b"456"[..], &mut |_| {}).await.unwrap();
    };
    tokio::join!(script, work);
}

#[tokio::test]
async fn refused_sizes_and_times_stop_nothing() {
    // XFR-05
    let server = Server::start().await;
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["SIZE"]).await;
        peer.say("550 not in ASCII").await;
        peer.until(&["RETR"]).await;
        peer.give(b"text", None).await;
        peer.until(&["MDTM"]).await;
        peer.say("502 no").await;
    };
    let work = async {
        let mut client = in_clear(&server).await;
        assert_eq!(client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap(), 4);
        assert_eq!(client.modified("f").await.unwrap(), None);
    };
    tokio::join!(script, work);
}

async fn secured(server: &Server, mechanism: &str) -> Peer {
    let mut peer = server.greet().await;
    if mechanism == "SSL" {
        peer.expect("AUTH TLS").await;
        peer.say("504 unknown mechanism").await;
    }
    peer.expect(&format!("AUTH {mechanism}")).await;
    peer.secure().await;
    peer
}

#[tokio::test]
async fn the_older_name_of_tls_will_do() {
    // TLS-02
    let server = Server::start().await;
    let script = async {
        let mut peer = secured(&server, "SSL").await;
        peer.until(&["QUIT"]).await;
        peer.say("221 bye").await;
    };
    let work = async {
        let client = logged_in(server.options(TlsMode::Explicit)).await.unwrap();
        assert!(client.tls_info().is_some() && client.data_protected());
        client.quit().await.unwrap();
    };
    tokio::join!(script, work);
}

#[tokio::test]
async fn protection_is_asked_for_when_the_server_takes_it() {
    // TLS-15
    for late in [false, true] {
        let server = Server::start().await;
        let mut options = server.options(TlsMode::Explicit);
        options.protect_after_login = late;
        let script = async {
            let mut peer = secured(&server, "TLS").await;
            if !late {
                for line in ["PBSZ 0", "PROT P"] {
                    peer.expect(line).await;
                    peer.say("503 login first").await;
                }
            }
            for (line, reply) in [("USER wharf", "331 and?"), ("PASS secret", "230 in")] {
                peer.expect(line).await;
                peer.say(reply).await;
            }
            for line in ["PBSZ 0", "PROT P"] {
                peer.expect(line).await;
                peer.say("200 ok").await;
            }
            peer.until(&["QUIT"]).await;
            peer.say("221 bye").await;
        };
        let work = async {
            let client = logged_in(options).await.unwrap();
            assert!(client.data_protected());
            client.quit().await.unwrap();
        };
        tokio::join!(script, work);
    }
}

#[tokio::test]
async fn the_host_is_named_where_the_server_lists_that() {
    // VH-05, VH-06: before AUTH, since no name of an address is in TLS.
    for (features, reply, works) in
        [("HOST", "220 yes", true), ("HOST", "502 no", true), ("HOST", "504 who?", false), ("SIZE", "", true)]
    {
        let server = Server::start().await;
        let mut options = server.options(TlsMode::Explicit);
        options.send_host = true;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = features;
            peer.expect("FEAT").await;
            peer.otherwise("FEAT").await;
            if features == "HOST" {
                peer.expect("HOST 127.0.0.1").await;
                peer.say(reply).await;
            }
            if works {
                peer.expect("AUTH TLS").await;
                peer.secure().await;
                peer.until(&["QUIT"]).await;
                peer.say("221 bye").await;
            }
        };
        let work = async {
            match logged_in(options).await {
                Ok(client) => client.quit().await.unwrap(),
                Err(error) => assert!(!works && error.class() == ErrorClass::Refused, "{error}"),
            }
        };
        tokio::join!(script, work);
    }
}

#[tokio::test]
async fn with_a_name_in_tls_the_host_is_named_behind_it() {
    // VH-05
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Explicit);
    options.host = "localhost".to_owned();
    options.send_host = true;
    let script = async {
        let mut peer = secured(&server, "TLS").await;
        peer.features = "HOST";
        assert_eq!(peer.until(&["HOST"]).await, "HOST localhost");
        peer.say("220 yes").await;
        peer.expect("USER wharf").await;
        peer.say("530 that is enough").await;
    };
    let work = async { logged_in(options).await.unwrap_err() };
    let ((), error) = tokio::join!(script, work);
    assert_eq!(error.class(), ErrorClass::Login);
}
