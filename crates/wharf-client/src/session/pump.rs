//! Moving the bytes.

mod file;
mod wire;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use wharf_codec::{AsciiDecoder, AsciiEncoder};
use wharf_session::{DataMode, DeflateFault, Form};
use wharf_transport::{DataError, DataStream, EndMark};

use self::file::LocalFile;
use self::wire::{Incoming, Outgoing};

/// Bytes moved at a time: few enough to keep in the cache, enough that system calls do not count.
const CHUNK: usize = 256 * 1024;
/// How long the server may take to close its half of an upload; its last session tickets come with it.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the server may take to close after a download: nothing depends on it.
const FAREWELL: Duration = Duration::from_millis(500);

/// Where the bytes of a transfer come from or go to.
pub(crate) enum Pump<'a> {
    /// The operation moves no file.
    None,
    /// To the application.
    Receive { to: &'a mut (dyn AsyncWrite + Unpin + Send), progress: &'a mut (dyn FnMut(u64) + Send) },
    /// Into a file, from where it stands.
    Store { to: &'a File, progress: &'a mut (dyn FnMut(u64) + Send) },
    /// Into memory, as far as the limit.
    Collect { into: &'a mut BytesMut, limit: usize },
    /// From the application.
    Send { from: &'a mut (dyn AsyncRead + Unpin + Send), progress: &'a mut (dyn FnMut(u64) + Send) },
    /// Out of a file, from where it stands.
    Fetch { from: &'a File, progress: &'a mut (dyn FnMut(u64) + Send) },
}

/// How it ended.
pub(super) enum Moved {
    Whole { bytes: u64, end: EndMark },
    Broken(String),
    Deflate(DeflateFault),
    Local(io::Error),
    TooLarge(u64),
}

impl From<DataError> for Moved {
    fn from(error: DataError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Pump<'_> {
    pub(super) async fn run(
        self,
        stream: DataStream,
        form: Form,
        mode: DataMode,
        moved: Arc<AtomicU64>,
    ) -> Moved {
        let text = matches!(form, Form::Ascii { .. });
        let result = match self {
            Self::None => Err(Moved::Local(io::Error::other("there is nowhere to put the bytes"))),
            Self::Receive { to, progress } => receive(stream, to, (text, mode), &moved, progress).await,
            Self::Store { to, progress } if !text && !mode.is_deflate() => {
                file::receive(stream, to, &moved, progress).await
            }
            Self::Store { to, progress } => match to.try_clone() {
                Ok(file) => {
                    let to = &mut tokio::fs::File::from_std(file);
                    receive(stream, to, (text, mode), &moved, progress).await
                }
                Err(error) => Err(Moved::Local(error)),
            },
            Self::Collect { into, limit } => collect(stream, into, limit, mode, &moved).await,
            Self::Send { from, progress } => {
                send(stream, Input::Reader(from), (text, mode), &moved, progress).await
            }
            Self::Fetch { from, progress } => file::send(stream, from, (text, mode), &moved, progress).await,
        };
        match result {
            Ok((bytes, end)) => Moved::Whole { bytes, end },
            Err(why) => why,
        }
    }
}

fn count(moved: &AtomicU64, bytes: usize) {
    moved.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// Appends what is there to `buf`, about `chunk` bytes at most, waiting only for the first of it; `false` at the end.
async fn fill(
    stream: &mut DataStream,
    buf: &mut BytesMut,
    chunk: usize,
    moved: &AtomicU64,
) -> Result<bool, DataError> {
    let mut read = stream.read_chunk(buf, chunk).await?;
    while read > 0 {
        count(moved, read);
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

async fn receive(
    mut stream: DataStream,
    to: &mut (dyn AsyncWrite + Unpin + Send),
    (text, mode): (bool, DataMode),
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, EndMark), Moved> {
    let mut incoming = Incoming::new(&mut stream, mode, moved);
    let mut buf = BytesMut::with_capacity(CHUNK);
    let mut decoder = AsciiDecoder::new();
    let mut lines = BytesMut::new();
    let mut written = 0;
    let mut more = true;
    while more {
        buf.clear();
        let filled = incoming.fill(&mut buf).await;
        // What came before a break is good; the application gets it, to continue there.
        more = matches!(filled, Ok(true));
        let ready: &[u8] = if text {
            lines.clear();
            decoder.push(&buf, &mut lines);
            if !more {
                decoder.finish(&mut lines);
            }
            &lines
        } else {
            &buf
        };
        if let Err(error) = to.write_all(ready).await {
            stream.abort();
            return Err(Moved::Local(error));
        }
        written += ready.len() as u64;
        progress(written);
        if let Err(error) = filled {
            // The error of the network is the one that counts.
            let _ = to.flush().await;
            return Err(error);
        }
    }
    let end = stream.end_mark();
    // The server waits for this answer; the disk may take its time afterwards.
    stream.finish_receive(FAREWELL).await?;
    to.flush().await.map_err(Moved::Local)?;
    Ok((written, end))
}

async fn collect(
    mut stream: DataStream,
    into: &mut BytesMut,
    limit: usize,
    mode: DataMode,
    moved: &AtomicU64,
) -> Result<(u64, EndMark), Moved> {
    let mut incoming = Incoming::new(&mut stream, mode, moved);
    while incoming.fill(into).await? {
        if into.len() > limit {
            stream.abort();
            return Err(Moved::TooLarge(limit as u64));
        }
    }
    let end = stream.end_mark();
    stream.finish_receive(FAREWELL).await?;
    Ok((into.len() as u64, end))
}

/// In clear the end of the connection is the end of the file. Until the file is sent whole, closing means a reset, so
/// that half a file never looks like one: not when reading fails, not when the application goes away.
fn reset_when_dropped(stream: &DataStream) -> Result<(), Moved> {
    stream.tcp().map_or(Ok(()), |tcp| tcp.set_zero_linger().map_err(|error| Moved::Broken(error.to_string())))
}

/// The file is sent whole: closing is its end.
fn end_when_dropped(stream: &DataStream) -> Result<(), Moved> {
    let ended = stream.tcp().map(|tcp| rustix::net::sockopt::set_socket_linger(tcp, None));
    ended.unwrap_or(Ok(())).map_err(|error| Moved::Broken(error.to_string()))
}

/// What is sent.
enum Input<'a> {
    Reader(&'a mut (dyn AsyncRead + Unpin + Send)),
    File { file: LocalFile, at: u64 },
}

impl Input<'_> {
    /// Reads until `buf` is full or nothing more is there at once; nothing at all is the end.
    async fn gather(&mut self, buf: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Reader(from) => {
                buf.clear();
                buf.reserve(CHUNK);
                let mut read = from.read_buf(buf).await?;
                while read > 0 && buf.len() < CHUNK {
                    match from.read_buf(buf).now_or_never() {
                        Some(more) => read = more?,
                        None => break,
                    }
                }
            }
            Self::File { file, at } => {
                *buf = file.read(core::mem::take(buf), *at).await?;
                *at = at.saturating_add(buf.len() as u64);
            }
        }
        Ok(())
    }
}

async fn send(
    mut stream: DataStream,
    mut from: Input<'_>,
    (text, mode): (bool, DataMode),
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, EndMark), Moved> {
    reset_when_dropped(&stream)?;
    let mut outgoing = Outgoing::new(&mut stream, mode, moved);
    let mut encoder = AsciiEncoder::new();
    let mut lines = BytesMut::new();
    let mut current = Vec::new();
    let mut next = Vec::new();
    let mut read: u64 = 0;
    from.gather(&mut current).await.map_err(Moved::Local)?;
    while !current.is_empty() {
        read += current.len() as u64;
        let ready: &[u8] = if text {
            lines.clear();
            encoder.push(&current, &mut lines);
            &lines
        } else {
            &current
        };
        // The next chunk is read while this one goes out.
        let (sent, gathered) = tokio::join!(outgoing.write(ready), from.gather(&mut next));
        sent?;
        progress(read);
        gathered.map_err(Moved::Local)?;
        core::mem::swap(&mut current, &mut next);
    }
    if text {
        lines.clear();
        encoder.finish(&mut lines);
        outgoing.write(&lines).await?;
    }
    outgoing.finish().await?;
    end_when_dropped(&stream)?;
    let end = stream.finish_send(DRAIN).await?;
    Ok((read, end))
}
