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
        Ok(Self { options: options.clone(), file, size, day })
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
        if full || self.options.daily && stamp.day() != self.day {
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
        Ok(written)
    }

    /// Moves the files on by one, and begins another one.
    fn rotate(&mut self, stamp: &Stamp) -> io::Result<()> {
        let path = &self.options.file;
        if self.options.keep == 0 {
            fs::remove_file(path)?;
        } else {
            for number in (1..self.options.keep).rev() {
                move_on(&numbered(path, number), &numbered(path, number + 1))?;
            }
            move_on(path, &numbered(path, 1))?;
        }
        *self = Self::open(&self.options, stamp)?;
        self.day = stamp.day();
        Ok(())
    }
}

fn move_on(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}
