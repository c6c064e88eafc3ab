//! The control connection: one TCP stream that can start in clear, upgrade to TLS, and go back.

mod work;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use crate::control_event::{ControlEvent, UpgradeError};
use crate::control_tls::{Role, TlsLayer};
use crate::failure::TlsFailure;
use crate::net::NetStream;
use crate::options::TlsInfo;
use crate::tls_client::ClientControlTls;
use crate::tls_server::ServerControlTls;

/// Unread bytes above which reading stops.
const MOST_UNREAD: usize = 64 * 1024;
/// Bytes made ready for the operating system at a time.
const MOST_READY: usize = 64 * 1024;

#[derive(Debug)]
enum Layer {
    Clear,
    Tls(Box<TlsLayer>),
}

/// A change that waits until everything queued before it is flushed.
#[derive(Debug)]
enum Change {
    None,
    Upgrade(Role),
    Downgrade,
    /// Our close_notify is out, the peer's is waited for.
    Draining,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    Asked,
    /// Nothing more goes out but the FIN.
    Ending,
    Done,
}

/// A control connection.
///
/// Everything happens inside [`ControlStream::progress`]: it flushes what was queued and reads at once, so two
/// peers that both write never wait for each other, and it carries out the changes asked for, in order: an
/// upgrade begins when everything queued before it is with the operating system, and what is queued after it
/// goes out under TLS. Under TLS it reads record by record, so that after [`ControlStream::downgrade`] no byte
/// behind the peer's close_notify is lost.
#[derive(Debug)]
pub struct ControlStream {
    io: NetStream,
    layer: Layer,
    buffer: BytesMut,
    wire: BytesMut,
    queued: VecDeque<Bytes>,
    after_change: VecDeque<Bytes>,
    change: Change,
    closing: Closing,
    /// Bytes were queued since everything was flushed last.
    owes_flushed: bool,
    needs_flush: bool,
    ended: bool,
    /// Broken, or refused: nothing happens any more.
    dead: bool,
    failure: Option<TlsFailure>,
    /// The handshake is done; told when its last flight is out, since the peer waits for that.
    secured: Option<TlsInfo>,
    events: VecDeque<ControlEvent>,
}

impl ControlStream {
    /// A stream that begins in clear.
    #[must_use]
    pub fn clear(io: NetStream) -> Self {
        Self {
            io,
            layer: Layer::Clear,
            buffer: BytesMut::new(),
            wire: BytesMut::new(),
            queued: VecDeque::new(),
            after_change: VecDeque::new(),
            change: Change::None,
            closing: Closing::No,
            owes_flushed: false,
            needs_flush: false,
            ended: false,
            dead: false,
            failure: None,
            secured: None,
            events: VecDeque::new(),
        }
    }

    /// Queues bytes to send. After [`ControlStream::start_close`] they are dropped.
    pub fn queue(&mut self, bytes: Bytes) {
        if bytes.is_empty() || self.closing != Closing::No || self.dead {
            return;
        }
        self.owes_flushed = true;
        match self.change {
            Change::None => self.queued.push_back(bytes),
            Change::Upgrade(_) | Change::Downgrade | Change::Draining => self.after_change.push_back(bytes),
        }
    }

    /// Bytes of output that are not yet with the operating system, those that TLS adds included.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.wire.len() + self.queued.iter().chain(&self.after_change).map(Bytes::len).sum::<usize>()
    }

    /// What was read and not yet taken. Reading stops while it holds more than 64 KiB.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Asks for TLS as the server (after the 234 was queued, or at once for implicit TLS).
    /// [`ControlEvent::Secured`] or [`ControlEvent::SecureFailed`] follows;
    /// [`ControlEvent::PlaintextAfterUpgrade`] if the buffer is not empty when the upgrade comes to pass.
    ///
    /// # Errors
    ///
    /// The stream carries TLS already or is changing.
    pub fn upgrade_server(&mut self, tls: &ServerControlTls) -> Result<(), UpgradeError> {
        self.upgrade(Role::Server(tls.clone()))
    }

    /// Asks for TLS as the client (after the 234 was read and taken, or at once for implicit TLS). The same
    /// events follow as for the server.
    ///
    /// # Errors
    ///
    /// The stream carries TLS already or is changing.
    pub fn upgrade_client(&mut self, tls: &ClientControlTls) -> Result<(), UpgradeError> {
        self.upgrade(Role::Client(tls.clone()))
    }

    fn upgrade(&mut self, role: Role) -> Result<(), UpgradeError> {
        match (&self.layer, &self.change, self.closing) {
            (Layer::Clear, Change::None, Closing::No) => {
                self.change = Change::Upgrade(role);
                Ok(())
            }
            (Layer::Tls(_), Change::None, Closing::No) => Err(UpgradeError::AlreadySecure),
            _ => Err(UpgradeError::Busy),
        }
    }

    /// Asks to end TLS both ways and go on in clear (CCC, REIN): flush, close_notify without FIN, read to the
    /// peer's close_notify. [`ControlEvent::Cleared`] follows. A clear stream is cleared already.
    pub fn downgrade(&mut self) {
        match (&self.layer, &self.change) {
            (Layer::Tls(_), Change::None) if self.closing == Closing::No => self.change = Change::Downgrade,
            (Layer::Clear, Change::None) => self.events.push_back(ControlEvent::Cleared),
            _ => {}
        }
    }

    /// Asks to close: flush, close_notify under TLS, FIN. [`ControlEvent::Closed`] follows. A change that has
    /// not begun is given up.
    pub fn start_close(&mut self) {
        if self.closing != Closing::No {
            return;
        }
        self.closing = Closing::Asked;
        self.change = Change::None;
        self.after_change.clear();
        if matches!(&self.layer, Layer::Tls(tls) if tls.is_handshaking()) {
            self.queued.clear();
        }
    }

    /// What TLS agreed on, while it is up.
    #[must_use]
    pub fn tls_info(&self) -> Option<&TlsInfo> {
        match &self.layer {
            Layer::Clear => None,
            Layer::Tls(tls) => tls.info.as_ref(),
        }
    }

    /// The address of the peer.
    ///
    /// # Errors
    ///
    /// Whatever the socket reports.
    pub fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.io.peer_addr()
    }

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// Whatever the socket reports.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// Flushes and reads at once, carries out changes, and says what happened next. With `want_read` false it
    /// reads only what a handshake or a downgrade needs.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing; the next call goes on.
    pub async fn progress(&mut self, want_read: bool) -> ControlEvent {
        poll_fn(|cx| self.poll_progress(cx, want_read)).await
    }

    /// [`ControlStream::progress`] for hand-written futures.
    pub fn poll_progress(&mut self, cx: &mut Context<'_>, want_read: bool) -> Poll<ControlEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(event);
            }
            if self.dead {
                return Poll::Pending;
            }
            let sent = self.poll_output(cx);
            if let Some(failure) = self.failure.take() {
                // The alert goes first, as long as the peer takes it.
                match sent {
                    Poll::Pending => {
                        self.failure = Some(failure);
                        return Poll::Pending;
                    }
                    Poll::Ready(_) => self.die(failure),
                }
                continue;
            }
            match sent {
                Poll::Ready(Ok(())) => {
                    self.events.extend(self.secured.take().map(ControlEvent::Secured));
                    if self.owes_flushed && self.pending() == 0 {
                        self.owes_flushed = false;
                        self.events.push_back(ControlEvent::Flushed);
                    }
                    if self.turn(cx) || !self.events.is_empty() {
                        continue;
                    }
                }
                Poll::Ready(Err(error)) => {
                    // A peer that refused the handshake may have said why before it went.
                    while self.is_handshaking()
                        && self.failure.is_none()
                        && self.events.is_empty()
                        && self.poll_input(cx).is_ready()
                    {}
                    match self.failure.take() {
                        Some(failure) => self.die(failure),
                        None => self.die(TlsFailure::Io(error)),
                    }
                    continue;
                }
                Poll::Pending => {}
            }
            if !self.wants_input(want_read) || self.poll_input(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn is_handshaking(&self) -> bool {
        self.secured.is_some() || matches!(&self.layer, Layer::Tls(tls) if tls.is_handshaking())
    }

    fn die(&mut self, failure: TlsFailure) {
        self.dead = true;
        self.events.push_back(if self.is_handshaking() {
            ControlEvent::SecureFailed(failure)
        } else if let TlsFailure::Io(error) = failure {
            ControlEvent::Failed(error)
        } else {
            ControlEvent::Failed(std::io::Error::new(std::io::ErrorKind::InvalidData, failure))
        });
    }
}
