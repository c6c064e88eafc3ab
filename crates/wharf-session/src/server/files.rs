//! Commands on names: CWD, PWD, MKD, RMD, DELE, RNFR, RNTO, SIZE, MDTM, MFMT, MLST, STAT with a path.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use wharf_codec::{Pathname, Reply, ReplyCode, Representation, TimeVal, quote_pathname};
use wharf_types::{FileError, FileErrorKind, FileOp, ListStyle, Metadata, PathError, Timestamp, VirtualPath};

use super::{
    FileAnswer, FileTicket, LinesTicket, Output, Server, Settings, Stale, Wait, Waiting, facts_of,
    storage_reply::reply_to, transfer::Phase,
};

/// What is done with the answer of storage.
#[derive(Debug)]
pub(super) enum Then {
    Enter(VirtualPath),
    MakeDirectory(VirtualPath),
    /// Modification time; where no such name exists, the argument may be a time and a name (XFR-24).
    Modified {
        setter: Option<(TimeVal, VirtualPath)>,
    },
    Facts(VirtualPath),
    Remove,
    RenameFrom(VirtualPath),
    RenameTo,
    SetModified {
        name: Bytes,
    },
    Size(VirtualPath),
    Lines,
}

impl Server {
    pub(super) fn resolve(&mut self, path: &Pathname) -> Option<VirtualPath> {
        self.resolve_bytes(path.as_bytes())
    }

    /// Resolves a name against the current directory; answers when it is none.
    pub(super) fn resolve_bytes(&mut self, name: &[u8]) -> Option<VirtualPath> {
        match self.settings.cwd.resolve(name) {
            Ok(path) => Some(path),
            Err(error) => {
                let text = match error {
                    PathError::TooLong => "The path is too long",
                    PathError::TooDeep => "The path has too many levels",
                    PathError::Empty | PathError::ForbiddenByte | _ => "The name is not allowed",
                };
                self.done_with(ReplyCode::NAME_NOT_ALLOWED, text);
                None
            }
        }
    }

    /// Asks storage on behalf of the current command.
    fn ask(&mut self, op: FileOp, then: Then) {
        match self.ask_storage(op) {
            Some(ticket) => self.wait(Wait::File { ticket, then }),
            None => self.done_with(ReplyCode::FILE_UNAVAILABLE, "Permission denied"),
        }
    }

    pub(super) fn cwd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::Enter(path.clone()), Then::Enter(path));
    }

    pub(super) fn cdup(&mut self) {
        let path = self.settings.cwd.parent().unwrap_or_default();
        self.ask(FileOp::Enter(path.clone()), Then::Enter(path));
    }

    pub(super) fn pwd(&mut self) {
        let mut text = quote_pathname(self.settings.cwd.as_bytes());
        text.extend_from_slice(b" is the current directory");
        self.done(&Reply::new(ReplyCode::PATHNAME_CREATED, text));
    }

    pub(super) fn mkd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::MakeDirectory(path.clone()), Then::MakeDirectory(path));
    }

    pub(super) fn rmd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if path.is_root() {
            return self.done_with(ReplyCode::FILE_UNAVAILABLE, "The root stays");
        }
        self.ask(FileOp::RemoveDirectory(path), Then::Remove);
    }

    pub(super) fn dele(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::RemoveFile(path), Then::Remove);
    }

    pub(super) fn rnfr(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::RenameFrom(path.clone()), Then::RenameFrom(path));
    }

    pub(super) fn rnto(&mut self, from: Option<VirtualPath>, to: &Pathname) {
        let Some(from) = from else {
            return self.done_with(ReplyCode::BAD_SEQUENCE, "RNFR comes right before RNTO");
        };
        let Some(to) = self.resolve(to) else { return };
        self.ask(FileOp::Rename { from, to }, Then::RenameTo);
    }

    pub(super) fn size(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if matches!(self.settings.representation, Representation::Ascii(_)) {
            // The exact count would need the whole file read; no estimate is allowed (RFC 3659 §4).
            return self.done_with(ReplyCode::FILE_UNAVAILABLE, "SIZE is told in TYPE I only");
        }
        self.ask(FileOp::MetadataOrPartial(path.clone()), Then::Size(path));
    }

    pub(super) fn mdtm(&mut self, argument: &Pathname) {
        let setter = time_and_name(argument.as_bytes())
            .and_then(|(time, name)| Some((time, self.settings.cwd.resolve(name).ok()?)));
        let Some(path) = self.resolve(argument) else { return };
        self.ask(FileOp::Metadata(path), Then::Modified { setter });
    }

    pub(super) fn mfmt(&mut self, time: TimeVal, path: &Pathname) {
        let name = Bytes::copy_from_slice(path.as_bytes());
        let Some(path) = self.resolve(path) else { return };
        self.set_modified(time, path, name);
    }

    fn set_modified(&mut self, time: TimeVal, path: VirtualPath, name: Bytes) {
        let to = Timestamp { secs: time.secs(), nanos: time.nanos() };
        self.ask(FileOp::SetModified { path, to }, Then::SetModified { name });
    }

    pub(super) fn mlst(&mut self, path: Option<&Pathname>) {
        let path = match path {
            Some(path) => {
                let Some(path) = self.resolve(path) else { return };
                path
            }
            None => self.settings.cwd.clone(),
        };
        self.ask(FileOp::MetadataOrPartial(path.clone()), Then::Facts(path));
    }

    pub(super) fn stat_path(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::List { path, style: ListStyle::Long { all: false } }, Then::Lines);
    }

    /// The answer to [`Question::File`](super::Question::File).
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more; what the answer opened is to be dropped.
    pub fn answer_file(
        &mut self,
        now: Instant,
        ticket: FileTicket,
        answer: Result<FileAnswer, FileError>,
    ) -> Result<(), Stale> {
        if self.transfer.as_ref().is_some_and(|t| t.phase == Phase::Opening && t.job == ticket.0) {
            self.transfer_opened(now, answer);
            self.run(now);
            return Ok(());
        }
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::File { ticket: open, then } }) if open == ticket.0 => {
                self.current = text;
                self.last_activity = now;
                self.file_answered(ticket.0, then, answer);
                self.run(now);
                Ok(())
            }
            other => {
                self.waiting = other;
                Err(Stale)
            }
        }
    }

    fn file_answered(&mut self, ticket: u64, then: Then, answer: Result<FileAnswer, FileError>) {
        let answer = match (answer, then) {
            (Err(error), Then::Modified { setter: Some((time, path)) })
                if error.kind() == FileErrorKind::NotFound =>
            {
                let name = Bytes::copy_from_slice(path.as_bytes());
                return self.set_modified(time, path, name);
            }
            (Err(error), _) => {
                let reply = reply_to(&error, "");
                return self.done(&reply);
            }
            (Ok(answer), then) => (then, answer),
        };
        match answer {
            (Then::Enter(path), FileAnswer::Metadata { .. } | FileAnswer::Done) => {
                self.settings.cwd = path;
                self.done_with(ReplyCode::ACTION_COMPLETED, "Directory changed");
            }
            (Then::MakeDirectory(path), _) => {
                let mut text = quote_pathname(path.as_bytes());
                text.extend_from_slice(b" created");
                self.done(&Reply::new(ReplyCode::PATHNAME_CREATED, text));
            }
            (Then::Remove, _) => self.done_with(ReplyCode::ACTION_COMPLETED, "Removed"),
            (Then::RenameFrom(path), _) => {
                self.settings.rename_from = Some(path);
                self.done_with(ReplyCode::PENDING_INFORMATION, "Now RNTO");
            }
            (Then::RenameTo, _) => self.done_with(ReplyCode::ACTION_COMPLETED, "Renamed"),
            (Then::Size(path), FileAnswer::Metadata { metadata, partial }) => {
                self.size_known(path, &metadata, partial)
            }
            (Then::Modified { .. }, FileAnswer::Metadata { metadata, .. }) => {
                let time = TimeVal::new(metadata.modified.secs, 0);
                self.done(&Reply::new(ReplyCode::FILE_STATUS, time.to_string()));
            }
            (Then::SetModified { name }, FileAnswer::Time(time)) => {
                let mut text = format!("Modify={}; ", TimeVal::new(time.secs, 0)).into_bytes();
                text.extend_from_slice(&name);
                self.done(&Reply::new(ReplyCode::FILE_STATUS, text));
            }
            (Then::Facts(path), FileAnswer::Metadata { metadata, partial }) => {
                if partial {
                    self.settings.tell_partial(path.clone(), metadata.size);
                }
                self.facts_known(&path, &metadata);
            }
            (Then::Lines, FileAnswer::Opened { .. }) => {
                self.transmit(Bytes::from_static(b"213-Status follows\r\n"));
                self.wait(Wait::Lines { job: ticket, ticket: None });
            }
            // A driver that answers something else than was asked: say so, lose nothing.
            (_, FileAnswer::Opened { .. }) => {
                self.out.push_back(Output::Release(crate::JobId(ticket)));
                self.done_with(ReplyCode::LOCAL_ERROR, "A local error ended the action");
            }
            (_, _) => self.done_with(ReplyCode::LOCAL_ERROR, "A local error ended the action"),
        }
    }

    fn size_known(&mut self, path: VirtualPath, metadata: &Metadata, partial: bool) {
        if !metadata.is_file() {
            return self.done_with(ReplyCode::FILE_UNAVAILABLE, "Not a regular file");
        }
        if partial {
            self.settings.tell_partial(path, metadata.size);
        }
        self.done(&Reply::new(ReplyCode::FILE_STATUS, metadata.size.to_string()));
    }

    fn facts_known(&mut self, path: &VirtualPath, metadata: &Metadata) {
        let Some(grant) = &self.settings.grant else { return };
        let facts = facts_of(metadata, path, grant, &self.cfg.unique_key);
        let mut line = BytesMut::from(&b" "[..]);
        facts.encode(&self.settings.facts, path.as_bytes(), &mut line);
        let lines = [b"Facts".to_vec(), line.to_vec(), b"End".to_vec()];
        self.done(&Reply::lines(ReplyCode::ACTION_COMPLETED, lines));
    }

    /// The answer to [`Question::Lines`](super::Question::Lines): lines without their ends; none means the end.
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more.
    pub fn answer_lines(
        &mut self,
        now: Instant,
        ticket: LinesTicket,
        answer: Result<Vec<Bytes>, FileError>,
    ) -> Result<(), Stale> {
        let (text, job) = match self.waiting.take() {
            Some(Waiting { text, what: Wait::Lines { job, ticket: Some(open) } }) if open == ticket.0 => {
                (text, job)
            }
            other => {
                self.waiting = other;
                return Err(Stale);
            }
        };
        self.last_activity = now;
        self.current = text;
        // The reply has begun with 213 and must end with it: what broke off says so in its text.
        let (lines, end) = match answer {
            Ok(lines) => (lines, "End of status"),
            Err(_) => (Vec::new(), "A local error ended the listing here, it is not whole"),
        };
        if lines.is_empty() {
            self.out.push_back(Output::Release(crate::JobId(job)));
            self.done_with(ReplyCode::FILE_STATUS, end);
        } else {
            let mut bytes = BytesMut::new();
            for line in lines.iter().filter(|line| !line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0))) {
                // The space keeps a name from looking like the last line (CTL-07).
                bytes.put_u8(b' ');
                for b in line {
                    bytes.put_u8(*b);
                    if *b == 0xff {
                        bytes.put_u8(0xff);
                    }
                }
                bytes.put_slice(b"\r\n");
            }
            self.transmit(bytes.freeze());
            self.wait(Wait::Lines { job, ticket: None });
        }
        self.run(now);
        Ok(())
    }
}

impl Settings {
    fn tell_partial(&mut self, path: VirtualPath, length: u64) {
        self.told_partials.retain(|(known, _)| *known != path);
        if self.told_partials.len() >= Self::MAX_TOLD {
            self.told_partials.pop_front();
        }
        self.told_partials.push_back((path, length));
    }
}

/// `YYYYMMDDHHMMSS[.f] name`.
fn time_and_name(argument: &[u8]) -> Option<(TimeVal, &[u8])> {
    let space = argument.iter().position(|b| *b == b' ')?;
    let (time, name) = argument.split_at(space);
    let name = name.get(1..).filter(|name| !name.is_empty())?;
    Some((TimeVal::parse(time)?, name))
}
