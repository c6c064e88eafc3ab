//! Stopping a transfer (RFC 959 §4.1.3).

use std::time::{Duration, Instant};

use wharf_codec::{Command, Reply, ReplyCode};

use super::Client;
use super::config::ClientTimeouts;
use super::operation::{ApiMisuse, OpError, OpId, Outcome};
use super::transfer::{Phase, ReplySide, Transfer};

impl Client {
    pub(super) fn start_abort(&mut self, now: Instant) -> Result<OpId, ApiMisuse> {
        let Some((transfer_op, transfer)) = self.take_transfer() else {
            return Err(ApiMisuse::NothingToAbort);
        };
        let op = self.new_op();
        if self.aborting.is_some() {
            self.keep(transfer_op, transfer);
            return Err(ApiMisuse::Busy);
        }
        self.aborting = Some(op);
        self.begin_abort(now, transfer_op, transfer, OpError::Aborted);
        Ok(op)
    }

    /// Ends the data connection and brings the replies back in step; the transfer then ends with `error`.
    pub(super) fn begin_abort(&mut self, now: Instant, op: OpId, mut transfer: Transfer, error: OpError) {
        self.drop_data(&transfer);
        transfer.data = None;
        match core::mem::replace(&mut transfer.phase, Phase::Opening) {
            // Nothing is awaited.
            Phase::Opening => return self.end_abort(op, error, None),
            // The reply to a step before the transfer command: there is nothing to abort yet.
            // The transfer command is out as well: its reply, and those before it, come ahead of the one to ABOR.
            phase @ (Phase::Size | Phase::Setup | Phase::Unset(_)) if transfer.paired => {
                self.send(now, &Command::Abor);
                let before = match phase {
                    Phase::Size => 2,
                    Phase::Setup => 1,
                    Phase::Protect(_)
                    | Phase::Type
                    | Phase::Mode
                    | Phase::Unset(_)
                    | Phase::Opening
                    | Phase::Rest(_)
                    | Phase::Moving(_)
                    | Phase::Draining(_)
                    | Phase::Aborting { .. } => 0,
                };
                transfer.phase = Phase::Aborting { error, left: before + 2, last: None };
            }
            phase @ (Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Draining(_)) => {
                // What the reply says is not looked at any more: the next transfer settles it.
                if matches!(phase, Phase::Type) {
                    self.settings.representation = None;
                }
                self.settings.mode_unsure |= matches!(phase, Phase::Mode);
                transfer.phase = Phase::Draining(error);
            }
            Phase::Rest(offset) => {
                self.settings.rest_pending = offset > 0;
                transfer.phase = Phase::Draining(error);
            }
            Phase::Moving(said) => {
                self.send(now, &Command::Abor);
                // One reply to the transfer, unless it has come, and one to ABOR.
                let left = if matches!(said, ReplySide::Done(_)) { 1 } else { 2 };
                if let OpError::TimedOut(what) = &error {
                    // The wait was long enough as it is.
                    self.timers.arm_reply(now, self.patience(&error), *what);
                }
                transfer.phase = Phase::Aborting { error, left, last: None };
            }
            aborting @ Phase::Aborting { .. } => transfer.phase = aborting,
        }
        self.keep(op, transfer);
    }

    /// How long a server may take to answer that stopped a transfer itself, by silence: it is as likely as not that it
    /// will never answer again.
    fn patience(&self, error: &OpError) -> Duration {
        let ClientTimeouts { reply, stall, .. } = self.config.timeouts;
        if matches!(error, OpError::TimedOut(_)) {
            reply.min((stall / 4).max(Duration::from_secs(1)))
        } else {
            reply
        }
    }

    /// One or two replies come, and nothing tells which (DAT-18): the second one is waited for, but not long.
    pub(super) fn on_abort_reply(
        &mut self,
        now: Instant,
        op: OpId,
        mut transfer: Transfer,
        error: OpError,
        left: u8,
        reply: Reply,
    ) {
        let left = if reply.code().get() < 200 { left } else { left - 1 };
        if left == 0 {
            return self.end_abort(op, error, Some(reply));
        }
        if reply.code().get() >= 200 {
            self.timers.arm_settle(now, self.config.timeouts.abort.min(self.patience(&error)));
        } else {
            self.timers.arm_reply(now, self.patience(&error), super::Waiting::Reply);
        }
        transfer.phase = Phase::Aborting { error, left, last: Some(reply) };
        self.keep(op, transfer);
    }

    /// No second reply to ABOR came in time.
    pub(super) fn on_settled(&mut self) {
        let Some((op, mut transfer)) = self.take_transfer() else { return };
        match core::mem::replace(&mut transfer.phase, Phase::Opening) {
            Phase::Aborting { error, last, .. } => {
                self.settings.late_abort_reply = true;
                self.end_abort(op, error, last);
            }
            phase @ (Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Opening
            | Phase::Rest(_)
            | Phase::Moving(_)
            | Phase::Draining(_)) => {
                transfer.phase = phase;
                self.keep(op, transfer);
            }
        }
    }

    fn end_abort(&mut self, op: OpId, error: OpError, reply: Option<Reply>) {
        self.timers.stop_settle();
        self.finish(op, Err(error));
        self.end_abort_operation(reply);
    }

    /// The operation that asked for it is over too.
    pub(super) fn end_abort_operation(&mut self, reply: Option<Reply>) {
        if let Some(abort) = self.aborting.take() {
            let reply = reply.unwrap_or_else(|| Reply::new(ReplyCode::DATA_OPEN, "Stopped"));
            self.finish(abort, Ok(Outcome::Done(reply)));
        }
    }

    /// A second reply to ABOR that came later than anybody waits.
    pub(super) fn takes_as_late_abort_reply(&mut self, code: ReplyCode) -> bool {
        let takes = self.settings.late_abort_reply
            && matches!(code, ReplyCode::DATA_OPEN | ReplyCode::CLOSING_DATA | ReplyCode::TRANSFER_ABORTED);
        self.settings.late_abort_reply &= !takes;
        takes
    }
}
