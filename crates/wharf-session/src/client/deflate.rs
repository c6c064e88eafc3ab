//! MODE Z, where it is wanted and offered (draft-preston-ftpext-deflate-04).

use std::time::Instant;

use wharf_codec::{Command, DeflateLevel, Features, Reply, ReplyCode, TransferMode};

use super::Client;
use super::operation::{OpError, OpId};
use super::transfer::{Phase, Transfer};
use crate::mode::DataMode;

impl Client {
    /// The mode that holds.
    pub(super) fn data_mode(&self) -> DataMode {
        if self.settings.deflate { DataMode::Deflate(DeflateLevel::default()) } else { DataMode::Stream }
    }

    fn wants_deflate(&self) -> bool {
        let offered = self.facts.features.as_ref().is_some_and(Features::mode_z);
        self.config.compress && offered && !self.settings.deflate_refused
    }

    /// MODE is sent only when it changes.
    pub(super) fn choose_mode(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        let wanted = self.wants_deflate();
        if wanted == self.settings.deflate && !self.settings.mode_unsure {
            return self.ask_size(now, op, transfer);
        }
        self.send(now, &Command::Mode(if wanted { TransferMode::Deflate } else { TransferMode::Stream }));
        transfer.phase = Phase::Mode;
        self.keep(op, transfer);
    }

    pub(super) fn on_mode_reply(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        let (code, wanted) = (reply.code(), self.wants_deflate());
        if code.is_completion() {
            self.settings.deflate = wanted;
            self.settings.mode_unsure = false;
        } else if !wanted || code == ReplyCode::SERVICE_NOT_AVAILABLE || !code.is_refusal() {
            // Without an agreement on the mode nothing can be read.
            return self.fail_transfer(op, &mut transfer, OpError::Refused(reply));
        } else {
            self.settings.deflate_refused = true;
        }
        self.choose_mode(now, op, transfer);
    }
}
