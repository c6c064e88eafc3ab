//! The way out: onto the data connection as the mode has it.

use std::{fs::File, io};

use bytes::BytesMut;
use tokio::{io::AsyncWriteExt as _, task::yield_now};
use wharf_codec::{DeflateError, Deflater};
use wharf_session::{DataFailure, DataMode, DeflateFault};
use wharf_storage::Waits;
use wharf_transport::{DataError, DataStream, FileWaits};

use super::{Meter, STEP};

/// Compressed bytes are sent when that many of them are ready.
const READY: usize = 32 * 1024;

/// A data connection that is written to.
pub(crate) struct Outgoing<'a, F: Fn(u64)> {
    stream: &'a mut DataStream,
    meter: &'a mut Meter<F>,
    /// MODE Z, with what is ready to be sent.
    deflate: Option<(Deflater, BytesMut)>,
}

impl<'a, F: Fn(u64) + Send> Outgoing<'a, F> {
    pub(crate) fn new(stream: &'a mut DataStream, mode: DataMode, meter: &'a mut Meter<F>) -> Self {
        let deflate = match mode {
            DataMode::Stream => None,
            DataMode::Deflate(level) => Some((Deflater::new(level), BytesMut::new())),
        };
        Self { stream, meter, deflate }
    }

    /// Writes it all.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), DataFailure> {
        let Some((deflater, ready)) = &mut self.deflate else {
            return write(self.stream, bytes, self.meter).await;
        };
        for piece in bytes.chunks(STEP) {
            deflater.push(piece, ready).map_err(fault)?;
            if ready.len() >= READY {
                write(self.stream, ready, self.meter).await?;
                ready.clear();
            }
            // Deflating waits for nothing by itself, and others have to have their turn.
            yield_now().await;
        }
        Ok(())
    }

    /// Whether the kernel can copy files to it by itself.
    pub(super) fn takes_files(&self) -> bool {
        self.deflate.is_none() && self.stream.tcp().is_some()
    }

    /// Writes `length` bytes of a file from `offset` on, or fewer when it ends before; returns them. `None` when the kernel
    /// cannot copy this one, and nothing was written.
    pub(super) async fn write_file(
        &mut self,
        (file, waits): (&File, Waits),
        offset: u64,
        length: u64,
    ) -> Result<Option<u64>, DataFailure> {
        // A file of a few packets is sent by one call anyway.
        let cork = length > STEP as u64;
        if cork {
            self.stream.cork(true);
        }
        let waits = match waits {
            Waits::Never => FileWaits::Never,
            Waits::Disk => FileWaits::Disk,
            Waits::Unknown | _ => FileWaits::Unknown,
        };
        let mut sent = 0;
        while sent < length {
            let more =
                self.stream.send_file_that(waits, file, offset.saturating_add(sent), length - sent).await;
            let more = match more {
                Ok(more) => more,
                Err(DataError::Io(error)) if sent == 0 && is_unable(&error) => {
                    // What is written instead fills its packets by itself.
                    self.stream.cork(false);
                    return Ok(None);
                }
                Err(DataError::File(error)) => return Err(super::unreadable(&error)),
                Err(error @ (DataError::Io(_) | DataError::Tls(_) | _)) => {
                    return Err(DataFailure::Broken(error.to_string()));
                }
            };
            if more == 0 {
                break;
            }
            self.meter.moved(more);
            sent += more as u64;
        }
        if cork {
            self.stream.cork(false);
        }
        Ok(Some(sent))
    }

    /// What marks the end of the file, where the mode has a mark.
    pub(crate) async fn finish(&mut self) -> Result<(), DataFailure> {
        if let Some((deflater, ready)) = &mut self.deflate {
            deflater.finish(ready).map_err(fault)?;
            write(self.stream, ready, self.meter).await?;
            ready.clear();
        }
        Ok(())
    }
}

/// Whether a file system has no way for the kernel to copy, or a sandbox none for this process to ask for it.
fn is_unable(error: &io::Error) -> bool {
    // EINVAL, or ENOSYS and EOPNOTSUPP.
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// What the machine is told of a zlib stream that is none.
pub(super) const fn fault(error: DeflateError) -> DataFailure {
    DataFailure::Deflate(match error {
        DeflateError::Corrupt => DeflateFault::Corrupt,
        DeflateError::Trailing => DeflateFault::Trailing,
    })
}

/// Writes it all, counting as it goes: a slow peer is not a stalled one.
async fn write<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    mut bytes: &[u8],
    meter: &mut Meter<F>,
) -> Result<(), DataFailure> {
    while !bytes.is_empty() {
        let written = stream.write(bytes).await.map_err(|error| DataFailure::Broken(error.to_string()))?;
        if written == 0 {
            return Err(DataFailure::Broken("nothing more can be written".to_owned()));
        }
        meter.moved(written);
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}
