//! What an upload that adds to a file began with, remembered for as long as it is a partial.

use std::os::fd::{AsFd, OwnedFd};

use rustix::{
    fs::{Mode, OFlags, Stat, XattrFlags, fgetxattr, fremovexattr, fsetxattr, openat},
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind};

use super::errno;

/// The attribute of a partial that holds it.
const ATTRIBUTE: &str = "user.wharf.base";

/// What stood under the final name: number, length and time of the file, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base(Option<(u64, i64, i64, u64)>);

impl Base {
    /// What stands there as `committed`.
    pub(super) fn of(committed: Option<&Stat>) -> Self {
        Self(committed.map(|stat| (stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)))
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.0.and_then(|(_, size, ..)| u64::try_from(size).ok()).unwrap_or(0)
    }

    /// Remembers it with the partial `file`.
    pub(super) fn note(&self, file: &impl AsFd) -> Result<(), FileError> {
        let text = self.0.map_or_else(
            || "-".to_owned(),
            |(number, size, secs, nanos)| format!("{number} {size} {secs} {nanos}"),
        );
        fsetxattr(file, ATTRIBUTE, text.as_bytes(), XattrFlags::empty()).map_err(|errno| match errno {
            Errno::OPNOTSUPP | Errno::NOSYS => FileError::with_detail(
                FileErrorKind::Unsupported,
                "the file system has no attributes of files, in which to note what was added to",
            ),
            errno => errno::io(errno),
        })
    }

    /// The one that the partial `file` has; `None` for one that began with nothing.
    pub(super) fn noted(file: &impl AsFd) -> Result<Option<Self>, FileError> {
        let mut room = [0; 128];
        let length = match fgetxattr(file, ATTRIBUTE, &mut room) {
            Ok(length) => length,
            Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(None),
            Err(errno) => return Err(errno::io(errno)),
        };
        let text = room.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default();
        if text == "-" {
            return Ok(Some(Self(None)));
        }
        let mut words = text.split(' ');
        let mut parsed = || {
            let number = words.next()?.parse().ok()?;
            Some((
                number,
                words.next()?.parse().ok()?,
                words.next()?.parse().ok()?,
                words.next()?.parse().ok()?,
            ))
        };
        match parsed() {
            Some(stamp) => Ok(Some(Self(Some(stamp)))),
            None => Err(FileError::with_detail(FileErrorKind::Io, "a partial whose note cannot be read")),
        }
    }

    /// The same of the partial `name` in `dir`.
    pub(super) fn noted_at(dir: &OwnedFd, name: &[u8]) -> Result<Option<Self>, FileError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(dir, name, flags, Mode::empty()) {
            Ok(file) => Self::noted(&file),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno::path(errno)),
        }
    }
}

/// Takes the note off a file that is a partial no longer.
pub(super) fn forget(file: &impl AsFd) {
    // Whoever reads it later finds a file that was complete.
    let _ = fremovexattr(file, ATTRIBUTE);
}
