//! Too many sessions, too few ports, and one session that panics.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_client::TlsMode;
use wharf_server::{AuthError, Authenticator, Credentials, Grant, MemoryDisk, Server, ServerOptions};

use crate::{
    harness::{HOME, Harness, sample, until, users},
    raw::Raw,
    transfers::{download, upload},
};

#[tokio::test]
async fn one_address_gets_its_share() {
    // LOG-11
    let harness = Harness::with(MemoryDisk::new(), |options| options.max_per_ip = 2).await;
    let first = Raw::connect(&harness).await;
    let _second = Raw::connect(&harness).await;
    let refused = async || {
        let mut raw = Raw::knock("127.0.0.1", &harness).await;
        let (code, _) = raw.reply().await.unwrap();
        assert!(code == 220 || raw.reply().await.is_none(), "it is closed");
        code
    };
    assert_eq!(refused().await, 421);
    // Others are served.
    let mut other = Raw::knock("127.0.0.2", &harness).await;
    other.expect(220).await;
    drop(first);
    until(async || refused().await == 220).await;
    harness.ended().await;
}

#[tokio::test]
async fn b4_passive_ports_run_out_and_come_back() {
    let port = {
        let socket = std::net::TcpListener::bind((HOME, 0)).unwrap();
        socket.local_addr().unwrap().port()
    };
    let harness = Harness::with(MemoryDisk::new(), |options| options.passive_ports = Some(port..=port)).await;
    let mut first = Raw::protected(&harness).await;
    let mut second = Raw::protected(&harness).await;
    assert_eq!(first.epsv().await.port(), port);
    second.ask("EPSV", 425).await;
    // A new one takes the place of the old one.
    until(async || {
        first.say("EPSV");
        first.reply().await.unwrap().0 == 229
    })
    .await;
    first.ask("QUIT", 221).await;
    until(async || {
        second.say("EPSV");
        second.reply().await.unwrap().0 == 229
    })
    .await;
    harness.ended().await;
}

/// Panics for one name.
#[derive(Debug)]
struct Fragile(wharf_server::FixedUsers);

#[async_trait]
impl Authenticator for Fragile {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        assert!(who.user != b"boom", "as asked");
        self.0.authenticate(who).await
    }
}

#[tokio::test]
async fn a_panic_ends_its_own_session_alone() {
    let harness = Harness::with(MemoryDisk::new(), |options| {
        options.auth = Arc::new(Fragile(users()));
        options.max_sessions = 2;
    })
    .await;
    let mut client = harness.client(TlsMode::Explicit).await;
    let file = sample(100_000);
    upload(&mut client, "f", &file).await;
    // More often than there are places: each is given back.
    for _ in 0..5 {
        until(async || {
            let mut raw = Raw::knock("127.0.0.1", &harness).await;
            if raw.reply().await.unwrap().0 != 220 {
                return false;
            }
            raw.secure().await;
            raw.ask("USER boom", 331).await;
            raw.say("PASS x");
            assert_eq!(raw.reply().await, None);
            true
        })
        .await;
    }
    assert!(download(&mut client, "f").await == file);
    client.quit().await.unwrap();
    harness.ended().await;
}

#[tokio::test]
async fn a_port_in_use_is_told_with_a_cure() {
    let harness = Harness::start(MemoryDisk::new()).await;
    let mut options = ServerOptions::new(Arc::new(MemoryDisk::new()), Arc::new(users()));
    options.listeners.push(wharf_server::ListenerOptions::new(harness.explicit, false));
    let error = Server::bind(options.clone()).await.unwrap_err();
    assert_eq!(error.addr, harness.explicit);
    assert!(error.to_string().contains("another port"), "{error}");
    options.listeners = vec![wharf_server::ListenerOptions::new(harness.explicit, true)];
    assert!(Server::bind(options).await.unwrap_err().to_string().contains("certificate"));
    harness.ended().await;
}
