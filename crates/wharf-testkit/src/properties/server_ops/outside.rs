//! What stands around the machine: storage, logins, data connections; answering well, badly or late.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use bytes::Bytes;
use wharf_session::{
    DataCommand, DataEvent, DataFailure, DataId, DeflateFault, EndMark, JobId, TlsEvent,
    server::{FileAnswer, LoginAnswer, Output, PeerInfo, Question, Server},
};
use wharf_types::{
    FileError, FileErrorKind, FileKind, FileOp, Grant, Metadata, Rights, Timestamp, VirtualPath,
};

use super::tls_info;

#[derive(Debug)]
pub(super) struct Outside {
    /// Answers and reports at once and well.
    pub(super) automatic: bool,
    pub(super) tls_pending: bool,
    pub(super) jobs: BTreeSet<JobId>,
    /// Data connections, each with the event that would be next.
    pub(super) data: BTreeMap<DataId, Next>,
    questions: Vec<Question>,
    /// Listings that have told their lines.
    told: BTreeSet<JobId>,
    ends: PeerInfo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    Listening,
    Connected,
    Secured,
    Finished,
}

impl Outside {
    pub(super) fn new(ends: PeerInfo) -> Self {
        Self {
            automatic: true,
            tls_pending: false,
            jobs: BTreeSet::new(),
            data: BTreeMap::new(),
            questions: Vec::new(),
            told: BTreeSet::new(),
            ends,
        }
    }

    /// Does one output. What TLS did comes back, for others to know.
    pub(super) fn perform(&mut self, server: &mut Server, now: Instant, output: Output) -> Option<TlsEvent> {
        // A commit goes on to its end, whatever becomes of the session.
        if let Output::Ask(Question::Commit { job, .. }) = &output {
            assert!(self.jobs.remove(job), "{job} is committed, and was not open");
        }
        if let Output::Ask(Question::Lines { job, .. }) = &output {
            assert!(self.jobs.contains(job), "{job} is asked for lines, and is not open");
        }
        match output {
            Output::Ask(question) if self.automatic => self.answer_one(server, now, question, 0),
            Output::Ask(question) => self.questions.push(question),
            Output::UpgradeTls { .. } if self.automatic => return Some(TlsEvent::Established(tls_info())),
            Output::ClearTls if self.automatic => return Some(TlsEvent::Cleared),
            Output::UpgradeTls { .. } | Output::ClearTls => self.tls_pending = true,
            Output::Release(job) => {
                assert!(self.jobs.remove(&job), "{job} is released, and was not open");
            }
            Output::Data(command) => self.command(server, now, command),
            Output::Transmit(_) | Output::Withdraw(_) | Output::Event(_) | Output::Close | Output::Abort => {}
        }
        None
    }

    fn command(&mut self, server: &mut Server, now: Instant, command: DataCommand) {
        let (id, next) = match command {
            DataCommand::Listen { id, .. } => {
                assert!(self.data.insert(id, Next::Nothing).is_none(), "{id} is there already");
                (id, Next::Listening)
            }
            DataCommand::Dial { id, .. } => {
                assert!(self.data.insert(id, Next::Nothing).is_none(), "{id} is there already");
                (id, Next::Connected)
            }
            DataCommand::Secure { id, .. } | DataCommand::SecureAsClient { id } => (id, Next::Secured),
            DataCommand::Start { id, flow, .. } => {
                let (wharf_session::Flow::Send(job) | wharf_session::Flow::Receive(job)) = flow;
                assert!(self.jobs.contains(&job), "{job} moves, and is not open");
                (id, Next::Finished)
            }
            DataCommand::Cancel { id, .. } => {
                assert!(self.data.remove(&id).is_some(), "{id} is cancelled, and is not there");
                return;
            }
        };
        let state = self.data.get_mut(&id).expect("a data connection that is there");
        *state = next;
        if self.automatic {
            self.report(server, now, id, 0);
        }
    }

    /// One event of some data connection; the choice is the input's.
    pub(super) fn data_event(&mut self, server: &mut Server, now: Instant, how: u8) {
        let nth = usize::from(how >> 4).checked_rem(self.data.len());
        if let Some(id) = nth.and_then(|nth| self.data.keys().nth(nth)).copied() {
            self.report(server, now, id, how & 15);
        }
    }

    fn report(&mut self, server: &mut Server, now: Instant, id: DataId, how: u8) {
        let Some(next) = self.data.get(&id).copied() else { return };
        let failure = match how {
            9 => Some(DataFailure::Tls("bad record".to_owned())),
            10 => Some(DataFailure::NotResumed),
            11 => Some(DataFailure::Connect("refused".to_owned())),
            12 => Some(DataFailure::Broken("reset".to_owned())),
            15 => Some(DataFailure::Deflate(DeflateFault::Cut)),
            13 => Some(DataFailure::Storage(FileError::new(FileErrorKind::NoSpace))),
            14 => Some(DataFailure::NoPortFree("all taken".to_owned())),
            _ => None,
        };
        if let Some(failure) = failure {
            self.data.remove(&id);
            return server.handle_data(now, id, DataEvent::Failed(failure));
        }
        let (event, after) = match next {
            Next::Nothing => return,
            Next::Listening => {
                let mut addr = self.ends.local;
                addr.set_port(50_000);
                (DataEvent::Listening(addr), Next::Connected)
            }
            Next::Connected => (DataEvent::Connected { peer: self.ends.peer }, Next::Nothing),
            Next::Secured => (DataEvent::Secured { tls: tls_info(), bound: how != 1 }, Next::Nothing),
            Next::Finished if how == 8 => (DataEvent::Progress { bytes: 7 }, Next::Finished),
            Next::Finished => {
                let end = if how == 7 { EndMark::NoCloseNotify } else { EndMark::Clean };
                self.data.remove(&id);
                return server.handle_data(now, id, DataEvent::Finished { bytes: 12, end });
            }
        };
        self.data.insert(id, after);
        let again = self.automatic && event_goes_on(&event);
        server.handle_data(now, id, event);
        // A client that was told a port comes.
        if again && self.data.get(&id) == Some(&Next::Connected) {
            self.report(server, now, id, 0);
        }
    }

    /// Answers some open question, in whatever way the input chooses; it may be withdrawn by now.
    pub(super) fn answer(&mut self, server: &mut Server, now: Instant, how: u8) {
        let Some(nth) = usize::from(how >> 4).checked_rem(self.questions.len()) else { return };
        let question = self.questions.remove(nth);
        self.answer_one(server, now, question, how & 15);
    }

    fn answer_one(&mut self, server: &mut Server, now: Instant, question: Question, how: u8) {
        match question {
            Question::Login { ticket, .. } | Question::Certified { ticket, .. } => {
                let answer = match how {
                    0..8 => LoginAnswer::Accept(grant(how)),
                    8..12 => LoginAnswer::Refuse,
                    _ => LoginAnswer::Unavailable,
                };
                let _ = server.answer_login(now, ticket, answer);
            }
            Question::File { ticket, op } => {
                let job = ticket.job();
                let answer = file_answer(&op, how);
                let opens = matches!(answer, Ok(FileAnswer::Opened { .. }));
                if server.answer_file(now, ticket, answer).is_ok() && opens {
                    self.jobs.insert(job);
                }
            }
            Question::Lines { ticket, job } => {
                let lines = match how {
                    0..=8 if self.told.insert(job) => {
                        vec![Bytes::from_static(b"213 a line"), Bytes::from_static(b"b\rad"), Bytes::new()]
                    }
                    9 => vec![Bytes::from(vec![b'x'; 30_000])],
                    _ => Vec::new(),
                };
                let _ = server.answer_lines(now, ticket, Ok(lines));
            }
            Question::Commit { ticket, .. } => {
                let answer = if how < 8 { Ok(()) } else { Err(FileError::new(FileErrorKind::QuotaExceeded)) };
                let _ = server.answer_commit(now, ticket, answer);
            }
            Question::Sessions { ticket } => {
                let _ = server.answer_sessions(now, ticket, vec!["1 from here".to_owned()]);
            }
        }
    }
}

fn event_goes_on(event: &DataEvent) -> bool {
    matches!(event, DataEvent::Listening(_))
}

fn grant(how: u8) -> Grant {
    let grant = Grant::new("alice", "");
    if how == 7 { grant.with_rights(Rights::READ_ONLY) } else { grant }
}

fn file_answer(op: &FileOp, how: u8) -> Result<FileAnswer, FileError> {
    const KINDS: [FileErrorKind; 6] = [
        FileErrorKind::NotFound,
        FileErrorKind::Denied,
        FileErrorKind::NotADirectory,
        FileErrorKind::NoSpace,
        FileErrorKind::InvalidOffset,
        FileErrorKind::Io,
    ];
    if let Some(kind) = how.checked_sub(10).and_then(|nth| KINDS.get(usize::from(nth))) {
        return Err(FileError::new(*kind));
    }
    // A driver that mixes things up.
    if how == 9 {
        return Ok(FileAnswer::Done);
    }
    let kind = if how == 8 { FileKind::Directory } else { FileKind::File };
    let metadata = Metadata::new(kind, 12, Timestamp::from_secs(1_700_000_000));
    Ok(match op {
        FileOp::Enter(_) | FileOp::Metadata(_) => FileAnswer::Metadata { metadata, partial: false },
        FileOp::MetadataOrPartial(_) => FileAnswer::Metadata { metadata, partial: how & 1 == 1 },
        FileOp::List { .. } => FileAnswer::Opened { size: None, path: None, offset: 0 },
        FileOp::Read { offset, .. } => FileAnswer::Opened { size: Some(12), path: None, offset: *offset },
        FileOp::Write { .. } => {
            let path = VirtualPath::root().resolve(b"stored").ok();
            FileAnswer::Opened { size: None, path, offset: u64::from(how) }
        }
        FileOp::SetModified { to, .. } => FileAnswer::Time(*to),
        FileOp::Available(_) | FileOp::TextSize { .. } => FileAnswer::Size(12),
        FileOp::Combine { .. } | FileOp::Copy { .. } => {
            FileAnswer::Opened { size: None, path: None, offset: 0 }
        }
        FileOp::Hash { algorithm, .. } => {
            FileAnswer::Digest { digest: vec![how; algorithm.length()], start: 0, length: 12 }
        }
        FileOp::SetMode { mode, .. } => FileAnswer::Mode(*mode),
        FileOp::Umask { to, .. } => FileAnswer::Mode(to.unwrap_or(0o022)),
        FileOp::MakeDirectory(_)
        | FileOp::RemoveDirectory(_)
        | FileOp::RemoveFile(_)
        | FileOp::RemoveTree(_)
        | FileOp::Symlink { .. }
        | FileOp::Rename { .. }
        | FileOp::RenameFrom(_) => FileAnswer::Done,
    })
}
