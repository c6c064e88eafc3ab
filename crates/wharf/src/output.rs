//! Everything that is printed comes through here: what servers send must not drive the terminal (E10).

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::OnceLock;

use wharf_client::{Charset, Escaped, stands_for_itself};

/// What names on the server are written in; said once, before anything is printed.
static CHARSET: OnceLock<Charset> = OnceLock::new();

/// From here on names of the server are shown as this character set has them.
pub(crate) fn names_are(charset: Charset) {
    // Said twice, the first one counts: there is one command line.
    let _ = CHARSET.set(charset);
}

/// A name of the server for people to see: printable, and in UTF-8 the exact bytes can be read back.
pub(crate) fn name(bytes: &[u8]) -> Shown<'_> {
    Shown(CHARSET.get().and_then(|charset| charset.decode(bytes)), bytes)
}

/// A name of this side.
pub(crate) fn local(bytes: &[u8]) -> Shown<'_> {
    Shown(None, bytes)
}

/// Text where there is some, else bytes.
pub(crate) struct Shown<'a>(Option<Cow<'a, str>>, &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(self.0.as_ref().map_or(self.1, |text| text.as_bytes())).fmt(f)
    }
}

/// Text without what a terminal obeys: controls, direction marks, invisible characters. Lines stay.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let harmless = matches!(c, ' '..='~' | '\n') || stands_for_itself(c);
        if harmless {
            out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

/// A line on standard output.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(clean(text).as_bytes())?;
    out.write_all(b"\n")
}

/// A line on standard error; when that is closed there is nowhere to say so.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean(text));
}

pub(crate) fn error(text: &str) {
    note(&format!("wharf: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_comes_through() {
        let hostile = "a\x1b]0;pwn\x07\u{9b}31m\u{202e}b\rc\u{200b}\u{7f}";
        assert!(clean("a\u{3164}b").is_ascii());
        let shown = clean(hostile);
        assert_eq!(shown, "a\\u{1b}]0;pwn\\u{7}\\u{9b}31m\\u{202e}b\\u{d}c\\u{200b}\\u{7f}");
        assert!(!name(hostile.as_bytes()).to_string().contains(|c: char| c.is_control()));
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(clean("Größe 3\nfichier"), "Größe 3\nfichier");
    }

    #[test]
    fn what_was_escaped_is_not_escaped_again() {
        let once = name(b"a\\b\x1b").to_string();
        assert_eq!(clean(&once), once);
    }
}
