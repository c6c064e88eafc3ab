//! Login by certificate, and a control connection that goes back to clear text.

use wharf_client::{Client, Error, ReplyCode, Secret, TlsMode, Upload};
use wharf_transport::{ControlEvent, TicketPlan};

use crate::peer::{Server, logged_in};

#[tokio::test]
async fn no_password_is_sent_to_a_server_that_knows_the_certificate() {
    // LOG-06, TLS-32
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = async {
        for _ in 0..2 {
            let mut peer = server.greet().await;
            peer.until(&["USER"]).await;
            peer.say("232 known by certificate").await;
            peer.until(&["NOOP"]).await;
            peer.say("200 ok").await;
            assert!(!peer.heard.iter().any(|line| line.starts_with("PASS")), "{:?}", peer.heard);
            assert_eq!(peer.hear().await, None);
        }
    };
    let client = async {
        let mut client = Client::connect(options.clone()).await.unwrap();
        client.login_by_certificate("wharf").await.unwrap();
        client.raw("NOOP").await.unwrap();
        drop(client);
        let mut client = logged_in(options).await.unwrap();
        client.raw("NOOP").await.unwrap();
    };
    tokio::join!(script, client);
}

#[tokio::test]
async fn a_password_may_be_asked_for_beside_the_certificate() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["NOOP"]).await;
        peer.say("200 ok").await;
    };
    let client = async {
        let mut client = Client::connect(options).await.unwrap();
        let error = client.login_by_certificate("wharf").await.unwrap_err();
        let Error::Login { reply } = error else { panic!("{error}") };
        assert_eq!(reply.code(), ReplyCode::NEED_PASSWORD);
        client.login("wharf", Secret::new("secret").unwrap(), None).await.unwrap();
        client.raw("NOOP").await.unwrap();
    };
    tokio::join!(script, client);
}

#[tokio::test]
async fn the_control_connection_goes_back_to_clear_and_data_stay_protected() {
    // TLS-25, from the client
    let server = Server::start().await;
    let options = server.options(TlsMode::Explicit);
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["CCC"]).await;
        peer.say("200 in clear from now on").await;
        peer.control.downgrade();
        loop {
            if let ControlEvent::Cleared = peer.control.progress(true).await {
                break;
            }
        }
        peer.until(&["STOR"]).await;
        assert_eq!(peer.take(Some(TicketPlan::Upload)).await, b"still secret");
        peer.until(&["CCC"]).await;
        peer.say("533 it is in clear").await;
    };
    let client = async {
        let mut client = logged_in(options).await.unwrap();
        client.clear_control().await.unwrap();
        assert!(client.tls_info().is_none() && client.data_protected());
        let file = b"still secret";
        client.upload("f", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap();
        assert!(client.data_tls_info().unwrap().resumed);
        assert!(matches!(client.clear_control().await.unwrap_err(), Error::Refused { .. }));
    };
    tokio::join!(script, client);
}
