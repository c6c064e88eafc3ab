//! Listings.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use wharf_codec::{
    Command, EntryKind, FactType, Facts, ListItem, ListTime, ListingHint, Pathname, Permissions, Reply,
    ReplyCode, TimePrecision, TimeVal, TimeZone, parse_listing,
};
use wharf_session::client::{OpError, TransferSpec, TransferVerb};

use super::deferred::is_lost;
use super::transfer::describe;
use super::{Client, arguments, commands::is_unknown};
use crate::session::{Failure, Pump};
use crate::{Error, Features, Modified, RemoteEntry};

/// The most bytes of one listing that are taken: some half a million entries.
const LIMIT: usize = 64 << 20;

impl Client {
    /// What is known of one file or directory. Its name is the last part of `path`, or `/` for the root.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stat(&mut self, path: impl AsRef<[u8]>) -> Result<RemoteEntry, Error> {
        let path = arguments::path(path)?;
        if self.features().is_none_or(Features::mlst) {
            let what = format!("MLST {path}");
            let reply = self.command(Command::Mlst(Some(path.clone()))).await?;
            if reply.code().is_completion() {
                let (facts, _) = Facts::parse_mlst(&reply)
                    .map_err(|error| Error::PeerMisbehaved(format!("{what}: {error}")))?;
                let raw = Bytes::copy_from_slice(reply.text_lines().nth(1).unwrap_or_default());
                return Ok(from_facts(facts, last_component(path.as_bytes()), raw));
            }
            if !is_unknown(&reply) {
                return Err(Error::Refused { command: what, reply });
            }
        }
        self.stat_by_listing(&path).await
    }

    /// Without MLST the entry is looked for where it stands.
    async fn stat_by_listing(&mut self, path: &Pathname) -> Result<RemoteEntry, Error> {
        let whole = path.as_bytes();
        let trimmed = trim_slashes(whole);
        let name = last_component(whole);
        if name == b"/"[..] {
            return Ok(plain_entry(name, EntryKind::Directory));
        }
        let parent = match trimmed.iter().rposition(|byte| *byte == b'/') {
            Some(0) => &b"/"[..],
            Some(at) => trimmed.get(..at).unwrap_or_default(),
            None => b"",
        };
        let entries = self.list(parent).await?;
        if let Some(mut entry) = entries.into_iter().find(|entry| entry.name == name) {
            // The clock of MDTM is known, and it counts seconds.
            if entry.kind == EntryKind::File && entry.modified.is_none_or(|modified| !modified.utc) {
                let exact = self.modified(whole).await?.map(exact);
                entry.modified = exact.or(entry.modified);
            }
            return Ok(entry);
        }
        // A listing may hide what begins with a dot.
        if let Some(size) = self.size(whole).await? {
            let mut entry = plain_entry(name, EntryKind::File);
            entry.size = Some(size);
            entry.size_exact = true;
            entry.modified = self.modified(whole).await?.map(exact);
            return Ok(entry);
        }
        let reply = Reply::new(ReplyCode::FILE_UNAVAILABLE, "it is not in its directory's listing");
        Err(Error::Refused { command: format!("LIST {path}"), reply })
    }

    /// The entries of a directory; the current one for an empty path.
    ///
    /// By MLSD where the server has it, else by LIST. What cannot be a name of a directory's entry is left out and
    /// [counted](Self::left_out).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<RemoteEntry>, Error> {
        let path = arguments::directory(path)?;
        self.left_out = 0;
        let facts = self.session.machine().facts();
        let try_mlsd = facts.mlsd.unwrap_or_else(|| facts.features.as_ref().is_none_or(Features::mlst));
        if try_mlsd {
            match self.collect(TransferSpec::new(TransferVerb::Mlsd, path.clone())).await {
                Ok(text) => return Ok(self.read_facts(&text)),
                // E8: what FEAT says may be wrong.
                Err(Error::Refused { reply, .. })
                    if matches!(
                        reply.code(),
                        ReplyCode::UNRECOGNIZED
                            | ReplyCode::NOT_IMPLEMENTED
                            | ReplyCode::PARAMETER_NOT_IMPLEMENTED
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        let text = self.list_of(path.as_ref()).await?;
        let syst = self.session.machine().facts().syst.clone();
        Ok(self.read_listing(&text, syst.as_deref()))
    }

    async fn list_of(&mut self, path: Option<&Pathname>) -> Result<Bytes, Error> {
        // A name that looks like a flag would be taken for one (LST-05).
        let argument = match path {
            Some(path) if path.as_bytes().starts_with(b"-") => {
                Some(arguments::path([b"./", path.as_bytes()].concat())?)
            }
            other => other.cloned(),
        };
        match self.collect(TransferSpec::new(TransferVerb::List, argument)).await {
            Err(Error::Refused { reply, .. }) if means_empty(&reply, path.is_none()) => Ok(Bytes::new()),
            other => other,
        }
    }

    /// How many lines of the last listing were left out, because they were not understood or named what no directory
    /// may hold (LST-21).
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The names in a directory (NLST), as the server writes them; the current one for an empty path.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn names(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<Bytes>, Error> {
        let path = arguments::directory(path)?;
        let current = path.is_none();
        let text = match self.collect(TransferSpec::new(TransferVerb::Nlst, path)).await {
            Err(Error::Refused { reply, .. }) if means_empty(&reply, current) => Bytes::new(),
            other => other?,
        };
        let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Ok(lines.filter(|line| !line.is_empty()).map(Bytes::copy_from_slice).collect())
    }

    /// The text of a listing as the server writes it (LIST); `argument` may hold flags.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_text(&mut self, argument: impl AsRef<[u8]>) -> Result<Bytes, Error> {
        let argument = arguments::directory(argument)?;
        self.collect(TransferSpec::new(TransferVerb::List, argument)).await
    }

    async fn collect(&mut self, spec: TransferSpec) -> Result<Bytes, Error> {
        self.prepare_tickets(false).await?;
        loop {
            let mut text = BytesMut::new();
            let pump = Pump::Collect { into: &mut text, limit: LIMIT };
            let done = self.transfer(&spec, pump).await;
            match done.result {
                Ok(_) => return Ok(text.freeze()),
                Err(failure) if is_lost(&failure) => self.recover().await?,
                Err(failure) if self.may_retry(&failure, &done.data) => self.renew().await?,
                Err(Failure::Op(OpError::Refused(reply))) => {
                    return Err(Error::Refused { command: describe(&spec), reply });
                }
                Err(failure) => return Err(self.session.error(&describe(&spec), failure, done.data)),
            }
        }
    }

    fn read_facts(&mut self, text: &Bytes) -> Vec<RemoteEntry> {
        let mut entries = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            match Facts::parse_line(line) {
                Ok((facts, _)) if matches!(facts.kind, FactType::Cdir | FactType::Pdir) => {}
                Ok((facts, name)) if is_entry_name(&name) => {
                    entries.push(from_facts(facts, name, text.slice_ref(line)));
                }
                Ok((_, name)) if name == b"."[..] || name == b".."[..] => {}
                Ok(_) | Err(_) => self.left_out += 1,
            }
        }
        entries
    }

    fn read_listing(&mut self, text: &Bytes, syst: Option<&[u8]>) -> Vec<RemoteEntry> {
        let hint = ListingHint { syst, now: today() };
        let mut entries = Vec::new();
        for item in parse_listing(text, &hint) {
            match item {
                ListItem::Entry(entry) if is_entry_name(&entry.name) => entries.push(RemoteEntry {
                    name: entry.name,
                    kind: entry.kind,
                    size: entry.size,
                    size_exact: false,
                    modified: entry.modified.map(from_list_time),
                    target: entry.target,
                    permissions: entry.permissions,
                    unique: None,
                    raw: entry.raw,
                }),
                ListItem::Entry(entry) if entry.name == b"."[..] || entry.name == b".."[..] => {}
                ListItem::Entry(_) | ListItem::Unparsed(_) => self.left_out += 1,
            }
        }
        entries
    }
}

/// Whether a listed name is one component that can stand in a directory (LST-21).
fn is_entry_name(name: &[u8]) -> bool {
    let separates = |byte: &u8| matches!(byte, b'/' | 0 | b'\r' | b'\n') || (cfg!(windows) && *byte == b'\\');
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(separates)
}

fn trim_slashes(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    path
}

fn last_component(path: &[u8]) -> Bytes {
    let name = trim_slashes(path).rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if name.is_empty() { Bytes::from_static(b"/") } else { Bytes::copy_from_slice(name) }
}

fn plain_entry(name: Bytes, kind: EntryKind) -> RemoteEntry {
    let raw = Bytes::new();
    RemoteEntry {
        name,
        kind,
        size: None,
        size_exact: false,
        modified: None,
        target: None,
        permissions: None,
        unique: None,
        raw,
    }
}

fn from_facts(facts: Facts, name: Bytes, raw: Bytes) -> RemoteEntry {
    let (kind, target) = match facts.kind {
        FactType::File => (EntryKind::File, None),
        FactType::Dir | FactType::Cdir | FactType::Pdir => (EntryKind::Directory, None),
        // LST-13: `OS.unix=slink:/target` and `OS.unix=symlink`.
        FactType::Os(os) => match link_target(&os) {
            Some(target) => (EntryKind::Symlink, target),
            None => (EntryKind::Other, None),
        },
        FactType::Unspecified if facts.size.is_some() => (EntryKind::File, None),
        FactType::Unspecified => (EntryKind::Other, None),
    };
    RemoteEntry {
        name,
        kind,
        size: if kind == EntryKind::File { facts.size } else { None },
        size_exact: kind == EntryKind::File && facts.size.is_some(),
        modified: facts.modify.map(exact),
        target,
        permissions: facts.unix_mode.and_then(|mode| u16::try_from(mode & 0o7777).ok()).map(Permissions),
        unique: facts.unique,
        raw,
    }
}

/// `None` when it is no link; a link may have no target.
fn link_target(os: &[u8]) -> Option<Option<Bytes>> {
    let lower = os.to_ascii_lowercase();
    let is_link = [&b"unix=slink"[..], b"unix=symlink", b"os.unix=slink", b"os.unix=symlink"]
        .iter()
        .any(|start| lower.starts_with(start));
    let target = os.iter().position(|byte| *byte == b':').and_then(|at| os.get(at + 1..));
    is_link.then(|| target.filter(|target| !target.is_empty()).map(Bytes::copy_from_slice))
}

fn exact(time: TimeVal) -> Modified {
    Modified { time, precision: TimePrecision::Second, utc: true }
}

fn from_list_time(time: ListTime) -> Modified {
    Modified { time: TimeVal::new(time.secs, 0), precision: time.precision, utc: time.zone == TimeZone::Utc }
}

/// Some servers refuse to list nothing, and say so in words (LST-07). Without a path `current` they may say that what
/// they looked for is not there; any other refusal is one, for a directory that must not be listed is not empty.
fn means_empty(reply: &Reply, current: bool) -> bool {
    if !matches!(reply.code(), ReplyCode::FILE_BUSY | ReplyCode::FILE_UNAVAILABLE) {
        return false;
    }
    let text = reply.text().to_ascii_lowercase();
    let says =
        |words: &[&[u8]]| words.iter().any(|words| text.windows(words.len()).any(|window| window == *words));
    !says(&[b"denied", b"permi", b"not allowed", b"error", b"fail"])
        && (says(&[b"no files", b"no members", b"no entries", b"directory is empty", b"empty directory"])
            || (current && says(&[b"no such file", b"not found", b"empty", b"no data sets"])))
}

fn today() -> TimeVal {
    #[expect(clippy::disallowed_methods, reason = "a driver reads the clock: dates without a year need it")]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    TimeVal::new(i64::try_from(since.as_secs()).unwrap_or(0), 0)
}
