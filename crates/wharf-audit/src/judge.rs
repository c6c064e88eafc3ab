//! What an auditor wants to know of each session.

mod state;

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    fmt,
};

use self::state::{State, is_about_data};
use crate::parse::{Entry, Malformed};

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, by the number that the caller gave it.
    pub file: usize,
    /// The line, counted from 1.
    pub line: u64,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// PASS came without TLS.
    PasswordInClear,
    /// USER came without TLS, and no PASS did.
    UserInClear,
    /// A file or a listing moved without TLS.
    DataInClear,
    /// TLS was there, and weak.
    WeakTls,
    /// TLS did not come about.
    HandshakeFailed,
    /// Bytes in clear stood behind AUTH.
    ClearBehindAuth,
    /// The server could not write rows.
    LinesLost,
    /// Rows do not tell of which session they are.
    SessionsUntold,
    /// A line is none.
    MalformedLine,
}

impl Kind {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PasswordInClear => "password-in-clear",
            Self::UserInClear => "user-in-clear",
            Self::DataInClear => "data-in-clear",
            Self::WeakTls => "weak-tls",
            Self::HandshakeFailed => "handshake-failed",
            Self::ClearBehindAuth => "clear-behind-auth",
            Self::LinesLost => "lines-lost",
            Self::SessionsUntold => "sessions-untold",
            Self::MalformedLine => "malformed-line",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// In which order a session logged in and went to TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// It gave no name.
    NoLogin,
    /// Name or password in clear, and never TLS.
    Clear,
    /// AUTH, then the login.
    AuthFirst,
    /// Name or password in clear, then AUTH.
    AuthAfterLogin,
    /// TLS from the first byte.
    Implicit,
}

impl Order {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoLogin => "no-login",
            Self::Clear => "clear",
            Self::AuthFirst => "auth-first",
            Self::AuthAfterLogin => "auth-after-login",
            Self::Implicit => "implicit",
        }
    }
}

/// One thing that was found, in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// The first line that shows it.
    pub place: Place,
    /// How many lines do.
    pub count: u64,
    /// Date and time of that line, as they stand there.
    pub time: String,
    /// The session; empty where a finding is about none.
    pub session: String,
    /// The client's address.
    pub client: String,
    /// The name that the client had given last by that line, encoded as in the log.
    pub user: String,
    /// Login and TLS of the session.
    pub order: Order,
    /// More, in words.
    pub detail: String,
}

/// What is taken for granted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JudgeOptions {
    /// Ports where TLS begins with the first byte; 990 by default. Logs with `x-tls-version` need none.
    pub implicit_ports: Vec<u16>,
    /// Whether names and passwords of `anonymous` and `ftp` count for nothing; off by default.
    pub ignore_anonymous: bool,
    /// The most sessions that are open at a time; of more, the oldest one is taken for ended. 100,000 by default.
    pub most_sessions: usize,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self { implicit_ports: vec![990], ignore_anonymous: false, most_sessions: 100_000 }
    }
}

/// What was read in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Rows that were understood.
    pub rows: u64,
    /// Sessions.
    pub sessions: u64,
    /// Sessions whose beginning is not in the log: nothing is concluded from what has no row.
    pub unseen: u64,
    /// Findings.
    pub findings: u64,
    /// Lines that are none.
    pub malformed: u64,
    /// Rows that the server says it could not write.
    pub lost: u64,
    /// Transfers and listings of which bytes may have moved.
    pub transfers: u64,
    /// Sessions that logged in without TLS ([`Order::Clear`]).
    pub clear: u64,
    /// The same for [`Order::AuthFirst`].
    pub auth_first: u64,
    /// The same for [`Order::AuthAfterLogin`].
    pub auth_after_login: u64,
    /// The same for [`Order::Implicit`].
    pub implicit: u64,
}

/// Reads rows in order, of several sessions at a time, and tells what it finds when a session ends.
#[derive(Debug)]
pub struct Judge {
    options: JudgeOptions,
    sessions: HashMap<Box<[u8]>, (u64, State)>,
    /// Sessions by their beginning, those that have ended among them; the number tells a session from a later one that has
    /// the same name.
    begun: VecDeque<(u64, Box<[u8]>)>,
    number: u64,
    /// Sessions that are told apart by their ports, by their clients.
    by_port: HashMap<Box<[u8]>, Vec<Box<[u8]>>>,
    malformed: Option<BadLines>,
    /// The last file that does not tell sessions apart.
    shared: Option<usize>,
    summary: Summary,
}

/// Lines of a file that are none.
#[derive(Debug)]
struct BadLines {
    file: usize,
    told: u32,
    /// Those that were not told one by one: the first one, and how many.
    more: Option<(Place, u64)>,
}

impl Judge {
    /// The most lines of a file that are none and are told one by one.
    const MOST_MALFORMED: u32 = 20;
    /// The longest name of a session that is looked at.
    const MAX_NAME: usize = 256;

    /// One that has seen nothing.
    #[must_use]
    pub fn new(options: JudgeOptions) -> Self {
        let (sessions, begun) = (HashMap::new(), VecDeque::new());
        let by_port = HashMap::new();
        Self {
            options,
            sessions,
            begun,
            number: 0,
            by_port,
            malformed: None,
            shared: None,
            summary: Summary::default(),
        }
    }

    /// The next row; `tell` is given what is found.
    pub fn entry(&mut self, place: Place, entry: &Entry<'_>, tell: &mut dyn FnMut(Finding)) {
        self.summary.rows += 1;
        let name = match (entry.session, entry.client_port) {
            (Some(session), _) => Cow::Borrowed(session),
            // The port of a data connection is another one.
            (None, Some(_)) if is_about_data(entry.method.unwrap_or_default()) => {
                return self.of_some_session(place, entry);
            }
            (None, Some(port)) => Cow::Owned([entry.client.unwrap_or_default(), b":", port].concat()),
            (None, None) => {
                if self.shared != Some(place.file) {
                    self.shared = Some(place.file);
                    let detail =
                        "neither x-session nor c-port: AUTH of one session may be taken for another's";
                    self.tell(outside(Kind::SessionsUntold, place, 1, detail), tell);
                }
                Cow::Borrowed(entry.client.unwrap_or_default())
            }
        };
        let name = name.get(..Self::MAX_NAME).unwrap_or(&name);
        let method = entry.method.unwrap_or_default();
        // IIS 6 counts anew with each start: another client is another session.
        let of_another =
            entry.is_numbered() && self.sessions.get(name).is_some_and(|(_, state)| !state.is_of(entry));
        if of_another || method.eq_ignore_ascii_case(b"ControlChannelOpened") {
            // Another one of that name has ended unseen.
            self.end(name, tell);
        }
        if !self.sessions.contains_key(name) {
            self.make_room(tell);
            self.number += 1;
            self.summary.sessions += 1;
            let state = State::new(&self.options, entry);
            self.summary.unseen += u64::from(!state.is_begun());
            self.begun.push_back((self.number, name.into()));
            if state.is_by_port() {
                self.by_port.entry(client_of(name).into()).or_default().push(name.into());
            }
            self.sessions.insert(name.into(), (self.number, state));
        }
        if let Some((_, state)) = self.sessions.get_mut(name) {
            self.summary.transfers += state.row(&self.options, place, entry);
        }
        let numbered_end = || [&b"QUIT"[..], b"closed"].iter().any(|end| method.eq_ignore_ascii_case(end));
        if method.eq_ignore_ascii_case(b"ControlChannelClosed") || entry.is_numbered() && numbered_end() {
            self.end(name, tell);
        }
    }

    /// A row about a data connection that names no session: it is of the client's one, or of one of those that it has.
    fn of_some_session(&mut self, place: Place, entry: &Entry<'_>) {
        let Some(names) = self.by_port.get(entry.client.unwrap_or_default()) else { return };
        // That one was opened may be so of each. What one carried is of one of them alone, whose transfer tells it.
        let opened = entry.method.is_some_and(|method| method.eq_ignore_ascii_case(b"DataChannelOpened"));
        for name in names.iter().filter(|_| opened || names.len() == 1) {
            if let Some((_, state)) = self.sessions.get_mut(name) {
                self.summary.transfers += state.row(&self.options, place, entry);
            }
        }
    }

    /// A line that is none. The first ones of a file are told one by one, the others together.
    pub fn malformed(&mut self, place: Place, why: Malformed, tell: &mut dyn FnMut(Finding)) {
        self.summary.malformed += 1;
        if self.malformed.as_ref().is_none_or(|seen| seen.file != place.file) {
            self.tell_more_malformed(tell);
            self.malformed = Some(BadLines { file: place.file, told: 0, more: None });
        }
        let Some(seen) = &mut self.malformed else { return };
        if let Some((_, count)) = &mut seen.more {
            *count += 1;
        } else if seen.told == Self::MOST_MALFORMED {
            seen.more = Some((place, 1));
        } else {
            seen.told += 1;
            self.tell(outside(Kind::MalformedLine, place, 1, why.text()), tell);
        }
    }

    fn tell_more_malformed(&mut self, tell: &mut dyn FnMut(Finding)) {
        if let Some((place, count)) = self.malformed.take().and_then(|seen| seen.more) {
            self.tell(outside(Kind::MalformedLine, place, count, "this line and others behind it"), tell);
        }
    }

    /// The server says that it could not write so many rows.
    pub fn lost(&mut self, place: Place, count: u64, tell: &mut dyn FnMut(Finding)) {
        self.summary.lost = self.summary.lost.saturating_add(count);
        let detail = format!("the server could not write {count} rows");
        self.tell(outside(Kind::LinesLost, place, count, &detail), tell);
    }

    /// Nothing more comes: sessions that are open have ended unseen.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Finding)) -> Summary {
        self.tell_more_malformed(tell);
        while let Some((number, name)) = self.begun.pop_front() {
            if self.sessions.get(&name).is_some_and(|(open, _)| *open == number) {
                self.end(&name, tell);
            }
        }
        self.summary
    }

    fn make_room(&mut self, tell: &mut dyn FnMut(Finding)) {
        let most = self.options.most_sessions.max(1);
        while self.sessions.len() >= most || self.begun.len() > most.saturating_mul(2) {
            let Some((number, name)) = self.begun.pop_front() else { return };
            if self.sessions.get(&name).is_none_or(|(open, _)| *open != number) {
                continue;
            }
            if self.sessions.len() >= most {
                self.end(&name, tell);
            } else {
                // It lives on, and is looked at again when all that came with it were.
                self.begun.push_back((number, name));
                self.begun
                    .retain(|(number, name)| self.sessions.get(name).is_some_and(|(open, _)| open == number));
            }
        }
    }

    fn end(&mut self, name: &[u8], tell: &mut dyn FnMut(Finding)) {
        let Some((_, mut state)) = self.sessions.remove(name) else { return };
        if state.is_by_port()
            && let Some(names) = self.by_port.get_mut(client_of(name))
        {
            names.retain(|open| **open != *name);
            if names.is_empty() {
                self.by_port.remove(client_of(name));
            }
        }
        self.summary.transfers += state.settle();
        let counted = match state.order() {
            Order::Clear => Some(&mut self.summary.clear),
            Order::AuthFirst => Some(&mut self.summary.auth_first),
            Order::AuthAfterLogin => Some(&mut self.summary.auth_after_login),
            Order::Implicit => Some(&mut self.summary.implicit),
            Order::NoLogin => None,
        };
        if let Some(counted) = counted {
            *counted += 1;
        }
        for finding in state.findings(name) {
            self.tell(finding, tell);
        }
    }

    fn tell(&mut self, finding: Finding, tell: &mut dyn FnMut(Finding)) {
        self.summary.findings += 1;
        tell(finding);
    }
}

/// The client in the name of a session that its port tells apart.
fn client_of(name: &[u8]) -> &[u8] {
    name.iter().rposition(|byte| *byte == b':').and_then(|at| name.get(..at)).unwrap_or(name)
}

fn outside(kind: Kind, place: Place, count: u64, detail: &str) -> Finding {
    Finding {
        kind,
        place,
        count,
        time: String::new(),
        session: String::new(),
        client: String::new(),
        user: String::new(),
        order: Order::NoLogin,
        detail: detail.to_owned(),
    }
}
