//! A disk that does not answer, which is a pipe that nobody reads; one that is full; and a file that is opened anew.

use std::{
    fs,
    io::Read,
    net::SocketAddr,
    path::Path,
    thread::{self, JoinHandle},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use wharf_session::{SubStatus, server::PeerInfo};

use super::*;

/// More than a pipe holds.
const SESSIONS: u64 = 1_000;

fn turn_away(log: &AuditLog, sessions: u64) {
    let addr = SocketAddr::from(([127, 0, 0, 1], 21));
    let ends = PeerInfo { peer: addr, local: addr };
    for session in 0..sessions {
        turned_away(log, session, ends, false, SubStatus::AuditUnavailable);
    }
}

fn hanging(folder: &Path) -> (PathBuf, AuditLog) {
    let file = folder.join("audit.log");
    mknodat(CWD, &file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let options = AuditOptions { on_failure: OnAuditFailure::Refuse, ..AuditOptions::new(file.clone()) };
    let log = AuditLog::open(options).unwrap();
    turn_away(&log, SESSIONS);
    (file, log)
}

/// Reads the pipe to its end.
fn read(file: &Path) -> JoinHandle<String> {
    let mut file = fs::File::open(file).unwrap();
    thread::spawn(move || {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    })
}

fn until(what: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if what() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not come about");
}

#[test]
fn a_disk_that_does_not_answer_is_failing_long_before_the_buffer_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = hanging(folder.path());
    until(|| log.refuses());
    assert_eq!(log.lost(), 0);
    let reader = read(&file);
    until(|| !log.is_failing());
    drop(log);
    let text = reader.join().unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("ControlChannelClosed")).count() as u64, SESSIONS);
}

#[test]
fn what_it_leaves_at_the_end_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = hanging(folder.path());
    let began = instant();
    log.0.close(Duration::from_millis(100));
    let lost = log.lost();
    assert!((1..=2 * SESSIONS).contains(&lost), "{lost}");
    // Nobody waits for it a second time.
    log.close();
    let shared = Arc::clone(&log.0.shared);
    drop(log);
    assert!(began.elapsed() < LAST_WORDS);
    // What it says when it ends after all is not said twice.
    let reader = read(&file);
    until(|| shared.lock().ended);
    assert_eq!(shared.lost.load(Ordering::Relaxed), lost);
    reader.join().unwrap();
}

#[test]
fn a_file_that_is_opened_anew_is_of_today_whenever_the_last_row_was() {
    let folder = tempfile::tempdir().unwrap();
    let (file, moved) = (folder.path().join("audit.log"), folder.path().join("moved"));
    let log = AuditLog::open(AuditOptions::new(file.clone())).unwrap();
    fs::rename(&file, moved).unwrap();
    log.0.shared.lock().stamp.set(0);
    log.reopen();
    log.flush();
    let head = fs::read_to_string(&file).unwrap();
    assert!(head.contains("#Date: ") && !head.contains("1970"), "{head}");
    // It is not rotated for the sake of its head.
    turn_away(&log, 1);
    log.close();
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), head.lines().count() + 2);
    assert!(!folder.path().join("audit.log.1").exists());
}

#[test]
fn a_file_that_is_moved_from_a_full_disk_is_opened_anew_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (file, logs) = (folder.path().join("logs/audit.log"), folder.path().join("logs"));
    let options = AuditOptions::new(file.clone());
    let Some(full) = LogFile::full(&options) else { return };
    let shared = Shared::new(Stamp::default(), options.queue);
    let log = AuditLog::start(&options, shared, full, now()).unwrap();
    turn_away(&log, 1);
    until(|| log.is_failing());
    // It cannot be opened either, and is wanted all the same.
    log.reopen();
    log.flush();
    turn_away(&log, 1);
    fs::create_dir(&logs).unwrap();
    until(|| !log.is_failing());
    turn_away(&log, 1);
    log.close();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!((text.matches("ControlChannelClosed").count(), log.lost()), (3, 0), "{text}");
}
