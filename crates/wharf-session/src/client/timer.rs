//! All clocks of a client machine.

use std::time::{Duration, Instant};

use super::operation::Waiting;

/// The clocks; each is either off or due at a time.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Something on the control connection.
    reply: Option<(Instant, Waiting)>,
    /// Something on the data connection.
    data: Option<(Instant, Waiting)>,
    /// The second reply to ABOR.
    settle: Option<Instant>,
    /// TLS on the data connection before the reply.
    early: Option<Instant>,
    /// The next of several replies.
    lost: Option<Instant>,
}

/// A clock that has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Reply(Waiting),
    Data(Waiting),
    Settle,
    Early,
    Lost,
}

impl Timers {
    pub(super) fn arm_reply(&mut self, now: Instant, after: Duration, what: Waiting) {
        self.reply = Some((later(now, after), what));
    }

    pub(super) fn arm_data(&mut self, now: Instant, after: Duration, what: Waiting) {
        self.data = Some((later(now, after), what));
    }

    pub(super) fn arm_settle(&mut self, now: Instant, after: Duration) {
        self.settle = Some(later(now, after));
    }

    pub(super) fn arm_early(&mut self, now: Instant, after: Duration) {
        self.early = Some(later(now, after));
    }

    pub(super) fn arm_lost(&mut self, now: Instant, after: Duration) {
        self.lost = Some(later(now, after));
    }

    pub(super) fn stop_lost(&mut self) {
        self.lost = None;
    }

    pub(super) fn stop_reply(&mut self) {
        self.reply = None;
    }

    pub(super) fn stop_data(&mut self) {
        self.data = None;
    }

    pub(super) fn stop_settle(&mut self) {
        self.settle = None;
    }

    pub(super) fn stop_early(&mut self) {
        self.early = None;
    }

    /// All but what is awaited on the control connection.
    pub(super) fn stop_data_side(&mut self) {
        *self = Self { reply: self.reply, lost: self.lost, ..Self::default() };
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        [self.reply.map(|t| t.0), self.data.map(|t| t.0), self.settle, self.early, self.lost]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes one clock that is due, so that asking again always moves on.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Due> {
        if let Some((_, what)) = self.reply.take_if(|(at, _)| *at <= now) {
            return Some(Due::Reply(what));
        }
        if let Some((_, what)) = self.data.take_if(|(at, _)| *at <= now) {
            return Some(Due::Data(what));
        }
        if self.settle.take_if(|at| *at <= now).is_some() {
            return Some(Due::Settle);
        }
        if self.early.take_if(|at| *at <= now).is_some() {
            return Some(Due::Early);
        }
        self.lost.take_if(|at| *at <= now).map(|_| Due::Lost)
    }
}

/// A far future where the clock cannot count that far.
fn later(now: Instant, after: Duration) -> Instant {
    now.checked_add(after).or_else(|| now.checked_add(Duration::from_secs(86_400))).unwrap_or(now)
}
