//! The reply to what storage could not do.

use wharf_codec::{Reply, ReplyCode};
use wharf_types::{FileError, FileErrorKind};

/// The reply before 150, or to a command without data connection (RFC 959 §5.4, XFR-14). The text is the class's own:
/// details are for the log.
pub(super) fn reply_to(error: &FileError, verb: &str) -> Reply {
    let code = match error.kind() {
        FileErrorKind::Busy => ReplyCode::FILE_BUSY,
        FileErrorKind::InvalidName => ReplyCode::NAME_NOT_ALLOWED,
        FileErrorKind::InvalidOffset => ReplyCode::INVALID_REST,
        FileErrorKind::Io => ReplyCode::LOCAL_ERROR,
        FileErrorKind::NoSpace => ReplyCode::INSUFFICIENT_STORAGE,
        FileErrorKind::QuotaExceeded => ReplyCode::STORAGE_EXCEEDED,
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
        | FileErrorKind::TooLarge
        | _ => ReplyCode::FILE_UNAVAILABLE,
    };
    Reply::new(code, error.kind().text())
}
