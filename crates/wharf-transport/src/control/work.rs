//! The work of a control stream: sending, carrying out changes, reading.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::{Change, Closing, ControlStream, Layer, MOST_READY, MOST_UNREAD};
use crate::control_event::ControlEvent;
use crate::control_tls::TlsLayer;
use crate::failure::TlsFailure;
use crate::record::Taken;
use crate::tls_io::acknowledge;

impl ControlStream {
    /// Sends until everything is out (as far as TLS lets it) or the socket is full.
    pub(super) fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing == Closing::Done {
            return Poll::Ready(Ok(()));
        }
        loop {
            self.fill()?;
            if self.wire.is_empty() {
                if self.needs_flush {
                    ready!(Pin::new(&mut self.io).poll_flush(cx))?;
                    self.needs_flush = false;
                }
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut self.io).poll_write(cx, &self.wire))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.wire.advance(n),
            }
            self.needs_flush = true;
        }
    }

    /// Turns queued bytes into bytes for the wire.
    fn fill(&mut self) -> io::Result<()> {
        while self.wire.len() < MOST_READY
            && let Some(bytes) = self.queued.front_mut()
        {
            match &mut self.layer {
                Layer::Clear => {
                    let most = bytes.len().min(MOST_READY);
                    self.wire.extend_from_slice(&bytes.split_to(most));
                }
                Layer::Tls(tls) => {
                    if tls.is_handshaking() || self.failure.is_some() || !tls.seal(bytes, &mut self.wire)? {
                        break;
                    }
                }
            }
            if bytes.is_empty() {
                self.queued.pop_front();
            }
        }
        Ok(())
    }

    /// Carries out what waited for the flush; `true` if there is more to send or to tell.
    pub(super) fn turn(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.queued.is_empty() {
            return false;
        }
        match self.closing {
            Closing::No => self.turn_change(),
            Closing::Asked => {
                self.closing = Closing::Ending;
                if let Layer::Tls(tls) = &mut self.layer
                    && !tls.is_handshaking()
                {
                    tls.send_close_notify(&mut self.wire);
                }
                true
            }
            Closing::Ending => {
                // A peer that is gone already makes the close no less done.
                let Poll::Ready(_) = Pin::new(&mut self.io).poll_shutdown(cx) else { return false };
                self.closing = Closing::Done;
                self.events.push_back(ControlEvent::Closed);
                true
            }
            Closing::Done => false,
        }
    }

    fn turn_change(&mut self) -> bool {
        match (std::mem::replace(&mut self.change, Change::None), &mut self.layer) {
            (Change::Upgrade(_), Layer::Clear) if !self.buffer.is_empty() => {
                self.events.push_back(ControlEvent::PlaintextAfterUpgrade);
                self.after_change.clear();
                self.closing = Closing::Asked;
                true
            }
            (Change::Upgrade(role), Layer::Clear) => {
                match TlsLayer::begin(role) {
                    Ok(mut tls) => {
                        tls.pull(&mut self.wire);
                        self.layer = Layer::Tls(Box::new(tls));
                        self.queued.append(&mut self.after_change);
                    }
                    Err(error) => {
                        self.dead = true;
                        self.events.push_back(ControlEvent::SecureFailed(TlsFailure::of(error, None)));
                    }
                }
                true
            }
            (Change::Downgrade, Layer::Tls(tls)) if !tls.is_handshaking() => {
                tls.send_close_notify(&mut self.wire);
                self.change = Change::Draining;
                true
            }
            (Change::Draining, Layer::Tls(tls)) if tls.peer_closed => {
                let records = std::mem::take(&mut tls.records);
                self.layer = Layer::Clear;
                self.queued.append(&mut self.after_change);
                self.events.push_back(ControlEvent::Cleared);
                let rest = records.into_rest();
                if !rest.is_empty() {
                    self.buffer.unsplit(rest);
                    self.events.push_back(ControlEvent::Read);
                }
                true
            }
            (change, _) => {
                self.change = change;
                false
            }
        }
    }

    pub(super) fn wants_input(&self, want_read: bool) -> bool {
        if self.ended || self.secured.is_some() {
            return false;
        }
        let room = self.buffer.len() <= MOST_UNREAD;
        match (&self.layer, &self.change) {
            // What follows is TLS, or must not be there.
            (Layer::Clear, Change::Upgrade(_)) => false,
            (Layer::Tls(tls), _) if tls.is_handshaking() => true,
            (Layer::Tls(tls), Change::Draining) => room && !tls.peer_closed,
            (Layer::Tls(tls), _) if tls.peer_closed => want_read && tls.records.is_empty(),
            _ => want_read && room,
        }
    }

    /// Reads once; whatever came of it stands in the events, the failure or the layer.
    pub(super) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(self.poll_read(cx)) {
            Ok(()) => {}
            Err(failure) => self.failure = Some(failure),
        }
        Poll::Ready(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TlsFailure>> {
        match &mut self.layer {
            Layer::Clear => {
                let mut space = [0; 8192];
                let mut read = ReadBuf::new(&mut space);
                let polled = Pin::new(&mut self.io).poll_read(cx, &mut read);
                if polled.is_pending() {
                    self.give_back();
                }
                ready!(polled).map_err(TlsFailure::Io)?;
                self.buffer.extend_from_slice(read.filled());
                if read.filled().is_empty() {
                    self.end(true);
                } else {
                    self.events.push_back(ControlEvent::Read);
                }
            }
            Layer::Tls(tls) if tls.peer_closed => {
                let n = ready!(tls.records.poll_byte(&mut self.io, cx)).map_err(TlsFailure::Io)?;
                if n == 0 {
                    self.end(true);
                }
            }
            Layer::Tls(tls) => {
                let polled = tls.records.poll_record(&mut self.io, cx);
                if polled.is_pending() {
                    if tls.is_handshaking() {
                        acknowledge(&self.io);
                    }
                    tls.records.give_back();
                    self.give_back();
                    return Poll::Pending;
                }
                match ready!(polled).map_err(TlsFailure::Io)? {
                    Taken::End if tls.is_handshaking() => return Poll::Ready(Err(TlsFailure::Truncated)),
                    Taken::End => self.end(false),
                    Taken::Record(record) => {
                        let fed = tls.feed(&record, &mut self.buffer, &mut self.wire)?;
                        self.secured = self.secured.take().or(fed.secured);
                        self.events.extend(fed.grew.then_some(ControlEvent::Read));
                        if fed.closed && matches!(self.change, Change::None) {
                            self.events.push_back(ControlEvent::CloseNotify);
                        }
                    }
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Nobody says anything: what was used for it is not kept for the next time, which may be far.
    fn give_back(&mut self) {
        for buffer in [&mut self.buffer, &mut self.wire] {
            if buffer.is_empty() {
                *buffer = BytesMut::new();
            }
        }
        if self.queued.is_empty() {
            self.queued = VecDeque::new();
        }
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
    }

    fn end(&mut self, clean: bool) {
        self.ended = true;
        self.events.push_back(ControlEvent::Eof { clean });
    }
}
