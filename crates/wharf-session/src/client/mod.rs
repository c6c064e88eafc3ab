//! The client's half of FTP as a machine without I/O.
//!
//! The driver feeds it with what happens ([`handle_bytes`](Client::handle_bytes),
//! [`handle_tls`](Client::handle_tls), [`handle_data`](Client::handle_data), ...), and takes [`Output`]s from one
//! ordered queue until it is empty. It may do so at any time and in any order of calls. The time is the caller's.
//!
//! Operations run one at a time; commands that nothing depends on may be [posted](Client::post) to go out with the
//! next one. A transfer is the product of two small states, what the replies say and what the
//! data connection does, and either may be ahead of the other.

mod abort;
mod command;
mod config;
mod data;
mod deflate;
mod job;
mod login;
mod operation;
mod output;
mod pipeline;
mod protect;
mod reply;
mod secure;
mod setup;
#[cfg(test)]
mod tests;
mod timer;
mod transfer;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use wharf_codec::{Command, Reply, ReplyCode, ReplyFramer, Representation};

pub use self::config::{ClientConfig, ClientTimeouts, StartSecurity};
use self::job::{Job, Running};
pub use self::operation::{
    ApiMisuse, OpError, OpId, Operation, Outcome, TransferSpec, TransferType, TransferVerb, Waiting,
};
pub use self::output::{Event, LostReason, Output, ServerFacts};
use self::pipeline::Pipeline;
use self::timer::{Due, Timers};
use crate::contract::{DataEvent, DataId, TlsEvent};

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// Implicit TLS shakes hands; the greeting comes after it.
    Securing,
    /// The greeting is awaited.
    Greeting,
    /// Operations may run.
    Open,
    /// TLS was agreed on (234) and shakes hands: nothing is read.
    Upgrading,
    /// TLS ends and the connection stays (CCC, REIN): nothing is read.
    Clearing,
    /// It is over.
    Closed,
}

/// What the server was told that later commands depend on.
#[derive(Debug, Default)]
struct Settings {
    /// The last TYPE that the server took.
    representation: Option<Representation>,
    /// MODE Z holds.
    deflate: bool,
    /// A MODE was sent whose reply nobody looked at.
    mode_unsure: bool,
    /// MODE Z was refused though it is offered: once is enough.
    deflate_refused: bool,
    /// EPSV did not work: PASV from now on.
    epsv_failed: bool,
    /// A data connection by PASV came about.
    pasv_worked: bool,
    /// A REST was taken and its transfer refused; some servers remember it for the next one (XFR-08).
    rest_pending: bool,
    /// One more reply to an ABOR may still come.
    late_abort_reply: bool,
}

/// The client machine.
///
/// - What happens: [`handle_bytes`](Self::handle_bytes), [`handle_eof`](Self::handle_eof),
///   [`handle_tls`](Self::handle_tls), [`handle_data`](Self::handle_data),
///   [`handle_timeout`](Self::handle_timeout), [`handle_sent`](Self::handle_sent).
/// - What the application wants: [`start`](Self::start).
/// - What is to be done: [`poll_output`](Self::poll_output), [`poll_timeout`](Self::poll_timeout),
///   [`wants_bytes`](Self::wants_bytes).
///
/// The data connection of operation *n* gets the job number *n* ([`OpId`]).
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    peer: SocketAddr,
    local: SocketAddr,
    framer: ReplyFramer,
    input: BytesMut,
    outputs: VecDeque<Output>,
    timers: Timers,
    life: Life,
    running: Option<Running>,
    /// The Abort operation that waits for its replies.
    aborting: Option<OpId>,
    facts: ServerFacts,
    settings: Settings,
    pipeline: Pipeline,
    implicit: bool,
    /// The server closed the connection behind the last reply of a transfer whose bytes still move.
    ended: bool,
    next_op: u64,
    next_data: u64,
}

impl Client {
    /// A session with the server at `peer`, reached from `local`, on a connection that has just come about.
    #[must_use]
    pub fn new(
        config: ClientConfig,
        peer: SocketAddr,
        local: SocketAddr,
        security: StartSecurity,
        now: Instant,
    ) -> Self {
        let framer = ReplyFramer::new(&config.limits);
        let mut client = Self {
            config,
            peer,
            local,
            framer,
            input: BytesMut::new(),
            outputs: VecDeque::new(),
            timers: Timers::default(),
            life: Life::Greeting,
            running: None,
            aborting: None,
            facts: ServerFacts::default(),
            settings: Settings::default(),
            pipeline: Pipeline::default(),
            implicit: false,
            ended: false,
            next_op: 0,
            next_data: 0,
        };
        match security {
            StartSecurity::Clear => {
                client.timers.arm_reply(now, client.config.timeouts.greeting, Waiting::Greeting);
            }
            StartSecurity::Implicit { host } => {
                client.life = Life::Securing;
                client.implicit = true;
                client.outputs.push_back(Output::UpgradeTls { host });
                client.timers.arm_reply(now, client.config.timeouts.tls, Waiting::Tls);
            }
        }
        client
    }

    /// Begins an operation. Its end is told as [`Event::Finished`].
    ///
    /// # Errors
    /// When it makes no sense now; nothing has been sent then.
    pub fn start(&mut self, now: Instant, operation: Operation) -> Result<OpId, ApiMisuse> {
        match self.life {
            Life::Open => {}
            Life::Closed => return Err(ApiMisuse::Closed),
            Life::Upgrading | Life::Clearing => return Err(ApiMisuse::Busy),
            Life::Securing | Life::Greeting => return Err(ApiMisuse::NotReady),
        }
        if operation == Operation::Abort {
            return self.start_abort(now);
        }
        if self.running.is_some() {
            return Err(ApiMisuse::Busy);
        }
        self.check(&operation)?;
        let op = self.new_op();
        self.send_posted(now);
        match operation {
            Operation::Flush => self.start_flush(op),
            Operation::Secure { host } => self.start_secure(now, op, host),
            Operation::Login { user, password, account } => {
                self.start_login(now, op, user, password, account);
            }
            Operation::Command(command) | Operation::SetUp(command) => self.start_command(now, op, command),
            Operation::Raw(line) => self.start_raw(now, op, line),
            Operation::Transfer(spec) => self.start_transfer(now, op, spec),
            // Abort has been dealt with above.
            Operation::Quit | Operation::Abort => {
                self.send(now, &Command::Quit);
                self.go_on(op, Job::Quit);
            }
        }
        Ok(op)
    }

    fn new_op(&mut self) -> OpId {
        self.next_op += 1;
        OpId(self.next_op)
    }

    /// Takes bytes from the server and returns how many; the driver keeps the rest for later.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) -> usize {
        if !self.wants_bytes() {
            return 0;
        }
        self.input.extend_from_slice(bytes);
        self.read_replies(now);
        bytes.len()
    }

    fn read_replies(&mut self, now: Instant) {
        while self.wants_bytes() {
            match self.framer.next_reply(&mut self.input) {
                Ok(Some(reply)) => self.on_reply(now, reply),
                Ok(None) => break,
                Err(error) => self.lose(LostReason::PeerMisbehaved(error.to_string())),
            }
        }
    }

    /// The server closed the connection.
    pub fn handle_eof(&mut self, _now: Instant) {
        if self.life == Life::Closed {
            return;
        }
        if let Some(Running { op, job: Job::Quit }) = self.running {
            // Some servers close without a word.
            let reply = Reply::new(ReplyCode::CLOSING_CONTROL, "closed");
            self.running = None;
            self.finish(op, Ok(Outcome::Done(reply)));
            self.close();
            return;
        }
        if let Some(Running { job: Job::Transfer(transfer), .. }) = &self.running
            && transfer.is_confirmed()
        {
            // All has been said about it; what is on its way still counts.
            self.ended = true;
            return;
        }
        self.lose(LostReason::Closed);
    }

    /// The end that had to wait for a transfer.
    fn end_if_due(&mut self) {
        if self.ended && self.running.is_none() {
            self.lose(LostReason::Closed);
        }
    }

    /// How much output the driver still holds. A client sends little: nothing depends on it.
    pub fn handle_sent(&mut self, pending: usize) {
        let _ = pending;
    }

    /// What happened to TLS on the control connection.
    pub fn handle_tls(&mut self, now: Instant, event: TlsEvent) {
        match (event, self.life) {
            (_, Life::Closed) => {}
            (TlsEvent::Established(info), Life::Securing) => {
                self.facts.tls = Some(info);
                self.life = Life::Greeting;
                self.timers.arm_reply(now, self.config.timeouts.greeting, Waiting::Greeting);
            }
            (TlsEvent::Established(info), Life::Upgrading) => self.on_secured(now, info),
            (TlsEvent::Cleared, Life::Clearing) => {
                self.facts.tls = None;
                self.life = Life::Open;
                self.timers.stop_all();
                self.read_replies(now);
            }
            (TlsEvent::Established(_) | TlsEvent::Cleared, _) => {}
            (TlsEvent::Failed(text), _) => self.lose(LostReason::Tls(text)),
            (TlsEvent::CloseNotify, _) => self.handle_eof(now),
        }
    }

    /// What happened to a data connection; ignored for one that is forgotten.
    pub fn handle_data(&mut self, now: Instant, id: DataId, event: DataEvent) {
        match self.running.take() {
            Some(Running { op, job: Job::Transfer(transfer) }) => {
                self.on_data(now, op, *transfer, id, event);
            }
            other => self.running = other,
        }
        self.end_if_due();
    }

    /// The time has come; early and repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.timers.take_due(now) {
            match due {
                Due::Reply(what) => self.lose(LostReason::TimedOut(what)),
                Due::Data(what) => self.on_data_timeout(now, what),
                Due::Settle => self.on_settled(),
                Due::Early => self.on_early_tls(now),
                Due::Lost => self.on_lost_reply(),
            }
        }
        self.end_if_due();
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Whether bytes are wanted; the driver does not read while this is false.
    #[must_use]
    pub fn wants_bytes(&self) -> bool {
        matches!(self.life, Life::Greeting | Life::Open) && !self.ended
    }

    /// What is known of the server.
    #[must_use]
    pub const fn facts(&self) -> &ServerFacts {
        &self.facts
    }

    /// The last TYPE that the server took; `None` while it has its default, text.
    #[must_use]
    pub const fn representation(&self) -> Option<Representation> {
        self.settings.representation
    }

    /// Whether an operation runs, or replies to posted commands are on their way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.pipeline.owes()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.life == Life::Closed
    }

    /// Queues a command and starts the clock of its reply.
    fn send(&mut self, now: Instant, command: &Command) {
        let mut line = BytesMut::new();
        command.encode(&mut line);
        self.transmit(now, command.to_string(), line);
    }

    fn transmit(&mut self, now: Instant, shown: String, line: BytesMut) {
        self.outputs.push_back(Output::Event(Event::Sent(shown)));
        self.outputs.push_back(Output::Transmit(line.freeze()));
        self.pipeline.on_sent(now);
        self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
    }

    fn go_on(&mut self, op: OpId, job: Job) {
        self.running = Some(Running { op, job });
    }

    fn finish(&mut self, op: OpId, result: Result<Outcome, OpError>) {
        if self.pipeline.owes() {
            self.timers.stop_data_side();
        } else {
            self.timers.stop_all();
        }
        self.outputs.push_back(Event::Finished { op, result }.into());
    }

    fn lose(&mut self, reason: LostReason) {
        if self.life == Life::Closed {
            return;
        }
        self.lose_posted(&reason);
        if let Some(Running { op, job }) = self.running.take() {
            if let Job::Transfer(transfer) = &job {
                self.drop_data(transfer);
            }
            self.finish(op, Err(OpError::Lost(reason.clone())));
        }
        if let Some(op) = self.aborting.take() {
            self.finish(op, Err(OpError::Lost(reason.clone())));
        }
        self.outputs.push_back(Output::Event(Event::Lost(reason)));
        self.close();
    }

    fn close(&mut self) {
        self.life = Life::Closed;
        self.timers.stop_all();
        self.input.clear();
        self.outputs.push_back(Output::Close);
    }
}
