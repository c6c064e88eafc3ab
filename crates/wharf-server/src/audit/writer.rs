//! The thread that writes.

use std::{
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use wharf_audit::Stamp;

use super::{Shared, file::LogFile, instant, now, remark, secs};

/// How long lines are gathered, so that many are one write.
const GATHER: Duration = Duration::from_millis(20);
/// The pause before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    shared: Arc<Shared>,
    file: LogFile,
    /// Lines on their way to the file, and how many bytes of them are there.
    batch: Vec<u8>,
    written: usize,
}

/// What the thread was woken for.
struct Task {
    reopen: bool,
    stop: bool,
    stamp: Stamp,
}

impl Writer {
    pub(super) const fn new(shared: Arc<Shared>, file: LogFile) -> Self {
        Self { shared, file, batch: Vec::new(), written: 0 }
    }

    pub(super) fn run(mut self) {
        loop {
            let task = self.next();
            let mut outcome = self.write(&task.stamp);
            if task.reopen {
                // Whoever moved the file away did it perhaps since its disk is full.
                outcome = match self.reopen(&task.stamp) {
                    Ok(()) if outcome.is_err() => self.write(&task.stamp),
                    Ok(()) => outcome,
                    Err(error) => outcome.and(Err(error)),
                };
            }
            self.tell(&outcome);
            if task.stop {
                return self.give_up();
            }
            if outcome.is_err() {
                let lines = self.shared.lock();
                // Somebody who stops the log does not wait for the pause.
                let wait = self.shared.work.wait_timeout_while(lines, PAUSE, |lines| !lines.stop);
                drop(wait.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Waits for something to do and takes the lines.
    fn next(&mut self) -> Task {
        let waits = self.batch.is_empty();
        let lines = self.shared.lock();
        let idle = |lines: &mut super::Lines| {
            waits
                && lines.buffer.is_empty()
                && lines.lost == 0
                && !lines.reopen
                && !lines.stop
                && !lines.flush
        };
        let lines = self.shared.work.wait_while(lines, idle).unwrap_or_else(PoisonError::into_inner);
        let gather = |lines: &mut super::Lines| !lines.reopen && !lines.stop && !lines.flush;
        let waited = self.shared.work.wait_timeout_while(lines, GATHER, gather);
        let mut lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        if self.batch.is_empty() {
            std::mem::swap(&mut self.batch, &mut lines.buffer);
            lines.taken = std::mem::take(&mut lines.rows);
            self.written = 0;
            let lost = std::mem::take(&mut lines.lost);
            if lost > 0 {
                // They would stand right behind what was taken.
                remark(lost, &mut self.batch);
            }
        }
        lines.busy_since = Some(instant());
        lines.flush = false;
        if lines.reopen {
            // The last row may be of another day.
            lines.stamp.set(secs(now()));
        }
        Task { reopen: std::mem::take(&mut lines.reopen), stop: lines.stop, stamp: lines.stamp.clone() }
    }

    /// From here on the disk has to answer.
    fn begin(&self) {
        self.shared.lock().busy_since = Some(instant());
    }

    /// Goes to the file that has the name now. It stays wanted until it is done.
    fn reopen(&mut self, stamp: &Stamp) -> io::Result<()> {
        self.begin();
        if let Err(error) = self.file.reopen(stamp) {
            self.shared.lock().reopen = true;
            return Err(error);
        }
        // A line that was cut in the other file is whole in this one.
        let done = self.batch.get(..self.written).unwrap_or_default();
        self.written = done.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        tracing::info!(target: "wharf::audit", "the audit log was opened anew");
        Ok(())
    }

    /// Writes the lines that were taken, and at the end those that came since.
    fn write(&mut self, stamp: &Stamp) -> io::Result<()> {
        loop {
            while let Some(rest) = self.batch.get(self.written..).filter(|rest| !rest.is_empty()) {
                self.begin();
                match self.file.write(rest, stamp) {
                    Ok(written) => self.written += written,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.batch.clear();
            self.written = 0;
            let mut lines = self.shared.lock();
            lines.taken = 0;
            if !lines.stop || lines.buffer.is_empty() {
                return Ok(());
            }
            std::mem::swap(&mut self.batch, &mut lines.buffer);
            lines.taken = std::mem::take(&mut lines.rows);
        }
    }

    /// Lets everybody know how it went; the ordinary log hears of changes only.
    fn tell(&self, outcome: &io::Result<()>) {
        let overflowed = outcome.is_ok() && self.shared.overflowing.swap(false, Ordering::Relaxed);
        let failed_before = self.shared.failing.swap(outcome.is_err(), Ordering::Relaxed);
        let mut lines = self.shared.lock();
        let hung = std::mem::take(&mut lines.hanging);
        lines.busy_since = None;
        drop(lines);
        self.shared.done.notify_all();
        match outcome {
            Ok(()) if failed_before || overflowed || hung => {
                let lost = self.shared.lost.load(Ordering::Relaxed);
                tracing::warn!(target: "wharf::audit", lost, "the audit log is written again");
            }
            Err(error) if !failed_before => {
                tracing::error!(target: "wharf::audit", %error, "the audit log cannot be written");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// The end: what could not be written is lost.
    fn give_up(&self) {
        let mut lines = self.shared.lock();
        let is_row = |line: &&[u8]| line.ends_with(b"\n") && !line.starts_with(b"#");
        let count = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').filter(is_row).count() as u64;
        let rest = count(self.batch.get(self.written..).unwrap_or_default()) + count(&lines.buffer);
        if rest + lines.lost > 0 && !lines.abandoned {
            let lost = self.shared.lost.fetch_add(rest, Ordering::Relaxed) + rest;
            tracing::error!(target: "wharf::audit", lost, "rows of the audit log are lost");
        }
        lines.ended = true;
        self.shared.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::AuditOptions, *};

    #[test]
    fn a_line_that_was_cut_is_whole_in_the_file_that_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let (options, stamp) = (AuditOptions::new(path.clone()), Stamp::default());
        for (written, expected) in [(0, "one\ntwo\n"), (2, "one\ntwo\n"), (4, "two\n"), (6, "two\n"), (8, "")]
        {
            fs::write(&path, "").unwrap();
            let file = LogFile::open(&options, &stamp).unwrap();
            let mut writer = Writer::new(Arc::new(Shared::new(stamp.clone(), options.queue)), file);
            fs::remove_file(&path).unwrap();
            writer.batch = b"one\ntwo\n".to_vec();
            writer.written = written;
            writer.reopen(&stamp).unwrap();
            writer.write(&stamp).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.ends_with(&format!("x-reason\n{expected}")), "{written}: {text}");
        }
    }
}
