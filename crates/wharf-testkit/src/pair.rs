//! Both machines, joined by a model network on a virtual clock.

mod data;
mod wire;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use wharf_session::{
    ClientCertificate, TlsEvent, TlsInfo, TlsVersion,
    client::{
        self, ApiMisuse, Client, ClientConfig, Event, OpError, OpId, Operation, Outcome, StartSecurity,
    },
    server::{self, AuditEvent, PeerInfo, Question, Server, ServerConfig, TransferRecord},
};

use self::{data::DataLink, wire::Wire};
use crate::{Dice, Model, model};

/// Who.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Client,
    Server,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What arrives somewhere.
#[derive(Debug)]
enum Arrival {
    Control(Vec<u8>),
    Eof,
    Tls(TlsEvent),
    Data(data::Happening),
}

/// A client machine and a server machine on one virtual clock, with a [`Model`] as storage.
///
/// Everything that is left to chance comes from the seed: how bytes are cut, and how long each piece takes. The same
/// seed gives the same run.
pub struct Pair {
    client: Client,
    server: Server,
    /// The server's storage.
    pub model: Model,
    now: Instant,
    dice: Dice,
    latency: Duration,
    wire: Wire,
    tls_asked: [bool; 2],
    clear_asked: [bool; 2],
    link: Option<DataLink>,
    next_port: u16,
    upload: Vec<u8>,
    download: Vec<u8>,
    finished: VecDeque<(OpId, Result<Outcome, OpError>)>,
    records: Vec<TransferRecord>,
    /// The server has spoken since the client did.
    server_spoke: bool,
    round_trips: u64,
}

impl Pair {
    /// Connects the two; the client has been greeted when this returns.
    #[must_use]
    pub fn new(seed: u64, client: ClientConfig, server: ServerConfig) -> Self {
        let now = crate::start();
        let ends = PeerInfo {
            peer: "203.0.113.7:40000".parse().expect("an address"),
            local: "192.0.2.1:21".parse().expect("an address"),
        };
        let security = if server.implicit {
            StartSecurity::Implicit { host: "ftp.example.org".to_owned() }
        } else {
            StartSecurity::Clear
        };
        let mut this = Self {
            client: Client::new(client, ends.local, ends.peer, security, now),
            server: Server::new(Arc::new(server), ends, now),
            model: Model::default(),
            now,
            dice: Dice::new(seed),
            latency: Duration::from_millis(20),
            wire: Wire::default(),
            tls_asked: [false; 2],
            clear_asked: [false; 2],
            link: None,
            next_port: 50_000,
            upload: Vec::new(),
            download: Vec::new(),
            finished: VecDeque::new(),
            records: Vec::new(),
            server_spoke: true,
            round_trips: 0,
        };
        this.perform();
        while this.wire.is_busy() {
            this.step();
        }
        this
    }

    /// The time now.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Transfers that the server told of, oldest first.
    #[must_use]
    pub fn records(&self) -> &[TransferRecord] {
        &self.records
    }

    /// What the next upload sends.
    pub fn set_upload(&mut self, content: impl Into<Vec<u8>>) {
        self.upload = content.into();
    }

    /// What the last download brought.
    #[must_use]
    pub fn download(&self) -> &[u8] {
        &self.download
    }

    /// How long everything takes from one side to the other, at least; 20 ms when nothing is said.
    pub fn set_latency(&mut self, latency: Duration) {
        self.latency = latency;
    }

    /// How often the client spoke on the control connection after something of the server had arrived: so many round
    /// trips were waited for.
    #[must_use]
    pub const fn round_trips(&self) -> u64 {
        self.round_trips
    }

    /// Leaves a command to go out with the next operation.
    ///
    /// # Errors
    /// As the client says.
    pub fn post(&mut self, command: wharf_codec::Command) -> Result<OpId, ApiMisuse> {
        self.client.post(command)
    }

    /// Runs one operation to its end.
    ///
    /// # Errors
    /// As the operation ends.
    ///
    /// # Panics
    /// When the client does not take the operation, or the two wait for each other for ever.
    pub fn run(&mut self, operation: Operation) -> Result<Outcome, OpError> {
        self.run_for(operation, usize::MAX)
    }

    /// Runs a transfer for some steps of the network, and then stops it, if it still runs.
    ///
    /// # Errors
    /// As the transfer ends.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_for(&mut self, operation: Operation, steps: usize) -> Result<Outcome, OpError> {
        self.download.clear();
        let op = self.client.start(self.now, operation).expect("the client is ready");
        let mut abort = None;
        let mut result = None;
        for step in 0..200_000_usize {
            self.perform();
            while let Some((done, with)) = self.finished.pop_front() {
                if done == op {
                    result = Some(with);
                } else if abort == Some(done) {
                    abort = None;
                }
            }
            if abort.is_none()
                && let Some(result) = result.take()
            {
                self.quiet();
                return result;
            }
            if step == steps {
                match self.client.start(self.now, Operation::Abort) {
                    Ok(op) => abort = Some(op),
                    Err(error) => assert_eq!(error, ApiMisuse::NothingToAbort),
                }
                self.perform();
            }
            self.step();
        }
        panic!("the two wait for each other");
    }

    /// Lets everything arrive that is on its way.
    fn quiet(&mut self) {
        while self.wire.is_busy() {
            self.step();
        }
        let jobs = self.model.open_jobs();
        assert!(jobs == 0 || !self.server.is_closed(), "{jobs} jobs are open behind the end");
    }

    /// The next thing happens: something arrives, or a time is up.
    fn step(&mut self) {
        let timeouts = [self.client.poll_timeout(), self.server.poll_timeout()];
        let due = timeouts.into_iter().flatten().min();
        match self.wire.next(due) {
            Some((at, side, arrival)) => {
                self.now = self.now.max(at);
                self.arrive(side, arrival);
            }
            None => {
                let Some(at) = due else { return };
                self.now = self.now.max(at);
                self.client.handle_timeout(self.now);
                self.server.handle_timeout(self.now);
            }
        }
        self.perform();
    }

    fn arrive(&mut self, side: Side, arrival: Arrival) {
        match (side, arrival) {
            (Side::Client, Arrival::Control(bytes)) => {
                self.server_spoke = true;
                let taken = self.client.handle_bytes(self.now, &bytes);
                self.put_back(side, bytes, taken);
            }
            (Side::Server, Arrival::Control(bytes)) => {
                let taken = self.server.handle_bytes(self.now, &bytes);
                self.put_back(side, bytes, taken);
            }
            (Side::Client, Arrival::Eof) => self.client.handle_eof(self.now),
            (Side::Server, Arrival::Eof) => self.server.handle_eof(self.now),
            (Side::Client, Arrival::Tls(event)) => self.client.handle_tls(self.now, event),
            (Side::Server, Arrival::Tls(event)) => self.server.handle_tls(self.now, event),
            (side, Arrival::Data(happening)) => self.data_arrives(side, happening),
        }
    }

    /// What was not wanted now is offered again later; nothing overtakes it.
    fn put_back(&mut self, side: Side, bytes: Vec<u8>, taken: usize) {
        let over = match side {
            Side::Client => self.client.is_closed(),
            Side::Server => self.server.is_closed(),
        };
        if taken < bytes.len() && !over {
            let rest = bytes.get(taken..).unwrap_or_default().to_vec();
            self.wire.delay(side, self.now + self.latency, Arrival::Control(rest));
        }
    }

    /// Does all that both machines ask for.
    fn perform(&mut self) {
        loop {
            if let Some(output) = self.client.poll_output() {
                self.client_output(output);
            } else if let Some(output) = self.server.poll_output() {
                self.server_output(output);
                self.server.handle_sent(self.now, 0);
            } else {
                return;
            }
        }
    }

    /// Sends bytes in pieces, each with its own delay, in order.
    fn send(&mut self, to: Side, bytes: &Bytes) {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(1 + self.dice.below(rest.len()));
            let at = self.now + self.delay();
            self.wire.push(to, at, Arrival::Control(piece.to_vec()));
            rest = tail;
        }
    }

    fn delay(&mut self) -> Duration {
        self.latency + Duration::from_micros(self.dice.roll() % 10_000)
    }

    fn client_output(&mut self, output: client::Output) {
        match output {
            client::Output::Transmit(bytes) => {
                self.round_trips += u64::from(core::mem::take(&mut self.server_spoke));
                self.send(Side::Server, &bytes);
            }
            client::Output::UpgradeTls { .. } => self.tls(Side::Client),
            client::Output::ClearTls => self.clear(Side::Client),
            client::Output::Data(command) => self.data_command(Side::Client, command),
            client::Output::Event(Event::Finished { op, result }) => self.finished.push_back((op, result)),
            client::Output::Event(_) => {}
            client::Output::Close => {
                let at = self.now + self.delay();
                self.wire.push(Side::Server, at, Arrival::Eof);
            }
        }
    }

    fn server_output(&mut self, output: server::Output) {
        match output {
            server::Output::Transmit(bytes) => self.send(Side::Client, &bytes),
            server::Output::UpgradeTls { .. } => self.tls(Side::Server),
            server::Output::ClearTls => self.clear(Side::Server),
            server::Output::Data(command) => self.data_command(Side::Server, command),
            server::Output::Ask(question) => self.answer(question),
            server::Output::Release(job) => {
                self.keep_what_came(job);
                self.model.release(job);
            }
            server::Output::Event(event) => {
                if let AuditEvent::Replied { code, substatus, .. } = &event {
                    assert_eq!(code.is_refusal(), substatus.is_some(), "{event:?}");
                }
                if let AuditEvent::Transferred(record) = event {
                    self.records.push(record);
                }
            }
            server::Output::Withdraw(_) => {}
            server::Output::Close | server::Output::Abort => {
                let at = self.now + self.delay();
                self.wire.push(Side::Client, at, Arrival::Eof);
            }
        }
    }

    /// The handshake is done when both sides want it.
    fn tls(&mut self, side: Side) {
        self.tls_asked[side as usize] = true;
        if self.tls_asked == [true; 2] {
            self.tls_asked = [false; 2];
            self.both(|| Arrival::Tls(TlsEvent::Established(tls_info())));
        }
    }

    fn clear(&mut self, side: Side) {
        self.clear_asked[side as usize] = true;
        if self.clear_asked == [true; 2] {
            self.clear_asked = [false; 2];
            self.both(|| Arrival::Tls(TlsEvent::Cleared));
        }
    }

    fn both(&mut self, arrival: impl Fn() -> Arrival) {
        for side in [Side::Client, Side::Server] {
            let at = self.now + self.delay();
            self.wire.push(side, at, arrival());
        }
    }

    fn answer(&mut self, question: Question) {
        let job = match &question {
            Question::Login { .. }
            | Question::Certified { .. }
            | Question::Lines { .. }
            | Question::Commit { .. }
            | Question::Sessions { .. } => None,
            Question::File { ticket, .. } => Some(ticket.job()),
        };
        let answered = match question {
            Question::Login { ticket, user, password, .. } => {
                let answer = model::login(user.as_bytes(), password.expose());
                self.server.answer_login(self.now, ticket, answer)
            }
            Question::Certified { ticket, .. } => {
                self.server.answer_login(self.now, ticket, server::LoginAnswer::Refuse)
            }
            Question::File { ticket, op } => {
                let answer = self.model.perform(ticket.job(), &op);
                self.server.answer_file(self.now, ticket, answer)
            }
            Question::Lines { ticket, job } => {
                let lines = self.model.lines(job);
                self.model.release(job);
                self.server.answer_lines(self.now, ticket, Ok(lines))
            }
            Question::Commit { ticket, job } => {
                let answer = self.model.commit(job);
                self.server.answer_commit(self.now, ticket, answer)
            }
            Question::Sessions { ticket } => self.server.answer_sessions(self.now, ticket, Vec::new()),
        };
        // An ABOR that came together with its transfer has withdrawn the question: what was opened for it is closed.
        if let (Err(_), Some(job)) = (answered, job) {
            self.model.release(job);
        }
    }
}

fn tls_info() -> TlsInfo {
    TlsInfo {
        version: TlsVersion::V1_3,
        cipher: "TLS13_AES_128_GCM_SHA256".to_owned(),
        resumed: false,
        server_name: None,
        client_certificate: ClientCertificate::NotAsked,
    }
}
