//! Facts of files: MFMT, MFF, and the commands of SITE that set them (draft-somers-ftp-mfxx).

use std::collections::VecDeque;

use bytes::Bytes;
use wharf_codec::{Pathname, TimeVal, Token};
use wharf_types::{FileOp, Timestamp, VirtualPath};

use super::{
    Server,
    answer::{Answer, Good},
    then::Then,
};
use crate::SubStatus;

impl Server {
    pub(super) fn mfmt(&mut self, time: TimeVal, path: &Pathname) {
        let name = Bytes::copy_from_slice(path.as_bytes());
        let Some(path) = self.resolve(path) else { return };
        self.set_modified(time, path, Then::SetModified { name });
    }

    pub(super) fn set_modified(&mut self, time: TimeVal, path: VirtualPath, then: Then) {
        self.ask(FileOp::SetModified { path, to: timestamp(time) }, then);
    }

    /// MFF: everything that can be judged is judged before anything is set; what fails then leaves the facts before it
    /// set, as the draft has it.
    pub(super) fn mff(&mut self, facts: &[(Token, Token)], path: &Pathname) {
        let name = Bytes::copy_from_slice(path.as_bytes());
        let Some(path) = self.resolve(path) else { return };
        let mut effects = VecDeque::new();
        for (fact, value) in facts {
            let op = if fact.is("Modify") {
                let Some(time) = TimeVal::parse(value.as_bytes()) else {
                    return self.no(SubStatus::BadArgument, "That is no time");
                };
                FileOp::SetModified { path: path.clone(), to: timestamp(time) }
            } else if fact.is("UNIX.mode") {
                match u32::from_str_radix(value.as_str(), 8) {
                    Ok(mode @ 0..=0o777) => FileOp::SetMode { path: path.clone(), mode },
                    Ok(0o1000..=0o7777) => return self.no_special_bits(),
                    _ => return self.no(SubStatus::BadArgument, "That is no mode"),
                }
            } else {
                let text = format!("The fact {fact} cannot be set here");
                return self.done(Answer::no(SubStatus::ValueUnsupported, text));
            };
            effects.push_back(op);
        }
        if !effects.iter().all(|op| self.allows(op)) {
            return self.no(SubStatus::AccessRule, "Permission denied");
        }
        self.facts_set(String::new(), effects, name);
    }

    /// Sets the next fact, or tells of all that are set.
    pub(super) fn facts_set(&mut self, told: String, mut rest: VecDeque<FileOp>, name: Bytes) {
        match rest.pop_front() {
            Some(op) => self.ask(op, Then::FactsSet { told, rest, name }),
            None => {
                let text = [told.as_bytes(), b" ", &name].concat();
                self.done(Answer::good(Good::FILE_STATUS, text));
            }
        }
    }

    pub(super) fn chmod(&mut self, mode: u32, path: &Pathname) {
        if mode > 0o777 {
            return self.no_special_bits();
        }
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::SetMode { path, mode }, Then::Say(Good::OKAY, "Mode set"));
    }

    pub(super) fn utime(&mut self, time: TimeVal, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.set_modified(time, path, Then::Say(Good::OKAY, "Time set"));
    }

    pub(super) fn umask(&mut self, to: Option<u32>) {
        let path = self.settings.cwd.clone();
        self.ask(FileOp::Umask { path, to }, Then::Umask);
    }

    pub(super) fn symlink(&mut self, target: &Pathname, link: &Pathname) {
        // A relative target is meant from where the link stands, as the system reads it.
        let Some(link) = self.resolve(link) else { return };
        let from = link.parent().unwrap_or_default();
        let Ok(target) = from.resolve(target.as_bytes()) else {
            return self.no(SubStatus::NameNotAllowed, "The name is not allowed");
        };
        self.ask(FileOp::Symlink { target, link }, Then::Say(Good::OKAY, "Link made"));
    }

    /// Setuid, setgid and sticky bits give rights to others, and none to whoever uses this server.
    fn no_special_bits(&mut self) {
        self.no(SubStatus::ValueUnsupported, "Modes go up to 777 here");
    }

    /// Whether the account may have that effect, for effects that come in rows; each is judged again when it is asked
    /// for.
    pub(super) fn allows(&self, op: &FileOp) -> bool {
        self.settings.grant.as_ref().is_some_and(|grant| grant.allows(op).is_ok())
    }
}

const fn timestamp(time: TimeVal) -> Timestamp {
    Timestamp { secs: time.secs(), nanos: time.nanos() }
}
