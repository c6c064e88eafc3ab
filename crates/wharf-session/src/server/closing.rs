//! How a session ends, and what time does to it.

use std::time::Instant;

use super::{AuditEvent, CloseReason, Link, Output, Server, TicketId, Wait, answer::Answer, timers::Timer};
use crate::SubStatus;

impl Server {
    /// Ends the session when everything before is sent; drops what is open.
    pub(super) fn close(&mut self, now: Instant, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        // First what gives the transfer up, so that its record is behind its last byte.
        self.discard_data();
        self.tell_unanswered(now, reason);
        self.transfer = None;
        self.drop_setup();
        if let Some(waiting) = self.waiting.take() {
            match waiting.what {
                Wait::Login { ticket, .. }
                | Wait::Certified { ticket, .. }
                | Wait::File { ticket, .. }
                | Wait::Sessions { ticket } => {
                    self.out.push_back(Output::Withdraw(TicketId(ticket)));
                }
                Wait::Lines { job, ticket } => {
                    if let Some(ticket) = ticket {
                        self.out.push_back(Output::Withdraw(TicketId(ticket)));
                    }
                    self.out.push_back(Output::Release(crate::JobId(job)));
                }
                // A commit goes on to its end.
                Wait::Commit { .. } | Wait::LoginDelay { .. } | Wait::Listen { .. } => {}
            }
        }
        self.input.clear();
        self.timers.clear_all();
        self.event(AuditEvent::Closed(reason));
        self.out.push_back(Output::Close);
        self.link = Link::Closing;
        self.timers.set(Timer::Drain, now + self.cfg.timeouts.drain);
    }

    /// The peer sends nothing more: a transfer that runs is cancelled, its upload does not become visible.
    pub fn handle_eof(&mut self, now: Instant) {
        self.close(now, CloseReason::PeerClosed);
    }

    /// Ends the session as a server that stops does: at once when nothing runs; otherwise after the running transfer,
    /// or, when the grace is over, with 426 for it and 421.
    pub fn shutdown(&mut self, now: Instant, grace_over: bool) {
        if self.is_closed() {
            return;
        }
        self.draining = true;
        if self.link != Link::Open {
            return self.close(now, CloseReason::Shutdown);
        }
        if grace_over {
            self.abort_transfer(now, SubStatus::ServerStopping);
            self.cut_lines(now);
            self.say_goodbye(now);
        } else {
            self.run(now);
        }
    }

    pub(super) fn say_goodbye(&mut self, now: Instant) {
        self.send(&Answer::no(SubStatus::ServerStopping, "The server stops; closing"));
        self.close(now, CloseReason::Shutdown);
    }

    /// Lets time pass; early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Login => {
                    if self.settings.grant.is_none() {
                        self.time_is_up(now, SubStatus::LoginTimeout, "No login in time; closing");
                    }
                }
                Timer::Idle => {
                    if self.is_idle() {
                        self.time_is_up(now, SubStatus::IdleTimeout, "No command for too long; closing");
                    }
                }
                Timer::TlsHandshake => self.close(now, CloseReason::TimedOut),
                Timer::DataOpen => self.data_open_timed_out(now),
                Timer::DataStall => self.data_stalled(now),
                Timer::EarlyHello => {
                    // Whoever has begun may be somebody else, who keeps the client from its 150.
                    if !self.setup.as_ref().is_some_and(|setup| setup.begun) {
                        self.early_client = Some(false);
                    }
                    self.early_hello_missed(now);
                }
                Timer::TicketRest => self.advance_data(now),
                Timer::LoginDelay => self.login_delay_over(now),
                Timer::Drain => {
                    self.link = Link::Closed;
                    self.out.push_back(Output::Abort);
                }
            }
        }
        self.run(now);
    }

    fn time_is_up(&mut self, now: Instant, why: SubStatus, text: &'static str) {
        if self.link == Link::Open {
            self.send(&Answer::no(why, text));
        }
        self.close(now, CloseReason::TimedOut);
    }
}
