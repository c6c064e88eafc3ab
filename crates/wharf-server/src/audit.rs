//! The audit log: what happened in which session, in the W3C extended format, in a file of its own.
//!
//! Sessions format their lines into one buffer, which a thread writes in batches: no session waits for a disk. Where the
//! disk does not keep up or fails, the buffer has a bound; lines beyond it are lost, and that is counted, said in the
//! ordinary log and in the audit log itself.

mod file;
mod session;
#[cfg(test)]
mod tests;
mod words;
mod writer;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use wharf_audit::{Row, Stamp};

use self::{file::LogFile, writer::Writer};

pub(crate) use self::session::{Outcome, SessionAudit, turned_away};

/// Which file, and what is done with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuditOptions {
    /// The file; made when absent, and continued when there.
    pub file: PathBuf,
    /// Bytes after which another file is begun; `None` for no bound. 100 MiB by default.
    pub max_size: Option<u64>,
    /// Whether each day (UTC) has a file of its own; on by default.
    pub daily: bool,
    /// How many older files are kept, as `FILE.1` (the youngest), `FILE.2` and so on; 30 by default.
    pub keep: usize,
    /// What happens to clients while it cannot be written.
    pub on_failure: OnAuditFailure,
    /// The most bytes of lines that wait to be written; 8 MiB by default.
    pub queue: usize,
}

impl AuditOptions {
    /// The usual ones for that file.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            max_size: Some(100 << 20),
            daily: true,
            keep: 30,
            on_failure: OnAuditFailure::default(),
            queue: 8 << 20,
        }
    }
}

/// How long the end waits for a disk.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long one write may take; of a disk that takes longer nobody knows whether it ever answers.
const HANGS: Duration = Duration::from_secs(2);

/// What happens to clients while the audit log cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnAuditFailure {
    /// They are served; lines that do not fit the queue are lost and counted.
    #[default]
    Continue,
    /// New ones get 421 until it can be written again.
    Refuse,
}

/// An audit log that is being written. Clones are the same log; the last one that goes does what [`close`](Self::close) does.
#[derive(Debug, Clone)]
pub struct AuditLog(Arc<Open>);

#[derive(Debug)]
struct Open {
    shared: Arc<Shared>,
    /// What tells sessions of this run from those of others in the same file.
    run: String,
    refuse: bool,
    thread: Option<JoinHandle<()>>,
}

/// What sessions and the thread share.
#[derive(Debug)]
struct Shared {
    lines: Mutex<Lines>,
    /// For the thread: there is something to do.
    work: Condvar,
    /// For those who wait until all is written.
    done: Condvar,
    queue: usize,
    failing: AtomicBool,
    /// Rows come faster than they are written, and some are lost.
    overflowing: AtomicBool,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
    /// How many rows are in the buffer, and how many the thread took and has not written to the last.
    rows: u64,
    taken: u64,
    stamp: Stamp,
    /// Rows that did not fit behind the buffer.
    lost: u64,
    reopen: bool,
    flush: bool,
    stop: bool,
    /// The thread is at work, and since when at what it does now.
    busy_since: Option<Instant>,
    /// That takes too long, and it was said.
    hanging: bool,
    /// The thread has written its last line.
    ended: bool,
    /// It was not waited for any longer.
    abandoned: bool,
}

impl Lines {
    /// Whether the disk has not answered for too long.
    fn hangs(&self) -> bool {
        self.busy_since.is_some_and(|since| since.elapsed() > HANGS)
    }

    /// The same, once: for the one who says so.
    fn begins_to_hang(&mut self) -> bool {
        let hangs = self.hangs();
        hangs && !std::mem::replace(&mut self.hanging, true)
    }
}

fn say_that_it_hangs() {
    tracing::error!(target: "wharf::audit", "the audit log is not written: its disk does not answer");
}

impl Shared {
    fn new(stamp: Stamp, queue: usize) -> Self {
        Self {
            lines: Mutex::new(Lines { stamp, ..Lines::default() }),
            work: Condvar::new(),
            done: Condvar::new(),
            queue,
            failing: AtomicBool::new(false),
            overflowing: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Lines are whole or absent whatever panicked.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditLog {
    /// Opens the file and starts the thread.
    ///
    /// # Errors
    /// Those of the file, and of the thread.
    pub fn open(options: AuditOptions) -> io::Result<Self> {
        let started = now();
        let mut stamp = Stamp::default();
        stamp.set(secs(started));
        let file = LogFile::open(&options, &stamp)?;
        Self::start(&options, Shared::new(stamp, options.queue), file, started)
    }

    fn start(options: &AuditOptions, shared: Shared, file: LogFile, started: Duration) -> io::Result<Self> {
        let shared = Arc::new(shared);
        let writer = Writer::new(Arc::clone(&shared), file);
        let thread = std::thread::Builder::new().name("audit-log".to_owned()).spawn(move || writer.run())?;
        Ok(Self(Arc::new(Open {
            shared,
            run: format!("{:x}", started.as_millis()),
            refuse: options.on_failure == OnAuditFailure::Refuse,
            thread: Some(thread),
        })))
    }

    /// Closes the file and opens its name anew, for programs that move logs away. That is tried until it is done, also while
    /// the file cannot be written.
    pub fn reopen(&self) {
        self.0.shared.lock().reopen = true;
        self.0.shared.work.notify_all();
    }

    /// Rows that were lost since the start, because they could not be written.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.shared.lost.load(Ordering::Relaxed)
    }

    /// Whether the file cannot be written now, or not as fast as it should; also while one write takes more than two
    /// seconds.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        let shared = &self.0.shared;
        if shared.failing.load(Ordering::Relaxed) || shared.overflowing.load(Ordering::Relaxed) {
            return true;
        }
        let mut lines = shared.lock();
        let (hangs, first) = (lines.hangs(), lines.begins_to_hang());
        drop(lines);
        if first {
            say_that_it_hangs();
        }
        hangs
    }

    /// Waits until what was said by now is in the file, or it is known that it cannot be, ten seconds at most. Blocks:
    /// not for a runtime's threads.
    pub fn flush(&self) {
        let shared = &self.0.shared;
        let mut lines = shared.lock();
        lines.flush = true;
        shared.work.notify_all();
        let busy = |lines: &mut Lines| {
            (lines.busy_since.is_some() || !lines.buffer.is_empty() || lines.reopen)
                && !shared.failing.load(Ordering::Relaxed)
        };
        drop(shared.done.wait_timeout_while(lines, LAST_WORDS, busy));
    }

    /// Writes what was said by now, and ends: rows that come later are lost. Waits ten seconds at most; what is not
    /// written by then, or cannot be, is told in the ordinary log. Blocks: not for a runtime's threads.
    pub fn close(&self) {
        self.0.close(LAST_WORDS);
    }

    /// Whether new sessions are to be turned away.
    pub(crate) fn refuses(&self) -> bool {
        self.0.refuse && self.is_failing()
    }

    /// The name of a session in the log.
    pub(crate) fn name(&self, session: u64) -> String {
        format!("{}-{session}", self.0.run)
    }

    pub(crate) fn write(&self, row: &Row<'_>) {
        let shared = &self.0.shared;
        let mut guard = shared.lock();
        let lines = &mut *guard;
        if lines.ended || lines.abandoned {
            shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let hangs = lines.begins_to_hang();
        if lines.buffer.len() >= shared.queue {
            lines.lost += 1;
            shared.lost.fetch_add(1, Ordering::Relaxed);
            drop(guard);
            if !shared.overflowing.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    target: "wharf::audit",
                    "the audit log is not written fast enough: rows are lost until it is"
                );
            }
            return;
        }
        lines.stamp.set(secs(now()));
        if lines.buffer.is_empty() {
            // Whoever comes next finds the thread gathering already.
            shared.work.notify_all();
        }
        row.write(&lines.stamp, &mut lines.buffer);
        lines.rows += 1;
        drop(guard);
        if hangs {
            say_that_it_hangs();
        }
    }
}

/// What the log says of rows that are missing.
fn remark(lost: u64, buffer: &mut Vec<u8>) {
    buffer.extend(format!("#Remark: lost {lost}\n").into_bytes());
}

impl Open {
    fn close(&self, patience: Duration) {
        let mut lines = self.shared.lock();
        if std::mem::replace(&mut lines.stop, true) {
            return;
        }
        self.shared.work.notify_all();
        let waited = self.shared.done.wait_timeout_while(lines, patience, |lines| !lines.ended);
        let mut lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        if lines.ended {
            return;
        }
        lines.abandoned = true;
        let rest = lines.rows + lines.taken;
        let none = rest + lines.lost == 0;
        drop(lines);
        if !none {
            let lost = self.shared.lost.fetch_add(rest, Ordering::Relaxed) + rest;
            tracing::error!(
                target: "wharf::audit",
                lost,
                "rows of the audit log are lost: its disk does not answer"
            );
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close(LAST_WORDS);
        // A disk that hangs must not keep the server from ending.
        let ended = self.shared.lock().ended;
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock of the wall stands in every line")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn secs(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the writer is a driver")]
fn instant() -> Instant {
    Instant::now()
}
