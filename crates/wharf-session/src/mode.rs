//! Transmission modes (RFC 959 §3.4; MODE Z: draft-preston-ftpext-deflate-04).

use core::fmt;

use wharf_codec::DeflateLevel;

/// How the bytes of a transfer lie on its data connection, whatever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DataMode {
    /// As they are; the end of the connection is the end of the file (MODE S).
    #[default]
    Stream,
    /// As one zlib stream, whose end mark is the end of the file (MODE Z). Who sends takes this level; who receives has
    /// no use for it.
    Deflate(DeflateLevel),
}

impl DataMode {
    /// Whether it is MODE Z.
    #[must_use]
    pub const fn is_deflate(self) -> bool {
        matches!(self, Self::Deflate(_))
    }
}

impl fmt::Display for DataMode {
    /// The letter that goes with MODE.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "S",
            Self::Deflate(_) => "Z",
        })
    }
}

/// What was wrong with the zlib stream of a transfer in MODE Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DeflateFault {
    /// It has no end mark: the rest of the file is missing.
    #[error("the compressed data ended before its end mark")]
    Cut,
    /// It is damaged, or no zlib stream at all.
    #[error("the compressed data is damaged")]
    Corrupt,
    /// Something stands behind its end mark.
    #[error("something stands behind the end of the compressed data")]
    Trailing,
    /// It holds more bytes for each of its own than is taken.
    #[error("the compressed data holds more for its size than is taken here")]
    Ratio,
}
