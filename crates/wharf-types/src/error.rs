//! Why an effect on storage did not happen.

use alloc::string::String;
use core::fmt;

/// The class of a [`FileError`]; a server maps each to one reply code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// Somebody else holds it; trying again later may help.
    Busy,
    /// The account or the system does not permit it.
    Denied,
    /// A directory that should be empty is not.
    DirectoryNotEmpty,
    /// The name is taken.
    Exists,
    /// The name cannot be stored here: too long, reserved or holding bytes that are not allowed.
    InvalidName,
    /// A restart offset lies beyond the end of the file.
    InvalidOffset,
    /// The system failed: an I/O error, no handles or no memory left.
    Io,
    /// A directory stands where a file is needed.
    IsADirectory,
    /// The disk is full.
    NoSpace,
    /// A file stands where a directory is needed.
    NotADirectory,
    /// Nothing stands under that name.
    NotFound,
    /// Neither a regular file nor a directory: it cannot be opened.
    NotRegular,
    /// The account's quota is used up.
    QuotaExceeded,
    /// The file is larger than the server does that for.
    TooLarge,
    /// The back end cannot do that at all.
    Unsupported,
}

/// Why an effect on storage did not happen: a class, and for the log a detail that never goes to the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    kind: FileErrorKind,
    detail: String,
}

impl FileError {
    /// An error with nothing more to say than its class.
    #[must_use]
    pub const fn new(kind: FileErrorKind) -> Self {
        Self { kind, detail: String::new() }
    }

    /// An error with a detail for the log (a system's message; no secret, no path outside the account's root).
    pub fn with_detail(kind: FileErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The class.
    #[must_use]
    pub const fn kind(&self) -> FileErrorKind {
        self.kind
    }

    /// The detail for the log; may be empty.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<FileErrorKind> for FileError {
    fn from(kind: FileErrorKind) -> Self {
        Self::new(kind)
    }
}

impl FileErrorKind {
    /// A short text for the peer.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Busy => "The file is busy, try again later",
            Self::Denied => "Permission denied",
            Self::DirectoryNotEmpty => "The directory is not empty",
            Self::Exists => "The name is taken",
            Self::InvalidName => "The name is not allowed",
            Self::InvalidOffset => "The restart offset lies beyond the end of the file",
            Self::Io => "A local error ended the action",
            Self::IsADirectory => "That is a directory",
            Self::NoSpace => "The disk is full",
            Self::NotADirectory => "That is not a directory",
            Self::NotFound => "No such file or directory",
            Self::NotRegular => "Not a regular file",
            Self::QuotaExceeded => "The quota is used up",
            Self::TooLarge => "The file is too large for that",
            Self::Unsupported => "The storage cannot do that",
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl core::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_detail_is_shown_in_the_log_only() {
        let error = FileError::with_detail(FileErrorKind::Denied, "EXDEV");
        assert_eq!(error.to_string(), "Permission denied (EXDEV)");
        assert_eq!((error.kind().text(), error.detail()), ("Permission denied", "EXDEV"));
        assert_eq!(FileError::from(FileErrorKind::Busy), FileError::new(FileErrorKind::Busy));
        assert_eq!(FileError::new(FileErrorKind::NoSpace).to_string(), FileErrorKind::NoSpace.text());
    }
}
