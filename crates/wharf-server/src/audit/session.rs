//! The rows of one session.

use std::{fmt, net::SocketAddr};

use wharf_audit::{CLEAR_BEHIND_AUTH, Data, Row, Tls};
use wharf_codec::ReplyCode;
use wharf_session::{
    DataEvent, DataFailure, DataId, SubStatus, TlsInfo,
    server::{AuditEvent, CloseReason, PeerInfo, TicketId, TransferRecord},
};
use wharf_types::VirtualPath;

use super::{AuditLog, words::words};

/// One session's part of the log.
#[derive(Debug)]
pub(crate) struct SessionAudit {
    log: AuditLog,
    name: String,
    ends: PeerInfo,
    /// Empty before login.
    user: String,
    tls: Control,
    /// Of the transfer whose reply comes next.
    record: Option<Moved>,
    /// How the data connection that was closed last was protected, where bytes moved on it and no transfer was told since.
    moved: Option<Data>,
    /// What the next row says besides.
    reason: String,
    /// What was said last that nobody had asked for.
    last_words: Option<(ReplyCode, SubStatus)>,
    data: Vec<DataEnd>,
    /// Commands that found no reply, as long as it is not known what became of one of them.
    unanswered: Vec<Unanswered>,
    /// Why the session ended, while that waits for them.
    ending: Option<&'static str>,
    closed: bool,
}

/// A transfer, and how its bytes were protected; nothing where none moved.
#[derive(Debug)]
struct Moved {
    record: TransferRecord,
    data: Option<Data>,
}

/// A command that found no reply.
#[derive(Debug)]
struct Unanswered {
    command: String,
    path: Option<VirtualPath>,
    record: Option<Moved>,
    /// The question that may still tell what became of it.
    asked: Option<TicketId>,
    outcome: Outcome,
}

/// What became of a command whose client did not wait for its reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing that could still happen.
    #[default]
    None,
    /// It was done all the same.
    Done,
    /// What it had begun was given up.
    GivenUp,
    /// Storage refused it.
    Failed(String),
    /// Storage did not tell in time.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no reply: the session ended before it")?;
        match self {
            Self::None => Ok(()),
            Self::Done => f.write_str("; it was done"),
            Self::GivenUp => f.write_str("; it was given up"),
            Self::Failed(error) => write!(f, "; it was not done: {error}"),
            Self::Unknown => f.write_str("; whether it was done is not known"),
        }
    }
}

/// TLS on the control connection.
#[derive(Debug)]
enum Control {
    Unknown,
    Clear,
    Up(String, String),
}

/// A data connection.
#[derive(Debug)]
struct DataEnd {
    id: DataId,
    port: u16,
    /// Once somebody came.
    peer: Option<SocketAddr>,
    tls: Option<(String, String, bool)>,
    /// Bytes may have moved.
    moves: bool,
}

impl DataEnd {
    /// How its bytes were protected, where any could move.
    fn carried(&self) -> Option<Data> {
        self.moves.then_some(match self.tls {
            Some((_, _, true)) => Data::Bound,
            Some((_, _, false)) => Data::Tls,
            None => Data::Clear,
        })
    }
}

impl SessionAudit {
    /// Begins with the row that says so.
    pub(crate) fn new(log: AuditLog, session: u64, ends: PeerInfo, implicit: bool) -> Self {
        let this = Self {
            name: log.name(session),
            log,
            ends,
            user: String::new(),
            tls: if implicit { Control::Unknown } else { Control::Clear },
            record: None,
            moved: None,
            reason: String::new(),
            last_words: None,
            data: Vec::new(),
            unanswered: Vec::new(),
            ending: None,
            closed: false,
        };
        this.log.write(&this.row(b"ControlChannelOpened"));
        this
    }

    fn row<'a>(&'a self, method: &'a [u8]) -> Row<'a> {
        Row {
            client: self.ends.peer,
            user: self.user.as_bytes(),
            server: self.ends.local,
            method,
            stem: b"",
            status: None,
            win32: 0,
            substatus: 0,
            session: &self.name,
            path: b"",
            sent: None,
            received: None,
            took: None,
            tls: match &self.tls {
                Control::Unknown => Tls::Unknown,
                Control::Clear => Tls::Clear,
                Control::Up(version, cipher) => Tls::Up(version, cipher),
            },
            data: None,
            reason: b"",
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what has no row of its own shows in others, or in the other log"
    )]
    pub(crate) fn note(&mut self, event: &AuditEvent) {
        match event {
            AuditEvent::Replied { command, code, substatus, path } => {
                let path = path.as_ref().map_or(&b""[..], |path| path.as_bytes());
                self.replied(command, *code, *substatus, path);
            }
            AuditEvent::Unanswered { command, path, asked } => {
                let (command, path, record) = (command.clone(), path.clone(), self.record.take());
                let outcome = Outcome::default();
                self.unanswered.push(Unanswered { command, path, record, asked: *asked, outcome });
            }
            AuditEvent::Announced { code, substatus } => self.last_words = Some((*code, *substatus)),
            AuditEvent::WouldRefuse { code, substatus, .. } => {
                self.reason = format!("would be refused: {code} {substatus}");
            }
            AuditEvent::Secured(tls) => {
                // What was before TLS counts no more (RFC 4217 §4).
                self.user.clear();
                self.tls = Control::Up(version(tls), tls.cipher.clone());
            }
            AuditEvent::Cleared => self.tls = Control::Clear,
            AuditEvent::TlsFailed(cause) => {
                self.reason = format!("TLS failed: {cause}");
                self.tls = Control::Unknown;
            }
            AuditEvent::CertificateRefused(problem) => self.reason = problem.to_string(),
            AuditEvent::PlaintextAfterAuth => CLEAR_BEHIND_AUTH.clone_into(&mut self.reason),
            AuditEvent::ForeignProtocol => "another protocol".clone_into(&mut self.reason),
            AuditEvent::LoggedIn { account, .. } => self.user.clone_from(account),
            AuditEvent::Transferred(record) => {
                let data = self.moved.take();
                self.record = Some(Moved { record: record.clone(), data });
            }
            AuditEvent::Closed(reason) => {
                self.ending = Some(reason_word(*reason));
                if self.unanswered.iter().all(|open| open.asked.is_none()) {
                    self.end();
                }
            }
            _ => {}
        }
    }

    fn replied(&mut self, command: &str, code: ReplyCode, why: Option<SubStatus>, path: &[u8]) {
        let record = self.record.take();
        let reason = std::mem::take(&mut self.reason);
        let status = (Some(code), why);
        self.command(command, status, path, (record.as_ref(), &reason));
        if command == "REIN" && code == ReplyCode::SERVICE_READY {
            self.user.clear();
        }
    }

    fn command(
        &self,
        command: &str,
        (code, why): (Option<ReplyCode>, Option<SubStatus>),
        path: &[u8],
        (moved, reason): (Option<&Moved>, &str),
    ) {
        let (method, stem, malformed) = words(command);
        let mut row = Row {
            stem: &stem,
            status: code.map(ReplyCode::get),
            win32: why.map_or(0, SubStatus::win32),
            substatus: why.map_or(0, SubStatus::number),
            path,
            reason: if reason.is_empty() { malformed.as_bytes() } else { reason.as_bytes() },
            ..self.row(method.as_bytes())
        };
        if let Some(Moved { record, data }) = moved {
            row.path = record.path.as_bytes();
            let bytes = Some(record.bytes);
            if matches!(record.verb, "APPE" | "STOR" | "STOU") {
                row.received = bytes;
            } else {
                row.sent = bytes;
            }
            row.took = Some(record.took);
            row.data = *data;
        }
        self.log.write(&row);
    }

    /// It is known what became of a command that found no reply.
    pub(crate) fn outcome(&mut self, asked: TicketId, outcome: Outcome) {
        if let Some(open) = self.unanswered.iter_mut().find(|open| open.asked == Some(asked)) {
            open.outcome = outcome;
            open.asked = None;
            if self.unanswered.iter().all(|open| open.asked.is_none()) {
                self.end();
            }
        }
    }

    /// The last rows.
    fn end(&mut self) {
        for open in std::mem::take(&mut self.unanswered) {
            let outcome = if open.asked.is_some() { Outcome::Unknown } else { open.outcome };
            let path = open.path.as_ref().map_or(&b""[..], |path| path.as_bytes());
            let reason = match words(&open.command) {
                (_, _, "") => outcome.to_string(),
                (_, _, malformed) => format!("{malformed}; {outcome}"),
            };
            self.command(&open.command, (None, None), path, (open.record.as_ref(), &reason));
        }
        self.close(self.ending.unwrap_or("ended in the middle"));
    }

    /// Something happened to a data connection.
    pub(crate) fn data(&mut self, id: DataId, event: &DataEvent) {
        match event {
            DataEvent::Listening(addr) => {
                self.data.push(DataEnd { id, port: addr.port(), peer: None, tls: None, moves: false })
            }
            DataEvent::Connected { peer } => {
                if !self.data.iter().any(|end| end.id == id) {
                    // In active mode the system chose the port.
                    self.data.push(DataEnd { id, port: 0, peer: None, tls: None, moves: false });
                }
                if let Some(end) = self.data.iter_mut().find(|end| end.id == id) {
                    end.peer = Some(*peer);
                }
                if let Some(end) = self.data.iter().find(|end| end.id == id) {
                    self.log.write(&Row { tls: Tls::Unknown, ..self.data_row(end, b"DataChannelOpened") });
                }
            }
            DataEvent::Secured { tls, bound } => {
                if let Some(end) = self.data.iter_mut().find(|end| end.id == id) {
                    end.tls = Some((version(tls), tls.cipher.clone(), *bound));
                }
            }
            DataEvent::Finished { .. } => self.data_closed(id, None, ""),
            DataEvent::Failed(failure) => self.data_closed(id, substatus_of(failure), &failure.to_string()),
            DataEvent::HandshakeBegun | DataEvent::HandshakeLost | DataEvent::Progress { .. } => {}
        }
    }

    /// The data connection begins to carry bytes.
    pub(crate) fn data_moves(&mut self, id: DataId) {
        if let Some(end) = self.data.iter_mut().find(|end| end.id == id) {
            end.moves = true;
            self.moved = None;
        }
    }

    /// The data connection is given up, or done.
    pub(crate) fn data_closed(&mut self, id: DataId, why: Option<SubStatus>, reason: &str) {
        let Some(at) = self.data.iter().position(|end| end.id == id) else { return };
        let end = self.data.swap_remove(at);
        self.moved = end.carried().or_else(|| self.moved.take());
        if end.peer.is_some() {
            self.log.write(&Row {
                win32: why.map_or(0, SubStatus::win32),
                substatus: why.map_or(0, SubStatus::number),
                reason: reason.as_bytes(),
                ..self.data_row(&end, b"DataChannelClosed")
            });
        }
    }

    fn data_row<'a>(&'a self, end: &'a DataEnd, method: &'a [u8]) -> Row<'a> {
        let tls = match &end.tls {
            Some((version, cipher, _)) => Tls::Up(version, cipher),
            None if end.moves => Tls::Clear,
            // Nobody came to speak of TLS, or it failed: nothing crossed.
            None => Tls::Unknown,
        };
        Row {
            client: end.peer.unwrap_or(self.ends.peer),
            server: SocketAddr::new(self.ends.local.ip(), end.port),
            tls,
            data: end.carried().filter(|_| method == b"DataChannelClosed"),
            ..self.row(method)
        }
    }

    fn close(&mut self, why: &str) {
        for id in self.data.iter().map(|end| end.id).collect::<Vec<_>>() {
            self.data_closed(id, None, "");
        }
        self.closed = true;
        let reason = std::mem::take(&mut self.reason);
        let failed = matches!(self.tls, Control::Unknown) && reason.starts_with("TLS failed");
        let (status, substatus) = match self.last_words.take() {
            Some((code, substatus)) => (Some(code.get()), Some(substatus)),
            // What no reply could say.
            None => (None, failed.then_some(SubStatus::DataTlsFailed)),
        };
        let reason = if reason.is_empty() { why.to_owned() } else { format!("{why}: {reason}") };
        self.log.write(&Row {
            status,
            win32: substatus.map_or(0, SubStatus::win32),
            substatus: substatus.map_or(0, SubStatus::number),
            reason: reason.as_bytes(),
            ..self.row(b"ControlChannelClosed")
        });
    }
}

impl Drop for SessionAudit {
    fn drop(&mut self) {
        if !self.closed {
            self.end();
        }
    }
}

/// The two rows of a client that was turned away.
pub(crate) fn turned_away(log: &AuditLog, session: u64, ends: PeerInfo, implicit: bool, why: SubStatus) {
    let mut audit = SessionAudit::new(log.clone(), session, ends, implicit);
    audit.last_words = (!implicit).then_some((why.code(), why));
    audit.close(why.name());
}

fn version(tls: &TlsInfo) -> String {
    tls.version.to_string()
}

const fn substatus_of(failure: &DataFailure) -> Option<SubStatus> {
    match failure {
        DataFailure::NoPortFree(_) => Some(SubStatus::NoPortFree),
        DataFailure::Connect(_) => Some(SubStatus::DataRefused),
        DataFailure::Tls(_) => Some(SubStatus::DataTlsFailed),
        DataFailure::NotResumed => Some(SubStatus::NotResumed),
        DataFailure::ClientCertificate(problem) => Some(problem.substatus()),
        DataFailure::Broken(_) => Some(SubStatus::DataBroken),
        // The row of the command tells.
        DataFailure::Deflate(_) | DataFailure::Storage(_) => None,
    }
}

const fn reason_word(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Quit => "quit",
        CloseReason::PeerClosed => "peer closed",
        CloseReason::TimedOut => "timed out",
        CloseReason::LoginFailures => "login failures",
        CloseReason::Abuse => "abuse",
        CloseReason::TlsFailed => "TLS failed",
        CloseReason::Injection => "injection",
        CloseReason::Shutdown => "shutdown",
        CloseReason::Certificate => "certificate",
        CloseReason::Full => "full",
        CloseReason::Unaudited => "unaudited",
        _ => "closed",
    }
}
