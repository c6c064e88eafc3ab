//! Section C: special files, and directories that are large or odd.

use std::{fs::File, os::unix::ffi::OsStrExt as _, process::Command, sync::atomic::Ordering, time::Duration};

use tokio::time::{sleep, timeout};
use wharf_server::{LocalDisk, LocalOptions};

use super::{clear, odd_disk::OddDisk};
use crate::{
    harness::Harness,
    raw::{Raw, read_all},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_a_pipe_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap().success());
    let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, clear).await;
    let mut raw = Raw::open(&harness).await;
    for (command, code) in [
        ("RETR pipe", 550),
        ("HASH pipe", 553),
        ("SIZE pipe", 550),
        ("SITE COPY pipe x", 550),
        ("STOR pipe", 550),
        ("APPE pipe", 550),
    ] {
        raw.epsv().await;
        // Nobody is at the other end: what opens it in the plain way waits for ever.
        let answered = timeout(Duration::from_secs(10), raw.ask(command, code)).await;
        // Lets go whoever waits, so that the test can end.
        let _both_ends = File::options().read(true).write(true).open(dir.path().join("pipe")).unwrap();
        answered.expect(command);
    }
    harness.ended().await;
}

async fn listing(raw: &mut Raw, command: &str) -> Vec<u8> {
    let addr = raw.epsv().await;
    raw.say(command);
    raw.expect(150).await;
    let data = raw.data(addr).await;
    let text = raw.while_reading(read_all(data)).await;
    raw.expect(226).await;
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c8_a_listing_goes_no_deeper_and_takes_any_name() {
    // LST-05, LST-23
    let dir = tempfile::tempdir().unwrap();
    let deep: std::path::PathBuf = ["d"; 1_000].iter().collect();
    std::fs::create_dir_all(dir.path().join(deep)).unwrap();
    let long = [b'x'; 255];
    for name in [&b"\xff"[..], b"a\nb", b"-R", b" ", &long] {
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), b"x").unwrap();
    }
    let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, clear).await;
    let mut raw = Raw::open(&harness).await;
    let text = listing(&mut raw, "NLST -a").await;
    let mut names: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    names.sort_unstable();
    let long_line = [&long[..], b"\r\n"].concat();
    assert_eq!(
        names,
        [&b" \r\n"[..], b"-R\r\n", b"d\r\n", &long_line, b"\xff\r\n"],
        "all but the one that breaks its line"
    );
    for command in ["LIST -R", "LIST -lR", "MLSD"] {
        let lines = listing(&mut raw, command).await.split(|byte| *byte == b'\n').count();
        // Five names, and at most the directory itself and the one above it; an end without a line.
        assert!((6..=8).contains(&lines), "{command}: {lines}");
    }
    harness.ended().await;
}

#[tokio::test]
async fn c8_a_client_that_does_not_read_stops_the_scan() {
    let disk = OddDisk::new();
    let harness = Harness::with(disk.clone(), clear).await;
    let mut raw = Raw::open(&harness).await;
    for command in ["LIST", "NLST", "MLSD"] {
        let addr = raw.epsv().await;
        raw.say(command);
        raw.expect(150).await;
        let data = raw.data(addr).await;
        // What the kernel's buffers take, and not a batch more.
        let mut before = usize::MAX;
        loop {
            let asked = disk.batches.load(Ordering::Relaxed);
            assert!(asked < 5_000, "{command}: {asked} batches, and nobody reads");
            if asked == before && asked > 0 {
                break;
            }
            before = asked;
            sleep(Duration::from_millis(100)).await;
        }
        raw.say("ABOR");
        raw.expect(426).await;
        raw.expect(226).await;
        drop(data);
        disk.batches.store(0, Ordering::Relaxed);
    }
    // On the control connection too.
    raw.say("STAT /");
    loop {
        let asked = disk.batches.load(Ordering::Relaxed);
        assert!(asked < 5_000, "STAT: {asked} batches, and nobody reads");
        sleep(Duration::from_millis(100)).await;
        if asked > 0 && asked == disk.batches.load(Ordering::Relaxed) {
            break;
        }
        // The command has to get there; what comes back is left in the kernel.
        let _ = timeout(Duration::from_millis(20), raw.control.progress(false)).await;
    }
    drop(raw);
    harness.ended().await;
}
