//! Commands that find no reply any more, since the session ends before.

use std::time::Instant;

use super::{
    AuditEvent, Server, TicketId, TransferRecord, Wait,
    transfer::{Phase, Transfer},
};
use crate::policy::DataLevel;

impl Server {
    /// Tells the log of what was asked for and is not answered: a client that hangs up has nothing done in silence.
    pub(super) fn tell_unanswered(&mut self, now: Instant) {
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
        while let Some(queued) = self.lines.pop_front() {
            self.event(AuditEvent::Unanswered { command: queued.text, path: None, asked: None });
        }
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
