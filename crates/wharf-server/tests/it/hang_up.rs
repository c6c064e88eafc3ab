//! Clients that do not wait for the reply: the audit log tells of what they had done.

use std::{fs, path::Path, time::Duration};

use wharf_server::{AuditLine, AuditLog, AuditOptions, AuditParser, MemoryDisk};
use wharf_transport::{ControlStream, NetStream, TlsVersion};

use crate::{
    audit::audited,
    harness::{Harness, PASSWORD, path, sample, until},
    raw::{Raw, dial, tls},
};

/// A session; whether its end is a reset instead of a FIN.
async fn session(harness: &Harness, reset: bool) -> Raw {
    let tcp = dial("127.0.0.1", harness.explicit).await;
    if reset {
        tcp.set_zero_linger().unwrap();
    }
    let control = ControlStream::clear(NetStream::Tcp(tcp));
    let mut raw = Raw { control, tls: tls(harness, TlsVersion::V1_3) };
    raw.expect(220).await;
    raw
}

impl Raw {
    /// Sends the line, and goes.
    async fn hang_up_behind(mut self, line: &str) {
        self.say(line);
        while self.control.pending() > 0 {
            self.control.progress(false).await;
        }
    }
}

/// Method, path, status and reason of each row with that method.
fn told(file: &Path, method: &str) -> Vec<(String, String, String)> {
    let (bytes, mut parser, mut rows) = (fs::read(file).unwrap(), AuditParser::default(), Vec::new());
    let text = |value: Option<&[u8]>| value.unwrap_or_default().escape_ascii().to_string();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let AuditLine::Entry(entry) = parser.line(line)
            && entry.method == Some(method.as_bytes())
        {
            rows.push((text(entry.path), text(entry.status), text(entry.reason)));
        }
    }
    rows
}

async fn ended(harness: Harness, log: AuditLog) {
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
}

#[tokio::test]
async fn what_was_removed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let disk = MemoryDisk::new();
    for number in 0..40 {
        disk.insert(&path(&format!("f{number}")), sample(10)).unwrap();
    }
    let (harness, log) = audited(AuditOptions::new(file.clone()), disk.clone()).await;
    for number in 0..40 {
        let mut raw = session(&harness, number % 2 == 0).await;
        raw.log_in().await;
        raw.hang_up_behind(&format!("DELE f{number}")).await;
    }
    ended(harness, log).await;
    let rows = told(&file, "DELE");
    // A reset can overtake the command; what came is told.
    assert!((20..=40).contains(&rows.len()), "{rows:?}");
    for number in 0..40 {
        let name = format!("/f{number}");
        let gone = disk.content(&path(&name)).is_none();
        let done = rows.iter().any(|(path, status, reason)| {
            *path == name && (status == "250" || status.is_empty() && reason.ends_with("it+was+done"))
        });
        assert_eq!(gone, done, "{name}: {rows:?}");
    }
    assert_eq!(told(&file, "ControlChannelClosed").len(), 40);
}

#[tokio::test]
async fn what_was_stored_or_fetched_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let disk = MemoryDisk::new();
    disk.insert(&path("large"), sample(30_000_000)).unwrap();
    let (harness, log) = audited(AuditOptions::new(file.clone()), disk.clone()).await;
    for number in 0..10 {
        let mut raw = session(&harness, false).await;
        raw.log_in().await;
        let addr = raw.epsv().await;
        raw.say(&format!("STOR s{number}"));
        let mut data = raw.data(addr).await;
        raw.expect(150).await;
        tokio::io::AsyncWriteExt::write_all(&mut data, &sample(1_000)).await.unwrap();
        data.finish_send(Duration::from_secs(5)).await.unwrap();
        raw.hang_up_behind("NOOP").await;
    }
    let mut raw = session(&harness, false).await;
    raw.log_in().await;
    let addr = raw.epsv().await;
    raw.say("RETR large");
    let mut data = raw.data(addr).await;
    raw.expect(150).await;
    let mut bytes = bytes::BytesMut::new();
    while bytes.len() < 1_000_000 {
        assert!(data.read_chunk(&mut bytes, 1 << 20).await.unwrap() > 0);
    }
    drop(raw);
    while data.read_chunk(&mut bytes, 1 << 20).await.is_ok_and(|read| read > 0) {}
    ended(harness, log).await;
    let rows = told(&file, "STOR");
    assert_eq!(rows.len(), 10);
    for (name, status, reason) in &rows {
        let stored = disk.content(&path(name)).is_some();
        assert_eq!(stored, status == "226" || reason.ends_with("it+was+done"), "{name} {status} {reason}");
    }
    let rows = told(&file, "RETR");
    assert!(
        matches!(&rows[..], [(_, status, reason)] if status.is_empty() && reason.starts_with("no+reply")),
        "{rows:?}"
    );
}

#[tokio::test]
async fn a_password_that_was_not_answered_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let (harness, log) = audited(AuditOptions::new(file.clone()), MemoryDisk::new()).await;
    let mut raw = session(&harness, false).await;
    raw.ask("USER wharf", 331).await;
    raw.hang_up_behind(&format!("NOOP\r\nPASS {PASSWORD}\r\nDELE x")).await;
    until(async || !told(&file, "ControlChannelClosed").is_empty()).await;
    ended(harness, log).await;
    assert_eq!(told(&file, "PASS").len(), 1);
    assert_eq!(told(&file, "DELE").len(), 1);
    assert!(!fs::read_to_string(&file).unwrap().contains("horse"));
}
