//! HASH and its kin on a real server: known answers, ABOR, and the end of the session.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use wharf_server::{ControlPolicy, DataPolicy, LocalDisk, LocalOptions, MemoryDisk};
use wharf_storage::{EntryStream, OpenedSink, OpenedSource, Source, Storage, StorageProvider};
use wharf_types::{FileError, Grant, Metadata, Timestamp, VirtualPath, WriteMode};

use crate::{
    harness::{Harness, PATIENCE, disk_with, path, sample},
    raw::{Raw, read_all},
};

fn open(options: &mut wharf_server::ServerOptions) {
    options.session.policy.control = ControlPolicy::Allow;
    options.session.policy.data = DataPolicy::Allow;
}

#[tokio::test]
async fn digests_are_the_known_ones() {
    // XFR-20
    let disk = disk_with("abc", &Bytes::from_static(b"abc"));
    disk.insert(&path("empty"), Bytes::new()).unwrap();
    let harness = Harness::with(disk, open).await;
    let mut raw = Raw::open(&harness).await;
    for (line, code, wanted) in [
        (
            "HASH abc",
            213,
            "213 SHA-256 0-2 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad abc",
        ),
        (
            "HASH empty",
            213,
            "213 SHA-256 0-0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 empty",
        ),
        ("OPTS HASH SHA-1", 200, "200 SHA-1"),
        ("HASH abc", 213, "213 SHA-1 0-2 a9993e364706816aba3e25717850c26c9cd0d89d abc"),
        ("OPTS HASH MD5", 200, "200 MD5"),
        ("HASH abc", 213, "213 MD5 0-2 900150983cd24fb0d6963f7d28e17f72 abc"),
        ("OPTS HASH CRC32", 200, "200 CRC32"),
        ("HASH abc", 213, "213 CRC32 0-2 352441c2 abc"),
        ("XCRC abc", 250, "250 352441C2"),
        ("XCRC empty", 250, "250 00000000"),
        ("XMD5 abc", 250, "250 900150983CD24FB0D6963F7D28E17F72"),
        ("MD5 abc", 251, "251 abc 900150983CD24FB0D6963F7D28E17F72"),
        ("XSHA1 abc", 250, "250 A9993E364706816ABA3E25717850C26C9CD0D89D"),
        // Of "bc".
        ("XSHA256 abc 1 2", 250, "250 1E0BBD6C686BA050B8EB03FFEEDC64FDC9D80947FCE821ABBE5D6DC8D252C5AC"),
        (
            "XSHA512 abc",
            250,
            "250 DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A\
             2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F",
        ),
    ] {
        assert_eq!(raw.ask(line, code).await, wanted, "{line}");
    }
    harness.ended().await;
}

#[tokio::test]
async fn a_digest_of_many_chunks_is_that_of_the_whole() {
    let file = sample(5_000_001);
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("f"), &file).unwrap();
    let disk = LocalDisk::open(root.path(), LocalOptions::default()).unwrap();
    for harness in [Harness::with(disk, open).await, Harness::with(disk_with("f", &file), open).await] {
        let mut raw = Raw::open(&harness).await;
        let crc = crc32fast::hash(&file);
        assert_eq!(raw.ask("XCRC f", 250).await, format!("250 {crc:08X}"));
        let crc = crc32fast::hash(&file[1_000_000..=4_000_000]);
        assert_eq!(raw.ask("XCRC f 1000000 4000000", 250).await, format!("250 {crc:08X}"));
        harness.ended().await;
    }
}

/// A disk whose files never end to be read, until they are permitted to.
#[derive(Debug, Clone)]
struct Slow {
    disk: MemoryDisk,
    reads: Arc<Semaphore>,
    open: Arc<()>,
}

#[derive(Debug)]
struct SlowStorage(Arc<dyn Storage>, Slow);

struct SlowSource(Box<dyn Source>, Arc<Semaphore>, #[expect(dead_code, reason = "counts")] Arc<()>);

#[async_trait]
impl StorageProvider for Slow {
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError> {
        Ok(Arc::new(SlowStorage(self.disk.open(grant).await?, self.clone())))
    }
}

#[async_trait]
impl Storage for SlowStorage {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        self.0.metadata(path).await
    }
    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        self.0.partial(path).await
    }
    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        self.0.list(path).await
    }
    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        let opened = self.0.open_read(path, offset).await?;
        let source = SlowSource(opened.source, Arc::clone(&self.1.reads), Arc::clone(&self.1.open));
        Ok(OpenedSource::new(Box::new(source), opened.metadata))
    }
    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        self.0.open_write(path, how).await
    }
    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.0.make_directory(path).await
    }
    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.0.remove_directory(path).await
    }
    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.0.remove_file(path).await
    }
    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        self.0.rename(from, to).await
    }
    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        self.0.set_modified(path, to).await
    }
}

#[async_trait]
impl Source for SlowSource {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        self.1.acquire().await.unwrap().forget();
        self.0.read(max).await
    }
    fn as_file(&self) -> Option<&std::fs::File> {
        None
    }
    fn len(&self) -> Option<u64> {
        self.0.len()
    }
}

#[tokio::test]
async fn what_reads_a_file_ends_with_abor_and_with_the_session() {
    // CTL-19, DAT-18, SEC-04
    let disk = disk_with("f", &sample(1_000_000));
    let slow = Slow { disk: disk.clone(), reads: Arc::new(Semaphore::new(0)), open: Arc::default() };
    let harness = Harness::with(slow.clone(), open).await;
    let nothing_open = async || {
        timeout(PATIENCE, async {
            // Ours, and that of the provider.
            while Arc::strong_count(&slow.open) > 3 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    };
    let mut raw = Raw::open(&harness).await;
    for line in ["HASH f", "XCRC f", "SITE COPY f g", "COMB g f"] {
        raw.say(line);
        raw.say("ABOR");
        raw.expect(451).await;
        raw.expect(226).await;
        nothing_open().await;
    }
    assert_eq!(disk.content(&path("g")), None);
    // Others are served meanwhile, and however many are asked for.
    let mut clients = Vec::new();
    for _ in 0..12 {
        let mut client = Raw::open(&harness).await;
        client.say("HASH f");
        clients.push(client);
    }
    let began = Instant::now();
    raw.ask("NOOP", 200).await;
    raw.ask("PWD", 257).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(clients);
    nothing_open().await;
    slow.reads.add_permits(1_000);
    raw.ask("HASH f", 213).await;
    raw.ask("SITE COPY f g", 200).await;
    assert_eq!(disk.content(&path("g")), Some(sample(1_000_000)));
    harness.ended().await;
}

#[tokio::test]
async fn ranges_of_files_go_both_ways() {
    // XFR-21
    let disk = disk_with("f", &Bytes::from_static(b"0123456789"));
    let harness = Harness::with(disk.clone(), open).await;
    let mut raw = Raw::open(&harness).await;
    for (range, wanted) in [("2 4", &b"234"[..]), ("0 0", b"0"), ("8 99", b"89"), ("50 60", b"")] {
        raw.ask(&format!("RANG {range}"), 350).await;
        let addr = raw.epsv().await;
        let data = raw.data(addr).await;
        raw.ask("RETR f", 150).await;
        assert_eq!(read_all(data).await, wanted, "{range}");
        raw.expect(226).await;
    }
    for (range, bytes, code, after) in [
        ("2 4", &b"xyz"[..], 226, &b"01xyz56789"[..]),
        ("2 4", b"toomany", 552, b"01xyz56789"),
        ("9 11", b"abc", 226, b"01xyz5678abc"),
    ] {
        raw.ask(&format!("RANG {range}"), 350).await;
        let addr = raw.epsv().await;
        let mut data = raw.data(addr).await;
        raw.ask("STOR f", 150).await;
        tokio::io::AsyncWriteExt::write_all(&mut data, bytes).await.unwrap();
        data.finish_send(PATIENCE).await.unwrap();
        raw.expect(code).await;
        assert_eq!(disk.content(&path("f")).unwrap(), after, "{range}");
    }
    harness.ended().await;
}
