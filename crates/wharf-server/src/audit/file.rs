//! The file, and those before it.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
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
}

impl LogFile {
    /// Opens it; what stands in it stays, and a head follows it.
    pub(super) fn open(options: &AuditOptions, stamp: &Stamp) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().append(true).read(true).create(true).mode(0o640).open(&options.file)?;
        let metadata = file.metadata()?;
        let mut size = metadata.len();
        let mut head = Vec::new();
        let mut day = stamp.day();
        if size > 0 {
            let last = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            day = i64::try_from(last / 86_400).unwrap_or(day);
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
        Ok(Self { options: options.clone(), file, size, day, whole: true, moved: false })
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
        if self.moved || self.whole && (full || self.options.daily && stamp.day() != self.day) {
            self.rotate(stamp)?;
        }
        let room = self.options.max_size.map_or(u64::MAX, |most| most.saturating_sub(self.size));
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

    /// Moves the files on by one, and begins another one.
    fn rotate(&mut self, stamp: &Stamp) -> io::Result<()> {
        // Once: another attempt to open the next one must not push files out at the other end.
        if !self.moved {
            let (path, keep) = (&self.options.file, self.options.keep);
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
            self.moved = true;
        }
        *self = Self::open(&self.options, stamp)?;
        self.day = stamp.day();
        Ok(())
    }
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
    use super::*;

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
