//! What the system's errors mean.

use std::io;

use rustix::io::Errno;
use wharf_types::{FileError, FileErrorKind};

/// The error of a call that takes a path.
pub(super) fn path(errno: Errno) -> FileError {
    // A file system that cannot store a name says EINVAL.
    if errno == Errno::INVAL { error(FileErrorKind::InvalidName, errno) } else { io(errno) }
}

/// The error of a call on an open file.
pub(super) fn io(errno: Errno) -> FileError {
    error(kind(errno), errno)
}

/// The error of a call of the standard library.
pub(super) fn from_io(error: &io::Error) -> FileError {
    match Errno::from_io_error(error) {
        Some(errno) => path(errno),
        None => FileError::with_detail(FileErrorKind::Io, error.to_string()),
    }
}

fn error(kind: FileErrorKind, errno: Errno) -> FileError {
    FileError::with_detail(kind, errno.to_string())
}

fn kind(errno: Errno) -> FileErrorKind {
    match errno {
        Errno::NOENT => FileErrorKind::NotFound,
        Errno::NOTDIR => FileErrorKind::NotADirectory,
        Errno::ISDIR => FileErrorKind::IsADirectory,
        Errno::EXIST => FileErrorKind::Exists,
        Errno::NOTEMPTY => FileErrorKind::DirectoryNotEmpty,
        Errno::NOSPC | Errno::FBIG | Errno::MLINK => FileErrorKind::NoSpace,
        Errno::DQUOT => FileErrorKind::QuotaExceeded,
        // A path that would leave the root is EXDEV; a loop of links, or one where none may be, is ELOOP.
        Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::LOOP | Errno::XDEV => FileErrorKind::Denied,
        Errno::NAMETOOLONG | Errno::ILSEQ => FileErrorKind::InvalidName,
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN | Errno::DEADLK | Errno::NOLCK => FileErrorKind::Busy,
        Errno::NXIO | Errno::NODEV => FileErrorKind::NotRegular,
        Errno::OPNOTSUPP | Errno::NOSYS => FileErrorKind::Unsupported,
        _ => FileErrorKind::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_class() {
        for (errno, expected) in [
            (Errno::NOSPC, FileErrorKind::NoSpace),
            (Errno::DQUOT, FileErrorKind::QuotaExceeded),
            (Errno::XDEV, FileErrorKind::Denied),
            (Errno::ROFS, FileErrorKind::Denied),
            (Errno::MFILE, FileErrorKind::Io),
            (Errno::NOMEM, FileErrorKind::Io),
            (Errno::IO, FileErrorKind::Io),
            (Errno::INVAL, FileErrorKind::Io),
        ] {
            assert_eq!(io(errno).kind(), expected, "{errno}");
        }
        assert_eq!(path(Errno::INVAL).kind(), FileErrorKind::InvalidName);
    }
}
