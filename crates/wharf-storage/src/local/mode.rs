//! Permission bits.

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, chmodat, fchmod, fstat, openat},
    io::Errno,
};
use std::os::fd::AsRawFd;
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{account::Inner, errno};

impl Inner {
    /// Sets the permission bits of the file or directory at `path`, and of nothing that a link could put in its place.
    pub(super) fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        let place = self.root.place(path)?;
        // A handle that opens nothing yet: looking at it wakes no device and waits for nobody.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&place.dir, place.name.as_slice(), flags, Mode::empty()).map_err(errno::path)?;
        let stat = fstat(&fd).map_err(errno::io)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::Directory => {}
            FileType::Symlink => {
                return Err(FileError::with_detail(FileErrorKind::Denied, "a link stands there"));
            }
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => return Err(FileError::new(FileErrorKind::NotRegular)),
        }
        let mode = Mode::from_raw_mode(mode & 0o777);
        // By its handle, through the one name that leads to just that object.
        let name = format!("/proc/self/fd/{}", fd.as_raw_fd());
        match chmodat(CWD, name.as_str(), mode, AtFlags::empty()) {
            // Without /proc a file that may be opened for reading does it.
            Err(Errno::NOENT | Errno::ACCESS) => {
                let flags =
                    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                let opened =
                    openat(&place.dir, place.name.as_slice(), flags, Mode::empty()).map_err(errno::path)?;
                fchmod(&opened, mode)
            }
            result => result,
        }
        .map_err(errno::io)
    }
}
