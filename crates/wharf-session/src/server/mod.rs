//! The server machine.
//!
//! # How to drive it
//!
//! 1. Make it with [`Server::new`].
//! 2. Take [`Server::poll_output`] until it is empty and do what it says, in that order.
//! 3. Read from the peer while [`Server::wants_bytes`]; give what came to [`Server::handle_bytes`]. It says how much it
//!    took; keep the rest and offer it again when `wants_bytes` is true.
//! 4. Tell how much output is not sent yet with [`Server::handle_sent`], what TLS did with [`Server::handle_tls`], and
//!    what data connections did with [`Server::handle_data`].
//! 5. Answer questions with their tickets.
//! 6. Call [`Server::handle_timeout`] when [`Server::poll_timeout`] is due.
//!
//! Every `handle_*` and `answer_*` takes the caller's monotonic clock; the machine never reads one.

mod answer;
mod certified;
mod closing;
mod config;
mod copy;
mod declined;
mod deflate;
mod dispatch;
mod engine;
mod facts;
mod feat;
mod files;
mod hash;
mod info;
mod lines;
mod listing;
mod login;
mod modify;
mod output;
mod security;
mod setup;
mod site;
mod status;
mod storage_reply;
mod then;
mod timers;
mod transfer;
mod transfer_end;
mod unanswered;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use wharf_codec::{DeflateLevel, FactSelection, Format, LineFramer, Representation, UserName};
use wharf_types::{Grant, HashAlgorithm, TlsRule, VirtualPath};

pub use config::{PeerInfo, ServerConfig, Timeouts, VirtualHost};
pub use facts::{facts_of, facts_with};
pub use output::{
    AuditEvent, CloseReason, CommitTicket, FileAnswer, FileTicket, LinesTicket, LoginAnswer, LoginTicket,
    Output, Question, SessionsTicket, Stale, TicketId, TransferRecord,
};

use self::{
    answer::{Answer, Good},
    engine::Queued,
    setup::Setup,
    timers::{Timer, Timers},
    transfer::Transfer,
};
use crate::{
    SubStatus,
    contract::{DataId, TlsInfo},
    policy::{
        Action, ControlLevel, ControlPolicy, DataLevel, DataPolicy, Policy, SessionView, Verdict, decide,
    },
};

/// What the control connection is doing besides carrying commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Carries commands.
    Open,
    /// The TLS handshake runs.
    Upgrading,
    /// TLS is being ended; the level that will hold then.
    Clearing(ControlLevel),
    /// Everything is said; the last bytes are on their way.
    Closing,
    /// Over.
    Closed,
}

/// What a session forgets at AUTH and REIN.
#[derive(Debug)]
struct Settings {
    user: Option<UserName>,
    /// What is said of that account, known or not.
    account: TlsRule,
    grant: Option<Grant>,
    cwd: VirtualPath,
    representation: Representation,
    /// This side is the TLS client on data connections (SSCN).
    sscn: bool,
    /// MODE Z instead of S.
    deflate: bool,
    deflate_level: DeflateLevel,
    rest: u64,
    /// The first and the last byte that RANG chose.
    range: Option<(u64, u64)>,
    rename_from: Option<VirtualPath>,
    copy_from: Option<VirtualPath>,
    facts: FactSelection,
    hash: HashAlgorithm,
    /// The certificate of the client has logged in, and PASS adds nothing.
    certified: bool,
    /// What SITE IDLE asked for.
    idle: Option<Duration>,
    epsv_all: bool,
    allocated: Option<u64>,
    /// Cut uploads whose length this session was told, newest last; bounded.
    told_partials: VecDeque<(VirtualPath, u64)>,
    pbsz: bool,
    level: DataLevel,
}

impl Settings {
    const MAX_TOLD: usize = 64;

    fn new(implicit: bool, data: DataPolicy, secured: bool) -> Self {
        // The level starts at Clear (RFC 4217 §9); on an implicit listener at Private, unless data is always clear.
        let private = implicit && secured && data != DataPolicy::Deny;
        Self {
            user: None,
            account: TlsRule::NONE,
            grant: None,
            cwd: VirtualPath::root(),
            representation: Representation::Ascii(Format::NonPrint),
            sscn: false,
            deflate: false,
            deflate_level: DeflateLevel::default(),
            rest: 0,
            range: None,
            rename_from: None,
            copy_from: None,
            facts: FactSelection::default(),
            hash: HashAlgorithm::default(),
            certified: false,
            idle: None,
            epsv_all: false,
            allocated: None,
            told_partials: VecDeque::new(),
            pbsz: implicit && secured,
            level: if private { DataLevel::Private } else { DataLevel::Clear },
        }
    }
}

/// A command that waits for something else than a transfer.
#[derive(Debug)]
struct Waiting {
    /// The command, masked.
    text: String,
    what: Wait,
}

#[derive(Debug)]
enum Wait {
    /// For the answer to a login.
    Login { ticket: u64, user: UserName },
    /// For the answer whether the client's certificate logs in.
    Certified { ticket: u64, user: UserName },
    /// For the delay after a failed login.
    LoginDelay { last: bool, why: SubStatus },
    /// For the answer of storage.
    File { ticket: u64, then: then::Then },
    /// For a file that is filled to be stored.
    Commit { ticket: u64, filled: copy::Filled },
    /// For the sessions of the account.
    Sessions { ticket: u64 },
    /// For a port to listen on.
    Listen { id: DataId, told: setup::Told },
    /// For lines of a listing on the control connection.
    Lines { job: u64, ticket: Option<u64> },
}

/// The server's side of one control session.
#[derive(Debug)]
pub struct Server {
    cfg: Arc<ServerConfig>,
    ends: PeerInfo,
    link: Link,
    control: ControlLevel,
    tls: Option<TlsInfo>,
    /// What the client's network adds to the policy.
    network: TlsRule,
    /// The virtual host that the client named, by its place in the configuration.
    host: Option<usize>,
    greeted: bool,
    settings: Settings,
    out: VecDeque<Output>,
    /// Bytes in `out`.
    queued: usize,
    /// Bytes that the driver took and has not sent yet.
    unsent: usize,
    input: BytesMut,
    framer: LineFramer,
    lines: VecDeque<Queued>,
    /// Whether a complete line was seen: another protocol shows in the first one.
    first_line_seen: bool,
    timers: Timers,
    last_activity: Instant,
    setup: Option<Setup>,
    /// Rare, and large.
    transfer: Option<Box<Transfer>>,
    waiting: Option<Waiting>,
    /// The command being executed, masked.
    current: String,
    /// The path that it means, for the log.
    meant: Option<VirtualPath>,
    draining: bool,
    /// Whether this client shakes hands on data connections before it has 150; `None` until that is known.
    early_client: Option<bool>,
    /// When TLS on the control connection was asked for, and how long it took to come: about two round trips.
    upgrade_began: Instant,
    handshake_took: Duration,
    next_id: u64,
    bad_commands: u32,
    login_failures: u32,
}

impl Server {
    /// A session with the client at `peer.peer`: greets, or on an implicit listener begins TLS first.
    #[must_use]
    pub fn new(cfg: Arc<ServerConfig>, ends: PeerInfo, now: Instant) -> Self {
        let mut this = Self::silent(cfg, ends, now);
        this.timers.set(Timer::Login, now + this.cfg.timeouts.login);
        if this.cfg.implicit {
            this.link = Link::Upgrading;
            this.timers.set(Timer::TlsHandshake, now + this.cfg.timeouts.tls_handshake);
            this.out.push_back(Output::UpgradeTls { host: None });
        } else {
            this.greet();
            this.run(now);
        }
        this
    }

    /// A session that is turned away with 421 at once (LOG-11): too many are there, or what the reason says.
    ///
    /// On an implicit listener it is closed without a word, since a handshake is what a full server cannot afford.
    #[must_use]
    pub fn refuse(cfg: Arc<ServerConfig>, ends: PeerInfo, now: Instant, reason: CloseReason) -> Self {
        let mut this = Self::silent(cfg, ends, now);
        if !this.cfg.implicit {
            this.send(&if reason == CloseReason::Unaudited {
                Answer::no(SubStatus::AuditUnavailable, "No session is possible now, try again later")
            } else {
                Answer::no(SubStatus::TooManySessions, "Too many connections, try again later")
            });
        }
        this.close(now, reason);
        this
    }

    fn silent(cfg: Arc<ServerConfig>, ends: PeerInfo, now: Instant) -> Self {
        Self {
            link: Link::Open,
            control: ControlLevel::Clear,
            tls: None,
            network: cfg.networks.rule_for(ends.peer.ip()),
            host: None,
            greeted: false,
            settings: Settings::new(cfg.implicit, DataPolicy::Allow, false),
            out: VecDeque::new(),
            queued: 0,
            unsent: 0,
            input: BytesMut::new(),
            framer: LineFramer::new(&cfg.limits),
            lines: VecDeque::new(),
            first_line_seen: false,
            timers: Timers::default(),
            last_activity: now,
            setup: None,
            transfer: None,
            waiting: None,
            current: String::new(),
            meant: None,
            draining: false,
            early_client: None,
            upgrade_began: now,
            handshake_took: Duration::ZERO,
            next_id: 0,
            bad_commands: 0,
            login_failures: 0,
            cfg,
            ends,
        }
    }

    fn greet(&mut self) {
        self.greeted = true;
        let own = self.virtual_host().and_then(|host| host.greeting.as_ref());
        let reply = Answer::good(Good::SERVICE_READY, own.unwrap_or(&self.cfg.greeting).clone());
        self.send(&reply);
    }

    /// What the driver has to do next, in order; `None` when there is nothing to do now.
    pub fn poll_output(&mut self) -> Option<Output> {
        let Some(output) = self.out.pop_front() else {
            self.give_back();
            return None;
        };
        if let Output::Transmit(bytes) = &output {
            self.queued = self.queued.saturating_sub(bytes.len());
            self.unsent += bytes.len();
        }
        Some(output)
    }

    /// Keeps no room while nothing is in it: most sessions are idle for most of their time.
    fn give_back(&mut self) {
        self.out = VecDeque::new();
        if self.lines.is_empty() {
            self.lines = VecDeque::new();
        }
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is wanted next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Whether the driver should read from the peer: not while TLS begins or ends, not while enough commands or
    /// replies wait, not after the end.
    #[must_use]
    pub fn wants_bytes(&self) -> bool {
        self.link == Link::Open
            && self.lines.len() < self.cfg.look_ahead
            && self.input.len() < Self::MAX_INPUT
            && self.backlog() <= self.cfg.max_pending
    }

    /// Whether the session is over and nothing is left to do but what [`poll_output`](Self::poll_output) still gives.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.link, Link::Closing | Link::Closed)
    }

    /// What the logged-in user may do; `None` before login.
    #[must_use]
    pub fn grant(&self) -> Option<&Grant> {
        self.settings.grant.as_ref()
    }

    /// What was agreed on the control connection's TLS; `None` in clear.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    fn backlog(&self) -> usize {
        self.queued + self.unsent
    }

    fn view(&self) -> SessionView {
        SessionView {
            control: self.control,
            implicit: self.cfg.implicit,
            logged_in: self.settings.grant.is_some(),
            tls_available: self.cfg.tls_available,
            tls_denied: self.cfg.policy.control == ControlPolicy::Deny,
        }
    }

    /// What holds before anything is known of the account: what the listener, the client's network and the virtual
    /// host say. Scopes only tighten.
    fn base_policy(&self) -> Policy {
        let host = self.host.and_then(|index| self.cfg.hosts.get(index));
        self.cfg.policy.and(self.network).and(host.map_or(TlsRule::NONE, |host| host.tls))
    }

    /// What holds now. What is said of an account counts from its login on; before, it would tell who is known.
    fn policy(&self) -> Policy {
        let base = self.base_policy();
        match &self.settings.grant {
            Some(grant) => base.and(self.settings.account).and(grant.tls),
            None => base,
        }
    }

    /// Asks the policy; answers the current command when it says no, and `false` then.
    fn permits(&mut self, policy: &Policy, action: Action) -> bool {
        match decide(policy, &self.view(), action) {
            Verdict::Allow => true,
            Verdict::Report(refusal) => {
                let command = self.current.clone();
                self.event(AuditEvent::WouldRefuse {
                    command,
                    code: refusal.code,
                    substatus: refusal.substatus,
                    reason: refusal.text,
                });
                true
            }
            Verdict::Refuse(refusal) => {
                self.no_as(refusal.code, refusal.substatus, refusal.text);
                false
            }
        }
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn transmit(&mut self, bytes: bytes::Bytes) {
        self.queued += bytes.len();
        self.out.push_back(Output::Transmit(bytes));
    }

    fn event(&mut self, event: AuditEvent) {
        self.out.push_back(Output::Event(event));
    }

    /// Puts the current command on hold.
    fn wait(&mut self, what: Wait) {
        let text = core::mem::take(&mut self.current);
        self.waiting = Some(Waiting { text, what });
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_none() && self.transfer.is_none()
    }
}
