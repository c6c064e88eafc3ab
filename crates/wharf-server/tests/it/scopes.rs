//! Listeners, client networks, virtual hosts and accounts with rules of their own, over real sockets.

use std::{net::SocketAddr, sync::Arc};

use wharf_server::{
    AccountRules, ControlPolicy, DataPolicy, Fingerprint, HostIdentity, Identity, MemoryDisk, Networks,
    ServerConfig, ServerTls, ServerTlsOptions, TlsRule, VirtualHost,
};
use wharf_transport::{ClientControlTls, ClientTlsOptions, TlsVersion, Trust};

use crate::{
    harness::{HOME, Harness, PASSWORD},
    raw::Raw,
};

fn control(policy: ControlPolicy) -> TlsRule {
    TlsRule { control: Some(policy), data: None }
}

/// A session in clear from one of the loopback addresses, greeted.
async fn greeted(from: &str, to: SocketAddr, tls: ClientControlTls) -> Raw {
    let mut raw = Raw::dial(from, to, tls).await;
    raw.expect(220).await;
    raw
}

#[tokio::test]
async fn every_scope_counts_on_its_listener() {
    // TLS-10
    let harness = Harness::with(MemoryDisk::new(), |options| {
        let mut session = ServerConfig::default();
        session.policy.control = ControlPolicy::Allow;
        session.policy.data = DataPolicy::Allow;
        let mut networks = Networks::new();
        networks.add("127.0.0.2/32".parse().unwrap(), control(ControlPolicy::Require));
        session.networks = Arc::new(networks);
        let mut accounts = AccountRules::new();
        accounts.add("wharf", TlsRule::NONE);
        accounts.add("admin", control(ControlPolicy::Credentials));
        session.accounts = Arc::new(accounts);
        options.listeners[0].session = Some(session);
    })
    .await;
    let tls = || crate::raw::tls(&harness, TlsVersion::V1_3);

    let mut here = greeted("127.0.0.1", harness.explicit, tls()).await;
    // Of the strictest account, and of nobody.
    let admin = here.ask("USER admin", 530).await;
    assert_eq!(here.ask("USER nobody", 530).await, admin);
    here.log_in().await;
    here.ask("PWD", 257).await;

    let mut there = greeted("127.0.0.2", harness.explicit, tls()).await;
    there.ask("USER wharf", 530).await;
    there.ask("PASS x", 530).await;
    there.secure().await;
    there.log_in().await;

    // The other listener has the server's policy still, and TLS from its first byte.
    let mut client = harness.client(wharf_client::TlsMode::Implicit).await;
    assert_eq!(client.pwd().await.unwrap(), "/");
    harness.ended().await;
}

#[tokio::test]
async fn what_is_only_reported_passes() {
    let harness = Harness::with(MemoryDisk::new(), |options| options.session.policy.report_only = true).await;
    let mut raw = Raw::open(&harness).await;
    let to = raw.epsv().await;
    let data = raw.data(to).await;
    raw.ask("NLST", 150).await;
    assert!(crate::raw::read_all(data).await.is_empty());
    raw.expect(226).await;
    harness.ended().await;
}

/// The certificate that a client sees behind AUTH, having named `host` before and nothing in TLS but `name`.
async fn shown(to: SocketAddr, host: Option<&str>, name: &str) -> Option<Fingerprint> {
    let tls = ClientControlTls::new(ClientTlsOptions::new(Trust::DangerousInsecure, name, 21)).unwrap();
    let mut raw = greeted(&HOME.to_string(), to, tls).await;
    if let Some(host) = host {
        raw.ask(&format!("HOST {host}"), 220).await;
    }
    raw.secure().await;
    raw.shown()
}

#[tokio::test]
async fn the_certificate_follows_the_host() {
    // VH-07
    let made = |name: &str| Identity::self_signed(&[name.to_owned()]).unwrap();
    let (usual, files, other) = (made("usual.example"), made("files.example"), made("other.example"));
    let mut tls = ServerTlsOptions::new(usual.clone());
    let named = |name: &str, identity: &Identity| HostIdentity {
        names: vec![name.to_owned()],
        identity: identity.clone(),
    };
    tls.hosts = vec![named("files.example", &files), named("other.example", &other)];
    let tls = ServerTls::new(tls).unwrap();
    let harness = Harness::with(MemoryDisk::new(), move |options| {
        options.tls = Some(tls);
        let mut strict = VirtualHost::new(vec!["files.example".to_owned()]);
        strict.tls = control(ControlPolicy::Require);
        options.session.hosts = vec![strict, VirtualHost::new(vec!["other.example".to_owned()])];
        options.session.policy.control = ControlPolicy::Allow;
    })
    .await;
    let to = harness.explicit;
    assert_eq!(shown(to, None, "localhost").await, Some(usual.fingerprint()));
    assert_eq!(shown(to, None, "files.example").await, Some(files.fingerprint()));
    assert_eq!(shown(to, None, "other.example").await, Some(other.fingerprint()));
    assert_eq!(shown(to, Some("other.example"), "127.0.0.1").await, Some(other.fingerprint()));

    // The host's own rule.
    let mut raw = Raw::connect(&harness).await;
    raw.ask("USER wharf", 331).await;
    raw.ask("HOST files.example", 220).await;
    raw.ask("USER wharf", 530).await;
    raw.ask("HOST other.example", 220).await;
    raw.ask("USER wharf", 331).await;
    raw.ask(&format!("PASS {PASSWORD}"), 230).await;
    raw.ask("HOST files.example", 503).await;
    harness.ended().await;
}
