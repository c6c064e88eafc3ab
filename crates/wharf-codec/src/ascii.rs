//! Conversion of TYPE A data between the host's lines (LF) and the wire's (CRLF), piece by piece
//! ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §3.1.1.1).

use bytes::{BufMut as _, BytesMut};

/// Host to wire: a bare LF becomes CRLF, an existing CRLF stays (XFR-02), also when a piece ends between the two
/// (XFR-01).
#[derive(Clone, Debug, Default)]
pub struct AsciiEncoder {
    /// The byte before the next one was CR.
    after_cr: bool,
}

impl AsciiEncoder {
    /// At the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Converts the next piece of the file and appends it.
    pub fn push(&mut self, input: &[u8], out: &mut BytesMut) {
        out.reserve(input.len());
        for part in input.split_inclusive(|&byte| byte == b'\n') {
            match part.split_last() {
                Some((b'\n', line)) => {
                    out.put_slice(line);
                    let has_cr = line.last().map_or(self.after_cr, |&byte| byte == b'\r');
                    out.put_slice(if has_cr { b"\n" } else { b"\r\n" });
                    self.after_cr = false;
                }
                Some((&last, _)) => {
                    out.put_slice(part);
                    self.after_cr = last == b'\r';
                }
                None => {}
            }
        }
    }

    /// At the end of the file. Nothing is ever held back on this side, so nothing is appended.
    pub fn finish(&mut self, out: &mut BytesMut) {
        let _ = out;
        self.after_cr = false;
    }
}

/// Wire to host: CRLF becomes LF, a lone CR stays (XFR-02), also when a piece ends between the two (XFR-01).
#[derive(Clone, Debug, Default)]
pub struct AsciiDecoder {
    /// A CR is held back until the next byte tells what it is.
    held_cr: bool,
}

impl AsciiDecoder {
    /// At the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Converts the next piece from the wire and appends it.
    pub fn push(&mut self, input: &[u8], out: &mut BytesMut) {
        out.reserve(input.len() + 1);
        for part in input.split_inclusive(|&byte| byte == b'\r') {
            if self.held_cr && part.first() != Some(&b'\n') {
                out.put_u8(b'\r');
            }
            let line = part.strip_suffix(b"\r");
            self.held_cr = line.is_some();
            out.put_slice(line.unwrap_or(part));
        }
    }

    /// At the end of the file: a CR held back is appended.
    pub fn finish(&mut self, out: &mut BytesMut) {
        if core::mem::take(&mut self.held_cr) {
            out.put_u8(b'\r');
        }
    }
}
