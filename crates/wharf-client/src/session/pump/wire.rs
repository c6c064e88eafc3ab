//! The data connection as the mode has it: bytes as they are (MODE S), or in a zlib stream (MODE Z).

use std::sync::atomic::AtomicU64;

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncWriteExt as _;
use tokio::task::yield_now;
use wharf_codec::{DeflateError, Deflater, Inflater};
use wharf_session::{DataMode, DeflateFault};
use wharf_transport::{DataError, DataStream};

use super::{CHUNK, Moved, count, fill};

/// Bytes compressed or expanded at a time: about a millisecond.
const STEP: usize = 64 * 1024;
/// Compressed bytes are sent when that many of them are ready.
const READY: usize = 32 * 1024;

/// What comes in.
pub(super) struct Incoming<'a> {
    stream: &'a mut DataStream,
    moved: &'a AtomicU64,
    deflate: Option<Expanding>,
}

/// A zlib stream on its way in.
struct Expanding {
    inflater: Inflater,
    /// What came and is not expanded yet.
    wire: BytesMut,
    /// How the connection ended, once it has.
    end: Option<Result<(), DataError>>,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(stream: &'a mut DataStream, mode: DataMode, moved: &'a AtomicU64) -> Self {
        let expanding = || Expanding { inflater: Inflater::new(), wire: BytesMut::new(), end: None };
        Self { stream, moved, deflate: mode.is_deflate().then(expanding) }
    }

    /// Appends what is there to `buf`, waiting only for the first of it; `false` at the end. What came before a break
    /// is appended too.
    pub(super) async fn fill(&mut self, buf: &mut BytesMut) -> Result<bool, Moved> {
        let Some(Expanding { inflater, wire, end }) = &mut self.deflate else {
            return Ok(fill(self.stream, buf, CHUNK, self.moved).await?);
        };
        let before = buf.len();
        loop {
            let mut rest = &wire[..];
            let step = inflater.step(&mut rest, buf, STEP);
            let left = rest.len();
            wire.advance(wire.len() - left);
            step.map_err(fault)?;
            if buf.len() > before {
                // Expanding waits for nothing by itself, and others have to have their turn.
                yield_now().await;
                return Ok(true);
            }
            // Nothing comes of what is there.
            match end.take() {
                Some(Ok(())) if inflater.is_ended() => return Ok(false),
                Some(Ok(())) => return Err(Moved::Deflate(DeflateFault::Cut)),
                Some(Err(error)) => return Err(error.into()),
                None => match fill(self.stream, wire, STEP, self.moved).await {
                    Ok(true) => {}
                    Ok(false) => *end = Some(Ok(())),
                    Err(error) => *end = Some(Err(error)),
                },
            }
        }
    }
}

/// What goes out.
pub(super) struct Outgoing<'a> {
    stream: &'a mut DataStream,
    moved: &'a AtomicU64,
    /// MODE Z, with what is ready to be sent.
    deflate: Option<(Deflater, BytesMut)>,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(stream: &'a mut DataStream, mode: DataMode, moved: &'a AtomicU64) -> Self {
        let deflate = match mode {
            DataMode::Stream => None,
            DataMode::Deflate(level) => Some((Deflater::new(level), BytesMut::new())),
        };
        Self { stream, moved, deflate }
    }

    /// Writes it all.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Moved> {
        let Some((deflater, ready)) = &mut self.deflate else {
            return write(self.stream, bytes, self.moved).await;
        };
        for piece in bytes.chunks(STEP) {
            deflater.push(piece, ready).map_err(fault)?;
            if ready.len() >= READY {
                write(self.stream, ready, self.moved).await?;
                ready.clear();
            }
            yield_now().await;
        }
        Ok(())
    }

    /// What marks the end of the file, where the mode has a mark.
    pub(super) async fn finish(&mut self) -> Result<(), Moved> {
        if let Some((deflater, ready)) = &mut self.deflate {
            deflater.finish(ready).map_err(fault)?;
            write(self.stream, ready, self.moved).await?;
            ready.clear();
        }
        Ok(())
    }
}

fn fault(error: DeflateError) -> Moved {
    Moved::Deflate(match error {
        DeflateError::Corrupt => DeflateFault::Corrupt,
        DeflateError::Trailing => DeflateFault::Trailing,
    })
}

/// Writes it all, counting as it goes: a slow peer is not a stalled one.
pub(super) async fn write(stream: &mut DataStream, mut bytes: &[u8], moved: &AtomicU64) -> Result<(), Moved> {
    while !bytes.is_empty() {
        let written = stream.write(bytes).await.map_err(|error| Moved::Broken(error.to_string()))?;
        if written == 0 {
            return Err(Moved::Broken("nothing more can be written".to_owned()));
        }
        count(moved, written);
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
