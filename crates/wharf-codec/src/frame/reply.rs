//! Replies off a stream of bytes.

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use crate::frame::Limits;
use crate::frame::stripped::{Found, StrippedLines};
use crate::reply::{Reply, TextLine};
use crate::reply_code::ReplyCode;

/// Why there is no reply: in each case the stream is out of step and the connection should be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The reply goes on and on, far over the limits.
    #[error("reply too large")]
    TooLarge,
    /// A line that should begin with a reply code does not.
    #[error("not a reply: {}", crate::escape::Escaped(line))]
    Malformed {
        /// The line, cut to a length fit for a log.
        line: Bytes,
    },
    /// A NUL in the reply.
    #[error("NUL in a reply")]
    Nul,
}

/// Takes replies off a buffer, one at a time, whatever was asked; what is behind the reply stays in the buffer.
///
/// A reply of several lines ends only at its own code and a space (CTL-09). One that is longer than the limits is read
/// to its real end, but only its first lines are kept (CTL-08).
///
/// ```
/// use bytes::BytesMut;
/// use wharf_codec::{Limits, ReplyCode, ReplyFramer};
///
/// let mut framer = ReplyFramer::new(&Limits::default());
/// let mut src = BytesMut::from(&b"220-Hello\r\n 220 is not the end\r\n220 Ready\r\n331 "[..]);
/// let reply = framer.next_reply(&mut src).unwrap().unwrap();
/// assert_eq!(reply.code(), ReplyCode::SERVICE_READY);
/// assert_eq!(reply.text_lines().count(), 3);
/// assert_eq!(framer.next_reply(&mut src), Ok(None));
/// ```
#[derive(Debug)]
pub struct ReplyFramer {
    limits: Limits,
    lines: StrippedLines,
    /// The beginning of a line that is over the limit, while the rest of it is skipped.
    cut: Bytes,
    open: Option<Open>,
}

/// A reply of several lines whose end has not come.
#[derive(Debug)]
struct Open {
    code: ReplyCode,
    digits: [u8; 3],
    first: Bytes,
    more: Vec<Bytes>,
    /// Bytes kept so far.
    kept: usize,
    /// Bytes thrown away so far.
    skipped: usize,
}

impl ReplyFramer {
    /// A framer at the start of a stream.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let lines = StrippedLines::new(limits.max_line, limits.max_discard);
        Self { limits: *limits, lines, cut: Bytes::new(), open: None }
    }

    /// Takes the next reply, or all there is of it. `None` means that more bytes are needed.
    ///
    /// # Errors
    /// See [`ReplyError`]; the stream is of no use afterwards.
    pub fn next_reply(&mut self, src: &mut BytesMut) -> Result<Option<Reply>, ReplyError> {
        loop {
            let line = match self.lines.advance(src) {
                Found::Nothing => {
                    // Nobody answers Telnet requests of a server (CTL-16); they are only kept from piling up.
                    drop(self.lines.take_telnet_answers());
                    return Ok(None);
                }
                Found::Line(line) => line,
                Found::TooLong(start) => {
                    self.cut = start;
                    continue;
                }
                Found::EndOfTooLong => core::mem::take(&mut self.cut),
                Found::Flooded => return Err(ReplyError::TooLarge),
            };
            if let Some(reply) = self.take_line(line)? {
                return Ok(Some(reply));
            }
        }
    }

    /// Whether no reply is half-read inside the framer. The buffer that it takes from may hold bytes all the same.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lines.is_idle() && self.open.is_none()
    }

    /// `ddd SP text`, or the lines of `ddd-text` and on ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §4.2).
    fn take_line(&mut self, line: Bytes) -> Result<Option<Reply>, ReplyError> {
        if line.contains(&0) {
            return Err(ReplyError::Nul);
        }
        let start = line.first_chunk::<3>().copied();
        let mark = line.get(3).copied();
        let text = line.slice(line.len().min(4)..);
        let Some(open) = &mut self.open else {
            let (Some(code), Some(digits), None | Some(b' ' | b'-')) = (start.and_then(code), start, mark)
            else {
                return Err(ReplyError::Malformed { line: line.slice(..line.len().min(80)) });
            };
            let (first, more) = (clean(text), Vec::new());
            if mark != Some(b'-') {
                return Ok(Some(Reply::from_wire(code, first, more)));
            }
            let kept = first.len();
            self.open = Some(Open { code, digits, first, more, kept, skipped: 0 });
            return Ok(None);
        };
        let own = start == Some(open.digits);
        let is_end = own && mark == Some(b' ');
        let text = clean(if own && matches!(mark, Some(b' ' | b'-')) { text } else { line });
        let full = open.more.len().saturating_add(1) >= self.limits.max_reply_lines
            || open.kept.saturating_add(text.len()) > self.limits.max_reply_bytes;
        if full || open.skipped > 0 {
            // A line has its end, too: endless empty lines count.
            open.skipped = open.skipped.saturating_add(text.len()).saturating_add(2);
            if open.skipped > self.limits.max_discard && !is_end {
                return Err(ReplyError::TooLarge);
            }
        } else {
            open.kept = open.kept.saturating_add(text.len());
            open.more.push(text);
        }
        if !is_end {
            return Ok(None);
        }
        Ok(self.open.take().map(|open| Reply::from_wire(open.code, open.first, open.more)))
    }
}

fn code(digits: [u8; 3]) -> Option<ReplyCode> {
    let number = digits
        .iter()
        .try_fold(0, |sum: u16, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')))?;
    ReplyCode::new(number)
}

/// Some servers end lines with CR CR LF; a CR that is left inside is made harmless.
fn clean(mut text: Bytes) -> Bytes {
    while text.ends_with(b"\r") {
        text.truncate(text.len() - 1);
    }
    TextLine::from(text).into_bytes()
}
