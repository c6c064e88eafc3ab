//! Lines off a stream, Telnet stripped: what both framers share.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::telnet::{IAC, Piece, Telnet};

/// What happened first in the bytes given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// All bytes are taken, and there is no line end among them.
    Nothing,
    /// A line, without its end.
    Line(Bytes),
    /// The line has just grown over the limit. What it held so far is given; the rest will be thrown away.
    TooLong(Bytes),
    /// The end of an over-long line.
    EndOfTooLong,
    /// Too many bytes thrown away.
    Flooded,
}

/// Takes lines off a stream, so that any split of it gives the same ones.
#[derive(Debug)]
pub(super) struct StrippedLines {
    telnet: Telnet,
    line: BytesMut,
    max_line: usize,
    max_discard: usize,
    /// Bytes of this line that were not kept: Telnet sequences, and all that is over the limit.
    discarded: usize,
    too_long: bool,
}

impl StrippedLines {
    pub(super) fn new(max_line: usize, max_discard: usize) -> Self {
        let (telnet, line) = (Telnet::default(), BytesMut::new());
        Self { telnet, line, max_line, max_discard, discarded: 0, too_long: false }
    }

    pub(super) fn take_telnet_answers(&mut self) -> Bytes {
        self.telnet.take_answers()
    }

    /// Whether the stream stands at the start of a line, outside any Telnet sequence.
    pub(super) fn is_idle(&self) -> bool {
        self.line.is_empty() && !self.too_long && self.telnet.is_idle()
    }

    /// Takes bytes up to the next thing worth telling.
    pub(super) fn advance(&mut self, src: &mut BytesMut) -> Found {
        while !src.is_empty() {
            if self.discarded > self.max_discard {
                return Found::Flooded;
            }
            // A run of plain data in one go; its end is what needs a look.
            let run =
                if self.telnet.is_idle() { memchr::memchr2(b'\n', IAC, src).unwrap_or(src.len()) } else { 0 };
            if run > 0 {
                // One byte more than fits shows that it does not fit; the CR of the end does not count.
                let room = match self.too_long {
                    true => self.max_discard.saturating_sub(self.discarded),
                    false => self.max_line.saturating_sub(self.line.len()),
                };
                let run = run.min(room.saturating_add(1));
                let data = src.split_to(run);
                if let Some(found) = self.keep(&data) {
                    return found;
                }
                continue;
            }
            let Some(&byte) = src.first() else { break };
            let piece = self.telnet.push(byte);
            if piece != Piece::LoneIac {
                src.advance(1);
            }
            match piece {
                Piece::Nothing => self.discarded += 1,
                Piece::Data(b'\n') => return self.end(),
                Piece::Data(byte) => {
                    if let Some(found) = self.keep(&[byte]) {
                        return found;
                    }
                }
                // At the start of a line it is what a lost urgent byte has left of IAC DM; no verb begins so.
                Piece::LoneIac if self.line.is_empty() && !self.too_long => {}
                Piece::LoneIac => {
                    if let Some(found) = self.keep(&[IAC]) {
                        return found;
                    }
                }
            }
        }
        if self.discarded > self.max_discard { Found::Flooded } else { Found::Nothing }
    }

    fn keep(&mut self, data: &[u8]) -> Option<Found> {
        if self.too_long {
            self.discarded = self.discarded.saturating_add(data.len());
            return None;
        }
        self.line.extend_from_slice(data);
        let length = self.line.strip_suffix(b"\r").unwrap_or(&self.line).len();
        if length <= self.max_line {
            return None;
        }
        self.too_long = true;
        let mut kept = self.line.split();
        kept.truncate(self.max_line);
        Some(Found::TooLong(kept.freeze()))
    }

    fn end(&mut self) -> Found {
        self.discarded = 0;
        if core::mem::take(&mut self.too_long) {
            return Found::EndOfTooLong;
        }
        let mut line = self.line.split();
        if line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        Found::Line(line.freeze())
    }
}
