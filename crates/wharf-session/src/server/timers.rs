//! All clocks of a session in one table.

use std::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Login,
    Idle,
    TlsHandshake,
    /// A data connection must be there, or secured, by then.
    DataOpen,
    DataStall,
    /// 150 is held back for a client that shakes hands before it.
    EarlyHello,
    /// 150 is held back until the ticket of such a client has had time to arrive.
    TicketRest,
    LoginDelay,
    Drain,
}

impl Timer {
    const ALL: [Self; 9] = [
        Self::Login,
        Self::Idle,
        Self::TlsHandshake,
        Self::DataOpen,
        Self::DataStall,
        Self::EarlyHello,
        Self::TicketRest,
        Self::LoginDelay,
        Self::Drain,
    ];
}

#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn clear_all(&mut self) {
        self.0 = Default::default();
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes one timer that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let timer =
            Timer::ALL.into_iter().find(|timer| self.0[*timer as usize].is_some_and(|at| at <= now))?;
        self.clear(timer);
        Some(timer)
    }
}
