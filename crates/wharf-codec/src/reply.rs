//! Replies ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §4.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::escape::Escaped;
use crate::reply_code::ReplyCode;
use crate::telnet::put_doubled;
use crate::text::{Text, is_text};

/// One line of reply text. Whatever it is made from, it holds no CR, LF or NUL: those become `\r`, `\n` and `\0`
/// in letters, so that making a reply cannot fail and a name inside it cannot end its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextLine(Bytes);

impl TextLine {
    /// The bytes.
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

impl From<Bytes> for TextLine {
    fn from(bytes: Bytes) -> Self {
        if bytes.iter().copied().all(is_text) {
            return Self(bytes);
        }
        let mut safe = Vec::with_capacity(bytes.len() + 8);
        for &byte in &bytes {
            match byte {
                b'\r' => safe.extend(b"\\r"),
                b'\n' => safe.extend(b"\\n"),
                0 => safe.extend(b"\\0"),
                _ => safe.push(byte),
            }
        }
        Self(safe.into())
    }
}

impl From<&'static str> for TextLine {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<String> for TextLine {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for TextLine {
    fn from(text: Vec<u8>) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Text> for TextLine {
    fn from(text: Text) -> Self {
        Self(text.into_bytes())
    }
}

/// A reply: a code and one or more lines of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    code: ReplyCode,
    first: Bytes,
    more: Vec<Bytes>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: ReplyCode, text: impl Into<TextLine>) -> Self {
        Self { code, first: text.into().0, more: Vec::new() }
    }

    /// A reply of several lines; none gives one empty line.
    ///
    /// Lines between the first and the last that begin with three digits get a space in front, so that no text can
    /// pass for the end of the reply (CTL-07). `FEAT` and `MLST` need a space in front of each of their lines: the
    /// caller gives it with the line.
    pub fn lines<L: Into<TextLine>>(code: ReplyCode, lines: impl IntoIterator<Item = L>) -> Self {
        let mut lines = lines.into_iter().map(|line| line.into().0);
        let first = lines.next().unwrap_or_default();
        let mut more: Vec<Bytes> = lines.collect();
        if let Some((_last, inner)) = more.split_last_mut() {
            for line in inner {
                if looks_like_code(line) {
                    let mut indented = BytesMut::with_capacity(line.len() + 1);
                    indented.put_u8(b' ');
                    indented.put_slice(line);
                    *line = indented.freeze();
                }
            }
        }
        Self { code, first, more }
    }

    /// What a framer has read: the lines stay as they came.
    pub(crate) fn from_wire(code: ReplyCode, first: Bytes, more: Vec<Bytes>) -> Self {
        Self { code, first, more }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> ReplyCode {
        self.code
    }

    /// The text of the first line, without code and line end.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.first
    }

    /// The text of each line. Lines in the middle keep their leading spaces, but not a repeated `ddd-` of the same
    /// code, which many servers put on every line.
    pub fn text_lines(&self) -> impl Iterator<Item = &[u8]> {
        core::iter::once(&self.first).chain(&self.more).map(|line| &line[..])
    }

    /// Whether it has more than one line.
    #[must_use]
    pub fn is_multi_line(&self) -> bool {
        !self.more.is_empty()
    }

    /// Appends the reply as it goes on the wire, 0xFF doubled (CTL-15).
    pub fn encode(&self, dst: &mut BytesMut) {
        let code = self.code.get();
        // Three digits: the type holds 100 to 699.
        let digits = [code / 100, code / 10 % 10, code % 10].map(|digit| b'0' + digit as u8);
        let (last, inner) = match self.more.split_last() {
            Some((last, inner)) => (Some(last), inner),
            None => (None, [].as_slice()),
        };
        dst.put_slice(&digits);
        dst.put_u8(if last.is_some() { b'-' } else { b' ' });
        put_doubled(dst, &self.first);
        dst.put_slice(b"\r\n");
        for line in inner {
            if looks_like_code(line) {
                dst.put_u8(b' ');
            }
            put_doubled(dst, line);
            dst.put_slice(b"\r\n");
        }
        if let Some(last) = last {
            dst.put_slice(&digits);
            dst.put_u8(b' ');
            put_doubled(dst, last);
            dst.put_slice(b"\r\n");
        }
    }

    /// The reply as it goes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut dst = BytesMut::new();
        self.encode(&mut dst);
        dst.freeze()
    }
}

/// Whether a line begins with three digits.
fn looks_like_code(line: &[u8]) -> bool {
    line.first_chunk::<3>().is_some_and(|start| start.iter().all(u8::is_ascii_digit))
}

impl fmt::Display for Reply {
    /// Code and text on one line, the lines joined by ` / `, every odd byte escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let mut mark = " ";
        for line in self.text_lines() {
            write!(f, "{mark}{}", Escaped(line))?;
            mark = " / ";
        }
        Ok(())
    }
}
