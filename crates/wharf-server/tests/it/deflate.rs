//! MODE Z: zlib streams on data connections.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;
use wharf_client::{Client, TlsMode, Upload};
use wharf_codec::{DeflateLevel, Deflater, InflateStep, Inflater};
use wharf_server::{ControlPolicy, DataPolicy, LocalDisk, LocalOptions, MemoryDisk, ServerOptions};

use crate::{
    harness::{Harness, disk_with, logged_in, path, sample, until},
    raw::{Raw, read_all},
    transfers::{download, upload},
};

fn clear(options: &mut ServerOptions) {
    options.session.policy.control = ControlPolicy::Allow;
    options.session.policy.data = DataPolicy::Allow;
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let (mut deflater, mut out) = (Deflater::new(DeflateLevel::default()), BytesMut::new());
    deflater.push(content, &mut out).unwrap();
    deflater.finish(&mut out).unwrap();
    out.to_vec()
}

fn inflated(mut stream: &[u8]) -> Vec<u8> {
    let (mut inflater, mut out) = (Inflater::new(), BytesMut::new());
    assert_eq!(inflater.step(&mut stream, &mut out, usize::MAX / 2), Ok(InflateStep::Ended));
    out.to_vec()
}

/// Sends these bytes as the file `f`, ends the connection, and gives the code of the reply.
async fn store(raw: &mut Raw, command: &str, stream: &[u8]) -> u16 {
    let addr = raw.epsv().await;
    raw.say(command);
    raw.expect(150).await;
    let mut data = raw.data(addr).await;
    raw.while_reading(async {
        // A server that has seen enough closes before all is sent.
        if data.write_all(stream).await.is_ok() {
            let _ = data.finish_send(Duration::from_secs(5)).await;
        }
    })
    .await;
    raw.reply().await.unwrap().0
}

async fn fetch(raw: &mut Raw, command: &str) -> Vec<u8> {
    let addr = raw.epsv().await;
    raw.say(command);
    raw.expect(150).await;
    let data = raw.data(addr).await;
    let bytes = raw.while_reading(read_all(data)).await;
    raw.expect(226).await;
    bytes
}

async fn compressing(harness: &Harness, mode: TlsMode) -> Client {
    let mut options = harness.options(mode);
    options.compress = true;
    logged_in(options).await.unwrap()
}

#[tokio::test]
async fn files_come_back_compressed() {
    // XFR-22
    let harness = Harness::with(MemoryDisk::new(), clear).await;
    let text: Vec<u8> = b"a line that comes again and again\n".repeat(100_000);
    for mode in [TlsMode::Off, TlsMode::Explicit, TlsMode::Implicit] {
        let mut client = compressing(&harness, mode).await;
        for file in [&b""[..], b"x", &sample(65_537), &sample(3 << 20), &text] {
            assert_eq!(upload(&mut client, "f", file).await, file.len() as u64, "{mode:?}");
            // RFC 3659 §4: what is told is the file's.
            assert_eq!(client.size("f").await.unwrap(), Some(file.len() as u64));
            assert!(download(&mut client, "f").await == file, "{mode:?}");
            // Resumption counts bytes of the file.
            let half = file.len() / 2;
            let mut rest = Vec::new();
            client.download("f", half as u64, &mut rest, &mut |_| {}).await.unwrap();
            assert!(rest == file[half..]);
            client.upload("f", half as u64, Upload::Store, &mut &file[half..], &mut |_| {}).await.unwrap();
            assert!(download(&mut client, "f").await == file, "{mode:?}");
        }
        assert_eq!(client.list("").await.unwrap().len(), 1);
        assert_eq!(client.names("").await.unwrap(), ["f"]);
        client.quit().await.unwrap();
    }
    harness.ended().await;
}

#[tokio::test]
async fn everything_on_the_data_connection_is_a_zlib_stream() {
    // XFR-22, XFR-01, XFR-06
    let disk = disk_with("f", &bytes::Bytes::from_static(b"one\ntwo\n"));
    let harness = Harness::with(disk.clone(), clear).await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("MODE Z", 200).await;
    raw.ask("OPTS MODE Z LEVEL 1", 200).await;
    assert_eq!(inflated(&fetch(&mut raw, "RETR f").await), b"one\ntwo\n");
    raw.ask("REST 4", 350).await;
    assert_eq!(inflated(&fetch(&mut raw, "RETR f").await), b"two\n");
    raw.ask("TYPE A", 200).await;
    assert_eq!(inflated(&fetch(&mut raw, "RETR f").await), b"one\r\ntwo\r\n");
    raw.ask("REST 5", 350).await;
    assert_eq!(inflated(&fetch(&mut raw, "RETR f").await), b"two\r\n");
    assert!(inflated(&fetch(&mut raw, "LIST").await).ends_with(b" f\r\n"));
    assert_eq!(inflated(&fetch(&mut raw, "NLST").await), b"f\r\n");
    assert!(inflated(&fetch(&mut raw, "MLSD").await).ends_with(b"; f\r\n"));
    assert_eq!(store(&mut raw, "STOR t", &deflated(b"three\r\nfour\r")).await, 226);
    assert_eq!(disk.content(&path("t")).unwrap(), &b"three\nfour\r"[..]);
    raw.ask("TYPE I", 200).await;
    assert_eq!(store(&mut raw, "APPE t", &deflated(b"five")).await, 226);
    assert_eq!(disk.content(&path("t")).unwrap(), &b"three\nfour\rfive"[..]);
    raw.ask("MODE S", 200).await;
    assert_eq!(fetch(&mut raw, "RETR f").await, b"one\ntwo\n");
    harness.ended().await;
}

#[tokio::test]
async fn only_a_whole_stream_is_a_file() {
    // XFR-22
    let disk = disk_with("f", &bytes::Bytes::from_static(b"old"));
    let harness = Harness::with(disk.clone(), clear).await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("MODE Z", 200).await;
    let file = sample(300_000);
    let stream = deflated(&file);

    assert_eq!(store(&mut raw, "STOR f", b"").await, 426);
    assert_eq!(store(&mut raw, "STOR f", &stream[..stream.len() - 1]).await, 426);
    assert_eq!(disk.content(&path("f")).unwrap(), &b"old"[..]);
    // What came is kept, to be continued where it ended.
    let mut told = 0;
    until(async || {
        told = raw.ask("SIZE f", 213).await[4..].parse().unwrap();
        told > 3
    })
    .await;
    raw.ask(&format!("REST {told}"), 350).await;
    assert_eq!(store(&mut raw, "STOR f", &deflated(&file[told..])).await, 226);
    assert!(disk.content(&path("f")).unwrap() == file);

    let mut behind = stream.clone();
    behind.push(0);
    let mut damaged = stream.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for (wrong, what) in [(&behind[..], "behind"), (&damaged, "damaged"), (b"no stream at all", "plain")] {
        assert_eq!(store(&mut raw, "STOR f", wrong).await, 451, "{what}");
        assert!(disk.content(&path("f")).unwrap() == file, "{what}");
        // Nothing of it is kept.
        assert_eq!(raw.ask("SIZE f", 213).await, format!("213 {}", file.len()), "{what}");
    }
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b7_a_bomb_stops_at_the_largest_upload() {
    // XFR-22: 64 KiB that hold 64 MiB.
    const MAX: u64 = 1 << 20;
    let dir = tempfile::tempdir().unwrap();
    let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, |options| {
        clear(options);
        options.session.max_upload = Some(MAX);
    })
    .await;
    let bomb = deflated(&vec![0; 64 << 20]);
    assert!(bomb.len() < 70_000, "{} bytes", bomb.len());
    let mut raw = Raw::open(&harness).await;
    raw.ask("MODE Z", 200).await;
    for _ in 0..3 {
        assert_eq!(store(&mut raw, "STOR f", &bomb).await, 552);
        raw.ask("SIZE f", 550).await;
        // A thread removes what was given up.
        until(async || std::fs::read_dir(dir.path()).unwrap().count() == 0).await;
    }
    // Exactly as much as is taken, and one byte more; in MODE S too.
    assert_eq!(store(&mut raw, "STOR f", &deflated(&vec![1; MAX as usize])).await, 226);
    assert_eq!(store(&mut raw, "APPE f", &deflated(b"1")).await, 552);
    assert_eq!(store(&mut raw, "STOR g", &deflated(&vec![1; MAX as usize + 1])).await, 552);
    raw.ask("MODE S", 200).await;
    assert_eq!(store(&mut raw, "STOR g", &vec![1; MAX as usize + 1]).await, 552);
    assert_eq!(store(&mut raw, "STOR g", &vec![1; MAX as usize]).await, 226);
    raw.ask("REST 1048576", 350).await;
    assert_eq!(store(&mut raw, "STOR g", b"1").await, 552);
    assert_eq!(raw.ask("SIZE g", 213).await, "213 1048576");
    harness.ended().await;
}

#[tokio::test]
async fn a_ratio_is_refused_where_it_is_bounded() {
    // XFR-22
    let disk = MemoryDisk::new();
    let harness = Harness::with(disk.clone(), |options| {
        clear(options);
        options.session.max_inflate_ratio = Some(100);
    })
    .await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("MODE Z", 200).await;
    // Below the first MiB nothing is judged.
    assert_eq!(store(&mut raw, "STOR f", &deflated(&vec![0; 1 << 20])).await, 226);
    assert_eq!(store(&mut raw, "STOR g", &deflated(&vec![0; 2 << 20])).await, 552);
    raw.ask("SIZE g", 550).await;
    assert_eq!(store(&mut raw, "STOR g", &deflated(&sample(2 << 20))).await, 226);
    harness.ended().await;
}
