//! The handle of a root directory, below which the kernel resolves every path.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2},
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{errno, medium};
use crate::Waits;

/// How often a resolution is repeated that a rename elsewhere disturbed.
const TRIES: u32 = 1000;

/// The handle of a root directory.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    /// What is waited for in its file system. For what is mounted below it may be something else.
    waits: Waits,
    /// The number of its file system.
    device: u64,
}

/// A directory below the root, and the name of something in it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: OwnedFd,
    pub(super) name: Vec<u8>,
}

impl Root {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = Self::of(openat(CWD, path, flags, Mode::empty())?)?;
        match root.resolve(b".", OFlags::PATH) {
            Ok(_) => Ok(root),
            Err(Errno::NOSYS) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the kernel has no openat2, without which no directory can be confined: Linux 5.6 or later is needed",
            )),
            // A sandbox that does not know the call refuses it.
            Err(Errno::PERM) => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the system refuses openat2, without which no directory can be confined: allow it in the sandbox",
            )),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The directory `path` below this one, as a root of its own.
    pub(super) fn below(&self, path: &[u8]) -> Result<Self, FileError> {
        let fd = self.resolve(path, OFlags::PATH | OFlags::DIRECTORY).map_err(errno::path)?;
        Self::of(fd).map_err(errno::io)
    }

    fn of(fd: OwnedFd) -> Result<Self, Errno> {
        let (waits, device) = (medium::waits(&fd), fstat(&fd)?.st_dev);
        Ok(Self { fd, waits, device })
    }

    /// The same, as if that were waited for in its file system.
    #[cfg(test)]
    pub(super) fn that(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }

    /// The number of its file system.
    pub(super) const fn device(&self) -> u64 {
        self.device
    }

    /// What is waited for at `fd`, which was opened below and of which the system says `stat`; where it lies in another
    /// file system, this question may have to wait.
    pub(super) fn waits_at(&self, fd: impl AsFd, stat: &Stat) -> Waits {
        if stat.st_dev == self.device { self.waits } else { medium::waits(fd) }
    }

    /// Opens the directory `path` where it lies in memory, as far as the kernel can tell at once: so does then all that
    /// is in it and on which nothing is mounted.
    pub(super) fn open_in_memory(&self, path: &VirtualPath) -> Option<OwnedFd> {
        if self.waits != Waits::Never {
            return None;
        }
        self.open_cached(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Opens what stands at `path`.
    pub(super) fn open_at(&self, path: &VirtualPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.resolve(below(path), flags)
    }

    /// The same without waiting for anything; `None` where the kernel would have to, where it does not know the way, and
    /// in what is mounted below: the kernel asks some file systems even for what it knows.
    pub(super) fn open_cached(&self, path: &VirtualPath, flags: OFlags) -> Option<OwnedFd> {
        self.try_cached(path, flags).ok()
    }

    /// The same, and why not: `AGAIN` or `XDEV` where a thread that may wait has to find out.
    pub(super) fn try_cached(&self, path: &VirtualPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        if self.waits == Waits::Unknown {
            return Err(Errno::AGAIN);
        }
        let how = ResolveFlags::BENEATH
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV
            | ResolveFlags::CACHED;
        openat2(&self.fd, below(path), flags | OFlags::CLOEXEC, Mode::empty(), how)
    }

    /// The directory that holds `path`, and the last component. The root itself has none: `Denied`.
    pub(super) fn place(&self, path: &VirtualPath) -> Result<Place, FileError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(FileError::with_detail(FileErrorKind::Denied, "the root of the account"));
        };
        Ok(Place { dir: self.directory(&parent)?, name: name.to_vec() })
    }

    /// Opens the directory `path` for changes in it.
    pub(super) fn directory(&self, path: &VirtualPath) -> Result<OwnedFd, FileError> {
        match self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY) {
            // A drop box, which may be written and not read: such a handle does for everything but a sync.
            Err(Errno::ACCESS) => self.open_at(path, OFlags::PATH | OFlags::DIRECTORY),
            result => result,
        }
        .map_err(errno::path)
    }

    /// Opens what stands at `path`, to which no link leads.
    pub(super) fn open_plain(&self, path: &VirtualPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.resolve_as(below(path), flags, ResolveFlags::NO_SYMLINKS)
    }

    /// Opens `relative`, which begins with no slash.
    fn resolve(&self, relative: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        self.resolve_as(relative, flags, ResolveFlags::empty())
    }

    fn resolve_as(&self, relative: &[u8], flags: OFlags, more: ResolveFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | more;
        let mut tries = 0;
        loop {
            match openat2(&self.fd, relative, flags, Mode::empty(), how) {
                // The kernel could not tell whether `..` of a link stayed beneath while somebody renamed a directory.
                Err(Errno::AGAIN | Errno::INTR) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

/// The path from the root, as the kernel wants it: without the first slash, and never empty.
fn below(path: &VirtualPath) -> &[u8] {
    path.as_bytes().get(1..).filter(|relative| !relative.is_empty()).unwrap_or(b".")
}

impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_for_nothing_or_a_disk_is_opened_at_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), "").unwrap();
        let file = VirtualPath::root().resolve(b"f").unwrap();
        for waits in [Waits::Never, Waits::Disk, Waits::Unknown] {
            let root = Root::open(dir.path()).unwrap().that(waits);
            assert_eq!(root.open_cached(&file, OFlags::PATH).is_some(), waits != Waits::Unknown);
            assert_eq!(root.open_in_memory(&VirtualPath::root()).is_some(), waits == Waits::Never);
            let stat = fstat(&root).unwrap();
            assert_eq!(root.waits_at(&root, &stat), waits);
        }
    }

    #[test]
    fn what_is_mounted_below_is_not_opened_at_once() {
        // A file system in memory, on which another one is mounted, of whatever kind.
        let Ok(root) = Root::open(Path::new("/dev")) else { return };
        let path = VirtualPath::root().resolve(b"shm").unwrap();
        let Ok(below) = root.open_at(&path, OFlags::PATH | OFlags::DIRECTORY) else { return };
        if root.waits == Waits::Never && fstat(&below).unwrap().st_dev != root.device {
            assert!(root.open_in_memory(&VirtualPath::root()).is_some());
            assert!(root.open_in_memory(&path).is_none());
            assert!(root.open_cached(&path, OFlags::PATH).is_none());
        }
    }
}
