//! What the audit log proves of sessions that were.

use std::{fs, path::Path};

use wharf_client::TlsMode;
use wharf_server::{
    AuditLine, AuditLog, AuditOptions, AuditParser, ControlPolicy, DataPolicy, Finding, Judge, JudgeOptions,
    MemoryDisk, OnAuditFailure, Place,
};

use crate::{
    harness::{Harness, PASSWORD, disk_with, sample, until},
    raw::{Raw, gives_nothing, read_all},
    transfers::{download, upload},
};

/// A server that takes everything, with an audit log.
pub(crate) async fn audited(options: AuditOptions, disk: MemoryDisk) -> (Harness, AuditLog) {
    let log = AuditLog::open(options).unwrap();
    let for_server = log.clone();
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
        options.audit = Some(for_server);
    })
    .await;
    (harness, log)
}

/// A row, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    session: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: String,
    pub(crate) sent: Option<u64>,
    received: Option<u64>,
    pub(crate) data: String,
    tls: String,
    substatus: String,
}

impl Seen {
    /// Of its session, in the order of their beginnings.
    pub(crate) fn session_number(&self) -> u64 {
        self.session.rsplit('-').next().unwrap().parse().unwrap()
    }
}

fn text(value: Option<&[u8]>) -> String {
    String::from_utf8(value.unwrap_or_default().to_vec()).unwrap()
}

pub(crate) fn rows(file: &Path) -> Vec<Seen> {
    let bytes = fs::read(file).unwrap();
    let mut parser = AuditParser::default();
    let mut rows = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match parser.line(line) {
            AuditLine::Entry(entry) => rows.push(Seen {
                session: text(entry.session),
                method: text(entry.method),
                path: text(entry.path),
                status: text(entry.status),
                sent: text(entry.sent).parse().ok(),
                received: text(entry.received).parse().ok(),
                data: text(entry.data),
                tls: text(entry.tls_version),
                substatus: text(entry.substatus),
            }),
            AuditLine::Malformed(why) => panic!("{why:?}: {}", line.escape_ascii()),
            _ => {}
        }
    }
    rows
}

pub(crate) fn findings(file: &Path) -> Vec<Finding> {
    let bytes = fs::read(file).unwrap();
    let (mut parser, mut judge) = (AuditParser::default(), Judge::new(JudgeOptions::default()));
    let mut findings = Vec::new();
    for (line, bytes) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        if let AuditLine::Entry(entry) = parser.line(bytes) {
            judge.entry(Place { file: 0, line }, &entry, &mut |finding| findings.push(finding));
        }
    }
    judge.finish(&mut |finding| findings.push(finding));
    findings
}

/// Moves files in one session, and finds every one of them in the log again, in order, with its bytes.
async fn is_rebuilt(transfers: usize, mode: TlsMode, data: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let mut options = AuditOptions::new(file.clone());
    options.max_size = None;
    options.daily = false;
    let (harness, log) = audited(options, MemoryDisk::new()).await;
    let mut client = harness.client(mode).await;
    let mut done = Vec::new();
    for number in 0..transfers {
        let name = format!("f {}", number % 7);
        let size = 1 + number % 1_000;
        if number % 2 == 0 || number < 7 {
            upload(&mut client, &name, &sample(size)).await;
            done.push(("STOR", format!("/f+{}", number % 7), size as u64));
        } else {
            let bytes = download(&mut client, &name).await;
            done.push(("RETR", format!("/f+{}", number % 7), bytes.len() as u64));
        }
    }
    client.quit().await.unwrap();
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
    let rows = rows(&file);
    let session = &rows[0].session;
    assert!(rows.iter().all(|row| row.session == *session));
    let told: Vec<_> = rows
        .iter()
        .filter(|row| ["STOR", "RETR"].contains(&&*row.method))
        .map(|row| {
            assert_eq!((&*row.status, &*row.data), ("226", data), "{row:?}");
            let bytes = if row.method == "STOR" { row.received } else { row.sent };
            (&*row.method, row.path.clone(), bytes.unwrap())
        })
        .collect();
    assert_eq!(told.len(), transfers);
    assert!(told == done);
    for (method, count) in [
        ("DataChannelOpened", transfers),
        ("DataChannelClosed", transfers),
        ("ControlChannelOpened", 1),
        ("ControlChannelClosed", 1),
    ] {
        assert_eq!(rows.iter().filter(|row| row.method == method).count(), count, "{method}");
    }
    let found = findings(&file);
    if mode == TlsMode::Off {
        let kinds: Vec<_> = found.iter().map(|finding| (finding.kind.word(), finding.count)).collect();
        assert_eq!(kinds, [("password-in-clear", 1), ("data-in-clear", transfers as u64)]);
    } else {
        assert_eq!(found, []);
    }
}

#[tokio::test]
async fn a_session_of_ten_thousand_transfers_is_rebuilt_from_its_rows() {
    is_rebuilt(10_000, TlsMode::Off, "clear").await;
}

#[tokio::test]
async fn so_is_one_under_tls() {
    is_rebuilt(60, TlsMode::Explicit, "tls-bound").await;
    is_rebuilt(20, TlsMode::Implicit, "tls-bound").await;
}

#[tokio::test]
async fn the_three_login_orders_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let (harness, log) = audited(AuditOptions::new(file.clone()), disk_with("f", &sample(10))).await;
    // In clear.
    let mut raw = Raw::open(&harness).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    let data = raw.data(addr).await;
    raw.expect(150).await;
    assert_eq!(read_all(data).await.len(), 10);
    raw.expect(226).await;
    raw.ask("QUIT", 221).await;
    // AUTH first.
    let mut raw = Raw::protected(&harness).await;
    raw.ask("QUIT", 221).await;
    // AUTH after the login.
    let mut raw = Raw::open(&harness).await;
    raw.secure().await;
    raw.ask("PWD", 530).await;
    raw.ask("USER wharf", 331).await;
    raw.ask(&format!("PASS {PASSWORD}"), 230).await;
    raw.ask("QUIT", 221).await;
    // AUTH, and then no TLS.
    let mut raw = Raw::connect(&harness).await;
    raw.ask("AUTH TLS", 234).await;
    raw.say("this is no handshake, but it is long enough to be read as a record of TLS");
    while raw.hear().await.is_some() {}
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
    let found: Vec<_> =
        findings(&file).iter().map(|finding| (finding.kind.word(), finding.order.word())).collect();
    assert_eq!(
        found,
        [
            ("password-in-clear", "clear"),
            ("data-in-clear", "clear"),
            ("password-in-clear", "auth-after-login"),
            ("handshake-failed", "no-login"),
        ]
    );
    let rows = rows(&file);
    let refused: Vec<_> = rows.iter().filter(|row| row.status == "530").collect();
    assert!(matches!(refused[..], [row] if row.substatus == "1100" && row.tls == "TLSv1.3"), "{refused:?}");
    let passes = rows.iter().filter(|row| row.method == "PASS");
    assert_eq!(passes.map(|row| &*row.tls).collect::<Vec<_>>(), ["clear", "TLSv1.3", "clear", "TLSv1.3"]);
}

#[tokio::test]
async fn data_in_clear_is_found_where_the_control_connection_is_cut_first() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let disk = disk_with("f", &sample(64 << 20));
    let (harness, log) = audited(AuditOptions::new(file.clone()), disk).await;
    let mut raw = Raw::protected(&harness).await;
    raw.ask("PROT C", 200).await;
    // Nothing moves on the first connection, and nobody speaks of TLS on the second one.
    let addr = raw.epsv().await;
    let idle = raw.data(addr).await;
    raw.ask("RETR gone", 550).await;
    gives_nothing(idle).await;
    raw.ask("PROT P", 200).await;
    let addr = raw.epsv().await;
    let idle = raw.data(addr).await;
    raw.ask("EPSV", 229).await;
    gives_nothing(idle).await;
    raw.ask("PROT C", 200).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    let data = raw.data(addr).await;
    raw.expect(150).await;
    drop(raw);
    harness.ended().await;
    drop(data);
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
    let rows = rows(&file);
    let closed: Vec<_> = rows
        .iter()
        .filter(|row| row.method == "DataChannelClosed")
        .map(|row| (&*row.tls, &*row.data))
        .collect();
    // The first two are there when they were seen before they were given up.
    let (last, idle) = closed.split_last().unwrap();
    assert_eq!(*last, ("clear", "clear"));
    assert!(idle.iter().all(|row| *row == ("", "")), "{closed:?}");
    let found: Vec<_> = findings(&file).iter().map(|finding| (finding.kind.word(), finding.count)).collect();
    assert_eq!(found, [("data-in-clear", 1)]);
}

#[tokio::test]
async fn files_are_rotated_by_size_and_a_bounded_number_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.log");
    let mut options = AuditOptions::new(file.clone());
    options.max_size = Some(4_096);
    options.keep = 2;
    let (harness, log) = audited(options, MemoryDisk::new()).await;
    let mut raw = Raw::open(&harness).await;
    for _ in 0..400 {
        raw.ask("PWD", 257).await;
    }
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["audit.log", "audit.log.1", "audit.log.2"]);
    for name in names {
        let path = dir.path().join(name);
        assert!(fs::metadata(&path).unwrap().len() <= 4_096);
        // Each begins with a head, and holds whole rows.
        assert!(!rows(&path).is_empty());
    }
    assert_eq!(rows(&file).last().unwrap().method, "ControlChannelClosed");
}

#[tokio::test]
async fn what_waits_for_a_disk_is_written_once_it_works_again() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, gone) = (dir.path().join("logs"), dir.path().join("gone"));
    fs::create_dir(&folder).unwrap();
    let mut options = AuditOptions::new(folder.join("audit.log"));
    options.max_size = Some(2_048);
    options.keep = 1_000;
    let (harness, log) = audited(options, MemoryDisk::new()).await;
    let mut raw = Raw::open(&harness).await;
    fs::rename(&folder, &gone).unwrap();
    let mut asked = 0;
    until(async || {
        raw.ask("PWD", 257).await;
        asked += 1;
        log.is_failing()
    })
    .await;
    // Everybody is served meanwhile.
    Raw::open(&harness).await.ask("QUIT", 221).await;
    for _ in 0..20 {
        raw.ask("PWD", 257).await;
    }
    assert!(log.is_failing());
    fs::rename(&gone, &folder).unwrap();
    until(async || !log.is_failing()).await;
    raw.ask("QUIT", 221).await;
    harness.ended().await;
    let flushed = log.clone();
    tokio::task::spawn_blocking(move || flushed.flush()).await.unwrap();
    assert_eq!(log.lost(), 0);
    let files = fs::read_dir(&folder).unwrap();
    let all: Vec<_> = files.flat_map(|entry| rows(&entry.unwrap().path())).collect();
    for (method, count) in [("PWD", asked + 20), ("QUIT", 2), ("ControlChannelClosed", 2)] {
        assert_eq!(all.iter().filter(|row| row.method == method).count(), count, "{method}");
    }
}

#[tokio::test]
async fn who_cannot_be_logged_is_turned_away_where_that_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("logs");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("audit.log");
    let mut options = AuditOptions::new(file.clone());
    options.max_size = Some(2_048);
    options.on_failure = OnAuditFailure::Refuse;
    options.queue = 4_096;
    let (harness, log) = audited(options, MemoryDisk::new()).await;
    let mut raw = Raw::open(&harness).await;
    // The next file has no place: as a full disk, without one.
    fs::rename(&folder, dir.path().join("gone")).unwrap();
    until(async || {
        raw.ask("PWD", 257).await;
        log.is_failing()
    })
    .await;
    Raw::knock("127.0.0.1", &harness).await.expect(421).await;
    // Those that are there go on, and what does not fit is counted.
    until(async || {
        raw.ask("PWD", 257).await;
        log.lost() > 0
    })
    .await;
    fs::create_dir(&folder).unwrap();
    until(async || !log.is_failing()).await;
    Raw::connect(&harness).await.ask("QUIT", 221).await;
    raw.ask("QUIT", 221).await;
    harness.ended().await;
    tokio::task::spawn_blocking(move || log.flush()).await.unwrap();
    let files = fs::read_dir(&folder).unwrap();
    let all: String = files.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert!(all.contains("#Remark: lost "), "{all}");
}
