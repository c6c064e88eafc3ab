//! The bytes of MODE Z: one zlib stream ([RFC 1950](https://www.rfc-editor.org/rfc/rfc1950)) per data connection
//! (draft-preston-ftpext-deflate-04 §3).

use core::fmt;

use bytes::{BufMut as _, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Bytes that are made room for at a time.
const ROOM: usize = 16 * 1024;

/// How hard a [`Deflater`] tries: 1 is fast, 9 is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeflateLevel(u8);

impl DeflateLevel {
    /// The level of that number; `None` unless it is 1 to 9.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            1..=9 => Some(Self(level)),
            _ => None,
        }
    }

    /// The number, 1 to 9.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl Default for DeflateLevel {
    /// 6, a good compromise.
    fn default() -> Self {
        Self(6)
    }
}

impl fmt::Display for DeflateLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes a zlib stream of bytes.
pub struct Deflater {
    state: Compress,
}

impl Deflater {
    /// A stream that has not begun.
    #[must_use]
    pub fn new(level: DeflateLevel) -> Self {
        Self { state: Compress::new(Compression::new(u32::from(level.number())), true) }
    }

    /// Adds `bytes` to the stream, and what there is of it by now to the end of `out`: often nothing.
    ///
    /// Deflating takes its time (about a millisecond for 64 KiB): give it pieces.
    ///
    /// # Errors
    /// [`DeflateError::Corrupt`] after [`finish`](Self::finish), and never before.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut BytesMut) -> Result<(), DeflateError> {
        while !bytes.is_empty() {
            let (taken, _) = self.step(bytes, out, FlushCompress::None)?;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Ends the stream: its last bytes, with the end mark, go to the end of `out`.
    ///
    /// # Errors
    /// [`DeflateError::Corrupt`] when it was ended before.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), DeflateError> {
        while self.step(&[], out, FlushCompress::Finish)?.1 != Status::StreamEnd {}
        Ok(())
    }

    fn step(
        &mut self,
        bytes: &[u8],
        out: &mut BytesMut,
        flush: FlushCompress,
    ) -> Result<(usize, Status), DeflateError> {
        let (read, written) = (self.state.total_in(), self.state.total_out());
        let room = grown(out, ROOM);
        let result = self.state.compress(bytes, out.get_mut(room..).unwrap_or_default(), flush);
        let made = count(self.state.total_out() - written);
        out.truncate(room + made);
        let taken = count(self.state.total_in() - read);
        match result {
            Ok(status) if status == Status::StreamEnd || taken > 0 || made > 0 => Ok((taken, status)),
            Ok(_) | Err(_) => Err(DeflateError::Corrupt),
        }
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").field("read", &self.state.total_in()).finish_non_exhaustive()
    }
}

/// Why bytes are no zlib stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DeflateError {
    /// The stream is broken: a header, a code or the checksum is wrong.
    #[error("the compressed data is damaged")]
    Corrupt,
    /// Something stands behind the end of the stream.
    #[error("something stands behind the end of the compressed data")]
    Trailing,
}

/// What [`Inflater::step`] leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InflateStep {
    /// There is more in what was given so far.
    More,
    /// The input is used up.
    Hungry,
    /// The end mark is read, the checksum is right, and nothing stands behind it.
    Ended,
}

/// Gets bytes back from a zlib stream, a bounded number at a time: a small stream may hold a thousand times its size.
pub struct Inflater {
    state: Decompress,
    /// Whether the end mark was read.
    ended: bool,
    /// What was found out stays found out.
    fault: Option<DeflateError>,
}

impl Inflater {
    /// A stream that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Decompress::new(true), ended: false, fault: None }
    }

    /// Takes bytes from the front of `input` and adds at most `most` bytes to the end of `out`, at least one when
    /// `most` is not 0 and there is one to give.
    ///
    /// # Errors
    /// [`DeflateError`]; what stands in `out` came before the fault was found. The next call says the same.
    pub fn step(
        &mut self,
        input: &mut &[u8],
        out: &mut BytesMut,
        most: usize,
    ) -> Result<InflateStep, DeflateError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let end = out.len().saturating_add(most);
        while !self.ended && out.len() < end {
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let room = grown(out, ROOM.min(end - out.len()));
            let result =
                self.state.decompress(input, out.get_mut(room..).unwrap_or_default(), FlushDecompress::None);
            let made = count(self.state.total_out() - written);
            out.truncate(room + made);
            let taken = count(self.state.total_in() - read);
            *input = input.get(taken..).unwrap_or_default();
            match result {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(Status::Ok | Status::BufError) if made > 0 || taken > 0 => {}
                // Room is there, and nothing comes: only for want of input.
                Ok(Status::Ok | Status::BufError) if input.is_empty() => return Ok(InflateStep::Hungry),
                Ok(Status::Ok | Status::BufError) | Err(_) => return self.fail(DeflateError::Corrupt),
            }
        }
        match (self.ended, input.is_empty()) {
            (true, true) => Ok(InflateStep::Ended),
            (true, false) => self.fail(DeflateError::Trailing),
            (false, _) => Ok(InflateStep::More),
        }
    }

    fn fail(&mut self, fault: DeflateError) -> Result<InflateStep, DeflateError> {
        self.fault = Some(fault);
        Err(fault)
    }

    /// Whether the end mark was read: only then everything has come (draft-preston-ftpext-deflate-04 §3.2).
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Bytes of the stream so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.state.total_in()
    }

    /// Bytes that were got from it so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.state.total_out()
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("read", &self.read())
            .field("written", &self.written())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Makes room for `more` bytes at the end, and says where they begin.
fn grown(out: &mut BytesMut, more: usize) -> usize {
    let len = out.len();
    out.put_bytes(0, more);
    len
}

/// What one call moved; it fits, since it lay in memory.
fn count(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
