//! Why a reply is negative, finer than its code tells: for the log, never for the peer.

mod table;

use core::fmt;

use wharf_codec::ReplyCode;

pub use table::SubStatus;

impl SubStatus {
    /// The code of the reply where nothing else decides it: the first of [`codes`](Self::codes).
    #[must_use]
    pub const fn code(self) -> ReplyCode {
        match self.codes() {
            [first, ..] => *first,
            [] => ReplyCode::LOCAL_ERROR,
        }
    }

    /// The sub-status of that number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.number() == number)
    }

    /// The error number of Windows that logs in the format of its FTP service show beside it (`sc-win32-status`): 2 no
    /// such file, 5 access denied and so on; 0 where none fits.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "most reasons have no number there")]
    pub const fn win32(self) -> u16 {
        match self {
            Self::NotFound => 2,
            Self::AccessRule | Self::FileSystemDenied | Self::RootStays => 5,
            Self::FileBusy | Self::PartialChanged => 32,
            Self::StorageUnsupported => 50,
            Self::NameTaken => 80,
            Self::DiskFull => 112,
            Self::NameNotAllowed | Self::NameIsDirectory => 123,
            Self::IdleTimeout | Self::LoginTimeout | Self::DataTimeout => 121,
            Self::DirectoryNotEmpty => 145,
            Self::NameTooLong | Self::NameTooDeep => 206,
            Self::TooLarge => 223,
            Self::NotADirectory => 267,
            Self::CommandAborted | Self::TransferAborted => 995,
            Self::FileSystemError => 1117,
            Self::DataRefused => 1225,
            Self::DataBroken | Self::DataCut => 1236,
            Self::QuotaExceeded => 1295,
            Self::AnonymousRefused | Self::LoginIncorrect | Self::TooManyLoginFailures => 1326,
            _ => 0,
        }
    }
}

impl fmt::Display for SubStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
