//! Changes of names and times.

use std::{
    os::fd::{AsFd, OwnedFd},
    sync::MutexGuard,
};

use rustix::{
    fs::{
        AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, UTIME_OMIT, fchmod, fstat,
        fsync, mkdirat, openat, renameat, renameat_with, statat, syncfs, unlinkat, utimensat,
    },
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, Timestamp, VirtualPath};

use super::{
    account::Inner,
    errno, partial,
    temporary::{is_directory, same_object},
};
use crate::{Durability, reserved};

/// Makes the names of a directory durable; `inside` is any open file of the same file system.
pub(super) fn sync_directory(dir: &OwnedFd, inside: &impl AsFd) -> Result<(), FileError> {
    match fsync(dir) {
        // A directory that cannot be opened for reading is synced with its whole file system.
        Err(Errno::BADF) => syncfs(inside).map_err(errno::io),
        // Some file systems have nothing to sync there.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(errno) => Err(errno::io(errno)),
    }
}

impl Inner {
    /// The turn to change names in `dir`.
    fn turn(&self, dir: &OwnedFd) -> Result<MutexGuard<'_, ()>, FileError> {
        Ok(self.shared.commits.wait(fstat(dir).map_err(errno::io)?.st_dev))
    }

    pub(super) fn sync_names(&self, dir: &OwnedFd) -> Result<(), FileError> {
        if self.shared.options.durability != Durability::Full {
            return Ok(());
        }
        sync_directory(dir, dir).or_else(|error| {
            // Where the handle is good for nothing else (a drop box), the names are as durable as the system has them.
            if fsync(dir) == Err(Errno::BADF) { Ok(()) } else { Err(error) }
        })
    }

    pub(super) fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        if path.is_root() {
            return Err(FileError::new(FileErrorKind::Exists));
        }
        let place = self.root.place(path)?;
        let mode = Mode::from_raw_mode(0o777 & !self.umask());
        mkdirat(&place.dir, place.name.as_slice(), mode).map_err(errno::path)?;
        // The umask of the process took away more than it should; if that cannot be mended, the directory is there.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let _ =
            openat(&place.dir, place.name.as_slice(), flags, Mode::empty()).and_then(|fd| fchmod(fd, mode));
        self.sync_names(&place.dir)
    }

    pub(super) fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        let place = self.root.place(path)?;
        let name = place.name.as_slice();
        match unlinkat(&place.dir, name, AtFlags::REMOVEDIR) {
            Ok(()) => {}
            // The account sees no reserved files: a directory with nothing else in it is empty.
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let inside = openat(&place.dir, name, flags, Mode::empty()).map_err(errno::path)?;
                if !partial::empty(&inside)? {
                    return Err(FileError::new(FileErrorKind::DirectoryNotEmpty));
                }
                unlinkat(&place.dir, name, AtFlags::REMOVEDIR).map_err(errno::path)?;
            }
            Err(errno) => return Err(errno::path(errno)),
        }
        self.sync_names(&place.dir)
    }

    pub(super) fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        if path.is_root() {
            return Err(FileError::new(FileErrorKind::IsADirectory));
        }
        let place = self.root.place(path)?;
        // An upload that adds to the file sees it go, or was there before.
        let turn = self.turn(&place.dir)?;
        let result = unlinkat(&place.dir, place.name.as_slice(), AtFlags::empty());
        let denied = matches!(result, Err(errno) if errno != Errno::NOENT);
        let had_partial =
            !denied && partial::remove(&place.dir, &reserved::partial_name(&self.name, &place.name));
        drop(turn);
        match result {
            Ok(()) => {}
            // The account saw its partial under that name, so that removing it is an effect.
            Err(Errno::NOENT) if had_partial => {}
            Err(errno) => return Err(errno::path(errno)),
        }
        self.sync_names(&place.dir)
    }

    pub(super) fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        let (from, to) = (self.root.place(from)?, self.root.place(to)?);
        let (old, new) = (from.name.as_slice(), to.name.as_slice());
        let turn = self.turn(&to.dir)?;
        let moved = statat(&from.dir, old, AtFlags::SYMLINK_NOFOLLOW).map_err(errno::path)?;
        let replaced = match statat(&to.dir, new, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Some(stat),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(errno::path(errno)),
        };
        if let Some(replaced) = &replaced {
            check_replaced(&moved, replaced)?;
        }
        if is_directory(&moved) && replaced.is_none() {
            // The system would put a directory in place of an empty one.
            match renameat_with(&from.dir, old, &to.dir, new, RenameFlags::NOREPLACE) {
                // The file system does not know the flag, or the directory would be moved into itself.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => renameat(&from.dir, old, &to.dir, new),
                result => result,
            }
        } else {
            renameat(&from.dir, old, &to.dir, new)
        }
        .map_err(|errno| match errno {
            Errno::ISDIR | Errno::NOTEMPTY => FileError::new(FileErrorKind::Exists),
            // Onto another file system: a move would be a copy.
            Errno::XDEV => FileError::with_detail(FileErrorKind::Unsupported, errno.to_string()),
            errno => errno::path(errno),
        })?;
        partial::remove(&from.dir, &reserved::partial_name(&self.name, old));
        partial::remove(&to.dir, &reserved::partial_name(&self.name, new));
        drop(turn);
        self.sync_names(&to.dir)?;
        self.sync_names(&from.dir)
    }

    pub(super) fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        let place = self.root.place(path)?;
        let name = place.name.as_slice();
        let stat = statat(&place.dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(errno::path)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            return Err(FileError::with_detail(FileErrorKind::Denied, "a link stands there"));
        }
        let nanos = to.nanos.min(999_999_999);
        let times = Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            last_modification: Timespec { tv_sec: to.secs, tv_nsec: nanos.into() },
        };
        utimensat(&place.dir, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(errno::path)?;
        let stored = statat(&place.dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(errno::path)?;
        Ok(self.shared.owners.metadata(&stored).modified)
    }
}

/// Whether `moved` may take the name of `replaced`.
fn check_replaced(moved: &Stat, replaced: &Stat) -> Result<(), FileError> {
    if same_object(moved, replaced) {
        return Ok(());
    }
    match FileType::from_raw_mode(replaced.st_mode) {
        FileType::RegularFile if !is_directory(moved) => Ok(()),
        FileType::RegularFile | FileType::Directory => Err(FileError::new(FileErrorKind::Exists)),
        FileType::Symlink => Err(FileError::with_detail(FileErrorKind::Denied, "a link stands there")),
        FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => Err(FileError::new(FileErrorKind::NotRegular)),
    }
}
