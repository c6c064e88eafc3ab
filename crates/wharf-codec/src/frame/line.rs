//! Command lines off a stream of bytes.

use bytes::{Bytes, BytesMut};

use crate::escape::Escaped;
use crate::frame::Limits;

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
    /// Shows the length only: the line may hold a password.
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

/// Takes command lines off a buffer.
#[derive(Debug)]
pub struct LineFramer {
    limits: Limits,
}

impl LineFramer {
    /// A framer at the start of a stream.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { limits: *limits }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// See [`LineError`].
    pub fn next_line(&mut self, src: &mut BytesMut) -> Result<Option<Line>, LineError> {
        let _ = (src, self.limits);
        Ok(None)
    }

    /// Answers to Telnet option requests.
    pub fn take_telnet_answers(&mut self) -> Bytes {
        Bytes::new()
    }

    /// Nothing half-read.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        true
    }
}
