//! AUTH, PBSZ, PROT, CCC (RFC 2228, RFC 4217), and what TLS did.

use std::time::Instant;

use wharf_codec::{AuthMechanism, ProtectionLevel, ReplyCode};

use super::{
    AuditEvent, CloseReason, Link, Output, Server, Settings,
    answer::{Answer, Good},
    timers::Timer,
};
use crate::{
    SubStatus,
    contract::TlsEvent,
    policy::{Action, ControlLevel, DataLevel},
};

impl Server {
    pub(super) fn auth(&mut self, now: Instant, mechanism: &AuthMechanism) {
        if matches!(mechanism, AuthMechanism::Other(_)) {
            return self.no(SubStatus::UnknownMechanism, "Only AUTH TLS is offered");
        }
        if !self.permits(&self.policy(), Action::StartTls) {
            return;
        }
        if !self.input.is_empty() || !self.lines.is_empty() || !self.framer.is_idle() {
            // Not even 234: who sends commands behind AUTH must not have them taken for protected ones.
            return self.handle_plaintext_after_auth(now);
        }
        self.drop_setup();
        self.done_with(Good::SECURITY_COMPLETE, "Begin TLS now");
        let host = self.host.and_then(|index| self.cfg.hosts.get(index)?.names.first().cloned());
        self.out.push_back(Output::UpgradeTls { host });
        self.upgrade_began = now;
        self.link = Link::Upgrading;
        self.timers.set(Timer::TlsHandshake, now + self.cfg.timeouts.tls_handshake);
    }

    /// The driver found bytes in clear behind AUTH when TLS was to begin: they are never parsed, the session ends.
    pub fn handle_plaintext_after_auth(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        self.event(AuditEvent::PlaintextAfterAuth);
        if !self.current.is_empty() {
            // AUTH itself, which is refused without a word.
            let command = core::mem::take(&mut self.current);
            self.event(AuditEvent::Unanswered { command, path: None, asked: None });
        }
        self.close(now, CloseReason::Injection);
    }

    /// What happened to TLS on the control connection.
    pub fn handle_tls(&mut self, now: Instant, event: TlsEvent) {
        if self.is_closed() {
            return;
        }
        match (event, self.link) {
            (TlsEvent::Established(info), Link::Upgrading) => {
                self.timers.clear(Timer::TlsHandshake);
                self.link = Link::Open;
                self.control = ControlLevel::Secured;
                self.handshake_took = now.saturating_duration_since(self.upgrade_began);
                self.last_activity = now;
                // RFC 4217 §4.2: the session starts over.
                if self.settings.grant.is_some() {
                    self.timers.set(Timer::Login, now + self.cfg.timeouts.login);
                }
                self.event(AuditEvent::Secured(info.clone()));
                let named = info.server_name.as_deref().and_then(|name| self.host_called(name));
                self.tls = Some(info);
                if self.host.is_some() && named.is_some() && named != self.host {
                    self.send(&Answer::no_as(
                        ReplyCode::SERVICE_NOT_AVAILABLE,
                        SubStatus::HostDiffers,
                        "TLS was started for another host than HOST has named",
                    ));
                    return self.close(now, CloseReason::TlsFailed);
                }
                self.host = named.or(self.host);
                if let Some(problem) = self.certificate_problem() {
                    self.event(AuditEvent::CertificateRefused(problem));
                }
                self.settings = Settings::new(self.cfg.implicit, self.base_policy().data, true);
                if !self.greeted {
                    self.greet();
                }
                self.run(now);
            }
            (TlsEvent::Cleared, Link::Clearing(level)) => {
                self.timers.clear(Timer::TlsHandshake);
                self.link = Link::Open;
                self.control = level;
                self.tls = None;
                self.last_activity = now;
                self.event(AuditEvent::Cleared);
                self.run(now);
            }
            (TlsEvent::Failed(text), _) => {
                self.event(AuditEvent::TlsFailed(text));
                self.close(now, CloseReason::TlsFailed);
            }
            (TlsEvent::CloseNotify, _) => self.handle_eof(now),
            // Nothing was asked that this could answer.
            (TlsEvent::Established(_) | TlsEvent::Cleared, _) => self.close(now, CloseReason::TlsFailed),
        }
    }

    /// Whether PBSZ and PROT make sense now; answers when not.
    fn under_tls(&mut self) -> bool {
        match self.control {
            ControlLevel::Secured => true,
            ControlLevel::Clear => {
                self.no(SubStatus::TlsFirst, "AUTH TLS comes first");
                false
            }
            ControlLevel::Cleared => {
                self.no_as(
                    ReplyCode::PROTECTION_DENIED,
                    SubStatus::TlsAfterCcc,
                    "CCC has fixed the protection of this session",
                );
                false
            }
        }
    }

    pub(super) fn pbsz(&mut self) {
        if self.under_tls() {
            self.settings.pbsz = true;
            // TLS needs no buffer size; whatever was asked, 0 is what holds (RFC 4217 §9).
            self.done_with(Good::OKAY, "PBSZ=0");
        }
    }

    pub(super) fn prot(&mut self, level: ProtectionLevel) {
        if !self.under_tls() {
            return;
        }
        if !self.settings.pbsz {
            return self.no(SubStatus::WrongOrder, "PBSZ 0 comes first");
        }
        let level = match level {
            ProtectionLevel::Clear => DataLevel::Clear,
            ProtectionLevel::Private => DataLevel::Private,
            ProtectionLevel::Safe | ProtectionLevel::Confidential => {
                return self.no(SubStatus::LevelUnsupported, "TLS knows PROT C and PROT P only");
            }
        };
        if !self.permits(&self.policy(), Action::SetDataLevel(level)) {
            return;
        }
        self.settings.level = level;
        let text = match level {
            DataLevel::Clear => "Data connections are in clear now",
            DataLevel::Private => "Data connections are protected now",
        };
        self.done(Answer::good(Good::OKAY, text));
    }

    pub(super) fn ccc(&mut self) {
        if !self.permits(&self.policy(), Action::ClearControl) {
            return;
        }
        self.done_with(Good::OKAY, "Commands go on in clear");
        self.out.push_back(Output::ClearTls);
        self.link = Link::Clearing(ControlLevel::Cleared);
        self.timers.set(Timer::TlsHandshake, self.last_activity + self.cfg.timeouts.tls_handshake);
    }
}
