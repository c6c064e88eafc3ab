//! The file of an upload that nobody sees yet.

use std::{
    fs::File,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use rustix::{
    fs::{
        AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, openat, renameat, statat,
        unlinkat,
    },
    io::Errno,
};
use wharf_types::FileError;

use super::errno;
use crate::reserved;

/// The file of an upload, under a reserved name; it is removed when this is dropped.
///
/// Its open file carries a lock for as long as it is written, by which a sweep tells it from one that was left behind.
#[derive(Debug)]
pub(super) struct Temporary {
    dir: Arc<OwnedFd>,
    name: Vec<u8>,
    file: Arc<File>,
    armed: bool,
    was_partial: bool,
}

impl Temporary {
    /// A new, empty file.
    pub(super) fn create(dir: Arc<OwnedFd>) -> Result<Self, FileError> {
        let name = reserved::temporary_name()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&dir, name.as_slice(), flags, Mode::RUSR | Mode::WUSR).map_err(errno::path)?;
        // Where the file system has no locks, sweeps find none to take and leave everything alone.
        let _ = flock(&fd, FlockOperation::NonBlockingLockExclusive);
        Ok(Self { dir, name, file: Arc::new(File::from(fd)), armed: true, was_partial: false })
    }

    /// Takes the partial `name` to write it on; `None` when it is not there, or somebody else has just taken it.
    pub(super) fn claim(dir: Arc<OwnedFd>, partial: &[u8]) -> Result<Option<Self>, FileError> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match openat(&dir, partial, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno::path(errno)),
        };
        // The lock comes before the name of an upload, so that no sweep meets that name without it.
        let _ = match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN) => return Ok(None),
            result => result,
        };
        let opened = fstat(&fd).map_err(errno::io)?;
        let named = statat(&dir, partial, AtFlags::SYMLINK_NOFOLLOW);
        if !named.is_ok_and(|named| same_object(&named, &opened)) || !is_regular(&opened) {
            return Ok(None);
        }
        let name = reserved::temporary_name()?;
        match renameat(&dir, partial, &dir, name.as_slice()) {
            Ok(()) => {
                let file = Arc::new(File::from(fd));
                Ok(Some(Self { dir, name, file, armed: true, was_partial: true }))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno::path(errno)),
        }
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Whether it was a partial.
    pub(super) const fn was_partial(&self) -> bool {
        self.was_partial
    }

    pub(super) fn dir(&self) -> &OwnedFd {
        &self.dir
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Gives the file the name `to`, in place of what stands there.
    pub(super) fn rename(&mut self, to: &[u8]) -> Result<(), FileError> {
        renameat(&self.dir, self.name.as_slice(), &self.dir, to).map_err(errno::path)?;
        self.armed = false;
        Ok(())
    }

    /// Says that the file has got another name already.
    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.armed {
            // Quick, as the open file keeps the blocks; if it fails, a sweep does it later.
            let _ = unlinkat(self.dir.as_fd(), self.name.as_slice(), AtFlags::empty());
        }
    }
}

/// Whether both are the same file.
pub(super) const fn same_object(one: &Stat, other: &Stat) -> bool {
    one.st_dev == other.st_dev && one.st_ino == other.st_ino
}

pub(super) fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

pub(super) fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}
