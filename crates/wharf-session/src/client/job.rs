//! The operation that runs.

use super::command::CommandJob;
use super::login::Login;
use super::operation::OpId;
use super::secure::SecureStep;
use super::transfer::{Phase, Transfer};

/// The operation that runs, and how far it got.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) op: OpId,
    pub(super) job: Job,
}

/// One variant per kind of operation.
#[derive(Debug)]
pub(super) enum Job {
    Secure(SecureStep),
    Login(Login),
    Command(CommandJob),
    Transfer(Box<Transfer>),
    /// The replies to posted commands are awaited.
    Flush,
    Quit,
}

impl Job {
    /// Whether the reply that is awaited is the one that ends a transfer.
    pub(super) fn is_moving(&self) -> bool {
        matches!(self, Self::Transfer(transfer) if matches!(transfer.phase, Phase::Moving(_) | Phase::Aborting { .. }))
    }
}
