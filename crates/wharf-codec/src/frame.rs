//! Framing: where a message begins and ends, apart from what it means.

mod line;
mod reply;
mod stripped;

pub use line::{Line, LineError, LineFramer};
pub use reply::{ReplyError, ReplyFramer};

/// How much a framer takes from its peer before it stops being patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line in bytes, its end not counted (CTL-18).
    pub max_line: usize,
    /// Most bytes thrown away in a row, be it the rest of an over-long line or of an over-long reply.
    pub max_discard: usize,
    /// Most lines of one reply that are kept; the rest is skipped (CTL-08).
    pub max_reply_lines: usize,
    /// Most bytes of one reply that are kept; the rest is skipped.
    pub max_reply_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_line: 8192, max_discard: 65_536, max_reply_lines: 1000, max_reply_bytes: 65_536 }
    }
}
