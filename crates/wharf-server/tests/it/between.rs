//! From one server to another, under TLS.

use wharf_client::{Between, Client, TlsMode, Trust};
use wharf_server::{DataSession, Fingerprint, Identity, MemoryDisk, PeerTls, ServerTls, ServerTlsOptions};

use crate::harness::{Harness, disk_with, path, sample};

/// One that takes data connections of other servers, and is the TLS client towards those that `trust` accepts.
async fn willing(disk: MemoryDisk, trust: Option<Trust>) -> Harness {
    let identity = Identity::self_signed(&["localhost".to_owned()]).unwrap();
    let fingerprint = identity.fingerprint();
    let mut tls = ServerTlsOptions::new(identity);
    // The other server cannot resume what this one agreed on with the client.
    tls.data_session = DataSession::Off;
    let tls = ServerTls::new(tls).unwrap();
    let mut server = Harness::with(disk, |options| {
        options.tls = Some(tls);
        options.session.dangerous_foreign_data = true;
        options.peer_tls = trust.map(|trust| PeerTls::new(&trust).unwrap());
    })
    .await;
    server.fingerprint = fingerprint;
    server
}

async fn copied(source: &Harness, target: &Harness) -> Between {
    let (mut from, mut to) = (source.client(TlsMode::Explicit).await, target.client(TlsMode::Explicit).await);
    Client::transfer_between(&mut from, "a", &mut to, "b", true, &mut |_| {}).await.unwrap()
}

#[tokio::test]
async fn one_of_two_servers_is_the_tls_client() {
    // TLS-30
    let file = sample(3_000_000);
    let disk = MemoryDisk::new();
    let source = willing(disk_with("a", &file), None).await;
    // The target by CPSV.
    let target = willing(disk.clone(), Some(Trust::Pin(source.fingerprint))).await;
    assert_eq!(copied(&source, &target).await, Between::Direct);
    assert_eq!(disk.content(&path("b")).unwrap(), file);
    // The source by SSCN.
    let (here, there) = (disk_with("a", &file), MemoryDisk::new());
    let target = willing(there.clone(), None).await;
    let source = willing(here, Some(Trust::Pin(target.fingerprint))).await;
    assert_eq!(copied(&source, &target).await, Between::Direct);
    assert_eq!(there.content(&path("b")).unwrap(), file);
}

#[tokio::test]
async fn a_server_with_another_certificate_gets_nothing() {
    let file = sample(70_000);
    let disk = MemoryDisk::new();
    let source = willing(disk_with("a", &file), None).await;
    let stranger = Fingerprint::of_der(b"another");
    let target = willing(disk.clone(), Some(Trust::Pin(stranger))).await;
    assert_eq!(copied(&source, &target).await, Between::Through);
    assert_eq!(disk.content(&path("b")).unwrap(), file);
}

#[tokio::test]
async fn without_configuration_no_server_is_the_tls_client() {
    let file = sample(70_000);
    let disk = MemoryDisk::new();
    let (source, target) = (Harness::start(disk_with("a", &file)).await, Harness::start(disk.clone()).await);
    assert_eq!(copied(&source, &target).await, Between::Through);
    assert_eq!(disk.content(&path("b")).unwrap(), file);
}
