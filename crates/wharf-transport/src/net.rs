//! Sockets behind one small trait, so that drivers run on real and on simulated networks alike.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;

use crate::ip::unmapped;

/// A boxed future, as the methods of [`Net`] return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A network: what can listen and dial. [`TokioNet`](crate::TokioNet) is the real one.
pub trait Net: Send + Sync + Debug + 'static {
    /// Listens at `addr`; port 0 lets the network choose.
    fn bind(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn NetListener>>>;

    /// The same for a data connection, over which bytes move or whose end a clock awaits: it needs no probes.
    fn bind_data(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn NetListener>>> {
        self.bind(addr)
    }

    /// Dials `to`, leaving from the local address `from` where one is given (port 0: any port of that
    /// address).
    fn connect(&self, to: SocketAddr, from: Option<SocketAddr>) -> BoxFuture<'_, io::Result<NetStream>>;
}

/// A listening socket of a [`Net`].
pub trait NetListener: Send + Sync + Debug {
    /// Waits for the next peer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no peer.
    fn accept(&self) -> BoxFuture<'_, io::Result<(NetStream, SocketAddr)>>;

    /// The address that peers dial.
    ///
    /// # Errors
    ///
    /// Whatever the socket reports.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// A connected byte stream that is no TCP socket: a simulated one, a pipe in memory.
pub trait NetIo: AsyncRead + AsyncWrite + Send + Unpin + Debug {
    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// `Unsupported` unless the stream knows addresses.
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// `Unsupported` unless the stream knows addresses.
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl NetIo for DuplexStream {}

/// A connected stream of a [`Net`].
#[derive(Debug)]
#[non_exhaustive]
pub enum NetStream {
    /// A TCP socket.
    Tcp(TcpStream),
    /// Anything else.
    Other(Box<dyn NetIo>),
}

impl NetStream {
    /// The address of the other end, IPv4 unwrapped from `::ffff:a.b.c.d`.
    ///
    /// # Errors
    ///
    /// Whatever the socket reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(tcp) => tcp.peer_addr(),
            Self::Other(other) => other.peer_addr(),
        }
        .map(unmapped)
    }

    /// The address of this end, IPv4 unwrapped from `::ffff:a.b.c.d`.
    ///
    /// # Errors
    ///
    /// Whatever the socket reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(tcp) => tcp.local_addr(),
            Self::Other(other) => other.local_addr(),
        }
        .map(unmapped)
    }

    /// The TCP socket, if it is one.
    #[must_use]
    pub fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(tcp) => Some(tcp),
            Self::Other(_) => None,
        }
    }
}

impl From<TcpStream> for NetStream {
    fn from(tcp: TcpStream) -> Self {
        Self::Tcp(tcp)
    }
}

impl AsyncRead for NetStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Other(other) => Pin::new(other).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for NetStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Other(other) => Pin::new(other).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Other(other) => Pin::new(other).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.is_write_vectored(),
            Self::Other(other) => other.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Other(other) => Pin::new(other).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Other(other) => Pin::new(other).poll_shutdown(cx),
        }
    }
}
