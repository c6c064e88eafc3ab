//! Files up and down.

use wharf_client::{Client, TlsMode, TlsVersion, Upload};
use wharf_server::{
    ControlPolicy, DataPolicy, Durability, LocalDisk, LocalOptions, MemoryDisk, StorageProvider,
};

use crate::harness::{Harness, disk_with, path, sample};

const SIZES: [usize; 4] = [0, 1, 65_537, 8 << 20];
const MODES: [TlsMode; 3] = [TlsMode::Off, TlsMode::Explicit, TlsMode::Implicit];

/// A server that takes clear sessions too.
async fn tolerant(storage: impl StorageProvider) -> Harness {
    Harness::with(storage, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await
}

pub(crate) async fn upload(client: &mut Client, name: &str, bytes: &[u8]) -> u64 {
    client.upload(name, 0, Upload::Store, &mut &bytes[..], &mut |_| {}).await.unwrap()
}

pub(crate) async fn download(client: &mut Client, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.download(name, 0, &mut bytes, &mut |_| {}).await.unwrap();
    bytes
}

async fn round_trips(harness: &Harness, active: bool) {
    for mode in MODES {
        let mut options = harness.options(mode);
        options.active = active;
        let mut client = crate::harness::logged_in(options).await.unwrap();
        for size in SIZES {
            let file = sample(size);
            assert_eq!(upload(&mut client, "f", &file).await, size as u64, "{mode:?}");
            assert_eq!(client.size("f").await.unwrap(), Some(size as u64));
            assert!(download(&mut client, "f").await == file, "{mode:?} {size}");
            assert_eq!(client.data_tls_info().is_some(), mode != TlsMode::Off);
        }
        client.quit().await.unwrap();
    }
}

#[tokio::test]
async fn files_come_back_from_memory() {
    // IMP-02, XFR-03, DAT-16
    let harness = tolerant(MemoryDisk::new()).await;
    round_trips(&harness, false).await;
    harness.ended().await;
}

#[tokio::test]
async fn a_file_on_disk_goes_from_any_offset() {
    // XFR-06: in clear the kernel copies it by itself, in steps of a MiB.
    let dir = tempfile::tempdir().unwrap();
    let file = sample((3 << 20) + 17);
    std::fs::write(dir.path().join("f"), &file).unwrap();
    let harness = tolerant(LocalDisk::open(dir.path(), LocalOptions::default()).unwrap()).await;
    for mode in MODES {
        let mut client = harness.client(mode).await;
        for offset in [0, 1, (1 << 20) - 1, 1 << 20, file.len() - 1, file.len()] {
            let mut bytes = Vec::new();
            client.download("f", offset as u64, &mut bytes, &mut |_| {}).await.unwrap();
            assert!(bytes == file[offset..], "{mode:?} {offset}");
        }
        client.quit().await.unwrap();
    }
}

#[tokio::test]
async fn files_come_back_in_active_mode() {
    // DAT-01: whoever dials, the FTP client is the TLS client.
    let harness = tolerant(MemoryDisk::new()).await;
    round_trips(&harness, true).await;
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_come_back_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    for durability in [Durability::Full, Durability::Off] {
        let options = LocalOptions { durability, ..LocalOptions::default() };
        let harness = tolerant(LocalDisk::open(dir.path(), options).unwrap()).await;
        round_trips(&harness, false).await;
        harness.ended().await;
        assert!(std::fs::read(dir.path().join("f")).unwrap() == sample(8 << 20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_transfers_in_one_session_all_resume() {
    // TLS-20, TLS-21, TLS-22, TLS-33
    for max_version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let harness = Harness::start(MemoryDisk::new()).await;
        let mut options = harness.options(TlsMode::Explicit);
        options.max_version = max_version;
        let mut client = crate::harness::logged_in(options).await.unwrap();
        assert_eq!(client.tls_info().unwrap().version, max_version);
        let file = sample(10_000);
        for round in 0..100 {
            upload(&mut client, "f", &file).await;
            assert!(client.data_tls_info().unwrap().resumed, "upload {round}");
            assert!(download(&mut client, "f").await == file);
            assert!(client.data_tls_info().unwrap().resumed, "download {round}");
        }
        assert_eq!(client.data_tls_info().unwrap().version, max_version);
        client.quit().await.unwrap();
        harness.ended().await;
    }
}

#[tokio::test]
async fn downloads_and_uploads_go_on_where_they_stopped() {
    // XFR-11, and REST in both directions.
    let file = sample(300_000);
    let disk = disk_with("f", &file);
    let harness = Harness::start(disk.clone()).await;
    let mut client = harness.client(TlsMode::Explicit).await;

    let mut rest = Vec::new();
    client.download("f", 123_456, &mut rest, &mut |_| {}).await.unwrap();
    assert!(rest == file[123_456..]);

    disk.insert(&path("g"), file.slice(..100_000)).unwrap();
    client.upload("g", 100_000, Upload::Store, &mut &file[100_000..], &mut |_| {}).await.unwrap();
    assert!(disk.content(&path("g")).unwrap() == file);

    client.upload("g", 0, Upload::Append, &mut &b"tail"[..], &mut |_| {}).await.unwrap();
    assert_eq!(disk.content(&path("g")).unwrap().len(), file.len() + 4);

    client.upload("", 0, Upload::Unique, &mut &b"new"[..], &mut |_| {}).await.unwrap();
    let name = client.unique_name().unwrap().clone();
    assert_eq!(download(&mut client, std::str::from_utf8(&name).unwrap()).await, b"new");
    client.quit().await.unwrap();
    harness.ended().await;
}

#[tokio::test]
async fn text_has_the_line_ends_of_each_side() {
    // XFR-01, XFR-02
    let disk = disk_with("f", &"one\ntwo\r\nthree".into());
    let harness = Harness::start(disk.clone()).await;
    let mut raw = crate::raw::Raw::protected(&harness).await;
    raw.ask("TYPE A", 200).await;
    for (rest, expected) in [(0, &b"one\r\ntwo\r\nthree"[..]), (5, b"two\r\nthree")] {
        let addr = raw.epsv().await;
        raw.ask(&format!("REST {rest}"), 350).await;
        raw.say("RETR f");
        let data = raw.protected_data(addr).await.unwrap();
        assert_eq!(raw.while_reading(crate::raw::read_all(data)).await, expected);
        raw.expect(150).await;
        raw.expect(226).await;
    }
    // XFR-06: the wire has 15 bytes, so there is nothing at 16.
    for (rest, code) in [(15, 226), (16, 554)] {
        let addr = raw.epsv().await;
        raw.ask(&format!("REST {rest}"), 350).await;
        raw.say("RETR f");
        let mut data = raw.protected_data(addr).await.unwrap();
        let mut bytes = bytes::BytesMut::new();
        // A connection that is reset gives no byte either.
        let _ = raw.while_reading(data.read_chunk(&mut bytes, 1024)).await;
        assert!(bytes.is_empty());
        raw.expect(150).await;
        raw.while_reading(data.finish_receive(crate::harness::PATIENCE)).await.ok();
        raw.expect(code).await;
    }
    let addr = raw.epsv().await;
    raw.say("STOR g");
    let mut data = raw.protected_data(addr).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut data, b"a\r\nb\rc\r\n").await.unwrap();
    raw.while_reading(data.finish_send(crate::harness::PATIENCE)).await.unwrap();
    raw.expect(150).await;
    raw.expect(226).await;
    assert_eq!(disk.content(&path("g")).unwrap(), &b"a\nb\rc\n"[..]);
    harness.ended().await;
}
