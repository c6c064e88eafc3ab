//! The audit log leaves nothing out that crossed, and tells of nothing that did not.

use std::{fs, path::Path};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_server::{AuditLog, AuditOptions, MemoryDisk};

use crate::{
    audit::{Seen, audited, findings, rows},
    harness::{Harness, disk_with, sample},
    raw::{Raw, dial},
};

async fn log_in(folder: &Path, disk: MemoryDisk) -> (Harness, AuditLog, std::path::PathBuf) {
    let file = folder.join("audit.log");
    let (harness, log) = audited(AuditOptions::new(file.clone()), disk).await;
    (harness, log, file)
}

/// All rows, once everything is over.
async fn ended(harness: Harness, log: AuditLog, file: &Path) -> Vec<Seen> {
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();
    rows(file)
}

fn kinds(file: &Path) -> Vec<&'static str> {
    findings(file).iter().map(|finding| finding.kind.word()).collect()
}

/// Sends these bytes in one packet, and hangs up.
async fn says(harness: &Harness, bytes: &[u8]) {
    let mut tcp = dial("127.0.0.1", harness.explicit).await;
    let mut heard = [0; 512];
    assert!(tcp.read(&mut heard).await.unwrap() > 0);
    tcp.write_all(bytes).await.unwrap();
    // The server may have closed already.
    let _ = tcp.shutdown().await;
    let _ = tcp.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn clear_bytes_behind_auth_are_told_and_not_repeated() {
    // TLS-04
    let folder = tempfile::tempdir().unwrap();
    let (harness, log, file) = log_in(folder.path(), MemoryDisk::new()).await;
    says(&harness, b"AUTH TLS\r\nUSER alice\r\nPASS canary\r\n").await;
    let rows = ended(harness, log, &file).await;
    let methods: Vec<_> = rows.iter().map(|row| (&*row.method, &*row.status)).collect();
    assert_eq!(methods, [("ControlChannelOpened", ""), ("AUTH", ""), ("ControlChannelClosed", "")]);
    assert_eq!(kinds(&file), ["clear-behind-auth"]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("alice") && !text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_password_without_a_line_end_crossed_all_the_same() {
    let many = b"NOOP\r\n".repeat(40);
    for (last, method) in [
        (&b"PASS canary"[..], "PASS"),
        (b"ACCT canary", "ACCT"),
        (b"PASX canary", "UNKNOWN"),
        (b"canary", "UNKNOWN"),
    ] {
        for before in [&b"USER wharf\r\n"[..], &many] {
            let folder = tempfile::tempdir().unwrap();
            let (harness, log, file) = log_in(folder.path(), MemoryDisk::new()).await;
            says(&harness, &[before, last].concat()).await;
            let rows = ended(harness, log, &file).await;
            let row = &rows[rows.len() - 2];
            assert_eq!((&*row.method, &*row.status), (method, ""), "{rows:?}");
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("canary"), "{text}");
            assert_eq!(text.matches(" *** - ").count(), usize::from(method != "UNKNOWN"), "{text}");
            assert_eq!(kinds(&file).contains(&"password-in-clear"), method != "UNKNOWN");
        }
    }
    // Behind AUTH nothing is looked at.
    let folder = tempfile::tempdir().unwrap();
    let (harness, log, file) = log_in(folder.path(), MemoryDisk::new()).await;
    says(&harness, b"USER wharf\r\nPASS wrong\r\nAUTH TLS\r\nPASS canary").await;
    let rows = ended(harness, log, &file).await;
    assert_eq!(rows.iter().filter(|row| row.method == "PASS").count(), 1, "{rows:?}");
}

#[tokio::test]
async fn what_a_client_got_is_no_more_than_the_log_says() {
    const SIZE: usize = 3_000_000;
    let folder = tempfile::tempdir().unwrap();
    let (harness, log, file) = log_in(folder.path(), disk_with("f", &sample(SIZE))).await;
    let mut got = Vec::new();
    for secured in [false, true] {
        for wanted in [10_000, SIZE - 1_000, SIZE] {
            for aborts in [false, true] {
                let mut raw =
                    if secured { Raw::protected(&harness).await } else { Raw::open(&harness).await };
                let addr = raw.epsv().await;
                raw.say("RETR f");
                let mut data =
                    if secured { raw.protected_data(addr).await.unwrap() } else { raw.data(addr).await };
                raw.expect(150).await;
                let mut bytes = bytes::BytesMut::new();
                while bytes.len() < wanted {
                    assert!(data.read_chunk(&mut bytes, 1 << 16).await.unwrap() > 0);
                }
                if aborts {
                    raw.say("ABOR");
                    let (code, line) = raw.reply().await.unwrap();
                    assert!([226, 426].contains(&code), "{line}");
                } else {
                    drop(raw);
                }
                while data.read_chunk(&mut bytes, 1 << 16).await.is_ok_and(|read| read > 0) {}
                got.push((bytes.len() as u64, if secured { "tls-bound" } else { "clear" }));
            }
        }
    }
    let rows = ended(harness, log, &file).await;
    // Those who hang up may have their row behind the next session's.
    let mut told: Vec<_> = rows.iter().filter(|row| row.method == "RETR").collect();
    assert_eq!(told.len(), got.len());
    told.sort_by_key(|row| row.session_number());
    for (row, (got, data)) in told.iter().zip(&got) {
        assert!(row.sent.unwrap() >= *got && row.data == *data, "{got} {row:?}");
    }
}

#[tokio::test]
async fn no_data_connection_moved_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (harness, log, file) = log_in(folder.path(), MemoryDisk::new()).await;
    let mut raw = Raw::connect(&harness).await;
    raw.secure().await;
    raw.log_in().await;
    raw.epsv().await;
    raw.ask("LIST", 150).await;
    raw.ask("ABOR", 426).await;
    raw.expect(226).await;
    raw.ask("QUIT", 221).await;
    let rows = ended(harness, log, &file).await;
    let list = rows.iter().find(|row| row.method == "LIST").unwrap();
    assert_eq!((&*list.status, &*list.data), ("426", ""));
    assert!(kinds(&file).is_empty());
}

#[tokio::test]
async fn a_transfer_that_storage_refuses_tells_which_file_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let (harness, log, file) = log_in(folder.path(), disk_with("d/f", &sample(10))).await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("CWD d", 250).await;
    for line in ["RETR gone", "STOR no/such", "LIST gone", "MLSD f"] {
        raw.epsv().await;
        raw.say(line);
        let (found, _) = raw.reply().await.unwrap();
        assert!(found >= 450, "{line}: {found}");
    }
    raw.ask("QUIT", 221).await;
    let rows = ended(harness, log, &file).await;
    let paths: Vec<_> = rows
        .iter()
        .filter(|row| ["RETR", "STOR", "LIST", "MLSD"].contains(&&*row.method))
        .map(|row| &*row.path)
        .collect();
    assert_eq!(paths, ["/d/gone", "/d/no/such", "/d/gone", "/d/f"]);
}
