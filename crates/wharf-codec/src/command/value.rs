//! The closed sets of values that commands take.

use alloc::vec::Vec;

use crate::text::{Pathname, Text, Token};

/// The mechanism of `AUTH` ([RFC 4217](https://www.rfc-editor.org/rfc/rfc4217) §17); names ignore case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AuthMechanism {
    /// `TLS`.
    Tls,
    /// `TLS-C`, another name of `TLS`.
    TlsC,
    /// `TLS-P`: TLS with protected data connections from the start.
    TlsP,
    /// `SSL`, the old name, meant like `TLS-P`.
    Ssl,
    /// Anything else.
    Other(Token),
}

impl AuthMechanism {
    /// The mechanism of that name.
    #[must_use]
    pub fn from_name(name: Token) -> Self {
        if name.is("TLS") {
            Self::Tls
        } else if name.is("TLS-C") {
            Self::TlsC
        } else if name.is("TLS-P") {
            Self::TlsP
        } else if name.is("SSL") {
            Self::Ssl
        } else {
            Self::Other(name)
        }
    }

    /// The name that goes on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tls => "TLS",
            Self::TlsC => "TLS-C",
            Self::TlsP => "TLS-P",
            Self::Ssl => "SSL",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// Protection of data connections ([RFC 2228](https://www.rfc-editor.org/rfc/rfc2228) §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtectionLevel {
    /// `C`: none.
    Clear,
    /// `S`: integrity.
    Safe,
    /// `E`: confidentiality.
    Confidential,
    /// `P`: both; the level that TLS gives.
    Private,
}

impl ProtectionLevel {
    /// The letter that goes on the wire.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Clear => 'C',
            Self::Safe => 'S',
            Self::Confidential => 'E',
            Self::Private => 'P',
        }
    }
}

/// Vertical format of text types ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §3.1.1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// `N`: none.
    #[default]
    NonPrint,
    /// `T`: Telnet format effectors.
    Telnet,
    /// `C`: carriage control (ASA).
    Carriage,
}

impl Format {
    /// The letter that goes on the wire.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::NonPrint => 'N',
            Self::Telnet => 'T',
            Self::Carriage => 'C',
        }
    }
}

/// How file data is represented on the data connection ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Representation {
    /// `A`: lines of NVT-ASCII.
    Ascii(Format),
    /// `E`: EBCDIC.
    Ebcdic(Format),
    /// `I`: bytes.
    Image,
    /// `L`: logical bytes of so many bits.
    Local(u8),
}

/// Structure of a file ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §3.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Structure {
    /// `F`: a row of bytes.
    #[default]
    File,
    /// `R`: records.
    Record,
    /// `P`: pages.
    Page,
}

impl Structure {
    /// The letter that goes on the wire.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::File => 'F',
            Self::Record => 'R',
            Self::Page => 'P',
        }
    }
}

/// How data travels on the data connection ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransferMode {
    /// `S`: as it is; its end is the end of the connection.
    #[default]
    Stream,
    /// `B`: in blocks.
    Block,
    /// `C`: with runs compressed.
    Compressed,
    /// `Z`: as a zlib stream.
    Deflate,
}

impl TransferMode {
    /// The letter that goes on the wire.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Stream => 'S',
            Self::Block => 'B',
            Self::Compressed => 'C',
            Self::Deflate => 'Z',
        }
    }
}

/// The argument of `EPSV` ([RFC 2428](https://www.rfc-editor.org/rfc/rfc2428) §3 and §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EpsvArgument {
    /// None: the family of the control connection.
    #[default]
    Any,
    /// One address family: 1 is IPv4, 2 is IPv6, others get 522.
    Family(u8),
    /// `ALL`: from now on no other command may set up a data connection.
    All,
}

/// The argument of `OPTS` ([RFC 2389](https://www.rfc-editor.org/rfc/rfc2389) §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptsArgument {
    /// `MLST`: the facts wanted from now on, in their order; none is legal (LST-18).
    Mlst(Vec<Token>),
    /// `HASH`: the algorithm wanted from now on; without one a question (XFR-20).
    Hash(Option<Token>),
    /// `UTF8` or `UTF-8`, alone, `ON` or `OFF` (I18-05).
    Utf8(Option<bool>),
    /// Anything else.
    Other {
        /// The command whose options are meant.
        name: Token,
        /// What follows, possibly nothing.
        value: Text,
    },
}

/// The argument of `XCRC` and its kin: a file, and the range of it that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the argument has these two parts")]
pub struct ChecksumArgument {
    /// The file.
    pub path: Pathname,
    /// The first byte and the last one, counted from 0; the whole file when there is none.
    pub range: Option<(u64, u64)>,
}
