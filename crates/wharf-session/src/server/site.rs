//! SITE and its commands (RFC 959 §4.1.3): private ones, each with the same rights as the plain command of that effect
//! (SEC-03).

use std::{collections::VecDeque, time::Duration, time::Instant};

use wharf_codec::{Pathname, ReplyCode, SiteCommand, SiteError, SiteVerb, Text};
use wharf_types::{FileError, FileErrorKind, FileOp, VirtualPath};

use super::{
    Output, Question, Server, SessionsTicket, Stale, Wait, Waiting,
    answer::{Answer, Good},
    declined::declined_site,
    storage_reply::reply_to,
    then::Then,
};
use crate::SubStatus;

/// The shortest time between commands that SITE IDLE takes.
const LEAST_IDLE: Duration = Duration::from_secs(30);

impl Server {
    pub(super) fn site(&mut self, text: &Text, copy_from: Option<VirtualPath>) {
        let command = match SiteCommand::parse(text) {
            Ok(command) => command,
            Err(SiteError::Unknown) => {
                return self.no(SubStatus::ValueUnsupported, "No such SITE command");
            }
            Err(SiteError::BadArgument(verb)) => {
                if let Some((code, text)) = declined_site(verb) {
                    return self.no_as(code, SubStatus::NotOffered, text);
                }
                let text = format!("It is written {}", verb.info().syntax);
                return self.done(Answer::no(SubStatus::BadArgument, text));
            }
        };
        match command {
            SiteCommand::Chmod { mode, path } => self.chmod(mode, &path),
            SiteCommand::Copy { from, to } => self.copy_between(&from, &to),
            SiteCommand::Cpfr(path) => self.cpfr(&path),
            SiteCommand::Cpto(path) => self.cpto(copy_from, &path),
            SiteCommand::Help(topic) => self.site_help(topic.as_ref(), ReplyCode::PARAMETER_NOT_IMPLEMENTED),
            SiteCommand::Idle(seconds) => self.site_idle(seconds),
            SiteCommand::Mkdir(path) => self.site_mkdir(&path),
            SiteCommand::Quota => self.done_with(Good::SUPERFLUOUS, "There is no limit but the disk"),
            SiteCommand::Rmdir(path) => self.site_rmdir(&path),
            SiteCommand::Symlink { target, link } => self.symlink(&target, &link),
            SiteCommand::Umask(to) => self.umask(to),
            SiteCommand::Utime { time, path } => self.utime(time, &path),
            SiteCommand::Who => self.site_who(),
            SiteCommand::Chgrp { .. } => self.site_declined(SiteVerb::Chgrp),
            SiteCommand::Xdupe => self.site_declined(SiteVerb::Xdupe),
            _ => self.no(SubStatus::ValueUnsupported, "No such SITE command"),
        }
    }

    fn site_declined(&mut self, verb: SiteVerb) {
        let (code, text) =
            declined_site(verb).unwrap_or((ReplyCode::PARAMETER_NOT_IMPLEMENTED, "No such SITE command"));
        self.no_as(code, SubStatus::NotOffered, text);
    }

    fn site_offers(&self, verb: SiteVerb) -> bool {
        declined_site(verb).is_none() && (verb != SiteVerb::Rmdir || self.cfg.site_rmdir)
    }

    pub(super) fn site_help(&mut self, topic: Option<&Text>, unknown: ReplyCode) {
        let Some(topic) = topic else {
            let offered = SiteVerb::ALL.iter().filter(|verb| self.site_offers(**verb));
            let names: Vec<&str> = offered.map(|verb| verb.name()).collect();
            let lines = core::iter::once("SITE commands known here:".to_owned())
                .chain(names.chunks(8).map(|row| format!(" {}", row.join(" "))))
                .chain(core::iter::once("SITE HELP with a command tells its syntax".to_owned()));
            return self.done(Answer::lines(Good::HELP, lines));
        };
        match SiteVerb::from_bytes(topic.as_bytes()).filter(|verb| self.site_offers(*verb)) {
            Some(verb) => {
                let info = verb.info();
                self.done(Answer::good(Good::HELP, format!("{}: {}", info.syntax, info.help)));
            }
            None => self.no_as(unknown, SubStatus::UnknownTopic, "No such SITE command"),
        }
    }

    /// The limits are the listener's; what lies beyond them becomes the nearest one.
    fn site_idle(&mut self, seconds: Option<u32>) {
        let usual = self.cfg.timeouts.idle;
        if let Some(seconds) = seconds {
            let most = self.cfg.timeouts.most_idle.max(usual);
            let least = LEAST_IDLE.min(usual);
            self.settings.idle = Some(Duration::from_secs(seconds.into()).clamp(least, most));
        }
        let text = format!("The idle limit is {} seconds", self.settings.idle.unwrap_or(usual).as_secs());
        self.done(Answer::good(Good::OKAY, text));
    }

    fn site_mkdir(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        let mut rest = VecDeque::from([path.clone()]);
        while let Some(above) = rest.front().and_then(VirtualPath::parent).filter(|above| !above.is_root()) {
            rest.push_front(above);
        }
        if path.is_root() {
            return self.no(SubStatus::NameTaken, FileErrorKind::Exists.text());
        }
        // What is above may belong to others; there it has to be there already.
        rest.retain(|step| *step == path || self.allows(&FileOp::MakeDirectory(step.clone())));
        self.make_path(rest, path);
    }

    /// Makes the next directory, or says that all are there.
    pub(super) fn make_path(&mut self, mut rest: VecDeque<VirtualPath>, whole: VirtualPath) {
        match rest.pop_front() {
            Some(step) => self.ask(FileOp::MakeDirectory(step), Then::MakePath { rest, whole }),
            None => self.done_with(Good::OKAY, "The directory is there"),
        }
    }

    /// A directory that is there already is no failure, unless a file has its name.
    pub(super) fn path_not_made(
        &mut self,
        error: &FileError,
        rest: VecDeque<VirtualPath>,
        whole: VirtualPath,
    ) {
        if error.kind() != FileErrorKind::Exists {
            let reply = reply_to(error, "");
            self.done(reply);
        } else if rest.is_empty() {
            self.ask(FileOp::Enter(whole), Then::Say(Good::OKAY, "The directory is there"));
        } else {
            self.make_path(rest, whole);
        }
    }

    fn site_rmdir(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if !self.cfg.site_rmdir {
            return self.no_as(
                ReplyCode::FILE_UNAVAILABLE,
                SubStatus::SwitchedOff,
                "SITE RMDIR is off here, use RMD and DELE",
            );
        }
        if path.is_root() {
            return self.no(SubStatus::RootStays, "The root stays");
        }
        self.ask(FileOp::RemoveTree(path), Then::Say(Good::OKAY, "Removed"));
    }

    /// WHO: nobody is told of the sessions of others.
    fn site_who(&mut self) {
        let ticket = self.fresh_id();
        self.out.push_back(Output::Ask(Question::Sessions { ticket: SessionsTicket(ticket) }));
        self.wait(Wait::Sessions { ticket });
    }

    /// The answer to [`Question::Sessions`]: a line for each session of this account, this one included.
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more.
    pub fn answer_sessions(
        &mut self,
        now: Instant,
        ticket: SessionsTicket,
        sessions: Vec<String>,
    ) -> Result<(), Stale> {
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::Sessions { ticket: open } }) if open == ticket.0 => {
                self.current = text;
            }
            other => {
                self.waiting = other;
                return Err(Stale);
            }
        }
        self.last_activity = now;
        let lines = core::iter::once("Sessions of this account:".to_owned())
            .chain(sessions.into_iter().map(|line| format!(" {line}")))
            .chain(core::iter::once("End".to_owned()));
        self.done(Answer::lines(Good::SYSTEM_STATUS, lines));
        self.run(now);
        Ok(())
    }
}
