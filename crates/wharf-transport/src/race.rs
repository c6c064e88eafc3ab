//! Candidates for one data connection, shaking hands side by side.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::data::{DataFailure, DataRole, SharedTicketPlan};
use crate::handshake::{Winner, shake_hands};
use crate::net::{BoxFuture, NetStream};

/// Handshakes at a time on one passive port.
const MOST_CANDIDATES: usize = 4;

type Handshake = BoxFuture<'static, (usize, SocketAddr, Result<Box<Winner>, DataFailure>)>;

/// One who shakes hands.
struct Entrant {
    number: usize,
    abort: AbortHandle,
    /// Its first message has come.
    began: Arc<AtomicBool>,
}

/// The handshakes that run, and what became of the last one that failed.
#[derive(Default)]
pub(crate) struct Race {
    running: FuturesUnordered<Abortable<Handshake>>,
    /// The oldest first.
    entrants: Vec<Entrant>,
    entered: usize,
    last: Option<(DataFailure, Instant)>,
}

impl Race {
    pub(crate) fn is_empty(&self) -> bool {
        self.entrants.is_empty()
    }

    /// Whether another candidate can be taken in, perhaps in the place of one who says nothing.
    pub(crate) fn has_room(&self) -> bool {
        self.entrants.len() < MOST_CANDIDATES || self.silent().is_some()
    }

    /// Whether one of them has said something.
    pub(crate) fn has_begun(&self) -> bool {
        self.entrants.iter().any(|entrant| entrant.began.load(Ordering::Relaxed))
    }

    /// The oldest one who has not said anything.
    fn silent(&self) -> Option<usize> {
        self.entrants.iter().position(|entrant| !entrant.began.load(Ordering::Relaxed))
    }

    /// Takes a candidate in. Where all places are taken, the oldest one who has said nothing yet is dropped: four
    /// connections that keep silent must not keep the client out.
    pub(crate) fn enter(
        &mut self,
        (io, peer): (NetStream, SocketAddr),
        role: DataRole,
        tickets: SharedTicketPlan,
    ) {
        if self.entrants.len() >= MOST_CANDIDATES
            && let Some(at) = self.silent()
        {
            self.entrants.remove(at).abort.abort();
            tracing::debug!("a silent candidate for a data connection makes room");
        }
        self.entered += 1;
        let (number, began) = (self.entered, Arc::new(AtomicBool::new(false)));
        let begins = Arc::clone(&began);
        let handshake: Handshake = Box::pin(async move {
            let begun = move || begins.store(true, Ordering::Relaxed);
            (number, peer, shake_hands(io, role, tickets, begun).await)
        });
        let (abort, registration) = AbortHandle::new_pair();
        self.entrants.push(Entrant { number, abort, began });
        self.running.push(Abortable::new(handshake, registration));
    }

    /// The end of the next handshake; pending while none runs.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Box<Winner>, DataFailure>> {
        loop {
            match self.running.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok((number, peer, outcome)))) => {
                    if let Err(failure) = &outcome {
                        // Told here, since the client may be gone before it hears why.
                        tracing::warn!(%peer, %failure, "a data connection was refused");
                    }
                    self.entrants.retain(|entrant| entrant.number != number);
                    return Poll::Ready(outcome);
                }
                // It made room for another one.
                Poll::Ready(Some(Err(_))) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    pub(crate) fn failed(&mut self, failure: DataFailure) {
        self.last = Some((failure, Instant::now()));
    }

    /// When the last one failed, once nobody is left.
    pub(crate) fn lost_at(&self) -> Option<Instant> {
        self.last.as_ref().filter(|_| self.is_empty()).map(|(_, at)| *at)
    }

    /// Why the last one failed; it is taken out.
    pub(crate) fn last_failure(&mut self) -> DataFailure {
        self.last.take().map_or(DataFailure::Closed, |(failure, _)| failure)
    }
}

impl fmt::Debug for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race").field("running", &self.entrants.len()).finish_non_exhaustive()
    }
}
