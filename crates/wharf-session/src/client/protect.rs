//! PBSZ and PROT: the protection of data connections (RFC 4217 §9).

use std::time::Instant;

use wharf_codec::{Command, ProtectionLevel, Reply};

use super::Client;

/// Which of the two commands waits for its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProtectStep {
    Pbsz,
    Prot,
}

/// What a reply to one of the two means.
#[derive(Debug)]
pub(super) enum Protected {
    /// The other command is under way.
    GoOn(ProtectStep),
    /// The server answered PROT P; data connections are protected when it accepted.
    Done { accepted: bool, reply: Reply },
}

impl Client {
    /// Whether data connections ought to be protected and are not.
    pub(super) fn wants_protection(&self) -> bool {
        self.facts.tls.is_some()
            && !self.facts.data_protected
            && (self.config.require_data_tls || self.implicit)
    }

    pub(super) fn start_protect(&mut self, now: Instant) -> ProtectStep {
        self.send(now, &Command::Pbsz(0));
        ProtectStep::Pbsz
    }

    /// A refusal of PBSZ is no reason to stop: the answer to PROT decides.
    pub(super) fn on_protect_reply(&mut self, now: Instant, step: ProtectStep, reply: Reply) -> Protected {
        match step {
            ProtectStep::Pbsz => {
                self.send(now, &Command::Prot(ProtectionLevel::Private));
                Protected::GoOn(ProtectStep::Prot)
            }
            ProtectStep::Prot => {
                let accepted = reply.code().is_completion();
                self.facts.data_protected = accepted;
                Protected::Done { accepted, reply }
            }
        }
    }
}
