//! Digests of files: HASH, RANG, MD5, XCRC and its kin (draft-bryan-ftpext-hash, draft-bryan-ftp-range).

use core::fmt::Write as _;

use bytes::Bytes;
use wharf_codec::{ChecksumArgument, Pathname, ReplyCode, Token};
use wharf_types::{FileError, FileErrorKind, FileOp, HashAlgorithm};

use super::{
    Server,
    answer::{Answer, Good},
    storage_reply::{reply_to, substatus_of},
    then::Then,
};
use crate::SubStatus;

/// How a digest is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// `213 SHA-256 0-9 DIGEST name` (HASH).
    Hash,
    /// `251 name DIGEST` (MD5).
    Named,
    /// `250 DIGEST` (XCRC and its kin).
    Alone,
}

impl Server {
    /// RANG: the bytes of the next RETR, STOR or HASH; `1 0` and whatever makes no range ask for none (XFR-21).
    pub(super) fn rang(&mut self, start: u64, end: u64) {
        self.settings.range = None;
        if (start, end) == (1, 0) {
            return self.done_with(Good::PENDING_INFORMATION, "The next transfer is of the whole file");
        }
        if start > end || i64::try_from(end).is_err() {
            return self.no(SubStatus::BadArgument, "That is no range; none is set now");
        }
        self.settings.rest = 0;
        self.settings.range = Some((start, end));
        let text = format!("The next transfer is of the bytes {start} to {end}");
        self.done(Answer::good(Good::PENDING_INFORMATION, text));
    }

    pub(super) fn opts_hash(&mut self, name: Option<&Token>) {
        if let Some(name) = name {
            let Some(algorithm) = HashAlgorithm::from_name(name.as_str()) else {
                return self.no_as(
                    ReplyCode::BAD_PARAMETER,
                    SubStatus::ValueUnsupported,
                    "No such algorithm, FEAT lists those there are",
                );
            };
            self.settings.hash = algorithm;
        }
        self.done_with(Good::OKAY, self.settings.hash.name());
    }

    pub(super) fn hash(&mut self, path: &Pathname) {
        let range = self.settings.range.take();
        self.digest(path, self.settings.hash, range, Shown::Hash);
    }

    pub(super) fn md5(&mut self, path: &Pathname) {
        self.digest(path, HashAlgorithm::Md5, None, Shown::Named);
    }

    pub(super) fn checksum(&mut self, algorithm: HashAlgorithm, what: &ChecksumArgument) {
        if what.range.is_some_and(|(start, end)| start > end) {
            return self.no(SubStatus::BadArgument, "That is no range");
        }
        self.digest(&what.path, algorithm, what.range, Shown::Alone);
    }

    fn digest(&mut self, path: &Pathname, algorithm: HashAlgorithm, range: Option<(u64, u64)>, shown: Shown) {
        let name = Bytes::copy_from_slice(path.as_bytes());
        let Some(path) = self.resolve(path) else { return };
        let op = FileOp::Hash { path, algorithm, range, most: self.cfg.max_hash };
        self.ask(op, Then::Digest { name, algorithm, shown });
    }

    pub(super) fn digested(
        &mut self,
        name: &[u8],
        algorithm: HashAlgorithm,
        shown: Shown,
        digest: &[u8],
        (start, length): (u64, u64),
    ) {
        let mut hex = String::with_capacity(digest.len() * 2);
        for byte in digest {
            // A string takes whatever is written.
            let _ = write!(hex, "{byte:02x}");
        }
        let (code, text) = match shown {
            Shown::Hash => {
                let end = start.saturating_add(length.saturating_sub(1));
                let text = format!("{algorithm} {start}-{end} {hex} ").into_bytes();
                (Good::FILE_STATUS, [&text, name].concat())
            }
            Shown::Named => (Good::DIGEST, [name, b" ", hex.to_ascii_uppercase().as_bytes()].concat()),
            Shown::Alone => (Good::ACTION_COMPLETED, hex.to_ascii_uppercase().into_bytes()),
        };
        self.done(Answer::good(code, text));
    }

    pub(super) fn digest_refused(&mut self, error: &FileError, shown: Shown) {
        let no_file = matches!(error.kind(), FileErrorKind::IsADirectory | FileErrorKind::NotRegular);
        let too_large = error.kind() == FileErrorKind::TooLarge;
        let beyond = error.kind() == FileErrorKind::InvalidOffset;
        let code = match shown {
            Shown::Hash if no_file => ReplyCode::NAME_NOT_ALLOWED,
            Shown::Hash if too_large => ReplyCode::HASH_TOO_LARGE,
            // The draft's own meaning of 551: there is nothing that could be digested.
            Shown::Hash if beyond => ReplyCode::PAGE_TYPE_UNKNOWN,
            Shown::Named if no_file || too_large => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
            Shown::Alone if too_large => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
            Shown::Alone if beyond => ReplyCode::BAD_PARAMETER,
            Shown::Hash | Shown::Named | Shown::Alone => {
                let reply = reply_to(error, "");
                return self.done(reply);
            }
        };
        let text = if beyond { "The range begins behind the end of the file" } else { error.kind().text() };
        self.no_as(code, substatus_of(error.kind()), text);
    }
}
