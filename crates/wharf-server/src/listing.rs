//! Listings: entries of storage as lines.

use bytes::{BufMut as _, Bytes, BytesMut};
use wharf_codec::{EntryKind, ListLine, TimeVal, encode_list_line};
use wharf_session::{
    ListingForm,
    server::{facts_of, facts_with},
};
use wharf_storage::{Entry, EntryStream, Storage};
use wharf_types::{FileError, FileErrorKind, FileKind, Grant, ListStyle, Rights, VirtualPath};

use crate::glob::Glob;

/// A listing that is being written out, in constant memory.
pub(crate) struct Listing {
    entries: Entries,
    style: ListStyle,
    path: VirtualPath,
    grant: Grant,
    /// The rights at every entry, where they are the same.
    rights: Option<Rights>,
    key: [u8; 16],
    /// The time of day, which tells recent files in the lines of LIST.
    now: TimeVal,
}

enum Entries {
    Directory(Box<dyn EntryStream>),
    /// Those of a directory that a pattern chooses.
    Chosen(Box<dyn EntryStream>, Glob),
    /// LIST and NLST of a file: one line, then nothing.
    File(Option<Entry>),
}

impl Listing {
    /// Opens the directory, or for LIST and NLST the file, at `path`; where nothing is and a directory is given, what
    /// the last component of `path` chooses there.
    pub(crate) async fn open(
        storage: &dyn Storage,
        path: VirtualPath,
        (style, within): (ListStyle, Option<VirtualPath>),
        grant: Grant,
        key: [u8; 16],
    ) -> Result<Self, FileError> {
        let entries = match storage.list(&path).await {
            Ok(stream) => Entries::Directory(stream),
            Err(error)
                if error.kind() == FileErrorKind::NotADirectory && !matches!(style, ListStyle::Facts) =>
            {
                let metadata = storage.metadata(&path).await?;
                Entries::File(path.file_name().map(|name| Entry::new(name, metadata)))
            }
            Err(error) => match within {
                Some(directory) if error.kind() == FileErrorKind::NotFound => {
                    let all = matches!(style, ListStyle::Long { all: true } | ListStyle::Names { all: true });
                    let pattern = Glob::new(path.file_name().unwrap_or_default(), all);
                    Entries::Chosen(storage.list(&directory).await?, pattern)
                }
                _ => return Err(error),
            },
        };
        let now = TimeVal::new(jiff::Timestamp::now().as_second(), 0);
        let rights = grant.rights_within(&path);
        Ok(Self { entries, style, path, grant, rights, key, now })
    }

    /// Appends the next lines, CRLF after each; `false` at the end.
    pub(crate) async fn next(&mut self, form: &ListingForm, out: &mut BytesMut) -> Result<bool, FileError> {
        match &mut self.entries {
            Entries::Directory(stream) => {
                let Some(batch) = stream.next_batch().await? else { return Ok(false) };
                for entry in &batch {
                    self.put(entry, form, out);
                }
                Ok(true)
            }
            Entries::Chosen(stream, pattern) => {
                let Some(batch) = stream.next_batch().await? else { return Ok(false) };
                let prefix = pattern_prefix(&form.prefix).to_vec();
                let mut chosen = Vec::new();
                for entry in batch {
                    if pattern.chooses(&entry.name)? {
                        chosen.push(entry);
                    }
                }
                for entry in &chosen {
                    self.put_chosen(entry, &prefix, out);
                }
                Ok(true)
            }
            Entries::File(entry) => {
                let Some(entry) = entry.take() else { return Ok(false) };
                self.put_file(&entry, form, out);
                Ok(true)
            }
        }
    }

    /// The next lines of a listing on the control connection, without their ends; none means the end.
    pub(crate) async fn lines(&mut self) -> Result<Vec<Bytes>, FileError> {
        let form = ListingForm { facts: wharf_codec::FactSelection::default(), prefix: Vec::new() };
        let mut out = BytesMut::new();
        // A batch of names that cannot be shown is not the end.
        while out.is_empty() && self.next(&form, &mut out).await? {}
        let all = out.freeze();
        let mut lines: Vec<Bytes> = all
            .split(|b| *b == b'\n')
            .filter_map(|line| line.strip_suffix(b"\r"))
            .map(|line| all.slice_ref(line))
            .collect();
        lines.retain(|line| !line.is_empty());
        Ok(lines)
    }

    fn put(&self, entry: &Entry, form: &ListingForm, out: &mut BytesMut) {
        let hidden = entry.name.starts_with(b".");
        let written = match self.style {
            ListStyle::Facts => {
                let facts = match self.rights {
                    Some(rights) => {
                        // A name that no command could give back is not shown.
                        let Ok(()) = self.path.may_hold(&entry.name) else { return };
                        facts_with(&entry.metadata, rights, &self.key)
                    }
                    None => {
                        let Ok(path) = self.path.child(&entry.name) else { return };
                        facts_of(&entry.metadata, &path, &self.grant, &self.key)
                    }
                };
                facts.encode(&form.facts, &entry.name, out)
            }
            ListStyle::Long { all } => (all || !hidden) && self.put_long(entry, out),
            ListStyle::Names { all } => (all || !hidden) && put_name(&form.prefix, &entry.name, out),
        };
        if written {
            out.put_slice(b"\r\n");
        }
    }

    /// The pattern has judged hidden names.
    fn put_chosen(&self, entry: &Entry, prefix: &[u8], out: &mut BytesMut) {
        let written = if matches!(self.style, ListStyle::Names { .. }) {
            put_name(prefix, &entry.name, out)
        } else {
            self.put_long(entry, out)
        };
        if written {
            out.put_slice(b"\r\n");
        }
    }

    /// A file that was asked for by its name is shown, hidden or not.
    fn put_file(&self, entry: &Entry, form: &ListingForm, out: &mut BytesMut) {
        let written = if matches!(self.style, ListStyle::Names { .. }) {
            // The prefix is what the client asked for, as if it were a directory: here it is the whole name.
            let name = form.prefix.strip_suffix(b"/").unwrap_or(&entry.name);
            put_name(b"", name, out)
        } else {
            self.put_long(entry, out)
        };
        if written {
            out.put_slice(b"\r\n");
        }
    }

    fn put_long(&self, entry: &Entry, out: &mut BytesMut) -> bool {
        let metadata = &entry.metadata;
        let line = ListLine {
            mode: metadata.mode,
            kind: match metadata.kind {
                FileKind::File => EntryKind::File,
                FileKind::Directory => EntryKind::Directory,
                FileKind::DanglingLink => EntryKind::Symlink,
                FileKind::Special | _ => EntryKind::Other,
            },
            links: metadata.links,
            owner: &metadata.owner,
            group: &metadata.group,
            size: metadata.size,
            modified: TimeVal::new(metadata.modified.secs, 0),
            name: &entry.name,
            target: None,
        };
        encode_list_line(&line, self.now, out)
    }
}

/// What stands before the names that a pattern chooses: as much of the pattern, taken for a directory, as is one.
fn pattern_prefix(prefix: &[u8]) -> &[u8] {
    let pattern = prefix.strip_suffix(b"/").unwrap_or(prefix);
    let end = pattern.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    pattern.get(..end).unwrap_or_default()
}

/// Names with CR, LF or NUL cannot stand in a line (LST-23).
fn put_name(prefix: &[u8], name: &[u8], out: &mut BytesMut) -> bool {
    let fits = |bytes: &[u8]| !bytes.iter().any(|b| matches!(b, b'\r' | b'\n' | 0));
    if !fits(name) || !fits(prefix) {
        return false;
    }
    out.put_slice(prefix);
    out.put_slice(name);
    true
}
