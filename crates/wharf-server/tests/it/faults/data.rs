//! Section B: who is connected to, and what is left when a transfer ends in some odd way.

use std::{net::TcpListener, time::Duration};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_server::{Durability, LocalDisk, LocalOptions};

use super::clear;
use crate::{
    harness::{Harness, disk_with, sample, until},
    raw::{Raw, dial, read_all},
};

#[tokio::test]
async fn b1_a_port_of_somebody_else_hears_nothing() {
    // SEC-01, DAT-09
    let victim = TcpListener::bind("127.0.0.2:0").unwrap();
    victim.set_nonblocking(true).unwrap();
    let port = victim.local_addr().unwrap().port();
    let harness = Harness::with(disk_with("f", &sample(10)), clear).await;
    let mut raw = Raw::open(&harness).await;
    for line in [
        format!("PORT 127,0,0,2,{},{}", port >> 8, port & 255),
        format!("EPRT |1|127.0.0.2|{port}|"),
        format!("LPRT 4,4,127,0,0,2,2,{},{}", port >> 8, port & 255),
    ] {
        raw.ask(&line, 501).await;
        raw.ask("RETR f", 425).await;
    }
    raw.ask("PORT 127,0,0,1,0,25", 504).await;
    raw.ask("RETR f", 425).await;
    let heard = victim.accept();
    assert_eq!(heard.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    harness.ended().await;
}

/// Odd enough, and the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b5_however_a_transfer_ends_nothing_is_left_of_it() {
    // DAT-18, CTL-12
    const ROUNDS: usize = 200;
    let dir = tempfile::tempdir().unwrap();
    let file = sample(1 << 20);
    std::fs::write(dir.path().join("f"), &file).unwrap();
    let options = LocalOptions { durability: Durability::Off, ..LocalOptions::default() };
    let disk = LocalDisk::open(dir.path(), options).unwrap();
    let harness = Harness::with(disk, |options| {
        clear(options);
        options.max_sessions = 4;
    })
    .await;
    let mut dice = Dice(7);
    let mut endings = [0; 5];
    for round in 0..ROUNDS {
        let mut raw = Raw::open(&harness).await;
        raw.ask("EPSV ALL", 200).await;
        let addr = raw.epsv().await;
        let download = dice.roll(2) == 0;
        raw.say(if download { "RETR f" } else { "STOR g" });
        raw.expect(150).await;
        let mut data = dial("127.0.0.1", addr).await;
        let length = dice.roll(1 << 20);
        if download {
            data.read_exact(&mut vec![0; length]).await.unwrap();
        } else {
            data.write_all(&file[..length]).await.unwrap();
        }
        let ending = dice.roll(endings.len());
        endings[ending] += 1;
        let shown = format!("round {round}: download {download}, {length} bytes, ending {ending}");
        match ending {
            0 => {
                raw.say("ABOR");
                let (ended, _) = raw.reply().await.unwrap();
                assert!(matches!(ended, 226 | 426), "{shown}: {ended}");
                raw.expect(226).await;
            }
            1 => {
                raw.say("QUIT");
                if download {
                    data.read_to_end(&mut Vec::new()).await.unwrap();
                }
                drop(data);
                raw.expect(226).await;
                raw.expect(221).await;
                assert_eq!(raw.reply().await, None, "{shown}");
                continue;
            }
            2 => {
                // The control connection is gone: no end of the data makes a file of it.
                drop(raw);
                continue;
            }
            3 => {
                data.set_zero_linger().unwrap();
                drop(data);
                let (ended, _) = raw.reply().await.unwrap();
                // What was handed over before the reset is not called back.
                assert!(ended == 426 || download && ended == 226, "{shown}: {ended}");
            }
            _ => {
                drop(data);
                let (ended, _) = raw.reply().await.unwrap();
                assert!(ended == 226 || download && ended == 426, "{shown}: {ended}");
            }
        }
        // One final reply and no more: the next answer is the next command's.
        raw.ask("SYST", 215).await;
        raw.ask("PASV", 501).await;
        raw.ask("RETR f", 425).await;
        raw.ask("QUIT", 221).await;
    }
    assert!(endings.iter().all(|count| *count > 10), "{endings:?}");
    // Every place is free again, and the file as it was.
    until(async || {
        let mut all = Vec::new();
        for _ in 0..4 {
            let mut raw = Raw::knock("127.0.0.1", &harness).await;
            let (code, _) = raw.reply().await.unwrap();
            all.push((raw, code));
        }
        all.iter().all(|(_, code)| *code == 220)
    })
    .await;
    tokio::time::timeout(Duration::from_secs(20), harness.ended()).await.unwrap();
    assert!(std::fs::read(dir.path().join("f")).unwrap() == file);
    let all = || -> Vec<_> {
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    // Threads remove what was given up.
    let under_way = |name: &std::ffi::OsString| name.as_encoded_bytes().starts_with(b".wharf-t-");
    until(async || !all().iter().any(under_way)).await;
    let names = all();
    let hidden = names.iter().filter(|name| name.as_encoded_bytes().starts_with(b".")).count();
    assert!(hidden <= 1, "one partial of `g` at most: {names:?}");
    assert!(names.len() <= 3, "{names:?}");
}

#[tokio::test]
async fn b6_the_file_is_the_one_that_was_asked_for() {
    let harness = Harness::with(disk_with("ok.txt", &sample(100_000)), clear).await;
    let mut raw = Raw::open(&harness).await;
    let addr = raw.epsv().await;
    raw.say("RETR ok.txt");
    raw.say("USER ../../etc/passwd");
    raw.say("CWD ../../etc");
    raw.expect(150).await;
    let data = raw.data(addr).await;
    assert!(raw.while_reading(read_all(data)).await == sample(100_000));
    raw.expect(226).await;
    raw.expect(503).await;
    raw.expect(550).await;
    harness.ended().await;
}
