//! Commands on names: CWD, PWD, MKD, RMD, DELE, RNFR, RNTO, SIZE, AVBL, MDTM, MLST, STAT with a path.

use wharf_codec::{Pathname, Representation, TimeVal, quote_pathname};
use wharf_types::{FileOp, ListStyle, PathError, VirtualPath};

use super::{
    Server, Wait,
    answer::{Answer, Good},
    listing::listing_argument,
    then::Then,
};
use crate::SubStatus;

impl Server {
    pub(super) fn resolve(&mut self, path: &Pathname) -> Option<VirtualPath> {
        self.resolve_bytes(path.as_bytes())
    }

    /// Without a name the current directory is meant.
    fn resolve_or_here(&mut self, path: Option<&Pathname>) -> Option<VirtualPath> {
        match path {
            Some(path) => self.resolve(path),
            None => Some(self.settings.cwd.clone()),
        }
    }

    /// Resolves a name against the current directory; answers when it is none.
    pub(super) fn resolve_bytes(&mut self, name: &[u8]) -> Option<VirtualPath> {
        match self.settings.cwd.resolve(name) {
            Ok(path) => {
                self.note_path(&path);
                Some(path)
            }
            Err(error) => {
                let (why, text) = match error {
                    PathError::TooLong => (SubStatus::NameTooLong, "The path is too long"),
                    PathError::TooDeep => (SubStatus::NameTooDeep, "The path has too many levels"),
                    PathError::Empty | PathError::ForbiddenByte | _ => {
                        (SubStatus::NameNotAllowed, "The name is not allowed")
                    }
                };
                self.no(why, text);
                None
            }
        }
    }

    /// The log may want to know which path the current command means.
    pub(super) fn note_path(&mut self, path: &VirtualPath) {
        if self.cfg.tell_paths {
            self.meant = Some(path.clone());
        }
    }

    /// Asks storage on behalf of the current command.
    pub(super) fn ask(&mut self, op: FileOp, then: Then) {
        match self.ask_storage(op) {
            Some(ticket) => self.wait(Wait::File { ticket, then }),
            None => self.no(SubStatus::AccessRule, "Permission denied"),
        }
    }

    pub(super) fn cwd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::Enter(path.clone()), Then::Enter(path));
    }

    pub(super) fn cdup(&mut self) {
        let path = self.settings.cwd.parent().unwrap_or_default();
        self.note_path(&path);
        self.ask(FileOp::Enter(path.clone()), Then::Enter(path));
    }

    pub(super) fn pwd(&mut self) {
        let mut text = quote_pathname(self.settings.cwd.as_bytes());
        text.extend_from_slice(b" is the current directory");
        self.done(Answer::good(Good::PATHNAME_CREATED, text));
    }

    pub(super) fn mkd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        self.ask(FileOp::MakeDirectory(path.clone()), Then::MakeDirectory(path));
    }

    pub(super) fn rmd(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if path.is_root() {
            return self.no(SubStatus::RootStays, "The root stays");
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
            return self.no(SubStatus::WrongOrder, "RNFR comes right before RNTO");
        };
        let Some(to) = self.resolve(to) else { return };
        self.ask(FileOp::Rename { from, to }, Then::RenameTo);
    }

    pub(super) fn size(&mut self, path: &Pathname) {
        let Some(path) = self.resolve(path) else { return };
        if matches!(self.settings.representation, Representation::Ascii(_)) {
            // The exact count needs the whole file read, and no estimate is allowed (RFC 3659 §4, XFR-04).
            return self.ask(FileOp::TextSize { path, most: self.cfg.max_text_size }, Then::Number);
        }
        self.ask(FileOp::MetadataOrPartial(path.clone()), Then::Size(path));
    }

    pub(super) fn mdtm(&mut self, argument: &Pathname) {
        let setter = time_and_name(argument.as_bytes())
            .and_then(|(time, name)| Some((time, self.settings.cwd.resolve(name).ok()?)));
        let Some(path) = self.resolve(argument) else { return };
        self.ask(FileOp::Metadata(path), Then::Modified { setter });
    }

    pub(super) fn mlst(&mut self, path: Option<&Pathname>) {
        let Some(path) = self.resolve_or_here(path) else { return };
        self.ask(FileOp::MetadataOrPartial(path.clone()), Then::Facts(path));
    }

    pub(super) fn avbl(&mut self, path: Option<&Pathname>) {
        let Some(path) = self.resolve_or_here(path) else { return };
        self.ask(FileOp::Available(path), Then::Number);
    }

    /// What LIST would send, as a reply; flags count as they do there (LST-05, LST-24).
    pub(super) fn stat_path(&mut self, argument: &Pathname) {
        let (all, name) = listing_argument(argument.as_bytes());
        let path = match name {
            Some(name) => {
                let Some(path) = self.resolve_bytes(name) else { return };
                path
            }
            None => self.settings.cwd.clone(),
        };
        let style = ListStyle::Long { all };
        self.ask(FileOp::List { path, style, within: None }, Then::Lines);
    }
}

/// `YYYYMMDDHHMMSS[.f] name`.
fn time_and_name(argument: &[u8]) -> Option<(TimeVal, &[u8])> {
    let space = argument.iter().position(|b| *b == b' ')?;
    let (time, name) = argument.split_at(space);
    let name = name.get(1..).filter(|name| !name.is_empty())?;
    Some((TimeVal::parse(time)?, name))
}
