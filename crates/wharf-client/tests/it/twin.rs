//! Further connections like one that is there.

use wharf_client::{Error, ErrorClass, TlsMode, Trust};

use crate::peer::{Server, logged_in};

#[tokio::test]
async fn a_twin_stands_where_the_first_one_stood() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = async {
        let mut first = server.greet().await;
        first.until(&["CWD"]).await;
        first.say("250 there").await;
        let mut second = server.greet().await;
        assert_eq!(second.until(&["CWD"]).await, "CWD pub");
        second.say("250 there").await;
        second.until(&["QUIT"]).await;
        second.say("221 bye").await;
        assert!(second.heard.contains(&"PASS secret".to_owned()), "{:?}", second.heard);
        assert_eq!(second.heard[0], "AUTH TLS");
        first.until(&["QUIT"]).await;
        first.say("221 bye").await;
    };
    let client = async {
        let mut client = logged_in(options).await.unwrap();
        client.cwd("pub").await.unwrap();
        let twin = client.twin();
        let other = twin.connect().await.unwrap();
        assert!(other.data_protected());
        assert!(!format!("{twin:?}").contains("secret"));
        other.quit().await.unwrap();
        client.quit().await.unwrap();
    };
    tokio::join!(script, client);
}

#[tokio::test]
async fn a_twin_is_shown_the_same_certificate_or_says_nothing_of_the_user() {
    let (server, other) = (Server::start().await, Server::start().await);
    // Even where any certificate would do.
    let mut options = server.options(TlsMode::Explicit);
    options.trust = Trust::DangerousInsecure;
    let script = async {
        let mut first = server.greet().await;
        first.until(&["NOOP"]).await;
        first.say("200 ok").await;
        let mut second = server.greet().await;
        second.tls = other.forgetful_tls();
        while let Some(line) = second.hear().await {
            second.otherwise(&line).await;
        }
        assert!(!second.heard.iter().any(|line| line.starts_with("USER")), "{:?}", second.heard);
        first
    };
    let client = async {
        let mut client = logged_in(options).await.unwrap();
        client.command(wharf_client::Command::Noop).await.unwrap();
        let error = client.twin().connect().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Certificate);
        let Error::OtherCertificate { first, seen } = error else { panic!("{error}") };
        assert_eq!((first, seen), (server.fingerprint, other.fingerprint));
        client
    };
    tokio::join!(script, client);
}
