//! What is done with the answers of storage.

use std::{collections::VecDeque, time::Instant};

use bytes::{Bytes, BytesMut};
use wharf_codec::{ReplyCode, TimeVal, quote_pathname};
use wharf_types::{FileError, FileErrorKind, FileOp, HashAlgorithm, Metadata, VirtualPath};

use super::{
    FileAnswer, FileTicket, Output, Server, Settings, Stale, TicketId, Wait, Waiting,
    answer::{Answer, Good},
    copy::Filled,
    facts_of,
    hash::Shown,
    storage_reply::{reply_to, substatus_of},
    transfer::Phase,
};
use crate::SubStatus;

/// What is done with the answer of storage.
#[derive(Debug)]
pub(super) enum Then {
    /// The source of a copy is there (SITE CPFR).
    CopyFrom(VirtualPath),
    Digest {
        name: Bytes,
        algorithm: HashAlgorithm,
        shown: Shown,
    },
    /// A file is filled from others, and is to be committed (SITE COPY, COMB).
    Filled(Filled),
    Enter(VirtualPath),
    MakeDirectory(VirtualPath),
    /// Modification time; where no such name exists, the argument may be a time and a name (XFR-24).
    Modified {
        setter: Option<(TimeVal, VirtualPath)>,
    },
    Facts(VirtualPath),
    /// One fact is set (MFF); what is told of those so far, and what is left to do.
    FactsSet {
        told: String,
        rest: VecDeque<FileOp>,
        name: Bytes,
    },
    /// One directory of several is there (SITE MKDIR).
    MakePath {
        rest: VecDeque<VirtualPath>,
        whole: VirtualPath,
    },
    /// A number of bytes.
    Number,
    Remove,
    /// A part of what was combined is removed (COMB); what is left, and how many stayed.
    RemovePart {
        rest: VecDeque<VirtualPath>,
        kept: usize,
    },
    RenameFrom(VirtualPath),
    RenameTo,
    SetModified {
        name: Bytes,
    },
    Size(VirtualPath),
    Lines,
    /// Nothing but a reply.
    Say(Good, &'static str),
    Umask,
}

impl Then {
    /// Whether ABOR ends the command that waits for that: whatever was begun changes nothing when it is cut.
    const fn can_be_cut(&self) -> bool {
        match self {
            Self::Digest { .. } | Self::Filled(_) | Self::Number => true,
            Self::CopyFrom(_)
            | Self::Enter(_)
            | Self::Facts(_)
            | Self::FactsSet { .. }
            | Self::Lines
            | Self::MakeDirectory(_)
            | Self::MakePath { .. }
            | Self::Modified { .. }
            | Self::Remove
            | Self::RemovePart { .. }
            | Self::RenameFrom(_)
            | Self::RenameTo
            | Self::Say(..)
            | Self::SetModified { .. }
            | Self::Size(_)
            | Self::Umask => false,
        }
    }
}

impl Server {
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
                return self.set_modified(time, path, Then::SetModified { name });
            }
            (Err(error), Then::Digest { shown, .. }) => return self.digest_refused(&error, shown),
            (Err(error), Then::MakePath { rest, whole }) => return self.path_not_made(&error, rest, whole),
            (Err(_), Then::RemovePart { rest, kept }) => return self.part_removed(rest, kept + 1),
            (Err(error), Then::Number)
                if matches!(error.kind(), FileErrorKind::TooLarge | FileErrorKind::Unsupported) =>
            {
                return self.done(Answer::no_as(
                    ReplyCode::FILE_UNAVAILABLE,
                    substatus_of(error.kind()),
                    error.kind().text(),
                ));
            }
            (Err(error), _) => {
                let reply = reply_to(&error, "");
                return self.done(reply);
            }
            (Ok(answer), then) => (then, answer),
        };
        match answer {
            (Then::Enter(path), FileAnswer::Metadata { .. } | FileAnswer::Done) => {
                self.settings.cwd = path;
                self.done_with(Good::ACTION_COMPLETED, "Directory changed");
            }
            (Then::MakeDirectory(path), _) => {
                let mut text = quote_pathname(path.as_bytes());
                text.extend_from_slice(b" created");
                self.done(Answer::good(Good::PATHNAME_CREATED, text));
            }
            (Then::Remove, _) => self.done_with(Good::ACTION_COMPLETED, "Removed"),
            (Then::RenameFrom(path), _) => {
                self.settings.rename_from = Some(path);
                self.done_with(Good::PENDING_INFORMATION, "Now RNTO");
            }
            (Then::RenameTo, _) => self.done_with(Good::ACTION_COMPLETED, "Renamed"),
            (Then::Size(path), FileAnswer::Metadata { metadata, partial }) => {
                self.size_known(path, &metadata, partial)
            }
            (Then::Modified { .. }, FileAnswer::Metadata { metadata, .. }) => {
                let time = TimeVal::new(metadata.modified.secs, 0);
                self.done(Answer::good(Good::FILE_STATUS, time.to_string()));
            }
            (Then::SetModified { name }, FileAnswer::Time(time)) => {
                let mut text = format!("Modify={}; ", TimeVal::new(time.secs, 0)).into_bytes();
                text.extend_from_slice(&name);
                self.done(Answer::good(Good::FILE_STATUS, text));
            }
            (Then::Facts(path), FileAnswer::Metadata { metadata, partial }) => {
                if partial {
                    self.settings.tell_partial(path.clone(), metadata.size);
                }
                self.facts_known(&path, &metadata);
            }
            (Then::CopyFrom(path), FileAnswer::Metadata { metadata, .. }) => {
                self.copy_source_known(path, &metadata);
            }
            (Then::Digest { name, algorithm, shown }, FileAnswer::Digest { digest, start, length }) => {
                self.digested(&name, algorithm, shown, &digest, (start, length));
            }
            (Then::FactsSet { told, rest, name }, FileAnswer::Time(time)) => {
                let told = format!("{told}Modify={};", TimeVal::new(time.secs, 0));
                self.facts_set(told, rest, name);
            }
            (Then::FactsSet { told, rest, name }, FileAnswer::Mode(mode)) => {
                self.facts_set(format!("{told}UNIX.mode={mode:04o};"), rest, name);
            }
            (Then::Filled(filled), FileAnswer::Opened { .. }) => self.commit_filled(ticket, filled),
            (Then::MakePath { rest, whole }, FileAnswer::Done) => self.make_path(rest, whole),
            (Then::Number, FileAnswer::Size(number)) => {
                self.done(Answer::good(Good::FILE_STATUS, number.to_string()));
            }
            (Then::RemovePart { rest, kept }, _) => self.part_removed(rest, kept),
            (
                Then::Say(code, text),
                FileAnswer::Done | FileAnswer::Metadata { .. } | FileAnswer::Mode(_) | FileAnswer::Time(_),
            ) => {
                self.done_with(code, text);
            }
            (Then::Umask, FileAnswer::Mode(mode)) => {
                self.done(Answer::good(Good::OKAY, format!("Current UMASK is {mode:03o}")));
            }
            (Then::Lines, FileAnswer::Opened { .. }) => {
                self.transmit(Bytes::from_static(b"213-Status follows\r\n"));
                self.wait(Wait::Lines { job: ticket, ticket: None });
            }
            // A driver that answers something else than was asked: say so, lose nothing.
            (_, FileAnswer::Opened { .. }) => {
                self.out.push_back(Output::Release(crate::JobId(ticket)));
                self.no(SubStatus::InternalError, "A local error ended the action");
            }
            (_, _) => self.no(SubStatus::InternalError, "A local error ended the action"),
        }
    }

    /// ABOR ends a command that only reads, or fills a file that nobody sees yet.
    pub(super) fn cut_waiting(&mut self, now: Instant) {
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::File { ticket, then } }) if then.can_be_cut() => {
                self.out.push_back(Output::Withdraw(TicketId(ticket)));
                self.current = text;
                self.last_activity = now;
                self.no(SubStatus::CommandAborted, "Ended as asked, nothing was changed");
            }
            other => self.waiting = other,
        }
    }

    fn size_known(&mut self, path: VirtualPath, metadata: &Metadata, partial: bool) {
        if !metadata.is_file() {
            return self.no(SubStatus::NotRegular, "Not a regular file");
        }
        if partial {
            self.settings.tell_partial(path, metadata.size);
        }
        self.done(Answer::good(Good::FILE_STATUS, metadata.size.to_string()));
    }

    fn facts_known(&mut self, path: &VirtualPath, metadata: &Metadata) {
        let Some(grant) = &self.settings.grant else { return };
        let facts = facts_of(metadata, path, grant, &self.cfg.unique_key);
        let mut line = BytesMut::from(&b" "[..]);
        facts.encode(&self.settings.facts, path.as_bytes(), &mut line);
        let lines = [b"Facts".to_vec(), line.to_vec(), b"End".to_vec()];
        self.done(Answer::lines(Good::ACTION_COMPLETED, lines));
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
