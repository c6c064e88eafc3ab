//! Commands that find no reply any more, since the session ends before.

use std::time::Instant;

use super::{
    AuditEvent, CloseReason, Link, Server, TicketId, TransferRecord, Wait,
    transfer::{Phase, Transfer},
};
use crate::policy::DataLevel;

impl Server {
    /// The most lines that are told of behind those of the look-ahead; of more, the first password.
    const MOST_BEHIND: usize = 1_000;

    /// Tells the log of what was asked for and is not answered: a client that hangs up has nothing done in silence.
    pub(super) fn tell_unanswered(&mut self, now: Instant, reason: CloseReason) {
        if let Some(transfer) = &self.transfer {
            let asked = match transfer.phase {
                Phase::Opening => Some(TicketId(transfer.job)),
                Phase::Committing { ticket } => Some(TicketId(ticket)),
                Phase::Connecting | Phase::Running => None,
            };
            let (command, path) = (transfer.text.clone(), Some(transfer.path.clone()));
            if transfer.phase != Phase::Opening {
                let record = transfer.record(now);
                self.event(AuditEvent::Transferred(record));
            }
            self.event(AuditEvent::Unanswered { command, path, asked });
        }
        if let Some(waiting) = &self.waiting {
            let asked = match &waiting.what {
                Wait::File { ticket, .. } | Wait::Commit { ticket, .. } => Some(TicketId(*ticket)),
                Wait::Certified { .. }
                | Wait::Lines { .. }
                | Wait::Listen { .. }
                | Wait::Login { .. }
                | Wait::LoginDelay { .. }
                | Wait::Sessions { .. } => None,
            };
            let (command, path) = (waiting.text.clone(), self.meant.take());
            self.event(AuditEvent::Unanswered { command, path, asked });
        }
        let mut behind_auth = false;
        while let Some(queued) = self.lines.pop_front() {
            behind_auth = queued.is_auth();
            self.never_begun(queued.text);
        }
        // What somebody injects, and what stands behind AUTH, is never understood (TLS-04).
        if self.link == Link::Open && !behind_auth && reason != CloseReason::Injection {
            self.tell_unread();
        }
    }

    /// The same of what came behind the lines that were looked at, up to the last one, which has no end: a password has crossed
    /// the network all the same when its line end has not.
    fn tell_unread(&mut self) {
        let (mut told, mut secret) = (0, false);
        while let Some(queued) = self.next_queued() {
            if queued.is_flood() {
                return;
            }
            let last = queued.is_auth();
            let shown = told < Self::MOST_BEHIND || !secret && queued.is_secret();
            told += 1;
            if shown {
                secret = told > Self::MOST_BEHIND;
                self.never_begun(queued.text);
            }
            if last {
                return;
            }
        }
        if self.input.is_empty() && self.framer.is_idle() {
            return;
        }
        // The first one may still be part of a Telnet sequence.
        self.input.extend_from_slice(b"\n\n");
        if let Some(unfinished) = self.next_queued().filter(|queued| !queued.is_empty() && !queued.is_flood())
        {
            // What else it would have become is not known: its bytes are shown to nobody.
            let text = if unfinished.is_secret() { unfinished.text } else { "(unfinished)".to_owned() };
            self.never_begun(text);
        }
    }

    fn never_begun(&mut self, command: String) {
        self.event(AuditEvent::Unanswered { command, path: None, asked: None });
    }
}

impl Transfer {
    /// What is told of it while it has no final reply.
    pub(super) fn record(&self, now: Instant) -> TransferRecord {
        TransferRecord {
            verb: self.verb,
            path: self.path.clone(),
            bytes: self.bytes,
            mode: self.mode,
            wire: self.mode.is_deflate().then_some(self.wire),
            secured: self.level == DataLevel::Private,
            bound: self.bound,
            took: now.saturating_duration_since(self.began),
            code: None,
            substatus: None,
        }
    }
}
