//! Transfers between a file at this end and a server.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use wharf_client::{ErrorClass, TlsMode, Upload};
use wharf_transport::TicketPlan;

use crate::peer::{Server, logged_in, sample};

/// On a disk, and in memory where the system has such a place.
fn places() -> Vec<TempDir> {
    [tempfile::tempdir().ok(), tempfile::tempdir_in("/dev/shm").ok()].into_iter().flatten().collect()
}

fn content(mut file: &File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn files_go_both_ways_in_clear_and_under_tls() {
    for (mode, [down, up]) in [
        (TlsMode::Off, [None, None]),
        (TlsMode::Explicit, [Some(TicketPlan::Download), Some(TicketPlan::Upload)]),
    ] {
        for place in places() {
            for length in [0, 10, 300_000, 3_000_001] {
                let server = Server::start().await;
                let options = server.options(mode);
                let bytes = sample(length);
                let copy = bytes.clone();
                let script = tokio::spawn(async move {
                    let mut peer = server.greet().await;
                    peer.until(&["RETR"]).await;
                    peer.give(&copy, down).await;
                    peer.until(&["STOR"]).await;
                    assert_eq!(peer.take(up).await, copy[copy.len() / 3..]);
                    peer.until(&["QUIT"]).await;
                    peer.say("221 bye").await;
                });
                let mut client = logged_in(options).await.unwrap();
                let mut file = File::create_new(place.path().join(format!("f{length}"))).unwrap();
                file.write_all(b"here ").unwrap();
                let mut told = 0;
                let fetched = client.download_file("f", 0, &file, &mut |bytes| told = bytes).await.unwrap();
                assert_eq!((fetched, told), (length as u64, length as u64));
                // From where the file stands.
                let file = File::open(place.path().join(format!("f{length}"))).unwrap();
                assert!(content(&file) == [b"here ", &bytes[..]].concat(), "{mode:?} {length}");
                let start = length / 3;
                (&file).seek(SeekFrom::Start(5 + start as u64)).unwrap();
                let stored =
                    client.upload_file("f", 0, Upload::Store, &file, &mut |bytes| told = bytes).await;
                assert_eq!(stored.unwrap(), (length - start) as u64);
                // A reading that was given up must not move the next one: none moves the file.
                assert_eq!((&file).stream_position().unwrap(), 5 + start as u64);
                if length > 0 {
                    assert_eq!(told, (length - start) as u64);
                }
                client.quit().await.unwrap();
                script.await.unwrap();
            }
        }
    }
}

/// The kernel's own files say that they are empty, and some give their bytes to a reader only.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_says_to_be_empty_is_sent_whole() {
    let name = "/proc/self/cmdline";
    for mode in [TlsMode::Off, TlsMode::Explicit] {
        let plan = (mode == TlsMode::Explicit).then_some(TicketPlan::Upload);
        let server = Server::start().await;
        let options = server.options(mode);
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["STOR"]).await;
            let taken = peer.take(plan).await;
            peer.until(&["QUIT"]).await;
            peer.say("221 bye").await;
            taken
        });
        let mut client = logged_in(options).await.unwrap();
        let file = File::open(name).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 0);
        client.upload_file("f", 0, Upload::Store, &file, &mut |_| {}).await.unwrap();
        client.quit().await.unwrap();
        assert_eq!(script.await.unwrap(), std::fs::read(name).unwrap());
    }
}

#[tokio::test]
async fn a_file_that_is_added_to_gets_what_comes() {
    for place in places() {
        let server = Server::start().await;
        let options = server.options(TlsMode::Off);
        let bytes = sample(900_000);
        let copy = bytes.clone();
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["RETR"]).await;
            peer.give(&copy, None).await;
        });
        let mut client = logged_in(options).await.unwrap();
        let path = place.path().join("f");
        let file = File::options().create(true).append(true).open(&path).unwrap();
        client.download_file("f", 0, &file, &mut |_| {}).await.unwrap();
        assert!(std::fs::read(&path).unwrap() == bytes);
        script.await.unwrap();
    }
}

#[tokio::test]
async fn what_came_before_a_break_is_in_the_file() {
    for place in places() {
        for length in [20_000, 2_000_000] {
            let server = Server::start().await;
            let options = server.options(TlsMode::Off);
            let bytes = sample(length);
            let copy = bytes.clone();
            let script = tokio::spawn(async move {
                let mut peer = server.greet().await;
                peer.until(&["RETR"]).await;
                peer.say("150 here").await;
                let mut data = peer.data(None).await;
                data.write_all(&copy).await.unwrap();
                data.finish_send(std::time::Duration::from_secs(5)).await.unwrap();
                peer.say("426 the disk broke").await;
                peer
            });
            let mut client = logged_in(options).await.unwrap();
            let path = place.path().join(format!("f{length}"));
            let file = File::create_new(&path).unwrap();
            client.download_file("f", 0, &file, &mut |_| {}).await.unwrap_err();
            assert!(std::fs::read(&path).unwrap() == bytes);
            script.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told_as_such() {
    for length in [20_000, 2_000_000] {
        let server = Server::start().await;
        let options = server.options(TlsMode::Off);
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.until(&["RETR"]).await;
            peer.say("150 here").await;
            let mut data = peer.data(None).await;
            // The client gives up in the middle.
            let _ = data.write_all(&sample(length)).await;
            let _ = data.finish_send(std::time::Duration::from_secs(5)).await;
            peer.say("426 cut").await;
            peer
        });
        let mut client = logged_in(options).await.unwrap();
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("f"), b"").unwrap();
        let file = File::open(place.path().join("f")).unwrap();
        let error = client.download_file("f", 0, &file, &mut |_| {}).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Local, "{error}");
        script.await.unwrap();
    }
}
