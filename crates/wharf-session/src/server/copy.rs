//! Copies on the server: SITE CPFR, CPTO and COPY, and COMB.
//!
//! The outside fills a file that nobody sees, and it is committed like an upload: the final name shows the old content
//! or the whole new one, and 250 means stored.

use std::{collections::VecDeque, time::Instant};

use wharf_codec::{Pathname, ReplyCode};
use wharf_types::{FileError, FileOp, Metadata, VirtualPath};

use super::{
    CommitTicket, Output, Question, Server, Stale, Wait, Waiting,
    answer::{Answer, Good},
    storage_reply::reply_to,
    then::Then,
};
use crate::{SubStatus, contract::JobId};

/// What follows the commit of a file that was filled.
#[derive(Debug)]
pub(super) struct Filled {
    path: VirtualPath,
    /// What is removed then.
    parts: VecDeque<VirtualPath>,
    code: Good,
}

impl Server {
    /// CPFR: both rights are asked for where they count, that to read here already (CVE-2015-3306).
    pub(super) fn cpfr(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if !self.allows(&FileOp::Read { path: path.clone(), offset: 0, length: None }) {
            return self.no(SubStatus::AccessRule, "Permission denied");
        }
        self.ask(FileOp::Metadata(path.clone()), Then::CopyFrom(path));
    }

    pub(super) fn copy_source_known(&mut self, path: VirtualPath, metadata: &Metadata) {
        if !metadata.is_file() {
            return self.no(SubStatus::NotRegular, "Not a regular file");
        }
        self.settings.copy_from = Some(path);
        self.done_with(Good::PENDING_INFORMATION, "Now SITE CPTO");
    }

    pub(super) fn cpto(&mut self, from: Option<VirtualPath>, to: &Pathname) {
        match from {
            Some(from) => self.copy(from, to, Good::ACTION_COMPLETED),
            None => self.no(SubStatus::WrongOrder, "SITE CPFR comes right before SITE CPTO"),
        }
    }

    pub(super) fn copy_between(&mut self, from: &Pathname, to: &Pathname) {
        let Some(from) = self.resolve(from) else { return };
        self.copy(from, to, Good::OKAY);
    }

    fn copy(&mut self, from: VirtualPath, to: &Pathname, code: Good) {
        let Some(to) = self.resolve(to) else { return };
        if from == to {
            return self.no(SubStatus::SameFile, "That is the same file");
        }
        let filled = Filled { path: to.clone(), parts: VecDeque::new(), code };
        self.ask(FileOp::Copy { from, to }, Then::Filled(filled));
    }

    /// COMB: the parts are removed when the target is stored, and stay when it is not.
    pub(super) fn comb(&mut self, target: &Pathname, names: &[Pathname]) {
        let Some(target) = self.resolve(target) else { return };
        let mut parts: Vec<VirtualPath> = Vec::new();
        for name in names {
            let Some(part) = self.resolve(name) else { return };
            if part == target || parts.contains(&part) {
                return self.no_as(
                    ReplyCode::BAD_PARAMETER,
                    SubStatus::SameFile,
                    "Each file may be named once",
                );
            }
            parts.push(part);
        }
        let filled = Filled {
            path: target.clone(),
            parts: parts.iter().cloned().collect(),
            code: Good::ACTION_COMPLETED,
        };
        self.ask(FileOp::Combine { target, parts }, Then::Filled(filled));
    }

    /// The file is filled under `job`: the point of no return.
    pub(super) fn commit_filled(&mut self, job: u64, filled: Filled) {
        let ticket = self.fresh_id();
        self.out.push_back(Output::Ask(Question::Commit { ticket: CommitTicket(ticket), job: JobId(job) }));
        self.wait(Wait::Commit { ticket, filled });
    }

    pub(super) fn answer_filled(
        &mut self,
        now: Instant,
        ticket: &CommitTicket,
        answer: Result<(), FileError>,
    ) -> Result<(), Stale> {
        let filled = match self.waiting.take() {
            Some(Waiting { text, what: Wait::Commit { ticket: open, filled } }) if open == ticket.0 => {
                self.current = text;
                filled
            }
            other => {
                self.waiting = other;
                return Err(Stale);
            }
        };
        self.last_activity = now;
        match answer {
            Err(error) => {
                let reply = reply_to(&error, "");
                self.done(reply);
            }
            Ok(()) => {
                self.settings.told_partials.retain(|(known, _)| *known != filled.path);
                if filled.parts.is_empty() {
                    self.done_with(filled.code, "Copied, the file is stored");
                } else {
                    self.part_removed(filled.parts, 0);
                }
            }
        }
        self.run(now);
        Ok(())
    }

    /// Removes the next part, or says that all is done.
    pub(super) fn part_removed(&mut self, mut rest: VecDeque<VirtualPath>, kept: usize) {
        match rest.pop_front() {
            Some(part) => self.ask(FileOp::RemoveFile(part), Then::RemovePart { rest, kept }),
            None if kept == 0 => self.done_with(Good::ACTION_COMPLETED, "Combined, the file is stored"),
            None => {
                let text = format!("Combined, the file is stored; parts that could not be removed: {kept}");
                self.done(Answer::good(Good::ACTION_COMPLETED, text));
            }
        }
    }
}
