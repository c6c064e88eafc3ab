//! Files whose length changes while they are sent.

use std::{fs::File, io};

use bytes::BytesMut;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use wharf_server::{ControlPolicy, DataPolicy, LocalDisk, LocalOptions};
use wharf_transport::DataStream;

use crate::{
    harness::{Harness, until},
    raw::Raw,
};

/// More than fits between both ends of a connection.
const LENGTH: u64 = 64 << 20;

/// A file, and a server that has it as `f`.
async fn served() -> (TempDir, File, Harness) {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("f")).unwrap();
    file.set_len(LENGTH).unwrap();
    let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await;
    (dir, file, harness)
}

/// `changed` happens to the file behind its first bytes; what the client got, to the end or a break.
async fn sent(raw: &mut Raw, tls: bool, changed: impl FnOnce() -> io::Result<()>) -> u64 {
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.expect(150).await;
    let data = if tls { raw.protected_data(addr).await.unwrap() } else { raw.data(addr).await };
    raw.while_reading(read_on(data, changed)).await
}

async fn read_on(mut data: DataStream, changed: impl FnOnce() -> io::Result<()>) -> u64 {
    let mut bytes = BytesMut::new();
    let mut got = data.read_chunk(&mut bytes, 1000).await.unwrap() as u64;
    changed().unwrap();
    while let Ok(more @ 1..) = data.read_chunk(&mut bytes, 1 << 20).await {
        got += more as u64;
        bytes.clear();
    }
    got
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_becomes_shorter_is_no_success() {
    let (_dir, file, harness) = served().await;
    for (tls, kind) in [(false, "TYPE I"), (true, "TYPE I"), (false, "TYPE A")] {
        file.set_len(LENGTH).unwrap();
        let mut raw = if tls { Raw::protected(&harness).await } else { Raw::open(&harness).await };
        raw.ask(kind, 200).await;
        let got = sent(&mut raw, tls, || file.set_len(0)).await;
        assert!(got < LENGTH, "{tls} {kind}");
        raw.expect(451).await;
    }
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_grows_is_sent_as_long_as_was_told() {
    let (_dir, file, harness) = served().await;
    for (tls, kind) in [(false, "TYPE I"), (true, "TYPE I"), (false, "TYPE A")] {
        file.set_len(LENGTH).unwrap();
        let mut raw = if tls { Raw::protected(&harness).await } else { Raw::open(&harness).await };
        raw.ask(kind, 200).await;
        assert_eq!(sent(&mut raw, tls, || file.set_len(2 * LENGTH)).await, LENGTH, "{tls} {kind}");
        raw.expect(226).await;
    }
    harness.ended().await;
}

#[tokio::test]
async fn a_file_that_tells_no_length_is_read_to_its_end() {
    let Ok(disk) = LocalDisk::open("/proc/self".as_ref(), LocalOptions::default()) else { return };
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await;
    for tls in [false, true] {
        let mut raw = if tls { Raw::protected(&harness).await } else { Raw::open(&harness).await };
        let addr = raw.epsv().await;
        raw.say("RETR status");
        raw.expect(150).await;
        let data = if tls { raw.protected_data(addr).await.unwrap() } else { raw.data(addr).await };
        assert!(raw.while_reading(read_on(data, || Ok(()))).await > 100, "{tls}");
        raw.expect(226).await;
    }
    harness.ended().await;
}

#[tokio::test]
async fn a_text_that_was_cut_leaves_nothing_to_go_on_with() {
    // XFR-16: bytes that arrived are offered, and of a text they are not those that were sent.
    let (dir, _file, harness) = served().await;
    let mut raw = Raw::open(&harness).await;
    for (kind, stored, cut) in [("TYPE I", 100_000, "213 98304"), ("TYPE A", 87_500, "550")] {
        raw.ask(kind, 200).await;
        let addr = raw.epsv().await;
        raw.say("STOR new");
        raw.expect(150).await;
        let mut data = raw.data(addr).await;
        let sent = async {
            data.write_all(&b"a line\r\n".repeat(12_500)).await.unwrap();
            data.flush().await.unwrap();
        };
        raw.while_reading(sent).await;
        until(async || {
            let mut files = std::fs::read_dir(dir.path()).unwrap();
            files.any(|file| file.unwrap().metadata().is_ok_and(|file| file.len() == stored))
        })
        .await;
        raw.ask("ABOR", 426).await;
        raw.expect(226).await;
        drop(data);
        raw.ask("TYPE I", 200).await;
        raw.say("SIZE new");
        let told = raw.reply().await.unwrap().1;
        assert!(told.starts_with(cut), "{kind}: {told}");
        if cut.starts_with("213") {
            raw.ask("DELE new", 250).await;
        }
    }
    harness.ended().await;
}
