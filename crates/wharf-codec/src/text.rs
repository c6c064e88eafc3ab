//! The words of a command line as types that cannot hold CR, LF or NUL.
//!
//! A command built from these cannot carry a second command inside it, whatever its caller was given (CTL-28).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use zeroize::Zeroize as _;

use crate::escape::Escaped;

/// Why bytes cannot become a word of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The word needs at least one byte.
    #[error("is empty")]
    Empty,
    /// A byte that may not stand there: CR, LF or NUL anywhere, and more in narrower types.
    #[error("holds the byte 0x{byte:02x} at offset {offset}")]
    Forbidden {
        /// The byte.
        byte: u8,
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// Not a host name or an address literal by RFC 7151 §3; a port behind it is an error too.
    #[error("is not a host name")]
    NotHostName,
}

/// The offset of the first byte for which `allowed` is false becomes an error.
fn check(bytes: &[u8], allowed: impl Fn(u8) -> bool) -> Result<(), TextError> {
    match bytes.iter().copied().enumerate().find(|&(_, byte)| !allowed(byte)) {
        Some((offset, byte)) => Err(TextError::Forbidden { byte, offset }),
        None => Ok(()),
    }
}

/// Whether a byte may stand in any argument at all.
pub(crate) const fn is_text(byte: u8) -> bool {
    !matches!(byte, b'\r' | b'\n' | 0)
}

fn non_empty(bytes: &[u8]) -> Result<(), TextError> {
    if bytes.is_empty() { Err(TextError::Empty) } else { Ok(()) }
}

macro_rules! wire_words {
    ($($(#[$doc:meta])* $name:ident: |$bytes:ident| $rule:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Bytes);

        impl $name {
            /// Checks the bytes and wraps them without copying.
            ///
            /// # Errors
            /// Says which byte is not allowed, or that there is none.
            pub fn new(bytes: impl Into<Bytes>) -> Result<Self, TextError> {
                let bytes = bytes.into();
                {
                    let $bytes: &[u8] = &bytes;
                    $rule?;
                }
                Ok(Self(bytes))
            }

            /// The same from borrowed bytes, which are copied.
            ///
            /// # Errors
            /// As [`new`](Self::new).
            pub fn copy_from(bytes: &[u8]) -> Result<Self, TextError> {
                Self::new(Bytes::copy_from_slice(bytes))
            }

            /// The bytes as they are meant, that is, without the doubling of 0xFF on the wire.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The bytes, without copying.
            #[must_use]
            pub fn into_bytes(self) -> Bytes {
                self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = TextError;

            fn try_from(text: &str) -> Result<Self, TextError> {
                Self::copy_from(text.as_bytes())
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = TextError;

            fn try_from(bytes: &[u8]) -> Result<Self, TextError> {
                Self::copy_from(bytes)
            }
        }

        impl core::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::copy_from(text.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Escaped(&self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), Escaped(&self.0))
            }
        }
    )*};
}

wire_words! {
    /// A path name as it stands on the wire: at least one byte of anything but CR, LF and NUL.
    ///
    /// It is UTF-8 only by convention ([RFC 2640](https://www.rfc-editor.org/rfc/rfc2640) §3.1); nothing is
    /// resolved, normalised or trimmed here.
    Pathname: |bytes| non_empty(bytes).and_then(|()| check(bytes, is_text));

    /// One word of visible ASCII: a verb, a mechanism, a keyword, the name of a fact.
    Token: |bytes| non_empty(bytes).and_then(|()| check(bytes, |byte| byte.is_ascii_graphic()));

    /// Free text, possibly empty: the argument of `SITE` or `HELP`, or the text of a reply line.
    Text: |bytes| check(bytes, is_text);

    /// The argument of `USER`: at least one byte, spaces included.
    UserName: |bytes| non_empty(bytes).and_then(|()| check(bytes, is_text));
}

impl Text {
    /// The text without a byte.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Bytes::new())
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Token {
    /// Compares as the protocol compares keywords: ASCII letters without regard to case (CTL-04).
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.0.eq_ignore_ascii_case(word.as_bytes())
    }

    /// The word as text; it is ASCII by construction.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A host by the rules of `HOST`: an ASCII domain name, an IPv4 address, or an IPv6 address in brackets; no port.
///
/// Held in lower case, so that comparing and hashing ignore case
/// ([RFC 7151](https://www.rfc-editor.org/rfc/rfc7151) §3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Checks a host name.
    ///
    /// # Errors
    /// [`TextError::NotHostName`] on wrong syntax or a port suffix, [`TextError::Empty`] on nothing.
    pub fn new(name: impl Into<Bytes>) -> Result<Self, TextError> {
        let name = name.into();
        non_empty(&name)?;
        let text = core::str::from_utf8(&name).map_err(|_| TextError::NotHostName)?;
        let right = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok()),
            None => is_domain(text),
        };
        if right { Ok(Self(text.to_ascii_lowercase())) } else { Err(TextError::NotHostName) }
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case, as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Labels of letters, digits, `-` and `_`. A name whose last label is all digits must be a whole IPv4 address.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if text.len() > 253 || !text.split('.').all(label) {
        return false;
    }
    let numeric = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    !numeric || text.parse::<Ipv4Addr>().is_ok()
}

/// A password or an account: shown as `***`, overwritten when dropped, possibly empty.
///
/// Comparing takes time that depends on the lengths only.
#[derive(Clone, Eq, Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over.
    ///
    /// # Errors
    /// [`TextError::Forbidden`] when they hold CR, LF or NUL. The refused bytes are overwritten as well.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, TextError> {
        let secret = Self(bytes.into());
        check(&secret.0, is_text)?;
        Ok(secret)
    }

    /// The bytes themselves. Do not log them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let differing = self.0.iter().zip(&other.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        self.0.len() == other.0.len() && core::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
