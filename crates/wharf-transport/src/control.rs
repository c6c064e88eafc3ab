//! The control connection: one TCP stream that can start in clear, upgrade to TLS, and go back.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use crate::failure::TlsFailure;
use crate::net::NetStream;
use crate::options::TlsInfo;
use crate::tls_client::ClientControlTls;
use crate::tls_server::ServerControlTls;

/// What [`ControlStream::progress`] has to tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlEvent {
    /// [`ControlStream::buffer`] grew.
    Read,
    /// Everything queued is with the operating system.
    Flushed,
    /// TLS is up.
    Secured(TlsInfo),
    /// TLS did not come up; the alert has been sent as far as possible. The stream is of no more use.
    SecureFailed(TlsFailure),
    /// TLS has ended both ways as asked for; the stream is clear.
    Cleared,
    /// The peer ended TLS without being asked.
    CloseNotify,
    /// The peer sends no more.
    Eof {
        /// Whether TLS ended before, or there was none.
        clean: bool,
    },
    /// Clear text came behind the command that starts TLS: somebody may have slipped it in. Close the stream.
    PlaintextAfterUpgrade,
    /// [`ControlStream::start_close`] is done.
    Closed,
    /// The connection is broken.
    Failed(io::Error),
}

/// The stream cannot be upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// It carries TLS already.
    #[error("the stream carries TLS already")]
    AlreadySecure,
    /// Another change is under way, or the stream is closing.
    #[error("another change of the stream is under way")]
    Busy,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up on this stream")]
    Setup,
}

/// A control connection.
#[derive(Debug)]
pub struct ControlStream {
    io: NetStream,
    buffer: BytesMut,
}

impl ControlStream {
    /// A stream that begins in clear.
    #[must_use]
    pub fn clear(io: NetStream) -> Self {
        Self { io, buffer: BytesMut::new() }
    }
    /// Queues bytes.
    pub fn queue(&mut self, _bytes: Bytes) {}
    /// Output not yet with the operating system.
    #[must_use]
    pub fn pending(&self) -> usize {
        0
    }
    /// What was read.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }
    /// Upgrades.
    ///
    /// # Errors
    ///
    /// [`UpgradeError`].
    pub fn upgrade_server(&mut self, _tls: &ServerControlTls) -> Result<(), UpgradeError> {
        Ok(())
    }
    /// Upgrades.
    ///
    /// # Errors
    ///
    /// [`UpgradeError`].
    pub fn upgrade_client(&mut self, _tls: &ClientControlTls) -> Result<(), UpgradeError> {
        Ok(())
    }
    /// Back to clear.
    pub fn downgrade(&mut self) {}
    /// Closes.
    pub fn start_close(&mut self) {}
    /// Progress.
    pub async fn progress(&mut self, want_read: bool) -> ControlEvent {
        poll_fn(|cx| self.poll_progress(cx, want_read)).await
    }
    /// Progress.
    pub fn poll_progress(&mut self, _cx: &mut Context<'_>, _want_read: bool) -> Poll<ControlEvent> {
        Poll::Pending
    }
    /// TLS facts.
    #[must_use]
    pub fn tls_info(&self) -> Option<&TlsInfo> {
        None
    }
    /// Peer.
    ///
    /// # Errors
    ///
    /// Socket.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }
    /// Local.
    ///
    /// # Errors
    ///
    /// Socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }
}
