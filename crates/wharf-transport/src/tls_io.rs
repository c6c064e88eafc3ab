//! What the TLS of a data connection reads from and writes to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::NetStream;

/// Bytes that are read at once: TLS asks for 4 KiB at a time, and a system call for each of these would cost more than
/// the cipher.
const READ_AHEAD: usize = 128 * 1024;

/// A connection below TLS.
///
/// While hands are shaken its reads are small, and whatever is waited for is acknowledged at once: a client that sends
/// its last handshake messages in two pieces holds the second one back until the first one is acknowledged (Nagle's
/// algorithm, RFC 896), which costs 40 ms for each file otherwise (delayed acknowledgements, RFC 1122 §4.2.3.2).
#[derive(Debug)]
pub(crate) struct TlsIo {
    io: NetStream,
    /// Empty while hands are shaken, and on the side that only sends.
    ahead: Vec<u8>,
    /// What of it was not taken yet.
    start: usize,
    end: usize,
    established: bool,
}

impl TlsIo {
    pub(crate) const fn new(io: NetStream) -> Self {
        Self { io, ahead: Vec::new(), start: 0, end: 0, established: false }
    }

    /// The connection itself. What was read ahead is not seen there.
    pub(crate) const fn get_ref(&self) -> &NetStream {
        &self.io
    }

    pub(crate) const fn get_mut(&mut self) -> &mut NetStream {
        &mut self.io
    }

    /// The handshake is done: from here on many bytes may come.
    pub(crate) const fn established(&mut self) {
        self.established = true;
    }
}

/// Acknowledges what has come, and for a while what comes, at once.
pub(crate) fn acknowledge(io: &NetStream) {
    if let Some(tcp) = io.tcp() {
        // Without it the peer merely waits.
        let _ = sockopt::set_tcp_quickack(tcp, true);
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.established {
            let read = Pin::new(&mut this.io).poll_read(cx, buf);
            if read.is_pending() {
                acknowledge(&this.io);
            }
            return read;
        }
        if this.start == this.end {
            if buf.remaining() >= READ_AHEAD {
                return Pin::new(&mut this.io).poll_read(cx, buf);
            }
            if this.ahead.is_empty() {
                this.ahead = vec![0; READ_AHEAD];
            }
            let mut filled = ReadBuf::new(&mut this.ahead);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut filled))?;
            (this.start, this.end) = (0, filled.filled().len());
        }
        let there = this.ahead.get(this.start..this.end).unwrap_or_default();
        let taken = there.len().min(buf.remaining());
        buf.put_slice(there.get(..taken).unwrap_or_default());
        this.start += taken;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
