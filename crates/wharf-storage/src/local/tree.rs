//! Removing a directory with all below it.

use std::os::fd::OwnedFd;

use rustix::{
    fs::{AtFlags, Dir, Mode, OFlags, ResolveFlags, openat2, unlinkat},
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{account::Inner, errno, partial};
use crate::reserved;

/// The most levels; each holds a handle.
const DEPTH: usize = VirtualPath::MAX_DEPTH;

/// How often a directory is read again in which names appeared, or were missed, while it was emptied.
const TRIES: u32 = 3;

/// A directory that is being emptied.
struct Level {
    fd: OwnedFd,
    entries: Dir,
    /// Its name in the level above.
    name: Vec<u8>,
    tries: u32,
}

impl Level {
    /// Opens `name` in `above`: a directory of the same file system, not a link to one.
    fn open(above: &OwnedFd, name: &[u8]) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let fd = openat2(above, name, flags, Mode::empty(), how)?;
        let entries = Dir::read_from(&fd)?;
        Ok(Self { fd, entries, name: name.to_vec(), tries: 0 })
    }
}

impl Inner {
    pub(super) fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        let place = self.root.place(path)?;
        let first = Level::open(&place.dir, &place.name).map_err(|errno| match errno {
            Errno::LOOP => FileError::new(FileErrorKind::NotADirectory),
            errno => errno::path(errno),
        })?;
        let mut levels = vec![first];
        // Every name is removed from an open directory, whatever is renamed meanwhile.
        while let Some(level) = levels.last_mut() {
            let Some(entry) = level.entries.read() else {
                let Some(mut level) = levels.pop() else { break };
                let above = levels.last().map_or(&place.dir, |above| &above.fd);
                match unlinkat(above, level.name.as_slice(), AtFlags::REMOVEDIR) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(Errno::NOTEMPTY | Errno::EXIST) if level.tries < TRIES => {
                        level.tries += 1;
                        level.entries = Dir::read_from(&level.fd).map_err(errno::io)?;
                        levels.push(level);
                    }
                    Err(errno) => return Err(errno::path(errno)),
                }
                continue;
            };
            let entry = entry.map_err(errno::io)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if name.starts_with(reserved::TEMPORARY) && !partial::is_unlocked(&level.fd, name) {
                return Err(FileError::with_detail(FileErrorKind::Busy, "an upload runs there"));
            }
            match unlinkat(&level.fd, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::ISDIR | Errno::PERM) => {
                    let below = Level::open(&level.fd, name).map_err(errno::path)?;
                    if levels.len() >= DEPTH {
                        return Err(FileError::with_detail(FileErrorKind::Unsupported, "too many levels"));
                    }
                    levels.push(below);
                }
                Err(errno) => return Err(errno::path(errno)),
            }
        }
        self.sync_names(&place.dir)
    }
}
