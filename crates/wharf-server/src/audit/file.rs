//! The file, and those before it.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use wharf_audit::{Stamp, header};

use super::AuditOptions;

const SOFTWARE: &str = concat!("wharf ", env!("CARGO_PKG_VERSION"));

/// The file that is being written.
#[derive(Debug)]
pub(super) struct LogFile {
    options: AuditOptions,
    file: File,
    size: u64,
    /// The day that it is for.
    day: i64,
    /// Whether the last line is whole.
    whole: bool,
    /// It has another name already, and the next one could not be opened yet.
    moved: bool,
    /// It could not be moved away, and keeps its name: when that is tried again, in seconds since 1970.
    stuck: Option<i64>,
}

impl LogFile {
    /// The pause before a file that could not be moved away is tried again, in seconds.
    const RETRY: i64 = 60;

    /// Opens it; what stands in it stays, and a head follows it. One of an earlier day is moved on before: with that head it would
    /// be one of today.
    pub(super) fn open(options: &AuditOptions, stamp: &Stamp) -> io::Result<Self> {
        let mut stuck = None;
        if options.daily
            && last_day(&options.file).is_some_and(|day| day != stamp.day())
            && let Err(error) = move_on(options)
        {
            stuck = Some(stamp.secs() + Self::RETRY);
            cannot_rotate(&error);
        }
        Ok(Self { stuck, ..Self::begin(options, stamp)? })
    }

    /// The same, of whatever day the file is.
    fn begin(options: &AuditOptions, stamp: &Stamp) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().append(true).read(true).create(true).mode(0o640).open(&options.file)?;
        let metadata = file.metadata()?;
        let mut size = metadata.len();
        let mut head = Vec::new();
        let mut day = stamp.day();
        if size > 0 {
            day = day_of(&metadata).unwrap_or(day);
            let mut end = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut end)?;
            if end != *b"\n" {
                // A line that was cut must not become part of another one.
                head.push(b'\n');
            }
        }
        header(SOFTWARE, stamp, &mut head);
        file.write_all(&head)?;
        size += head.len() as u64;
        Ok(Self { options: options.clone(), file, size, day, whole: true, moved: false, stuck: None })
    }

    /// One on a disk that is full; `None` where there is nothing like it.
    #[cfg(test)]
    pub(super) fn full(options: &AuditOptions) -> Option<Self> {
        let file = OpenOptions::new().append(true).open("/dev/full").ok()?;
        let options = AuditOptions { daily: false, ..options.clone() };
        Some(Self { options, file, size: 0, day: 0, whole: true, moved: false, stuck: None })
    }

    /// Closes it and opens its name anew.
    pub(super) fn reopen(&mut self, stamp: &Stamp) -> io::Result<()> {
        *self = Self::open(&self.options, stamp)?;
        Ok(())
    }

    /// Writes some of these whole lines, and says how many bytes; goes to another file before, where it is time.
    pub(super) fn write(&mut self, lines: &[u8], stamp: &Stamp) -> io::Result<usize> {
        let room = self.options.max_size.map(|most| most.saturating_sub(self.size));
        let first = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| at + 1);
        let full = room.is_some_and(|room| room < first as u64);
        let due = full || self.options.daily && stamp.day() != self.day;
        // A clock that was set back must not end the attempts.
        let resting = self.stuck.is_some_and(|next| (next - Self::RETRY..next).contains(&stamp.secs()));
        if self.moved || self.whole && due && !resting {
            self.rotate(stamp)?;
        }
        let bound = self.options.max_size.filter(|_| self.stuck.is_none());
        let room = bound.map_or(u64::MAX, |most| most.saturating_sub(self.size));
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
        let whole = lines.get(..fits).and_then(|fits| fits.iter().rposition(|byte| *byte == b'\n'));
        let piece = lines.get(..whole.map_or(first, |at| at + 1)).unwrap_or(lines);
        let written = self.file.write(piece)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.size += written as u64;
        self.whole = piece.get(..written).is_some_and(|written| written.ends_with(b"\n"));
        Ok(written)
    }

    /// Moves the files on by one, and begins another one. Where they cannot be moved, all goes on in this one.
    fn rotate(&mut self, stamp: &Stamp) -> io::Result<()> {
        // Once: another attempt to open the next one must not push files out at the other end.
        if !self.moved {
            if let Err(error) = move_on(&self.options) {
                if self.stuck.replace(stamp.secs() + Self::RETRY).is_none() {
                    cannot_rotate(&error);
                }
                return Ok(());
            }
            if self.stuck.take().is_some() {
                tracing::warn!(target: "wharf::audit", "the audit log is rotated again");
            }
            self.moved = true;
        }
        *self = Self::begin(&self.options, stamp)?;
        self.day = stamp.day();
        Ok(())
    }
}

/// The day of the last row of the file of that name; `None` where there is none.
fn last_day(path: &Path) -> Option<i64> {
    let metadata = fs::metadata(path).ok().filter(|found| found.is_file() && found.len() > 0)?;
    day_of(&metadata)
}

fn day_of(metadata: &Metadata) -> Option<i64> {
    let last = metadata.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(last.as_secs() / 86_400).ok()
}

fn cannot_rotate(error: &io::Error) {
    tracing::error!(
        target: "wharf::audit",
        %error,
        "the audit log cannot be rotated, and goes on in the same file; may its directory be written?"
    );
}

/// Gives the files their next names; nothing has that of the one that is written then. Older ones than are kept go.
fn move_on(options: &AuditOptions) -> io::Result<()> {
    let (path, keep) = (&options.file, options.keep);
    if keep == 0 {
        absent_is_fine(fs::remove_file(path))?;
    } else {
        // Those behind a gap stay where they are.
        let gap = (1..keep).find(|number| !numbered(path, *number).exists()).unwrap_or(keep);
        for number in (1..gap).rev() {
            absent_is_fine(fs::rename(numbered(path, number), numbered(path, number + 1)))?;
        }
        absent_is_fine(fs::rename(path, numbered(path, 1)))?;
    }
    // More of them were kept once. What cannot be removed must not keep the others from their turn.
    let _ = (keep + 1..).find(|number| fs::remove_file(numbered(path, *number)).is_err());
    Ok(())
}

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    outcome.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// That second of that day since 1970.
    fn at(day: i64, second: i64) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.set(day * 86_400 + second);
        stamp
    }

    /// The rows of the file of that number, 0 being the one that is written; `None` where there is no such file.
    fn rows(path: &Path, number: usize) -> Option<String> {
        let path = if number == 0 { path.to_owned() } else { numbered(path, number) };
        let text = fs::read_to_string(path).ok()?;
        Some(text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" "))
    }

    /// One row, whole.
    fn say(log: &mut LogFile, row: &str, stamp: &Stamp) {
        let line = format!("{row}\n");
        assert_eq!(log.write(line.as_bytes(), stamp).unwrap(), line.len());
    }

    #[test]
    fn each_day_has_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let options = AuditOptions { keep: 2, ..AuditOptions::new(path.clone()) };
        let mut log = LogFile::open(&options, &at(100, 86_398)).unwrap();
        say(&mut log, "a", &at(100, 86_399));
        assert_eq!(rows(&path, 0).as_deref(), Some("a"));
        say(&mut log, "b", &at(101, 0));
        say(&mut log, "c", &at(101, 86_399));
        // Days on which nothing happened have none.
        say(&mut log, "d", &at(104, 5));
        let all = || [0, 1, 2, 3].map(|number| rows(&path, number));
        assert_eq!(all(), [Some("d".into()), Some("b c".into()), Some("a".into()), None]);
        let head = fs::read_to_string(&path).unwrap();
        assert!(head.contains("#Date: 1970-04-15 00:00:05\n"), "{head}");
        say(&mut log, "e", &at(105, 0));
        assert_eq!(all(), [Some("e".into()), Some("d".into()), Some("b c".into()), None]);

        // A line that was cut stays whole: its rest follows it.
        log.write(b"f", &at(105, 1)).unwrap();
        say(&mut log, "f", &at(106, 0));
        say(&mut log, "g", &at(106, 0));
        assert_eq!(all(), [Some("g".into()), Some("e ff".into()), Some("d".into()), None]);
    }

    #[test]
    fn days_are_one_file_where_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let options = AuditOptions { daily: false, ..AuditOptions::new(path.clone()) };
        let mut log = LogFile::open(&options, &at(100, 0)).unwrap();
        say(&mut log, "a", &at(100, 0));
        say(&mut log, "b", &at(101, 0));
        assert_eq!((rows(&path, 0).as_deref(), rows(&path, 1)), (Some("a b"), None));
    }

    #[test]
    fn a_file_that_is_continued_is_of_the_day_of_its_last_row() {
        for (today, expected) in [(100, ["a b", ""]), (101, ["b", "a"])] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.log");
            fs::write(&path, "a\n").unwrap();
            let file = File::options().append(true).open(&path).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(100 * 86_400 + 7)).unwrap();
            let mut log = LogFile::open(&AuditOptions::new(path.clone()), &at(today, 8)).unwrap();
            say(&mut log, "b", &at(today, 9));
            assert_eq!([0, 1].map(|number| rows(&path, number).unwrap_or_default()), expected);
        }
    }

    #[test]
    fn a_server_that_starts_anew_without_a_word_between_begins_another_file_all_the_same() {
        for daily in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.log");
            fs::write(&path, "a\n").unwrap();
            let file = File::options().append(true).open(&path).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(100 * 86_400 + 7)).unwrap();
            let options = AuditOptions { daily, ..AuditOptions::new(path.clone()) };
            // Twice: the head of the first one is of today.
            for _ in 0..2 {
                drop(LogFile::open(&options, &at(101, 8)).unwrap());
                let head = File::options().append(true).open(&path).unwrap();
                head.set_modified(UNIX_EPOCH + Duration::from_secs(101 * 86_400 + 8)).unwrap();
            }
            let mut log = LogFile::open(&options, &at(101, 9)).unwrap();
            say(&mut log, "b", &at(101, 9));
            let expected = if daily { ["b", "a", ""] } else { ["a b", "", ""] };
            assert_eq!([0, 1, 2].map(|number| rows(&path, number).unwrap_or_default()), expected);
        }
    }

    #[test]
    fn files_beyond_what_is_kept_now_go() {
        for keep in [0, 1, 3] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("audit.log");
            let options = AuditOptions { keep, ..AuditOptions::new(path.clone()) };
            let mut log = LogFile::open(&options, &at(1, 0)).unwrap();
            for number in [1, 2, 3, 4, 5, 6, 8] {
                fs::write(numbered(&path, number), format!("{number}\n")).unwrap();
            }
            say(&mut log, "a", &at(1, 0));
            say(&mut log, "b", &at(2, 0));
            let there: Vec<_> = (0..10).filter_map(|number| rows(&path, number)).collect();
            let expected = [&["b"][..], &["a", "1", "2"][..keep], &["8"]].concat();
            assert_eq!(there, expected);
        }
    }

    #[test]
    fn a_folder_that_is_away_for_a_while_costs_no_row() {
        for comes_back in [true, false] {
            let home = tempfile::tempdir().unwrap();
            let (folder, gone) = (home.path().join("logs"), home.path().join("gone"));
            fs::create_dir(&folder).unwrap();
            let path = folder.join("audit.log");
            let mut log = LogFile::open(&AuditOptions::new(path.clone()), &at(1, 0)).unwrap();
            say(&mut log, "a", &at(1, 0));
            fs::rename(&folder, &gone).unwrap();
            // What is open can be written all the same.
            say(&mut log, "b", &at(1, 1));
            for second in 0..3 {
                let error = log.write(b"c\n", &at(2, second)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::NotFound);
            }
            assert_eq!(rows(&gone.join("audit.log"), 0).as_deref(), Some("a b"));
            if comes_back {
                fs::rename(&gone, &folder).unwrap();
            } else {
                fs::create_dir(&folder).unwrap();
            }
            say(&mut log, "c", &at(2, 3));
            say(&mut log, "d", &at(2, 4));
            let expected = if comes_back { "a b c d" } else { "c d" };
            assert_eq!((rows(&path, 0).as_deref(), rows(&path, 1)), (Some(expected), None));
            say(&mut log, "e", &at(3, 0));
            assert_eq!((rows(&path, 0).as_deref(), rows(&path, 1).as_deref()), (Some("e"), Some(expected)));
        }
    }

    #[test]
    fn a_file_that_cannot_be_moved_away_is_written_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let options = AuditOptions { keep: 1, max_size: Some(1_000), ..AuditOptions::new(path.clone()) };
        let mut log = LogFile::open(&options, &at(1, 0)).unwrap();
        say(&mut log, "a", &at(1, 0));
        // What has the name of the next one cannot be replaced by a file.
        let in_the_way = numbered(&path, 1);
        fs::create_dir(&in_the_way).unwrap();
        say(&mut log, "b", &at(2, 0));
        let long = "c".repeat(2_000);
        say(&mut log, &long, &at(2, 1));
        // As many lines as there are go at a time, whatever the size.
        assert_eq!(log.write(b"d\ne\n", &at(2, 2)).unwrap(), 4);
        fs::remove_dir(&in_the_way).unwrap();
        say(&mut log, "f", &at(2, 59));
        assert_eq!(rows(&path, 0), Some(format!("a b {long} d e f")));
        say(&mut log, "g", &at(2, 60));
        assert_eq!((rows(&path, 0), rows(&path, 1)), (Some("g".into()), Some(format!("a b {long} d e f"))));
        // Sizes and days count as before.
        say(&mut log, "h", &at(3, 0));
        assert_eq!((rows(&path, 0), rows(&path, 1)), (Some("h".into()), Some("g".into())));
    }

    #[test]
    fn a_clock_that_is_set_back_ends_no_attempts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let options = AuditOptions { keep: 1, ..AuditOptions::new(path.clone()) };
        let mut log = LogFile::open(&options, &at(1, 0)).unwrap();
        fs::create_dir(numbered(&path, 1)).unwrap();
        say(&mut log, "a", &at(9, 0));
        fs::remove_dir(numbered(&path, 1)).unwrap();
        say(&mut log, "b", &at(2, 0));
        assert_eq!((rows(&path, 0).as_deref(), rows(&path, 1).as_deref()), (Some("b"), Some("a")));
    }

    #[test]
    fn a_disk_that_is_full_leaves_the_file_that_is_open() {
        // A name for what cannot be written.
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("audit.log"), folder.path().join("moved"));
        let mut log = LogFile::open(&AuditOptions::new(path.clone()), &at(1, 0)).unwrap();
        say(&mut log, "a", &at(1, 0));
        fs::rename(&path, &moved).unwrap();
        std::os::unix::fs::symlink(full, &path).unwrap();
        for _ in 0..3 {
            assert_eq!(log.reopen(&at(1, 1)).unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
        say(&mut log, "b", &at(1, 2));
        fs::remove_file(&path).unwrap();
        log.reopen(&at(1, 3)).unwrap();
        say(&mut log, "c", &at(1, 4));
        assert_eq!((rows(&moved, 0).as_deref(), rows(&path, 0).as_deref()), (Some("a b"), Some("c")));
    }

    #[test]
    fn no_file_is_moved_twice_for_one_rotation_nor_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let read = |number| fs::read_to_string(numbered(&path, number)).ok();
        let options = AuditOptions { keep: 5, ..AuditOptions::new(path.clone()) };
        let stamp = Stamp::default();
        let mut log = LogFile::open(&options, &stamp).unwrap();
        fs::write(numbered(&path, 1), "one").unwrap();
        fs::write(numbered(&path, 3), "three").unwrap();
        // An earlier attempt could not open the next one.
        log.moved = true;
        log.rotate(&stamp).unwrap();
        assert_eq!((read(1).as_deref(), read(2), read(3).as_deref()), (Some("one"), None, Some("three")));
        // The gap takes what is moved on.
        log.rotate(&stamp).unwrap();
        assert_eq!((read(2).as_deref(), read(3).as_deref(), read(4)), (Some("one"), Some("three"), None));
        assert!(read(1).unwrap().contains("#Fields"));
    }
}
