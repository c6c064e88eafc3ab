//! The character sets of names on servers that do not use UTF-8.

use std::borrow::Cow;
use std::str::FromStr;

use encoding_rs::Encoding;

/// A character set for names. Names travel as bytes; this is how they become text for people, and back.
///
/// ```
/// use wharf_client::Charset;
///
/// let koi8: Charset = "koi8-r".parse()?;
/// let name = koi8.encode("отчёт")?;
/// assert_eq!(name, b"\xcf\xd4\xde\xa3\xd4");
/// assert_eq!(koi8.decode(&name).as_deref(), Some("отчёт"));
/// assert!(koi8.encode("レポート").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

/// A character set that is not known, or that cannot stand in a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no character set that names can have: utf-8, windows-1252, koi8-r, shift_jis, gbk and the like are"
)]
pub struct UnknownCharset(String);

/// A name that the server's character set does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot be written in the character set of the server, {charset}")]
pub struct NotInCharset {
    name: String,
    charset: &'static str,
}

impl FromStr for Charset {
    type Err = UnknownCharset;

    /// Takes the labels of the WHATWG Encoding Standard, in any case of letters. Character sets in which ASCII means
    /// something else (UTF-16, ISO-2022-JP) cannot stand in commands.
    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Encoding::for_label(label.as_bytes())
            .filter(|encoding| encoding.is_ascii_compatible())
            .map(Self)
            .ok_or_else(|| UnknownCharset(label.to_owned()))
    }
}

impl Charset {
    /// UTF-8, what names are unless something else is said (RFC 2640).
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// A name as the server writes it.
    ///
    /// # Errors
    /// [`NotInCharset`] when a character is missing in it, or would not come back as it was.
    pub fn encode(self, name: &str) -> Result<Vec<u8>, NotInCharset> {
        let (bytes, _, unmappable) = self.0.encode(name);
        if unmappable
            || self.0.decode_without_bom_handling_and_without_replacement(&bytes).as_deref() != Some(name)
        {
            return Err(NotInCharset { name: name.to_owned(), charset: self.name() });
        }
        Ok(bytes.into_owned())
    }

    /// A name for people; `None` when the bytes mean nothing here, or would not come back as they were (I18-07).
    #[must_use]
    pub fn decode(self, name: &[u8]) -> Option<Cow<'_, str>> {
        let text = self.0.decode_without_bom_handling_and_without_replacement(name)?;
        let (again, _, unmappable) = self.0.encode(&text);
        (!unmappable && *again == *name).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back_or_stays() {
        // I18-06, I18-07
        for label in ["utf-8", "windows-1252", "koi8-r", "shift_jis", "gbk", "big5", "euc-kr", "gb18030"] {
            let charset: Charset = label.parse().unwrap();
            for first in 0..=255_u8 {
                for second in [0x20, 0x41, 0x80, 0x9f, 0xa1, 0xfe] {
                    let name = [first, second];
                    if let Some(text) = charset.decode(&name) {
                        assert_eq!(charset.encode(&text).unwrap(), name, "{label}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_what_can_stand_in_a_command() {
        for label in ["utf-16le", "iso-2022-jp", "replacement", "x-nonsense"] {
            label.parse::<Charset>().unwrap_err();
        }
        let latin: Charset = "Latin1".parse().unwrap();
        assert_eq!(latin.encode("r\u{e9}sum\u{e9}").unwrap(), b"r\xe9sum\xe9");
        assert!(latin.encode("\u{416}").unwrap_err().to_string().contains("windows-1252"));
    }
}
