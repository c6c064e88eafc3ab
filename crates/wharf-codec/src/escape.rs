//! Bytes of the peer, made safe to show.

use core::fmt;

/// Shows bytes in a log or on a terminal without losing any of them and without letting them act.
///
/// Printable ASCII and letters and digits of other scripts that show stand for themselves, a backslash is doubled, and every
/// other byte becomes `\xNN`, so that no control sequence, direction mark or line end comes through, and the exact
/// bytes can be read back.
///
/// ```
/// use wharf_codec::Escaped;
/// assert_eq!(Escaped(b"r\xc3\xa9sum\xe9\r\n").to_string(), "r\u{e9}sum\\xe9\\x0d\\x0a");
/// ```
#[derive(Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str("\\\\")?,
                    ' '..='~' => f.write_char(c)?,
                    _ if stands_for_itself(c) => f.write_char(c)?,
                    _ => {
                        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                            write!(f, "\\x{byte:02x}")?;
                        }
                    }
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character beyond ASCII is a letter or a digit that shows.
///
/// The fillers of Hangul are letters that are shown as nothing.
#[must_use]
pub fn stands_for_itself(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn letters_that_are_shown_as_nothing_are_escaped() {
        for c in ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'] {
            assert!(c.is_alphanumeric());
            let mut bytes = [0; 4];
            let shown = Escaped(c.encode_utf8(&mut bytes).as_bytes()).to_string();
            assert!(shown.starts_with("\\x") && shown.is_ascii(), "{shown}");
        }
        assert_eq!(Escaped("\u{d55c}".as_bytes()).to_string(), "\u{d55c}");
    }
}
