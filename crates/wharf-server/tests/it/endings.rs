//! Transfers that are cut, stopped, or outlived.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use wharf_client::{TlsMode, Upload};
use wharf_server::{ControlPolicy, DataPolicy, LocalDisk, LocalOptions, MemoryDisk, ServerOptions};

use crate::{
    harness::{Harness, disk_with, path, sample, until},
    raw::{Raw, read_all},
    transfers::download,
};

fn clear(options: &mut ServerOptions) {
    options.session.policy.control = ControlPolicy::Allow;
    options.session.policy.data = DataPolicy::Allow;
}

#[tokio::test]
async fn an_upload_without_close_notify_is_not_taken() {
    // TLS-24
    let old = sample(1_000);
    let disk = disk_with("f", &old);
    let harness = Harness::start(disk.clone()).await;
    let mut raw = Raw::protected(&harness).await;
    let addr = raw.epsv().await;
    raw.say("STOR f");
    raw.expect(150).await;
    let mut data = raw.protected_data(addr).await.unwrap();
    let new = sample(1 << 20);
    raw.while_reading(async {
        data.write_all(&new).await.unwrap();
        data.flush().await.unwrap();
    })
    .await;
    // The end of TCP without the end of TLS.
    data.abort();
    raw.expect(426).await;
    assert!(disk.content(&path("f")).unwrap() == old);

    // What came is kept for this account alone, to be continued.
    let mut told = 0;
    until(async || {
        told = raw.ask("SIZE f", 213).await[4..].parse().unwrap();
        told > 1_000
    })
    .await;
    let mut client = harness.client(TlsMode::Explicit).await;
    client.upload("f", told, Upload::Store, &mut &new[told as usize..], &mut |_| {}).await.unwrap();
    assert!(disk.content(&path("f")).unwrap() == new);
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_client_does_not_end_its_file() {
    // In clear the end of a killed client's file looks like any other.
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("f"), b"old").unwrap();
    let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, clear).await;
    let mut raw = Raw::open(&harness).await;
    let addr = raw.epsv().await;
    raw.say("STOR f");
    raw.expect(150).await;
    let mut data = raw.data(addr).await;
    data.write_all(&sample(100_000)).await.unwrap();
    drop(raw);
    drop(data);
    harness.ended().await;
    assert_eq!(std::fs::read(dir.path().join("f")).unwrap(), b"old");
}

#[tokio::test]
async fn abor_stops_a_download() {
    // DAT-18, CTL-19, CTL-25
    let harness = Harness::with(disk_with("f", &sample(64 << 20)), clear).await;
    let mut raw = Raw::open(&harness).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.expect(150).await;
    let data = raw.data(addr).await;
    raw.ask("NOOP", 200).await;
    raw.ask("STAT", 211).await;
    raw.say("ABOR");
    raw.expect(426).await;
    raw.expect(226).await;
    drop(data);
    raw.ask("NOOP", 200).await;
    raw.ask("ABOR", 226).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    let data = raw.data(addr).await;
    assert_eq!(raw.while_reading(read_all(data)).await.len(), 64 << 20);
    raw.expect(150).await;
    raw.expect(226).await;
    harness.ended().await;
}

#[tokio::test]
async fn abor_stops_an_upload_and_keeps_what_came() {
    // DAT-18, CTL-19, TLS-28: ABOR is a line inside TLS, and there is no urgent data.
    let disk = MemoryDisk::new();
    let harness = Harness::start(disk.clone()).await;
    let mut raw = Raw::protected(&harness).await;
    let addr = raw.epsv().await;
    raw.say("STOR f");
    raw.expect(150).await;
    let mut data = raw.protected_data(addr).await.unwrap();
    data.write_all(&sample(500_000)).await.unwrap();
    data.flush().await.unwrap();
    // Answered while bytes move.
    raw.ask("NOOP", 200).await;
    raw.say("ABOR");
    raw.expect(426).await;
    raw.expect(226).await;
    assert_eq!(disk.content(&path("f")), None);
    drop(data);
    // One data connection serves one transfer.
    raw.ask("LIST", 425).await;
    harness.ended().await;
}

#[tokio::test]
async fn a_full_disk_is_told() {
    let harness = Harness::start(MemoryDisk::with_capacity(100_000)).await;
    let mut client = harness.client(TlsMode::Explicit).await;
    let file = sample(4 << 20);
    let error = client.upload("f", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap_err();
    assert_eq!(error.reply().unwrap().code().get(), 552, "{error}");
    client.raw("NOOP").await.unwrap();
    harness.ended().await;
}

#[tokio::test]
async fn a_server_that_stops_lets_transfers_finish() {
    let file = sample(32 << 20);
    let mut harness = Harness::with(disk_with("f", &file), clear).await;
    let mut idle = Raw::open(&harness).await;
    let mut busy = Raw::open(&harness).await;
    let addr = busy.epsv().await;
    busy.say("RETR f");
    busy.expect(150).await;
    let data = busy.data(addr).await;
    harness.stop();
    idle.expect(421).await;
    assert_eq!(idle.reply().await, None);
    assert!(busy.while_reading(read_all(data)).await == file);
    busy.expect(226).await;
    busy.expect(421).await;
    assert_eq!(busy.reply().await, None);
    harness.ended().await;
}

#[tokio::test]
async fn when_the_grace_is_over_transfers_end() {
    let mut harness = Harness::with(disk_with("f", &sample(64 << 20)), |options| {
        clear(options);
        options.grace = Duration::from_millis(200);
    })
    .await;
    let mut busy = Raw::open(&harness).await;
    let addr = busy.epsv().await;
    busy.say("RETR f");
    busy.expect(150).await;
    let data = busy.data(addr).await;
    harness.stop();
    busy.expect(426).await;
    busy.expect(421).await;
    drop(data);
    assert_eq!(busy.reply().await, None);
    harness.ended().await;
}

#[tokio::test]
async fn quit_lets_a_transfer_finish() {
    // CTL-19
    let file = sample(8 << 20);
    let harness = Harness::with(disk_with("f", &file), clear).await;
    let mut raw = Raw::open(&harness).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.say("QUIT");
    let data = raw.data(addr).await;
    assert!(raw.while_reading(read_all(data)).await == file);
    raw.expect(150).await;
    raw.expect(226).await;
    raw.expect(221).await;
    assert_eq!(raw.reply().await, None);
    let mut client = harness.client(TlsMode::Explicit).await;
    assert!(download(&mut client, "f").await == file);
    harness.ended().await;
}
