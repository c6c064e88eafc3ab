//! The tree of a disk in memory.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use bytes::Bytes;
use wharf_types::{FileError, FileErrorKind, FileKind, Metadata, Timestamp, VirtualPath};

use crate::reserved;

/// What stands under a name.
#[derive(Debug, Clone)]
struct Node {
    /// `None` for a directory.
    content: Option<Bytes>,
    modified: Timestamp,
    /// Permission bits.
    mode: u32,
    /// Equal for as long as the object is the same.
    number: u64,
    /// When the content was committed, on the disk's own count of changes.
    committed: u64,
}

/// A cut upload.
#[derive(Debug)]
struct Partial {
    content: Bytes,
    suspended: u64,
    /// The version of the file that was added to, when it began with one.
    base: Option<u64>,
}

/// The tree.
#[derive(Debug)]
pub(super) struct Files {
    nodes: BTreeMap<VirtualPath, Node>,
    partials: BTreeMap<(String, VirtualPath), Partial>,
    changes: u64,
    pub(super) now: Timestamp,
    pub(super) capacity: Option<u64>,
}

impl Default for Files {
    fn default() -> Self {
        let now = Timestamp::from_secs(1_767_225_600);
        let root = Node { content: None, modified: now, mode: 0o755, number: 1, committed: 1 };
        Self {
            nodes: BTreeMap::from([(VirtualPath::root(), root)]),
            partials: BTreeMap::new(),
            changes: 1,
            now,
            capacity: None,
        }
    }
}

/// The permission bits that new files do not get, until an account says otherwise.
pub(super) const UMASK: u32 = 0o022;

type Done<T = ()> = Result<T, FileError>;

fn fail<T>(kind: FileErrorKind) -> Done<T> {
    Err(FileError::new(kind))
}

impl Files {
    fn tick(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    fn node(&self, path: &VirtualPath) -> Done<&Node> {
        if let Some(node) = self.nodes.get(path) {
            return Ok(node);
        }
        let mut above = path.parent();
        while let Some(parent) = above {
            match self.nodes.get(&parent) {
                Some(node) if node.content.is_some() => return fail(FileErrorKind::NotADirectory),
                Some(_) => break,
                None => above = parent.parent(),
            }
        }
        fail(FileErrorKind::NotFound)
    }

    fn directory(&self, path: &VirtualPath) -> Done {
        match self.node(path)?.content {
            None => Ok(()),
            Some(_) => fail(FileErrorKind::NotADirectory),
        }
    }

    fn parent_of(&self, path: &VirtualPath) -> Done {
        match path.parent() {
            Some(parent) => self.directory(&parent),
            None => fail(FileErrorKind::Denied),
        }
    }

    pub(super) fn metadata(&self, path: &VirtualPath) -> Done<Metadata> {
        Ok(describe(self.node(path)?))
    }

    pub(super) fn content(&self, path: &VirtualPath) -> Done<Bytes> {
        self.node(path)?.content.clone().ok_or(FileError::new(FileErrorKind::IsADirectory))
    }

    /// A number that changes with each commit to `path`; 0 when nothing is there.
    pub(super) fn version(&self, path: &VirtualPath) -> u64 {
        self.nodes.get(path).map_or(0, |node| node.committed)
    }

    /// Up to `most` entries of `directory` whose names follow `after`.
    pub(super) fn entries(
        &self,
        directory: &VirtualPath,
        after: Option<&VirtualPath>,
        most: usize,
    ) -> Done<Vec<(VirtualPath, Metadata)>> {
        self.directory(directory)?;
        let first = after.unwrap_or(directory).clone();
        Ok(self
            .nodes
            .range((Excluded(first), Unbounded))
            .filter(|(path, _)| path.parent().as_ref() == Some(directory))
            .take(most)
            .map(|(path, node)| (path.clone(), describe(node)))
            .collect())
    }

    pub(super) fn check_target(&self, path: &VirtualPath) -> Done {
        self.parent_of(path)?;
        match self.nodes.get(path) {
            Some(node) if node.content.is_none() => fail(FileErrorKind::IsADirectory),
            _ => Ok(()),
        }
    }

    /// Stores a file; one that is replaced leaves its mode behind.
    pub(super) fn put(&mut self, path: &VirtualPath, content: Bytes, umask: u32) -> Done {
        self.check_target(path)?;
        let mode = self.nodes.get(path).map_or(0o666 & !umask, |node| node.mode);
        self.check_room(content.len())?;
        let change = self.tick();
        let number = change;
        let node = Node { content: Some(content), modified: self.now, mode, number, committed: change };
        self.nodes.insert(path.clone(), node);
        Ok(())
    }

    pub(super) fn make(&mut self, path: &VirtualPath, umask: u32) -> Done {
        if self.nodes.contains_key(path) {
            return fail(FileErrorKind::Exists);
        }
        self.parent_of(path)?;
        let change = self.tick();
        let mode = 0o777 & !umask;
        let node = Node { content: None, modified: self.now, mode, number: change, committed: change };
        self.nodes.insert(path.clone(), node);
        Ok(())
    }

    pub(super) fn make_all(&mut self, path: &VirtualPath) -> Done {
        if let Some(parent) = path.parent() {
            self.make_all(&parent)?;
        }
        match self.nodes.get(path) {
            Some(_) => self.directory(path),
            None => self.make(path, UMASK),
        }
    }

    pub(super) fn remove_directory(&mut self, path: &VirtualPath) -> Done {
        if path.is_root() {
            return fail(FileErrorKind::Denied);
        }
        self.directory(path)?;
        if !self.entries(path, None, 1)?.is_empty() {
            return fail(FileErrorKind::DirectoryNotEmpty);
        }
        self.nodes.remove(path);
        self.partials.retain(|(_, at), _| !at.starts_with(path));
        Ok(())
    }

    pub(super) fn remove_file(&mut self, account: &str, path: &VirtualPath) -> Done {
        let had_partial = self.take_partial(account, path).is_some();
        match self.node(path) {
            Ok(node) if node.content.is_none() => fail(FileErrorKind::IsADirectory),
            Ok(_) => {
                self.nodes.remove(path);
                Ok(())
            }
            // The account saw its partial under that name, so that removing it is an effect.
            Err(error) if had_partial && error.kind() == FileErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn rename(&mut self, account: &str, from: &VirtualPath, to: &VirtualPath) -> Done {
        if from.is_root() || to.is_root() {
            return fail(FileErrorKind::Denied);
        }
        let is_directory = self.node(from)?.content.is_none();
        self.parent_of(to)?;
        if from == to {
            return Ok(());
        }
        if is_directory && to.starts_with(from) {
            return fail(FileErrorKind::InvalidName);
        }
        match self.nodes.get(to) {
            Some(node) if is_directory || node.content.is_none() => return fail(FileErrorKind::Exists),
            _ => {}
        }
        let moved: Vec<_> = self.nodes.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for old in moved {
            if let Some(node) = self.nodes.remove(&old) {
                self.nodes.insert(replace_prefix(&old, from, to), node);
            }
        }
        let change = self.tick();
        if let Some(node) = self.nodes.get_mut(to) {
            // What was cut before at this name is no part of what stands there now.
            node.committed = change;
        }
        self.take_partial(account, from);
        self.take_partial(account, to);
        let partials = std::mem::take(&mut self.partials);
        self.partials = partials
            .into_iter()
            .map(|((owner, path), partial)| {
                let path = if path.starts_with(from) { replace_prefix(&path, from, to) } else { path };
                ((owner, path), partial)
            })
            .collect();
        Ok(())
    }

    pub(super) fn remove_tree(&mut self, path: &VirtualPath) -> Done {
        if path.is_root() {
            return fail(FileErrorKind::Denied);
        }
        self.directory(path)?;
        self.nodes.retain(|at, _| !at.starts_with(path));
        self.partials.retain(|(_, at), _| !at.starts_with(path));
        Ok(())
    }

    pub(super) fn set_mode(&mut self, path: &VirtualPath, mode: u32) -> Done {
        self.node(path)?;
        if let Some(node) = self.nodes.get_mut(path) {
            node.mode = mode & 0o777;
        }
        Ok(())
    }

    pub(super) fn set_modified(&mut self, path: &VirtualPath, to: Timestamp) -> Done {
        self.node(path)?;
        if let Some(node) = self.nodes.get_mut(path) {
            node.modified = to;
        }
        Ok(())
    }

    /// The partial of `account` at `path`, as long as it is newer than the file there, or was added to that one.
    fn partial(&self, account: &str, path: &VirtualPath) -> Option<&Partial> {
        let partial = self.partials.get(&(account.to_owned(), path.clone()))?;
        let version = self.version(path);
        (partial.suspended > version && partial.base.is_none_or(|base| base == version)).then_some(partial)
    }

    /// Its length.
    pub(super) fn partial_len(&self, account: &str, path: &VirtualPath) -> Option<u64> {
        self.partial(account, path).map(|partial| partial.content.len() as u64)
    }

    /// The length that the account is told; of what was added to, nothing is asked for again.
    pub(super) fn partial_offered(&self, account: &str, path: &VirtualPath) -> Option<u64> {
        let partial = self.partial(account, path)?;
        let least = if partial.base.is_some() { self.content(path).map_or(0, |base| base.len()) } else { 0 };
        reserved::offered(partial.content.len() as u64).filter(|offered| *offered >= least as u64)
    }

    /// Its content, and the version of what was added to.
    pub(super) fn take_partial(&mut self, account: &str, path: &VirtualPath) -> Option<(Bytes, Option<u64>)> {
        let partial = self.partials.remove(&(account.to_owned(), path.clone()))?;
        Some((partial.content, partial.base))
    }

    pub(super) fn suspend(
        &mut self,
        account: &str,
        path: &VirtualPath,
        content: Bytes,
        base: Option<u64>,
    ) -> Done {
        self.check_target(path)?;
        let suspended = self.tick();
        self.partials.insert((account.to_owned(), path.clone()), Partial { content, suspended, base });
        Ok(())
    }

    /// Whether `more` bytes fit beside what is there.
    pub(super) fn check_room(&self, more: usize) -> Done {
        match self.room() {
            Some(room) if (more as u64) > room => fail(FileErrorKind::NoSpace),
            _ => Ok(()),
        }
    }

    /// How many bytes still fit; `None` without a limit.
    pub(super) fn room(&self) -> Option<u64> {
        let capacity = self.capacity?;
        let stored: usize =
            self.nodes.values().filter_map(|node| node.content.as_ref()).map(Bytes::len).sum();
        Some(capacity.saturating_sub(stored as u64))
    }
}

fn describe(node: &Node) -> Metadata {
    let kind = if node.content.is_some() { FileKind::File } else { FileKind::Directory };
    let size = node.content.as_ref().map_or(0, |content| content.len() as u64);
    Metadata { identity: (0, node.number), mode: node.mode, ..Metadata::new(kind, size, node.modified) }
}

/// `path`, which lies at or below `from`, at the same place below `to`.
fn replace_prefix(path: &VirtualPath, from: &VirtualPath, to: &VirtualPath) -> VirtualPath {
    join(to, path.components().skip(from.components().count()))
}

/// `root` with more components below it; names that do not fit stay at `root`, which no caller reaches.
fn join<'a>(root: &VirtualPath, names: impl Iterator<Item = &'a [u8]>) -> VirtualPath {
    names.fold(root.clone(), |path, name| path.child(name).unwrap_or(path))
}

/// Where the account's `path` lies on the disk.
pub(super) fn below(root: &VirtualPath, path: &VirtualPath) -> Done<VirtualPath> {
    path.components().try_fold(root.clone(), |at, name| {
        at.child(name).map_err(|error| FileError::with_detail(FileErrorKind::InvalidName, error.to_string()))
    })
}
