//! The reply to what storage could not do.

use wharf_codec::ReplyCode;
use wharf_types::{FileError, FileErrorKind};

use super::answer::Answer;
use crate::SubStatus;

/// The reply before 150, or to a command without data connection (RFC 959 §5.4, XFR-14). The text is the class's own:
/// details are for the log.
pub(super) fn reply_to(error: &FileError, verb: &str) -> Answer {
    let code = match error.kind() {
        FileErrorKind::Busy => ReplyCode::FILE_BUSY,
        FileErrorKind::InvalidName => ReplyCode::NAME_NOT_ALLOWED,
        FileErrorKind::InvalidOffset => ReplyCode::INVALID_REST,
        FileErrorKind::Io => ReplyCode::LOCAL_ERROR,
        FileErrorKind::NoSpace => ReplyCode::INSUFFICIENT_STORAGE,
        // Too large to be made: what is too large to be read for its digest or length has replies of its own.
        FileErrorKind::QuotaExceeded | FileErrorKind::TooLarge => ReplyCode::STORAGE_EXCEEDED,
        FileErrorKind::Unsupported => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
        // RFC 3659 §7.2.1: MLSD lists directories only.
        FileErrorKind::NotADirectory if verb == "MLSD" => ReplyCode::BAD_PARAMETER,
        FileErrorKind::Denied
        | FileErrorKind::DirectoryNotEmpty
        | FileErrorKind::Exists
        | FileErrorKind::IsADirectory
        | FileErrorKind::NotADirectory
        | FileErrorKind::NotFound
        | FileErrorKind::NotRegular
        | _ => ReplyCode::FILE_UNAVAILABLE,
    };
    Answer::no_as(code, substatus_of(error.kind()), error.kind().text())
}

/// What the log calls it.
pub(super) const fn substatus_of(kind: FileErrorKind) -> SubStatus {
    match kind {
        FileErrorKind::Busy => SubStatus::FileBusy,
        FileErrorKind::Denied => SubStatus::FileSystemDenied,
        FileErrorKind::DirectoryNotEmpty => SubStatus::DirectoryNotEmpty,
        FileErrorKind::Exists => SubStatus::NameTaken,
        FileErrorKind::InvalidName => SubStatus::NameNotAllowed,
        FileErrorKind::InvalidOffset => SubStatus::BadOffset,
        FileErrorKind::IsADirectory | FileErrorKind::NotRegular => SubStatus::NotRegular,
        FileErrorKind::NoSpace => SubStatus::DiskFull,
        FileErrorKind::NotADirectory => SubStatus::NotADirectory,
        FileErrorKind::NotFound => SubStatus::NotFound,
        FileErrorKind::QuotaExceeded => SubStatus::QuotaExceeded,
        FileErrorKind::TooLarge => SubStatus::TooLarge,
        FileErrorKind::Unsupported => SubStatus::StorageUnsupported,
        FileErrorKind::Io | _ => SubStatus::FileSystemError,
    }
}
