//! The bytes of a data connection, and the way it is closed.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use bytes::buf::BufMut as _;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsStream;

use crate::failure::TlsFailure;
use crate::kernel_pipe::KernelPipe;
use crate::net::{NetIo, NetStream};
use crate::options::TlsInfo;
use crate::send_file::{self, FileWaits};
use crate::tls_io::TlsIo;

/// The most that is thrown away of what a peer sends where it should not send.
const MOST_DRAINED: usize = 1 << 20;
/// Bytes that are encrypted before they are written, in one system call.
const BATCH: usize = 256 * 1024;

/// How the peer ended its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndMark {
    /// With close_notify under TLS, with FIN in clear.
    Clean,
    /// Under TLS without close_notify, or not at all within the bound: the data may be cut short.
    NoCloseNotify,
}

/// The data connection broke.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The network failed.
    #[error("the data connection failed: {0}")]
    Io(#[from] io::Error),
    /// A file that was to be sent cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[source] io::Error),
    /// The peer broke TLS, or refused with an alert.
    #[error("TLS failed on the data connection: {0}")]
    Tls(#[source] TlsFailure),
}

impl DataError {
    fn of(error: io::Error, tls: bool) -> Self {
        if tls && error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) {
            Self::Tls(TlsFailure::of_io(error, None))
        } else {
            Self::Io(error)
        }
    }
}

#[derive(Debug)]
enum Carrier {
    Clear(NetStream),
    Tls(Box<TlsStream<TlsIo>>, TlsInfo),
}

/// A data connection that carries bytes, in clear or under TLS.
///
/// `AsyncRead` reports a TLS stream that ends without close_notify as `UnexpectedEof`;
/// [`DataStream::read_chunk`] reports it as an end with a mark.
#[derive(Debug)]
pub struct DataStream {
    carrier: Carrier,
    end: EndMark,
}

impl DataStream {
    pub(crate) fn clear(io: NetStream) -> Self {
        Self { carrier: Carrier::Clear(io), end: EndMark::Clean }
    }

    pub(crate) fn protected(mut tls: TlsStream<TlsIo>, info: TlsInfo) -> Self {
        match &mut tls {
            TlsStream::Client(tls) => {
                let (io, session) = tls.get_mut();
                io.established();
                session.set_buffer_limit(Some(BATCH));
            }
            TlsStream::Server(tls) => {
                let (io, session) = tls.get_mut();
                io.established();
                session.set_buffer_limit(Some(BATCH));
            }
        }
        Self { carrier: Carrier::Tls(Box::new(tls), info), end: EndMark::Clean }
    }

    /// What TLS agreed on; `None` in clear.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        match &self.carrier {
            Carrier::Clear(_) => None,
            Carrier::Tls(_, info) => Some(info),
        }
    }

    /// Whether the bytes go in clear.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.tls().is_none()
    }

    /// The TCP socket of a clear stream, for copying from and to files within the kernel.
    #[must_use]
    pub fn tcp(&self) -> Option<&TcpStream> {
        match &self.carrier {
            Carrier::Clear(io) => io.tcp(),
            Carrier::Tls(..) => None,
        }
    }

    /// Sends at most `most` bytes of a file from `offset` on without a copy in this process, and says how many went, at most
    /// a MiB; 0 is the end of the file. Its position does not count and does not change. [`DataStream::cork`] saves packets.
    ///
    /// # Errors
    ///
    /// The connection broke, or the file cannot be read; `Unsupported` for a stream that is none of TCP in clear
    /// ([`DataStream::tcp`]).
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, some bytes may have gone that nobody has counted.
    pub async fn send_file(&mut self, file: &File, offset: u64, most: u64) -> Result<usize, DataError> {
        self.send_step((file, None), offset, most).await
    }

    /// [`DataStream::send_file`] of a file of which is known what it waits for: its file system is not asked in what kind
    /// of it the file lies, which of some takes however long they like.
    ///
    /// # Errors
    ///
    /// Those of [`DataStream::send_file`].
    ///
    /// # Cancel safety
    ///
    /// That of [`DataStream::send_file`].
    pub async fn send_file_that(
        &mut self,
        waits: FileWaits,
        file: &File,
        offset: u64,
        most: u64,
    ) -> Result<usize, DataError> {
        self.send_step((file, Some(waits)), offset, most).await
    }

    async fn send_step(
        &mut self,
        file: (&File, Option<FileWaits>),
        offset: u64,
        most: u64,
    ) -> Result<usize, DataError> {
        match self.tcp() {
            Some(tcp) => send_file::step(tcp, file, offset, most).await.map_err(|error| {
                // No socket fails so.
                if error.raw_os_error() == Some(Errno::IO.raw_os_error()) {
                    DataError::File(error)
                } else {
                    DataError::Io(error)
                }
            }),
            None => Err(DataError::Io(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Takes what has arrived into an empty pipe, waiting only for the first of it, and says how much; 0 is the end.
    ///
    /// # Errors
    ///
    /// The connection broke; `Unsupported` for a stream that is none of TCP in clear ([`DataStream::tcp`]).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is taken when the future is dropped.
    pub async fn fill_pipe(&mut self, pipe: &KernelPipe) -> Result<usize, DataError> {
        match self.tcp() {
            Some(tcp) => Ok(pipe.fill(tcp).await?),
            None => Err(DataError::Io(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Whether packets that are not full wait for what follows (`TCP_CORK`); no more than a hint.
    pub fn cork(&self, on: bool) {
        if let Some(tcp) = self.tcp() {
            send_file::cork(tcp, on);
        }
    }

    /// Appends at most `max` bytes to `buf` and says how many; 0 is the end, and [`DataStream::end_mark`] then
    /// says which kind. Room in `buf` saves reallocation.
    ///
    /// # Errors
    ///
    /// The connection broke. A TLS stream that ends without close_notify is no error here.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no byte.
    pub async fn read_chunk(&mut self, buf: &mut BytesMut, max: usize) -> Result<usize, DataError> {
        if buf.capacity() == buf.len() {
            buf.reserve(max);
        }
        let mut room = (&mut *buf).limit(max);
        match self.read_buf(&mut room).await {
            Ok(read) => Ok(read),
            Err(error) => self.ended_by(error).map(|()| 0),
        }
    }

    /// What cannot be read any more: a TLS stream that ends without close_notify has ended, all else is an error.
    fn ended_by(&mut self, error: io::Error) -> Result<(), DataError> {
        let tls = !self.is_clear();
        if tls && error.kind() == io::ErrorKind::UnexpectedEof {
            self.end = EndMark::NoCloseNotify;
            return Ok(());
        }
        Err(DataError::of(error, tls))
    }

    /// How the stream ended, once reading has reported the end.
    #[must_use]
    pub fn end_mark(&self) -> EndMark {
        self.end
    }

    /// Ends a stream on which this side sent: flush, close_notify under TLS, FIN; then reads to the end of the
    /// peer, for at most `bound`. A client takes up the session tickets that lie before that end; leaving them
    /// unread would reset the connection and could destroy the end of the file at the server.
    ///
    /// `bound` counts from the FIN: how long the data before it may stall is the caller's own clock.
    ///
    /// # Errors
    ///
    /// The connection broke: the peer may not have everything.
    pub async fn finish_send(mut self, bound: Duration) -> Result<EndMark, DataError> {
        let tls = !self.is_clear();
        self.flush().await.map_err(|error| DataError::of(error, tls))?;
        self.shutdown().await.map_err(|error| DataError::of(error, tls))?;
        timeout(bound, self.drain()).await.unwrap_or(Ok(EndMark::NoCloseNotify))
    }

    async fn drain(&mut self) -> Result<EndMark, DataError> {
        match discard(self).await {
            Ok(true) => Ok(self.end),
            Ok(false) => Ok(EndMark::NoCloseNotify),
            Err(error) => self.ended_by(error).map(|()| self.end),
        }
    }

    /// Ends a stream that this side received to its end: answers close_notify at once under TLS, FIN, and then
    /// waits for at most `bound` until the peer has closed too.
    ///
    /// # Errors
    ///
    /// None that matters: everything was received. What is left to go wrong is not reported.
    pub async fn finish_receive(mut self, bound: Duration) -> Result<(), DataError> {
        // A peer that has gone already takes no close_notify.
        let _ = timeout(bound, async {
            self.shutdown().await?;
            // Below TLS: its layer is closed, what counts is the FIN.
            let io = match &mut self.carrier {
                Carrier::Clear(io) => io,
                Carrier::Tls(tls, _) => match &mut **tls {
                    TlsStream::Client(tls) => tls.get_mut().0.get_mut(),
                    TlsStream::Server(tls) => tls.get_mut().0.get_mut(),
                },
            };
            discard(io).await.map(drop)
        })
        .await
        .unwrap_or(Ok::<(), io::Error>(()));
        Ok(())
    }

    /// Closes at once. Under TLS the peer sees no close_notify, so it knows that the data is cut short. What has
    /// arrived is thrown away first: closing with unread bytes would reset the connection.
    pub fn abort(self) {
        let io = match &self.carrier {
            Carrier::Clear(io) => io,
            Carrier::Tls(tls, _) => tls.get_ref().0.get_ref(),
        };
        let Some(tcp) = io.tcp() else { return };
        let mut bin = [0; 4096];
        let mut drained = 0;
        // Past the runtime, which may not know yet what has arrived.
        while let Ok((n @ 1.., _)) = recv(tcp, &mut bin[..], RecvFlags::DONTWAIT) {
            drained += n;
            if drained > MOST_DRAINED {
                break;
            }
        }
    }
}

/// Reads to the end and throws it away; `false` when the peer sends too much for that.
async fn discard(io: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
    let mut drained = 0;
    loop {
        let read = poll_fn(|cx| {
            // Not kept while waiting: it would be most of what the task of a transfer takes.
            let mut bin = [MaybeUninit::uninit(); 4096];
            let mut room = ReadBuf::uninit(&mut bin);
            ready!(Pin::new(&mut *io).poll_read(cx, &mut room))?;
            Poll::Ready(Ok::<_, io::Error>(room.filled().len()))
        });
        match read.await? {
            0 => return Ok(true),
            n if drained + n > MOST_DRAINED => return Ok(false),
            n => drained += n,
        }
    }
}

impl AsyncRead for DataStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().carrier {
            Carrier::Clear(io) => Pin::new(io).poll_read(cx, buf),
            Carrier::Tls(tls, _) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for DataStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().carrier {
            Carrier::Clear(io) => Pin::new(io).poll_write(cx, buf),
            Carrier::Tls(tls, _) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().carrier {
            Carrier::Clear(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Carrier::Tls(tls, _) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.carrier {
            Carrier::Clear(io) => io.is_write_vectored(),
            Carrier::Tls(tls, _) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().carrier {
            Carrier::Clear(io) => Pin::new(io).poll_flush(cx),
            Carrier::Tls(tls, _) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().carrier {
            Carrier::Clear(io) => Pin::new(io).poll_shutdown(cx),
            Carrier::Tls(tls, _) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// Stands where a stream should be, when none was ever connected: failing, so that nobody takes it for an empty
/// file.
#[derive(Debug)]
pub(crate) struct NotConnected;

impl NetIo for NotConnected {}

impl AsyncRead for NotConnected {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }
}

impl AsyncWrite for NotConnected {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
    }
}
