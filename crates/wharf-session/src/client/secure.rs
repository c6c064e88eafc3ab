//! AUTH TLS (RFC 4217 §4).

use std::time::Instant;

use wharf_codec::{AuthMechanism, Command, Reply, ReplyCode};

use super::job::{Job, Running};
use super::operation::{OpError, OpId, Outcome, Waiting};
use super::output::{LostReason, Output, ServerFacts};
use super::protect::{ProtectStep, Protected};
use super::{Client, Life, Settings};
use crate::contract::TlsInfo;

/// How far the operation got.
#[derive(Debug)]
pub(super) enum SecureStep {
    /// The reply to AUTH is awaited.
    Auth {
        host: String,
        /// The older name of the mechanism has been tried too.
        last: bool,
    },
    /// TLS shakes hands; the reply was this.
    Handshake(Reply),
    /// Data connections are being protected as well.
    Protect(ProtectStep, Reply),
}

impl Client {
    pub(super) fn start_secure(&mut self, now: Instant, op: OpId, host: String) {
        self.send(now, &Command::Auth(AuthMechanism::Tls));
        self.go_on(op, Job::Secure(SecureStep::Auth { host, last: false }));
    }

    pub(super) fn on_secure_reply(&mut self, now: Instant, op: OpId, step: SecureStep, reply: Reply) {
        match step {
            // A server that knows the mechanism by its older name alone does the same TLS (TLS-02).
            SecureStep::Auth { host, last: false }
                if matches!(
                    reply.code(),
                    ReplyCode::BAD_PARAMETER | ReplyCode::PARAMETER_NOT_IMPLEMENTED
                ) =>
            {
                self.send(now, &Command::Auth(AuthMechanism::Ssl));
                self.go_on(op, Job::Secure(SecureStep::Auth { host, last: true }));
            }
            SecureStep::Auth { host, .. } => {
                // 234 and nothing else means yes: taking 2yz for it would let one forged line keep the session in
                // clear.
                if reply.code() != ReplyCode::SECURITY_COMPLETE {
                    return self.finish(op, Err(OpError::TlsRefused(reply)));
                }
                self.go_on(op, Job::Secure(SecureStep::Handshake(reply)));
                if !self.input.is_empty() {
                    return self.lose(LostReason::PlaintextBehindTls);
                }
                self.life = Life::Upgrading;
                self.outputs.push_back(Output::UpgradeTls { host });
                self.timers.arm_reply(now, self.config.timeouts.tls, Waiting::Tls);
            }
            // Nothing is read during the handshake.
            SecureStep::Handshake(_) => self.lose(LostReason::PlaintextBehindTls),
            SecureStep::Protect(step, first) => match self.on_protect_reply(now, step, reply) {
                Protected::GoOn(step) => self.go_on(op, Job::Secure(SecureStep::Protect(step, first))),
                // A server that takes PROT only after login is asked again then (TLS-15).
                Protected::Done { .. } => self.finish(op, Ok(Outcome::Done(first))),
            },
        }
    }

    /// TLS is up: whatever was learnt in clear may have been somebody else's words.
    pub(super) fn on_secured(&mut self, now: Instant, info: TlsInfo) {
        self.life = Life::Open;
        self.facts = ServerFacts { tls: Some(info), epsv: self.facts.epsv, ..ServerFacts::default() };
        self.settings = Settings { epsv_failed: self.settings.epsv_failed, ..Settings::default() };
        self.timers.stop_reply();
        let Some(Running { op, job: Job::Secure(SecureStep::Handshake(reply)) }) = self.running.take() else {
            return;
        };
        if self.wants_protection() && !self.config.protect_after_login {
            let step = self.start_protect(now);
            self.go_on(op, Job::Secure(SecureStep::Protect(step, reply)));
        } else {
            self.finish(op, Ok(Outcome::Done(reply)));
        }
    }
}
