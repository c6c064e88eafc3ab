//! A transfer, once its data connection has been agreed on: what the replies say, times what the data connection does.

use std::time::{Duration, Instant};

use bytes::Bytes;
use wharf_codec::{Class, Command, Reply, ReplyCode, Text};

use super::Client;
use super::job::Job;
use super::operation::{OpError, OpId, Outcome, TransferSpec, TransferVerb, Waiting};
use super::protect::ProtectStep;
use super::setup::Method;
use crate::contract::{DataFailure, DataId, EndMark};

/// How long a transfer between two servers may take: nothing of it shows here, and a server that is gone shows by the
/// end of its connection.
const ELSEWHERE: Duration = Duration::from_secs(86_400);

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) spec: TransferSpec,
    pub(super) phase: Phase,
    /// The data connection, from its first command to its end.
    pub(super) data: Option<DataId>,
    pub(super) side: DataSide,
    pub(super) method: Method,
    /// Protection was asked for because a transfer without it was refused: once is enough.
    pub(super) asked_protection: bool,
    /// The transfer command is out already, behind the one that sets up the data connection.
    pub(super) paired: bool,
    /// Sending it so has failed: the commands go one by one.
    pub(super) one_by_one: bool,
    /// The name that the server chose.
    name: Option<Bytes>,
}

/// What is awaited on the control connection.
#[derive(Debug)]
pub(super) enum Phase {
    /// PBSZ, PROT.
    Protect(ProtectStep),
    /// TYPE.
    Type,
    /// MODE.
    Mode,
    /// SIZE.
    Size,
    /// EPSV, PASV, or the reply to PORT, EPRT.
    Setup,
    /// The reply to a transfer command that was sent early, and whose data connection was refused.
    Unset(Reply),
    /// Nothing: the data connection has to come about first.
    Opening,
    /// REST.
    Rest(u64),
    /// The replies to the transfer command itself.
    Moving(ReplySide),
    /// The reply to whatever was sent last, and then this is the end.
    Draining(OpError),
    /// The replies to the transfer command and to ABOR; `left` more may come.
    Aborting { error: OpError, left: u8, last: Option<Reply> },
}

/// What the replies to the transfer command have said.
#[derive(Debug)]
pub(super) enum ReplySide {
    /// Nothing.
    Silent,
    /// 1yz: it has begun.
    Begun,
    /// 2yz: it is over.
    Done(Reply),
}

/// What the data connection has done.
#[derive(Debug)]
pub(super) enum DataSide {
    /// It is not there yet.
    Opening,
    /// Peers are connected.
    Connected,
    /// TLS shakes hands.
    Securing,
    /// TLS is up.
    Secured,
    /// Bytes move; so many have.
    Running(u64),
    /// All moved.
    Finished { bytes: u64, end: EndMark },
    /// It broke.
    Failed(DataFailure),
}

impl Transfer {
    /// Whether the server has said its last word about it, and it was yes.
    pub(super) fn is_confirmed(&self) -> bool {
        matches!(self.phase, Phase::Moving(ReplySide::Done(_)))
    }
}

impl Client {
    pub(super) fn start_transfer(&mut self, now: Instant, op: OpId, spec: TransferSpec) {
        let transfer = Transfer {
            spec,
            phase: Phase::Opening,
            data: None,
            side: DataSide::Opening,
            method: Method::Pasv,
            asked_protection: false,
            paired: false,
            one_by_one: false,
            name: None,
        };
        self.prepare(now, op, transfer);
    }

    /// The bytes move between two servers: there is nothing to wait for but the replies.
    pub(super) fn begin_elsewhere(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        transfer.side = DataSide::Finished { bytes: 0, end: EndMark::Clean };
        self.begin(now, op, transfer);
    }

    pub(super) fn keep(&mut self, op: OpId, transfer: Transfer) {
        self.go_on(op, Job::Transfer(Box::new(transfer)));
    }

    pub(super) fn on_transfer_reply(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        let preliminary = reply.code().class() == Class::Preliminary;
        match core::mem::replace(&mut transfer.phase, Phase::Opening) {
            Phase::Aborting { error, left, .. } => {
                self.on_abort_reply(now, op, transfer, error, left, reply);
            }
            // 1yz to a command that has none: the real reply is still to come.
            phase @ (Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Opening
            | Phase::Rest(_)
            | Phase::Draining(_))
                if preliminary =>
            {
                transfer.phase = phase;
                self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
                self.keep(op, transfer);
            }
            Phase::Draining(error) => self.fail_transfer(op, &mut transfer, error),
            Phase::Moving(side) => self.on_moving_reply(now, op, transfer, side, reply),
            phase @ (Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Opening
            | Phase::Rest(_)) => {
                self.on_setup_reply(now, op, transfer, phase, reply);
            }
        }
    }

    /// Sends the transfer command itself.
    pub(super) fn send_transfer(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        if transfer.paired {
            // It is out; what comes next is its reply.
            self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
        } else {
            let Some(command) = command_of(&transfer.spec) else {
                let error = OpError::PeerMisbehaved("the path cannot be sent".to_owned());
                return self.fail_transfer(op, &mut transfer, error);
            };
            self.send(now, &command);
        }
        transfer.phase = Phase::Moving(ReplySide::Silent);
        if matches!(transfer.side, DataSide::Connected) && self.facts.data_protected {
            self.timers.arm_early(now, self.config.timeouts.early_tls);
        }
        self.keep(op, transfer);
    }

    fn on_moving_reply(
        &mut self,
        now: Instant,
        op: OpId,
        mut transfer: Transfer,
        side: ReplySide,
        reply: Reply,
    ) {
        if transfer.spec.verb == TransferVerb::Stou
            && let Some(name) = stou_name(reply.text())
        {
            transfer.name = Some(name);
        }
        let code = reply.code();
        if self.blames_pair(&transfer, code) {
            return self.start_anew(now, op, transfer);
        }
        if transfer.paired {
            self.on_pair_answered();
        }
        transfer.phase = match code.class() {
            Class::Preliminary => {
                self.settings.rest_pending = false;
                if transfer.spec.elsewhere {
                    self.timers.arm_reply(now, ELSEWHERE, Waiting::FinalReply);
                } else if matches!(transfer.side, DataSide::Finished { .. } | DataSide::Failed(_)) {
                    self.timers.arm_reply(now, self.config.timeouts.final_reply, Waiting::FinalReply);
                }
                // 110 may come again and again; a second 150 changes nothing.
                match side {
                    ReplySide::Silent => Phase::Moving(ReplySide::Begun),
                    other @ (ReplySide::Begun | ReplySide::Done(_)) => Phase::Moving(other),
                }
            }
            Class::Completion if matches!(side, ReplySide::Done(_)) => {
                return self.misbehaved(op, transfer, format!("a transfer was confirmed twice: {reply}"));
            }
            Class::Completion => Phase::Moving(ReplySide::Done(reply)),
            Class::Transient | Class::Permanent => {
                return self.on_refused(now, op, transfer, reply);
            }
            Class::Intermediate | Class::Protected => {
                return self.misbehaved(op, transfer, format!("a transfer was answered by {reply}"));
            }
        };
        self.advance(now, op, transfer);
    }

    /// 4yz or 5yz: whatever the data connection does is of no interest any more, a pending accept included.
    fn on_refused(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        let code = reply.code();
        let unprotected = matches!(
            code,
            ReplyCode::PROTECTION_NOT_SUFFICIENT
                | ReplyCode::PROTOCOL_OR_TLS_REFUSED
                | ReplyCode::POLICY_DENIED
        ) && self.facts.tls.is_some()
            && !self.facts.data_protected
            && !transfer.spec.elsewhere;
        if unprotected && !transfer.asked_protection {
            // TLS-18: these three say the same; ask once, then try again.
            self.forget_data(&mut transfer);
            transfer.asked_protection = true;
            let step = self.start_protect(now);
            transfer.phase = Phase::Protect(step);
            return self.keep(op, transfer);
        }
        let unknown_verb = matches!(
            code,
            ReplyCode::UNRECOGNIZED | ReplyCode::NOT_IMPLEMENTED | ReplyCode::PARAMETER_NOT_IMPLEMENTED
        );
        if transfer.spec.verb == TransferVerb::Mlsd && unknown_verb {
            self.facts.mlsd = Some(false);
        }
        let error = match core::mem::replace(&mut transfer.side, DataSide::Opening) {
            // A broken connection is what a server does that refuses in the middle; its words tell more.
            DataSide::Failed(DataFailure::Broken(_)) => OpError::Refused(reply),
            DataSide::Failed(failure) => OpError::Data { failure, reply: Some(reply) },
            side @ (DataSide::Opening
            | DataSide::Connected
            | DataSide::Securing
            | DataSide::Secured
            | DataSide::Running(_)
            | DataSide::Finished { .. }) => {
                transfer.side = side;
                OpError::Refused(reply)
            }
        };
        self.fail_transfer(op, &mut transfer, error);
    }

    /// Both sides meet here: whatever came last, the same pair of states does the same.
    pub(super) fn advance(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        let Phase::Moving(said) = &transfer.phase else { return self.keep(op, transfer) };
        let upload = transfer.spec.verb.is_upload();
        match (&transfer.side, said) {
            (DataSide::Finished { bytes, end }, ReplySide::Done(reply)) => {
                let (bytes, end, reply) = (*bytes, *end, reply.clone());
                return self.conclude(op, transfer, bytes, end, reply);
            }
            (DataSide::Failed(failure), ReplySide::Done(reply)) => {
                let error = OpError::Data { failure: failure.clone(), reply: Some(reply.clone()) };
                return self.fail_transfer(op, &mut transfer, error);
            }
            // DAT-17 lets a server leave out the 1yz, but nobody can have stored what was not sent.
            (
                DataSide::Opening | DataSide::Connected | DataSide::Securing | DataSide::Secured,
                ReplySide::Done(reply),
            ) if upload => {
                let text = format!("an upload was confirmed before it began: {reply}");
                return self.misbehaved(op, transfer, text);
            }
            (DataSide::Connected, ReplySide::Begun | ReplySide::Done(_)) => {
                if self.facts.data_protected {
                    self.secure_data(now, &mut transfer);
                } else {
                    self.move_bytes(now, op, &mut transfer);
                }
            }
            (DataSide::Secured, ReplySide::Begun | ReplySide::Done(_)) => {
                self.move_bytes(now, op, &mut transfer);
            }
            (
                DataSide::Opening | DataSide::Securing | DataSide::Running(_),
                ReplySide::Silent | ReplySide::Begun | ReplySide::Done(_),
            )
            | (DataSide::Connected | DataSide::Secured, ReplySide::Silent)
            | (DataSide::Finished { .. } | DataSide::Failed(_), ReplySide::Silent | ReplySide::Begun) => {}
        }
        self.keep(op, transfer);
    }

    /// Both sides say that it is over: whether it is whole (DAT-15, TLS-24).
    fn conclude(&mut self, op: OpId, mut transfer: Transfer, bytes: u64, end: EndMark, reply: Reply) {
        if transfer.spec.verb == TransferVerb::Mlsd {
            self.facts.mlsd = Some(true);
        }
        if !transfer.spec.verb.is_upload() {
            let expected = transfer.spec.expected;
            // A zlib stream brings an end mark of its own.
            let unsure = end == EndMark::NoCloseNotify && self.config.strict_close && !self.settings.deflate;
            let least = transfer.spec.at_least.filter(|_| expected.is_none());
            let wrong = expected.is_some_and(|expected| expected != bytes)
                || least.is_some_and(|least| bytes < least);
            if wrong || (expected.is_none() && unsure) {
                let expected = expected.or_else(|| least.filter(|_| wrong));
                return self.fail_transfer(op, &mut transfer, OpError::Truncated { bytes, expected });
            }
        }
        self.finish(op, Ok(Outcome::Transferred { bytes, reply, name: transfer.name }));
    }

    /// The same transfer once more, its commands one by one.
    pub(super) fn start_anew(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        self.on_pair_refused();
        self.forget_data(&mut transfer);
        transfer.one_by_one = true;
        self.open_data(now, op, transfer);
    }

    /// Nothing is out any more, and no data connection is there.
    fn forget_data(&mut self, transfer: &mut Transfer) {
        self.drop_data(transfer);
        transfer.data = None;
        transfer.side = DataSide::Opening;
        transfer.paired = false;
    }

    fn misbehaved(&mut self, op: OpId, mut transfer: Transfer, text: String) {
        self.fail_transfer(op, &mut transfer, OpError::PeerMisbehaved(text));
    }

    pub(super) fn fail_transfer(&mut self, op: OpId, transfer: &mut Transfer, error: OpError) {
        self.drop_data(transfer);
        transfer.data = None;
        self.finish(op, Err(error));
        self.end_abort_operation(None);
    }
}

/// The command of a transfer; `None` only when a path is missing that [`Client::start`] has asked for.
pub(super) fn command_of(spec: &TransferSpec) -> Option<Command> {
    let text = |spec: &TransferSpec| spec.path.clone().and_then(|path| Text::new(path.into_bytes()).ok());
    Some(match spec.verb {
        TransferVerb::Retr => Command::Retr(spec.path.clone()?),
        TransferVerb::Stor => Command::Stor(spec.path.clone()?),
        TransferVerb::Appe => Command::Appe(spec.path.clone()?),
        TransferVerb::Stou => Command::Stou(spec.path.clone()),
        TransferVerb::List => Command::List(text(spec)),
        TransferVerb::Nlst => Command::Nlst(text(spec)),
        TransferVerb::Mlsd => Command::Mlsd(spec.path.clone()),
    })
}

/// The name in a reply to STOU: `FILE: name` (RFC 1123 §4.1.2.9), wherever it stands (XFR-11).
fn stou_name(text: &[u8]) -> Option<Bytes> {
    let at = text.windows(5).position(|window| window.eq_ignore_ascii_case(b"FILE:"))?;
    let name = text.get(at + 5..)?.trim_ascii();
    (!name.is_empty()).then(|| Bytes::copy_from_slice(name))
}
