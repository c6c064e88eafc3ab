//! Command lines off a stream of bytes.

use bytes::{Bytes, BytesMut};

use crate::escape::Escaped;
use crate::frame::Limits;
use crate::frame::stripped::{Found, StrippedLines};

/// One command line, without its end and without Telnet in it. CR and NUL may still be inside: the parser refuses
/// them.
#[derive(Clone, PartialEq, Eq)]
pub struct Line(Bytes);

impl Line {
    /// A line of these bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

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

impl core::fmt::Debug for Line {
    /// Shows the verb and the length only: the line may hold a password.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let verb = self.0.split(|&byte| byte == b' ').next().unwrap_or_default();
        write!(f, "Line({} ..{} bytes)", Escaped(verb.get(..8).unwrap_or(verb)), self.0.len())
    }
}

/// Why there is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line is over the limit. Said once; the rest of the line is thrown away and the next line comes in step.
    #[error("command line too long")]
    TooLong,
    /// More than the limit was thrown away: close the connection.
    #[error("too many bytes without a line end")]
    Flooded,
}

/// Takes command lines off a buffer, one at a time, and leaves what is behind the line in it.
///
/// A line ends at LF; a CR before it belongs to the end (CTL-02, CTL-03). Telnet sequences are taken out (CTL-14), also
/// when they are split. It is the same however the stream is cut into pieces.
///
/// ```
/// use bytes::BytesMut;
/// use wharf_codec::{Limits, LineFramer};
///
/// let mut framer = LineFramer::new(&Limits::default());
/// let mut src = BytesMut::from(&b"\xff\xf4\xff\xf2ABOR\r\nNO"[..]);
/// let line = framer.next_line(&mut src).unwrap().unwrap();
/// assert_eq!(line.as_bytes(), b"ABOR");
/// assert_eq!(framer.next_line(&mut src), Ok(None));
/// assert!(!framer.is_idle());
/// ```
#[derive(Debug)]
pub struct LineFramer {
    lines: StrippedLines,
}

impl LineFramer {
    /// A framer at the start of a stream.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { lines: StrippedLines::new(limits.max_line, limits.max_discard) }
    }

    /// Takes the next line, or all there is of it. `None` means that more bytes are needed.
    ///
    /// # Errors
    /// [`LineError::TooLong`] once per over-long line, as soon as it is known (CTL-18): call again to go on.
    /// [`LineError::Flooded`] from then on at every call.
    pub fn next_line(&mut self, src: &mut BytesMut) -> Result<Option<Line>, LineError> {
        loop {
            match self.lines.advance(src) {
                Found::Nothing => return Ok(None),
                Found::Line(line) => return Ok(Some(Line(line))),
                Found::TooLong(_) => return Err(LineError::TooLong),
                Found::EndOfTooLong => {}
                Found::Flooded => return Err(LineError::Flooded),
            }
        }
    }

    /// What to send in answer to Telnet option requests: each is refused (CTL-13). Bounded; to be fetched and sent
    /// after each round of [`next_line`](Self::next_line).
    #[must_use]
    pub fn take_telnet_answers(&mut self) -> Bytes {
        self.lines.take_telnet_answers()
    }

    /// Whether nothing is half-read inside the framer: neither a line nor a Telnet sequence. The buffer that it takes
    /// from may hold bytes all the same.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lines.is_idle()
    }
}
