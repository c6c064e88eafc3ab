//! Three virtual hosts behind one listener: whose certificate is shown, and whose tickets count.

use std::sync::Arc;

use wharf_server::{
    DataSession, HostIdentity, Identity, ServerTls, ServerTlsOptions, TlsVersion, VirtualHost,
};
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, DataChannel, DataRole, TicketPlan, TokioNet, Trust,
};

use crate::{
    harness::{Harness, disk_with, sample},
    raw::{Raw, gives_nothing},
};

const NAMES: [&str; 3] = ["one.example", "two.example", "three.example"];

/// The server, whose hosts have these certificates.
async fn three_hosts(identities: &[Identity; 3]) -> Harness {
    let mut tls = ServerTlsOptions::new(Identity::self_signed(&["usual.example".to_owned()]).unwrap());
    tls.data_session = DataSession::Require;
    tls.hosts = NAMES
        .iter()
        .zip(identities)
        .map(|(name, identity)| HostIdentity { names: vec![(*name).to_owned()], identity: identity.clone() })
        .collect();
    let tls = ServerTls::new(tls).unwrap();
    Harness::with(disk_with("f", &sample(10_000)), move |options| {
        options.tls = Some(tls);
        options.session.hosts = NAMES.iter().map(|name| VirtualHost::new(vec![(*name).to_owned()])).collect();
    })
    .await
}

/// A client that calls the server by `name`; an address is not sent in TLS.
fn calling(name: &str, version: TlsVersion) -> ClientControlTls {
    let mut options = ClientTlsOptions::new(Trust::DangerousInsecure, name, 21);
    options.max_version = version;
    ClientControlTls::new(options).unwrap()
}

/// A session at one of the hosts, under TLS, and logged in: the client names the host by HOST or else in TLS.
async fn session(harness: &Harness, host: Option<&str>, tls: ClientControlTls) -> Raw {
    let mut raw = Raw::dial("127.0.0.1", harness.explicit, tls).await;
    raw.expect(220).await;
    if let Some(host) = host {
        raw.ask(&format!("HOST {host}"), 220).await;
    }
    raw.secure().await;
    raw.log_in().await;
    raw.ask("PBSZ 0", 200).await;
    raw.ask("PROT P", 200).await;
    raw
}

#[tokio::test]
async fn each_of_three_hosts_shows_its_certificate_by_sni_and_by_host() {
    // VH-07 VH-03
    let identities = NAMES.map(|name| Identity::self_signed(&[name.to_owned()]).unwrap());
    let harness = three_hosts(&identities).await;
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for (name, fingerprint) in NAMES.iter().zip(identities.iter().map(Identity::fingerprint)) {
            let mut by_sni = session(&harness, None, calling(name, version)).await;
            assert_eq!(by_sni.shown(), Some(fingerprint));
            by_sni.fetch("f", 10_000).await;
            let mut by_host = session(&harness, Some(name), calling("127.0.0.1", version)).await;
            assert_eq!(by_host.shown(), Some(fingerprint));
            by_host.fetch("f", 10_000).await;
        }
    }
    harness.ended().await;
}

#[tokio::test]
async fn a6_a_ticket_of_one_host_is_worth_nothing_at_another() {
    // VH-03 TLS-20
    // With one certificate for all, nothing but the tickets themselves keeps the hosts apart.
    let names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let identity = Identity::self_signed(&names).unwrap();
    let harness = three_hosts(&[identity.clone(), identity.clone(), identity]).await;
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for (from, to) in NAMES.iter().zip(NAMES.iter().cycle().skip(1)) {
            // One stock of tickets, and no name in TLS that would keep them apart.
            let stock = calling("127.0.0.1", version);
            let mut first = session(&harness, Some(from), stock.clone()).await;
            first.fetch("f", 10_000).await;
            assert!(stock.tickets_in_stock() > 0, "{version}");
            let second = session(&harness, Some(to), stock.clone()).await;
            assert!(!second.control.tls_info().unwrap().resumed, "{version} {from}");

            // Tickets of the first host at a data connection of the second one.
            let stock = calling("127.0.0.1", version);
            let mut first = session(&harness, Some(from), stock.clone()).await;
            first.fetch("f", 10_000).await;
            let mut second = session(&harness, Some(to), calling("127.0.0.1", version)).await;
            let addr = second.epsv().await;
            second.say("RETR f");
            second.expect(150).await;
            let role = DataRole::Client(stock);
            second
                .while_reading(async move {
                    let mut channel = DataChannel::active(Arc::new(TokioNet), addr, None);
                    channel.connect().await.unwrap();
                    if let Ok(info) = channel.secure(&role, TicketPlan::None).await {
                        assert!(!info.bound);
                        gives_nothing(channel.into_stream()).await;
                    }
                })
                .await;
            second.expect(522).await;
            second.fetch("f", 10_000).await;
        }
    }
    harness.ended().await;
}
