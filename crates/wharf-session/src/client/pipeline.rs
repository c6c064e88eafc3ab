//! Commands that go out together, without waiting for each other's replies.
//!
//! RFC 959 asks for nothing but replies in order (§5.4), yet some servers throw away what came behind the command that
//! they are working on. So a session begins one command at a time; the first pair is watched with a short clock, and
//! a reply that does not come ends the session ([`LostReason::Pipelined`]): which of the commands were lost cannot be
//! told from here, and taking a late reply for another one's would be worse.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use wharf_codec::{Class, Command, Reply, ReplyCode};

use super::job::{Job, Running};
use super::operation::{ApiMisuse, OpError, OpId, Outcome, TransferVerb, Waiting};
use super::output::{Event, LostReason};
use super::setup::Method;
use super::transfer::{Phase, Transfer};
use super::{Client, Life};

/// How long the second reply may take behind the first one, beyond three round trips, before the server counts as one
/// that loses commands.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(2);
/// The same, once it has answered such commands.
const PATIENCE: Duration = Duration::from_secs(30);
/// Commands that wait for their replies at a time.
const MOST: usize = 12;

/// Whether this server answers all of several commands that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Trust {
    #[default]
    Untried,
    Proven,
    Off,
}

/// What is on its way, beside the operation that runs.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    trust: Trust,
    /// A transfer command that went out with its setup was answered.
    pair_answered: bool,
    /// The reply that comes next is the second one, at least, of several.
    follows: bool,
    /// Shortest time from a command that went alone to its reply.
    round_trip: Option<Duration>,
    /// Commands that went out since the last reply.
    together: u32,
    /// When the command went out that is alone on its way.
    alone: Option<Instant>,
    /// To go out with the next command.
    posted: VecDeque<(OpId, Command)>,
    /// Gone out ahead of the running operation; their replies come first.
    owed: VecDeque<OpId>,
}

impl Pipeline {
    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    pub(super) fn on_sent(&mut self, now: Instant) {
        self.together = self.together.saturating_add(1);
        self.alone = (self.together == 1).then_some(now);
    }

    /// Takes the measure of the way, where one command was alone on it.
    pub(super) fn on_reply(&mut self, now: Instant) {
        self.together = 0;
        if let Some(sent) = self.alone.take() {
            let took = now.saturating_duration_since(sent);
            self.round_trip = Some(self.round_trip.map_or(took, |shortest| shortest.min(took)));
        }
    }

    /// How long a reply may be behind the one before it.
    fn grace(&self, paired: bool) -> Duration {
        let known = self.trust == Trust::Proven && (self.pair_answered || !paired);
        let way = self.round_trip.unwrap_or_default().saturating_mul(3);
        way.saturating_add(if known { PATIENCE } else { PATIENCE_AT_FIRST })
    }
}

impl Client {
    /// Queues a command that goes out together with the next operation's first one, or with
    /// [`Operation::Flush`](super::Operation::Flush); its end is told as [`Event::Finished`].
    ///
    /// # Errors
    /// [`ApiMisuse::NotAlone`] for a command that others depend on; [`ApiMisuse::Busy`] when too many wait, or the
    /// server has not shown yet that it answers commands that come together ([`may_post`](Self::may_post)).
    pub fn post(&mut self, command: Command) -> Result<OpId, ApiMisuse> {
        if self.life == Life::Closed {
            return Err(ApiMisuse::Closed);
        }
        if !stands_alone(&command) {
            return Err(ApiMisuse::NotAlone);
        }
        // Two that do nothing are how it is found out.
        let tries = command == Command::Noop && self.may_try();
        if !tries && !self.may_post() {
            return Err(ApiMisuse::Busy);
        }
        let op = self.new_op();
        self.pipeline.posted.push_back((op, command));
        Ok(op)
    }

    /// Whether [`post`](Self::post) takes a command now.
    #[must_use]
    pub fn may_post(&self) -> bool {
        self.config.pipeline
            && self.pipeline.trust == Trust::Proven
            && self.facts.logged_in
            && self.pipeline.posted.len() + self.pipeline.owed.len() < MOST
    }

    /// Whether two NOOPs may be posted to find out whether the server answers commands that come together.
    #[must_use]
    pub fn may_try(&self) -> bool {
        self.config.pipeline
            && self.pipeline.trust == Trust::Untried
            && self.facts.logged_in
            && self.pipeline.posted.len() + self.pipeline.owed.len() < 2
    }

    /// Whether commands wait for something to go out with, or for their replies.
    #[must_use]
    pub fn has_posted(&self) -> bool {
        !self.pipeline.posted.is_empty() || self.pipeline.owes()
    }

    /// Whether the server has shown that it does not answer commands that come together.
    #[must_use]
    pub fn loses_commands(&self) -> bool {
        self.pipeline.trust == Trust::Off
    }

    /// Sends what was posted, ahead of the operation that begins.
    pub(super) fn send_posted(&mut self, now: Instant) {
        while let Some((op, command)) = self.pipeline.posted.pop_front() {
            self.pipeline.owed.push_back(op);
            self.send(now, &command);
        }
    }

    pub(super) fn start_flush(&mut self, op: OpId) {
        if self.pipeline.owes() {
            self.go_on(op, Job::Flush);
        } else {
            self.finish(op, Ok(Outcome::Done(Reply::new(ReplyCode::OKAY, "Nothing was waiting"))));
        }
    }

    /// A reply that belongs to a posted command: those come before all others.
    pub(super) fn on_owed_reply(&mut self, now: Instant, reply: Reply) {
        if reply.code().class() == Class::Preliminary {
            return self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
        }
        let Some(op) = self.pipeline.owed.pop_front() else { return };
        let more = self.pipeline.owes();
        if core::mem::replace(&mut self.pipeline.follows, more) && self.pipeline.trust == Trust::Untried {
            self.pipeline.trust = Trust::Proven;
        }
        let text = reply.clone();
        let result =
            if reply.code().is_refusal() { Err(OpError::Refused(reply)) } else { Ok(Outcome::Done(reply)) };
        self.outputs.push_back(Event::Finished { op, result }.into());
        self.timers.stop_reply();
        if self.pipeline.owes() {
            return self.await_next(now, false);
        }
        match self.running.take() {
            Some(Running { op, job: Job::Flush }) => self.finish(op, Ok(Outcome::Done(text))),
            Some(running) => {
                let waits = !matches!(&running.job, Job::Transfer(transfer) if matches!(transfer.phase, Phase::Opening));
                self.running = Some(running);
                if waits {
                    self.await_next(now, false);
                }
            }
            None => {}
        }
    }

    /// One reply of several has come: the next one cannot be far.
    pub(super) fn await_next(&mut self, now: Instant, paired: bool) {
        self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
        self.timers.arm_lost(now, self.pipeline.grace(paired).min(self.config.timeouts.reply));
    }

    /// The reply to a transfer command that went out early may depend on the data connection, which is there now.
    pub(super) fn await_paired(&mut self, now: Instant, transfer: &Transfer) {
        if transfer.paired && matches!(transfer.phase, Phase::Moving(super::transfer::ReplySide::Silent)) {
            let early =
                if self.facts.data_protected { self.config.timeouts.early_tls } else { Duration::ZERO };
            let grace = self.pipeline.grace(true).saturating_add(early);
            self.timers.arm_lost(now, grace.min(self.config.timeouts.reply));
        }
    }

    /// A reply is missing behind one that came.
    pub(super) fn on_lost_reply(&mut self) {
        self.pipeline.trust = Trust::Off;
        self.lose(LostReason::Pipelined);
    }

    /// Whether the transfer command may go out together with the one that sets up its data connection.
    pub(super) fn may_pair(&self, transfer: &Transfer, method: Method) -> bool {
        let plain = transfer.spec.offset == 0 && !self.settings.rest_pending;
        let repeatable = match transfer.spec.verb {
            TransferVerb::Retr | TransferVerb::Stor => true,
            // A long listing may take its time to begin with: the short clock of the first pair is not for it.
            TransferVerb::List | TransferVerb::Nlst | TransferVerb::Mlsd => self.pipeline.pair_answered,
            TransferVerb::Appe | TransferVerb::Stou => false,
        };
        // A setup that has worked once is not likely to be refused.
        let works = match method {
            Method::Epsv => self.facts.epsv == Some(true),
            Method::Pasv => self.settings.pasv_worked,
            Method::Active => false,
        };
        self.config.pipeline
            && self.facts.logged_in
            && self.pipeline.trust != Trust::Off
            && plain
            && repeatable
            && works
            && !transfer.one_by_one
    }

    /// A pair did not do, though each command for itself may.
    pub(super) fn on_pair_refused(&mut self) {
        if !self.pipeline.pair_answered {
            self.pipeline.trust = Trust::Off;
        }
    }

    /// A pair was answered in full.
    pub(super) fn on_pair_answered(&mut self) {
        self.pipeline.pair_answered = true;
        self.pipeline.trust = Trust::Proven;
    }

    /// Whether the refusal of a transfer command may come from its having been sent early.
    pub(super) fn blames_pair(&self, transfer: &Transfer, code: ReplyCode) -> bool {
        transfer.paired
            && !self.pipeline.pair_answered
            && matches!(
                code,
                ReplyCode::CANNOT_OPEN_DATA
                    | ReplyCode::BAD_SEQUENCE
                    | ReplyCode::UNRECOGNIZED
                    | ReplyCode::BAD_PARAMETER
            )
    }

    /// The session is over for all that waited.
    pub(super) fn lose_posted(&mut self, reason: &LostReason) {
        let owed = core::mem::take(&mut self.pipeline.owed);
        let posted = core::mem::take(&mut self.pipeline.posted);
        for op in owed.into_iter().chain(posted.into_iter().map(|(op, _)| op)) {
            let result = Err(OpError::Lost(reason.clone()));
            self.outputs.push_back(Event::Finished { op, result }.into());
        }
    }
}

/// Whether nothing else in the session depends on what comes of a command.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known to be harmless waits for its turn")]
fn stands_alone(command: &Command) -> bool {
    match command {
        Command::Dele(_)
        | Command::Mkd(_)
        | Command::Rmd(_)
        | Command::Size(_)
        | Command::Mdtm(_)
        | Command::Mfmt { .. }
        | Command::Noop => true,
        Command::Unknown { verb, .. } => verb.as_bytes().eq_ignore_ascii_case(b"MDTM"),
        _ => false,
    }
}
