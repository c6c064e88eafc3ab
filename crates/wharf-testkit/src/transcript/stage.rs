//! One performance: the machine, the world around it, and what the machine did so far.

mod data;

use std::{collections::VecDeque, sync::Arc, time::Instant};

use wharf_codec::ReplyCode;
use wharf_session::{
    ClientCertificate, DataId, Flow, Form, JobId, TlsEvent, TlsInfo, TlsVersion,
    server::{Output, Question, Server},
};
use wharf_types::{FileError, FileErrorKind, FileOp};

use super::{
    Cut, Transcript,
    parse::path,
    step::{AnswerStep, Step, TlsStep},
};
use crate::{Dice, Model, Refusals, model, pattern::matches};

/// What the machine did.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trace {
    /// A line that it sent.
    Line(String),
    /// Everything else, in words.
    Note(String),
}

pub(super) struct Stage {
    server: Server,
    now: Instant,
    model: Model,
    cut: Cut,
    dice: Dice,
    trace: VecDeque<Trace>,
    /// Sent bytes that are no whole line yet.
    partial_line: Vec<u8>,
    refusals: Refusals,
    /// What the client sent and the machine did not take.
    wire: VecDeque<u8>,
    any_lines: bool,
    upgrading: bool,
    closed: bool,
    local: std::net::SocketAddr,
    peer: std::net::SocketAddr,
    hold: Vec<String>,
    held: VecDeque<Question>,
    data: Option<DataId>,
    next_port: u16,
    moving: Option<(Flow, Form)>,
    upload: Vec<u8>,
}

impl Stage {
    pub(super) fn new(transcript: &Transcript, cut: Cut) -> Self {
        let now = crate::start();
        let seed = if let Cut::Random(seed) = cut { seed } else { 0 };
        let mut this = Self {
            server: Server::new(Arc::new(transcript.config.clone()), transcript.ends, now),
            now,
            model: transcript.model(),
            cut,
            dice: Dice::new(seed),
            trace: VecDeque::new(),
            partial_line: Vec::new(),
            refusals: Refusals::default(),
            wire: VecDeque::new(),
            any_lines: false,
            upgrading: false,
            closed: false,
            local: transcript.ends.local,
            peer: transcript.ends.peer,
            hold: Vec::new(),
            held: VecDeque::new(),
            data: None,
            next_port: 50_001,
            moving: None,
            upload: Vec::new(),
        };
        this.settle();
        this
    }

    pub(super) fn perform(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Server(_) | Step::AnyLines | Step::Note(_) | Step::NoNote(_) => {}
            Step::Closed(_) | Step::File(..) | Step::Hold(_) => {}
            Step::Client(_)
            | Step::Tls(_)
            | Step::Data(_)
            | Step::Answer(_)
            | Step::Time(_)
            | Step::Eof
            | Step::Shutdown(_) => self.nothing_more()?,
        }
        match step {
            Step::Client(bytes) => self.client(bytes),
            Step::Server(pattern) => return self.expect_line(pattern),
            Step::AnyLines => self.any_lines = true,
            Step::Note(pattern) => return self.expect_note(pattern),
            Step::NoNote(pattern) => {
                let unwanted = self
                    .trace
                    .iter()
                    .find(|item| matches!(item, Trace::Note(note) if matches(pattern, note)));
                return unwanted.map_or(Ok(()), |item| Err(format!("there is {item:?}")));
            }
            Step::Tls(tls) => {
                let event = match tls {
                    TlsStep::Up { server_name } => TlsEvent::Established(tls_info(server_name.clone())),
                    TlsStep::Cleared => TlsEvent::Cleared,
                    TlsStep::Failed => TlsEvent::Failed("no cipher in common".to_owned()),
                    TlsStep::Closed => TlsEvent::CloseNotify,
                };
                self.upgrading = false;
                self.server.handle_tls(self.now, event);
            }
            Step::Data(step) => self.data(step)?,
            Step::Answer(answer) => self.answer_held(answer)?,
            Step::Hold(what) => self.hold.clone_from(what),
            Step::Time(time) => self.pass(*time),
            Step::Eof => self.server.handle_eof(self.now),
            Step::Shutdown(over) => self.server.shutdown(self.now, *over),
            Step::Closed(closed) if *closed == self.closed => {}
            Step::Closed(_) => return Err(format!("the session is closed: {}", self.closed)),
            Step::File(name, content) => {
                let there = self.model.content(&path(name)?).map(|content| content.to_vec());
                if there != *content {
                    return Err(format!("{name} is {there:?}"));
                }
            }
        }
        self.settle();
        Ok(())
    }

    /// Every line that was sent has been expected.
    pub(super) fn nothing_more(&self) -> Result<(), String> {
        if !self.partial_line.is_empty() {
            return Err(format!("half a line: {}", self.partial_line.escape_ascii()));
        }
        let line = self.trace.iter().find(|item| matches!(item, Trace::Line(_)));
        line.map_or(Ok(()), |item| Err(format!("the server says more: {item:?}")))
    }

    fn expect_line(&mut self, pattern: &str) -> Result<(), String> {
        let any = core::mem::take(&mut self.any_lines);
        while let Some(item) = self.trace.pop_front() {
            match item {
                Trace::Note(_) => {}
                Trace::Line(line) if matches(pattern, &line) => return Ok(()),
                Trace::Line(_) if any => {}
                Trace::Line(line) => {
                    return Err(format!("{pattern:?} is expected, the server says {line:?}"));
                }
            }
        }
        Err(format!("{pattern:?} is expected, the server says nothing"))
    }

    fn expect_note(&mut self, pattern: &str) -> Result<(), String> {
        let mut passed = Vec::new();
        while let Some(item) = self.trace.pop_front() {
            match item {
                Trace::Note(note) if matches(pattern, &note) => return Ok(()),
                Trace::Note(note) => passed.push(note),
                Trace::Line(line) => {
                    return Err(format!(
                        "{pattern:?} is expected, the server says {line:?} (before: {passed:?})"
                    ));
                }
            }
        }
        Err(format!("{pattern:?} is expected, there is {passed:?}"))
    }

    fn client(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let size = match self.cut {
                Cut::Whole => rest.len(),
                Cut::Bytes => 1,
                Cut::Random(_) => 1 + self.dice.below(rest.len().min(24)),
            };
            let (piece, tail) = rest.split_at(size);
            self.wire.extend(piece);
            rest = tail;
            self.settle();
        }
    }

    fn pass(&mut self, time: std::time::Duration) {
        let end = self.now + time;
        // As a driver wakes up: whenever the machine wants it.
        while let Some(at) = self.server.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.server.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
        self.server.handle_timeout(self.now);
    }

    fn settle(&mut self) {
        loop {
            while let Some(output) = self.server.poll_output() {
                self.output(output);
                self.server.handle_sent(self.now, 0);
            }
            self.refusals.settled();
            if self.upgrading && !self.wire.is_empty() {
                // What a driver finds when it is to begin TLS.
                self.wire.clear();
                self.server.handle_plaintext_after_auth(self.now);
                continue;
            }
            if self.wire.is_empty() {
                return;
            }
            let bytes = self.wire.make_contiguous();
            let taken = self.server.handle_bytes(self.now, bytes);
            self.wire.drain(..taken);
            if taken == 0 {
                return;
            }
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.trace.push_back(Trace::Note(note.into()));
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Transmit(bytes) => self.transmit(&bytes),
            Output::UpgradeTls { .. } => {
                self.upgrading = true;
                self.note("upgrade");
            }
            Output::ClearTls => self.note("clear"),
            Output::Ask(question) => self.ask(question),
            Output::Withdraw(_) => self.note("withdraw"),
            Output::Release(job) => {
                self.model.release(job);
                self.moving = None;
                self.note("release");
            }
            Output::Data(command) => self.data_command(command),
            Output::Event(event) => {
                self.refusals.told(&event);
                self.note(format!("log {event:?}"));
            }
            Output::Close => {
                self.closed = true;
                self.note("close");
            }
            Output::Abort => {
                self.closed = true;
                self.note("abort");
            }
        }
    }

    fn transmit(&mut self, bytes: &[u8]) {
        self.partial_line.extend_from_slice(bytes);
        while let Some(at) = self.partial_line.windows(2).position(|end| end == b"\r\n") {
            let line: Vec<u8> = self.partial_line.drain(..at + 2).collect();
            if let [a @ b'4'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] = line[..] {
                let digits = [a, b, c].map(|digit| u16::from(digit - b'0'));
                self.refusals.sent(
                    ReplyCode::new(digits[0] * 100 + digits[1] * 10 + digits[2]).expect("a refusal's code"),
                );
            }
            let line = String::from_utf8(line.clone()).unwrap_or_else(|_| line.escape_ascii().to_string());
            self.trace.push_back(Trace::Line(line.trim_end_matches(['\r', '\n']).to_owned()));
        }
        // Answers to Telnet requests are no lines.
        if self.partial_line.starts_with(&[0xff]) && self.partial_line.len() >= 3 {
            let answer: Vec<u8> = self.partial_line.drain(..3).collect();
            self.trace.push_back(Trace::Line(answer.escape_ascii().to_string()));
            self.transmit(&[]);
        }
    }

    fn ask(&mut self, question: Question) {
        let (kind, note) = match &question {
            Question::Login { user, secured, .. } => ("login", format!("ask login {user} secured={secured}")),
            Question::Certified { user, .. } => ("login", format!("ask certified {user}")),
            Question::File { op, .. } => ("files", format!("ask {}", op_words(op))),
            Question::Lines { .. } => ("lines", "ask lines".to_owned()),
            Question::Commit { .. } => ("commit", "ask commit".to_owned()),
            Question::Sessions { .. } => ("sessions", "ask sessions".to_owned()),
        };
        self.note(note);
        if self.hold.iter().any(|held| held == kind) {
            self.held.push_back(question);
        } else {
            // Nothing is stale that was asked just now.
            let _ = self.answer(question, None);
        }
    }

    fn answer_held(&mut self, step: &AnswerStep) -> Result<(), String> {
        let question = self.held.pop_front().ok_or("no question is open")?;
        let error = if let AnswerStep::Error(kind) = step { Some(*kind) } else { None };
        let stale = self.answer(question, error).is_err();
        if stale == (*step == AnswerStep::Late) { Ok(()) } else { Err(format!("stale: {stale}")) }
    }

    fn answer(
        &mut self,
        question: Question,
        error: Option<FileErrorKind>,
    ) -> Result<(), wharf_session::server::Stale> {
        let error = error.map(FileError::new);
        match question {
            Question::Login { ticket, user, password, .. } => {
                let answer = model::login(user.as_bytes(), password.expose());
                self.server.answer_login(self.now, ticket, answer)
            }
            Question::Certified { ticket, .. } => {
                self.server.answer_login(self.now, ticket, wharf_session::server::LoginAnswer::Refuse)
            }
            Question::File { ticket, op } => {
                let job: JobId = ticket.job();
                let answer = error.map_or_else(|| self.model.perform(job, &op), Err);
                let answered = self.server.answer_file(self.now, ticket, answer);
                if answered.is_err() {
                    self.model.release(job);
                }
                answered
            }
            Question::Lines { ticket, job } => {
                let lines = self.model.lines(job);
                // All of them at once, and then the end.
                self.model.release(job);
                self.server.answer_lines(self.now, ticket, Ok(lines))
            }
            Question::Commit { ticket, job } => {
                let answer = error.map_or_else(|| self.model.commit(job), Err);
                self.server.answer_commit(self.now, ticket, answer)
            }
            Question::Sessions { ticket } => {
                let sessions = vec![format!("1 from {} for 0 seconds", self.peer)];
                self.server.answer_sessions(self.now, ticket, sessions)
            }
        }
    }
}

fn tls_info(server_name: Option<String>) -> TlsInfo {
    let cipher = "TLS13_AES_128_GCM_SHA256".to_owned();
    TlsInfo {
        version: TlsVersion::V1_3,
        cipher,
        resumed: false,
        server_name,
        client_certificate: ClientCertificate::NotAsked,
    }
}

fn op_words(op: &FileOp) -> String {
    let path = op.path().as_bytes().escape_ascii();
    match op {
        FileOp::Available(_) => format!("available {path}"),
        FileOp::Combine { parts, .. } => format!("combine {path} of {}", parts.len()),
        FileOp::Copy { from, .. } => format!("copy {} to {path}", from.as_bytes().escape_ascii()),
        FileOp::Hash { algorithm, range, .. } => format!("hash {path} {algorithm} {range:?}"),
        FileOp::RemoveTree(_) => format!("remove-tree {path}"),
        FileOp::SetMode { mode, .. } => format!("set-mode {path} {mode:o}"),
        FileOp::Symlink { target, .. } => format!("link {path} to {}", target.as_bytes().escape_ascii()),
        FileOp::TextSize { .. } => format!("text-size {path}"),
        FileOp::Umask { to, .. } => format!("umask {to:?}"),
        FileOp::Enter(_) => format!("enter {path}"),
        FileOp::List { style, within, .. } => {
            let pattern = if within.is_some() { " pattern" } else { "" };
            format!("list {path} {style:?}{pattern}")
        }
        FileOp::MakeDirectory(_) => format!("mkdir {path}"),
        FileOp::Metadata(_) | FileOp::MetadataOrPartial(_) => format!("metadata {path}"),
        FileOp::Read { offset, length: None, .. } => format!("read {path} at {offset}"),
        FileOp::Read { offset, length: Some(length), .. } => format!("read {path} at {offset} for {length}"),
        FileOp::RemoveDirectory(_) => format!("rmdir {path}"),
        FileOp::RemoveFile(_) => format!("remove {path}"),
        FileOp::Rename { to, .. } => format!("rename {path} to {}", to.as_bytes().escape_ascii()),
        FileOp::RenameFrom(_) => format!("rename-from {path}"),
        FileOp::SetModified { to, .. } => format!("set-time {path} {}", to.secs),
        FileOp::Write { how, .. } => format!("write {path} {how:?}"),
    }
}
