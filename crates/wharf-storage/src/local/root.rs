//! The handle of a root directory, below which the kernel resolves every path.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2},
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{errno, ramdisk};

/// How often a resolution is repeated that a rename elsewhere disturbed.
const TRIES: u32 = 1000;

/// The handle of a root directory.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    /// Whether it lies in memory. What is mounted below may not.
    in_memory: bool,
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
        let root = Self::of(openat(CWD, path, flags, Mode::empty())?);
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
        Ok(Self::of(fd))
    }

    fn of(fd: OwnedFd) -> Self {
        let in_memory = ramdisk::holds(&fd);
        Self { fd, in_memory }
    }

    /// Whether the directory `path`, as far as the kernel can tell at once, and the root lie in memory.
    pub(super) fn holds_in_memory(&self, path: &VirtualPath) -> bool {
        self.in_memory && self.open_cached(path, OFlags::PATH | OFlags::DIRECTORY).is_some_and(ramdisk::holds)
    }

    /// Opens what stands at `path`.
    pub(super) fn open_at(&self, path: &VirtualPath, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.resolve(below(path), flags)
    }

    /// The same without waiting for a disk; `None` where the kernel would have to, and where it does not know the way.
    pub(super) fn open_cached(&self, path: &VirtualPath, flags: OFlags) -> Option<OwnedFd> {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::CACHED;
        openat2(&self.fd, below(path), flags | OFlags::CLOEXEC, Mode::empty(), how).ok()
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
