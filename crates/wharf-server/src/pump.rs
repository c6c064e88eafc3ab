//! Moving the bytes of one transfer.

mod inflated;
mod outgoing;
mod told;

use std::{io::Seek as _, time::Duration};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::FutureExt as _;
use tokio::{sync::oneshot, time::Instant};
use wharf_codec::{AsciiDecoder, AsciiEncoder};
use wharf_session::{DataFailure, ListingForm};
use wharf_storage::{Sink, Source};
use wharf_transport::{DataError, DataStream, KernelPipe};
use wharf_types::{FileError, FileErrorKind};

use self::told::Told;
pub(crate) use self::{inflated::receive_inflated, outgoing::Outgoing};
use crate::listing::Listing;

/// Bytes moved at a time: few enough to stay in the cache, enough that system calls do not count.
const CHUNK: usize = 256 * 1024;
/// Bytes compressed or expanded at a time: about a millisecond.
const STEP: usize = 64 * 1024;
/// Lines of a listing are sent when that many bytes of them are ready.
const LINES: usize = 32 * 1024;
/// How often progress is told at most, while bytes move.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// And after how many bytes at least.
const TELL_AFTER: u64 = 8 * 1024 * 1024;

/// Counts bytes of the wire and tells of them now and then.
pub(crate) struct Meter<F: Fn(u64)> {
    tell: F,
    bytes: u64,
    told: u64,
    told_at: Instant,
}

impl<F: Fn(u64)> Meter<F> {
    pub(crate) fn new(tell: F) -> Self {
        Self { tell, bytes: 0, told: 0, told_at: Instant::now() }
    }

    /// Tells what was not told yet.
    pub(crate) fn tell_all(&mut self) {
        if self.told < self.bytes {
            self.told = self.bytes;
            (self.tell)(self.bytes);
        }
    }

    /// Tells who gave the transfer up how far it came.
    pub(crate) fn answer(&self, asks: Option<oneshot::Sender<u64>>) {
        if let Some(asks) = asks {
            // A session that is gone needs no news.
            let _ = asks.send(self.bytes);
        }
    }

    fn moved(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        let now = Instant::now();
        if self.bytes - self.told >= TELL_AFTER || now - self.told_at >= TELL_EVERY {
            self.told = self.bytes;
            self.told_at = now;
            (self.tell)(self.bytes);
        }
    }
}

fn unreadable(error: &std::io::Error) -> DataFailure {
    DataFailure::Storage(FileError::with_detail(FileErrorKind::Io, error.to_string()))
}

fn broken(error: &DataError) -> DataFailure {
    DataFailure::Broken(error.to_string())
}

/// Sends a file as it is; returns its bytes, which are as many as were told.
pub(crate) async fn send_image<F: Fn(u64) + Send>(
    out: &mut Outgoing<'_, F>,
    source: &mut dyn Source,
) -> Result<u64, DataFailure> {
    if out.takes_files()
        && let (Some(mut file), Some(length @ 1..)) = (source.as_file(), source.len())
    {
        let from = file.stream_position().map_err(|error| unreadable(&error))?;
        match out.write_file((file, source.waits()), from, length).await? {
            Some(sent) if sent < length => return Err(told::shorter()),
            Some(sent) => return Ok(sent),
            None => {}
        }
    }
    let mut told = Told::new(source);
    let mut sent = 0;
    loop {
        // The system reads ahead of this by itself, and room that is given back is taken for the next chunk.
        let chunk = told.read(CHUNK).await?;
        if chunk.is_empty() {
            return Ok(sent);
        }
        out.write(&chunk).await?;
        sent += chunk.len() as u64;
    }
}

/// Sends a file as lines that end in CRLF, without its first `skip` bytes on the wire; returns the file's bytes.
pub(crate) async fn send_text<F: Fn(u64) + Send>(
    out: &mut Outgoing<'_, F>,
    source: &mut dyn Source,
    mut skip: u64,
) -> Result<u64, DataFailure> {
    let mut encoder = AsciiEncoder::new();
    let mut lines = BytesMut::new();
    let mut told = Told::new(source);
    let mut sent = 0;
    loop {
        let chunk = told.read(CHUNK).await?;
        lines.clear();
        if chunk.is_empty() {
            encoder.finish(&mut lines);
        } else {
            encoder.push(&chunk, &mut lines);
        }
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(lines.len());
        lines.advance(skipped);
        skip -= skipped as u64;
        out.write(&lines).await?;
        sent += chunk.len() as u64;
        if chunk.is_empty() {
            // Where REST pointed there is no byte (XFR-06): only reading tells how long a text is on the wire.
            let beyond = DataFailure::Storage(FileErrorKind::InvalidOffset.into());
            return if skip > 0 { Err(beyond) } else { Ok(sent) };
        }
    }
}

/// Sends a listing; returns its bytes.
pub(crate) async fn send_listing<F: Fn(u64) + Send>(
    out: &mut Outgoing<'_, F>,
    listing: &mut Listing,
    form: &ListingForm,
) -> Result<u64, DataFailure> {
    let mut lines = BytesMut::new();
    let mut sent = 0;
    let mut more = true;
    while more {
        lines.clear();
        while more && lines.len() < LINES {
            more = listing.next(form, &mut lines).await.map_err(DataFailure::Storage)?;
        }
        out.write(&lines).await?;
        sent += lines.len() as u64;
    }
    Ok(sent)
}

/// Appends what is there to `buf`, about `chunk` bytes at most, waiting only for the first of it; `false` at the end.
///
/// Cancel safe: what was read stands in `buf`.
async fn fill<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    buf: &mut BytesMut,
    chunk: usize,
    meter: &mut Meter<F>,
) -> Result<bool, DataError> {
    buf.reserve(chunk);
    let mut read = stream.read_chunk(buf, chunk).await?;
    while read > 0 {
        meter.moved(read);
        if buf.len() >= chunk {
            return Ok(true);
        }
        // TLS gives one record at a time: whatever else has arrived joins the same chunk.
        match stream.read_chunk(buf, chunk - buf.len()).now_or_never() {
            Some(more) => read = more?,
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// Receives the rest of a file within the kernel; returns its bytes.
async fn receive_pipe<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    sink: &mut dyn Sink,
    pipe: &KernelPipe,
    meter: &mut Meter<F>,
) -> Result<u64, DataFailure> {
    let mut stored = 0;
    loop {
        let filled = stream.fill_pipe(pipe).await.map_err(|error| broken(&error))?;
        if filled == 0 {
            return Ok(stored);
        }
        meter.moved(filled);
        sink.write_pipe(pipe.out(), filled).await.map_err(DataFailure::Storage)?;
        stored += filled as u64;
    }
}

/// Receives a file to its end; returns the bytes that went into it. What came before a break is in the sink, to be
/// continued from there.
pub(crate) async fn receive<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    sink: &mut dyn Sink,
    text: bool,
    meter: &mut Meter<F>,
) -> Result<u64, DataFailure> {
    let mut decoder = AsciiDecoder::new();
    let mut current = BytesMut::new();
    let mut next = BytesMut::new();
    let mut stored = 0;
    let splices = !text && stream.tcp().is_some() && sink.as_file().is_some();
    let mut filled = fill(stream, &mut current, CHUNK, meter).await;
    loop {
        let more = matches!(filled, Ok(true));
        let ready: Bytes = if text {
            let mut lines = BytesMut::new();
            decoder.push(&current, &mut lines);
            if !more {
                decoder.finish(&mut lines);
            }
            current.clear();
            lines.freeze()
        } else {
            current.split().freeze()
        };
        stored += ready.len() as u64;
        // Behind so many bytes it is no small file: what a pipe costs does not count.
        if more
            && splices
            && stored >= CHUNK as u64
            && let Ok(pipe) = KernelPipe::new()
        {
            sink.write(ready).await.map_err(DataFailure::Storage)?;
            return Ok(stored + receive_pipe(stream, sink, &pipe, meter).await?);
        }
        if !more {
            if !ready.is_empty() {
                sink.write(ready).await.map_err(DataFailure::Storage)?;
            }
            return filled.map(|_| stored).map_err(|error| broken(&error));
        }
        // The next chunk is read while this one is stored. A disk that is full ends it at once; a connection that
        // breaks lets the disk have what came.
        let write = async {
            if ready.is_empty() { Ok(()) } else { sink.write(ready).await.map_err(DataFailure::Storage) }
        };
        let read = async { Ok(fill(stream, &mut next, CHUNK, meter).await) };
        ((), filled) = tokio::try_join!(write, read)?;
        core::mem::swap(&mut current, &mut next);
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Read as _, sync::Arc};

    use async_trait::async_trait;
    use tokio::{io::AsyncReadExt as _, net::TcpListener};
    use wharf_session::DataMode;
    use wharf_transport::{DataChannel, TokioNet};

    use super::*;

    /// A file of which the kernel gives bytes to readers alone.
    struct Unsendable {
        file: File,
        length: u64,
    }

    #[async_trait]
    impl Source for Unsendable {
        async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
            let mut bytes = vec![0; max];
            let read = self.file.read(&mut bytes).map_err(|_| FileError::new(FileErrorKind::Io))?;
            bytes.truncate(read);
            Ok(bytes.into())
        }

        fn as_file(&self) -> Option<&File> {
            Some(&self.file)
        }

        fn len(&self) -> Option<u64> {
            Some(self.length)
        }
    }

    #[tokio::test]
    async fn what_the_kernel_cannot_copy_is_read() {
        let Ok(content) = std::fs::read("/proc/self/auxv") else { return };
        let mut source = Unsendable {
            file: File::open("/proc/self/auxv").unwrap(),
            length: u64::try_from(content.len()).unwrap(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut channel = DataChannel::active(Arc::new(TokioNet), listener.local_addr().unwrap(), None);
        channel.connect().await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut stream = channel.into_stream();
        let mut meter = Meter::new(|_| {});
        let mut out = Outgoing::new(&mut stream, DataMode::Stream, &mut meter);
        assert!(out.takes_files());
        assert_eq!(send_image(&mut out, &mut source).await, Ok(source.length));
        drop(stream);
        let mut got = Vec::new();
        peer.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, content);
    }
}
