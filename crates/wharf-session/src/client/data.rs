//! The data side of a transfer.

use std::time::Instant;

use super::Client;
use super::operation::{OpError, OpId, TransferType, Waiting};
use super::output::Output;
use super::setup::Method;
use super::transfer::{DataSide, Phase, ReplySide, Transfer};
use crate::contract::{CancelHow, DataCommand, DataEvent, DataFailure, DataId, Flow, Form, TicketPlan};

impl Client {
    /// What the data connection says.
    pub(super) fn on_data(
        &mut self,
        now: Instant,
        op: OpId,
        mut transfer: Transfer,
        id: DataId,
        event: DataEvent,
    ) {
        if transfer.data != Some(id) {
            return self.keep(op, transfer);
        }
        match event {
            DataEvent::Listening(addr) => return self.on_listening(now, op, transfer, addr),
            DataEvent::Connected { .. } => {
                self.timers.stop_data();
                transfer.side = DataSide::Connected;
                match transfer.method {
                    Method::Epsv => self.facts.epsv = Some(true),
                    Method::Pasv => self.settings.pasv_worked = true,
                    Method::Active => {}
                }
                self.await_paired(now, &transfer);
                if matches!(transfer.phase, Phase::Opening) {
                    return self.begin(now, op, transfer);
                }
                if matches!(transfer.phase, Phase::Moving(ReplySide::Silent)) && self.facts.data_protected {
                    self.timers.arm_early(now, self.config.timeouts.early_tls);
                }
            }
            // A client begins handshakes itself.
            DataEvent::HandshakeBegun | DataEvent::HandshakeLost => {}
            DataEvent::Secured { tls, .. } => {
                self.timers.stop_data();
                self.await_paired(now, &transfer);
                self.facts.data_tls = Some(tls);
                transfer.side = DataSide::Secured;
            }
            DataEvent::Progress { bytes } => {
                if let DataSide::Running(so_far) = &mut transfer.side
                    && bytes > *so_far
                {
                    *so_far = bytes;
                    self.timers.arm_data(now, self.config.timeouts.stall, Waiting::DataStall);
                }
            }
            DataEvent::Finished { bytes, end } => {
                self.timers.stop_data();
                transfer.data = None;
                transfer.side = DataSide::Finished { bytes, end };
                self.timers.arm_reply(now, self.config.timeouts.final_reply, Waiting::FinalReply);
            }
            DataEvent::Failed(failure) => {
                transfer.data = None;
                return self.on_data_failed(now, op, transfer, failure);
            }
        }
        self.advance(now, op, transfer);
    }

    pub(super) fn on_data_failed(
        &mut self,
        now: Instant,
        op: OpId,
        mut transfer: Transfer,
        failure: DataFailure,
    ) {
        self.timers.stop_data();
        self.timers.stop_early();
        let never_came = matches!(transfer.side, DataSide::Opening);
        match &transfer.phase {
            Phase::Opening if self.falls_back(&transfer) => self.send_pasv(now, op, transfer),
            Phase::Opening => {
                self.fail_transfer(op, &mut transfer, OpError::Data { failure, reply: None });
            }
            // The server would wait for a connection that does not come.
            Phase::Moving(ReplySide::Silent | ReplySide::Begun) if never_came => {
                self.begin_abort(now, op, transfer, OpError::Data { failure, reply: None });
            }
            Phase::Moving(_) => {
                transfer.side = DataSide::Failed(failure);
                self.timers.arm_reply(now, self.config.timeouts.final_reply, Waiting::FinalReply);
                self.advance(now, op, transfer);
            }
            Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Rest(_)
            | Phase::Draining(_)
            | Phase::Aborting { .. } => {
                transfer.side = DataSide::Failed(failure);
                self.keep(op, transfer);
            }
        }
    }

    /// TLS does not wait for a 1yz that waits for TLS.
    pub(super) fn on_early_tls(&mut self, now: Instant) {
        let Some((op, mut transfer)) = self.take_transfer() else { return };
        if matches!(transfer.phase, Phase::Moving(ReplySide::Silent))
            && matches!(transfer.side, DataSide::Connected)
            && self.facts.data_protected
        {
            self.secure_data(now, &mut transfer);
        }
        self.keep(op, transfer);
    }

    pub(super) fn secure_data(&mut self, now: Instant, transfer: &mut Transfer) {
        let Some(id) = transfer.data else { return };
        self.timers.stop_early();
        transfer.side = DataSide::Securing;
        let command = DataCommand::Secure { id, tickets: TicketPlan::Unknown };
        self.outputs.push_back(Output::Data(command));
        self.timers.arm_data(now, self.config.timeouts.data_open, Waiting::DataOpen);
    }

    pub(super) fn move_bytes(&mut self, now: Instant, op: OpId, transfer: &mut Transfer) {
        let Some(id) = transfer.data else { return };
        transfer.side = DataSide::Running(0);
        let job = op.job();
        let flow = if transfer.spec.verb.is_upload() { Flow::Send(job) } else { Flow::Receive(job) };
        // The text of a listing is for the reader of listings, who knows line ends.
        let text = transfer.spec.representation == TransferType::Ascii && !transfer.spec.verb.is_listing();
        let form = if text { Form::Ascii { skip: 0 } } else { Form::Image };
        self.outputs.push_back(Output::Data(DataCommand::Start { id, flow, form, mode: self.data_mode() }));
        self.timers.arm_data(now, self.config.timeouts.stall, Waiting::DataStall);
    }

    /// Ends the data connection if there is one.
    pub(super) fn drop_data(&mut self, transfer: &Transfer) {
        let Some(id) = transfer.data else { return };
        let runs = matches!(transfer.side, DataSide::Running(_));
        let how = if runs { CancelHow::Abort } else { CancelHow::Close };
        self.outputs.push_back(Output::Data(DataCommand::Cancel { id, how }));
        self.timers.stop_data();
        self.timers.stop_early();
    }
}
