//! Storage as small as it can be: a map from paths to nodes, answered at once.

mod listing;
mod long;

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use wharf_codec::{AsciiDecoder, AsciiEncoder};
use wharf_session::{
    Form, JobId,
    server::{FileAnswer, LoginAnswer},
};
use wharf_types::{
    FileError, FileErrorKind, FileKind, FileOp, Grant, ListStyle, Metadata, Rights, Timestamp, VirtualPath,
    WriteMode,
};

/// The time that every file of a new [`Model`] was changed: 2023-11-14 22:13:20 UTC.
pub const EPOCH: i64 = 1_700_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Directory,
    File { content: Bytes, modified: i64 },
}

#[derive(Debug)]
enum Job {
    Send(Bytes),
    List {
        path: VirtualPath,
        style: ListStyle,
    },
    Receive {
        path: VirtualPath,
        content: BytesMut,
        start: usize,
    },
    /// A range of a file, and the file around it.
    Within {
        path: VirtualPath,
        content: Bytes,
        start: usize,
        part: BytesMut,
    },
    /// A file that is filled from others.
    Filled {
        path: VirtualPath,
        content: Bytes,
    },
}

/// A disk and the accounts on it: `alice` may do everything, `bob` may only read; the password of both is `secret`.
///
/// An upload changes nothing before [`commit`](Self::commit); one that is released stays as a partial of its path.
#[derive(Debug)]
pub struct Model {
    nodes: BTreeMap<VirtualPath, Node>,
    partials: BTreeMap<VirtualPath, Bytes>,
    jobs: BTreeMap<JobId, Job>,
    unique: u32,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            nodes: BTreeMap::from([(VirtualPath::root(), Node::Directory)]),
            partials: BTreeMap::new(),
            jobs: BTreeMap::new(),
            unique: 0,
        }
    }
}

/// The account of the model's users.
#[must_use]
pub fn grant(user: &str) -> Grant {
    let grant = Grant::new(user, "");
    if user == "bob" { grant.with_rights(Rights::READ_ONLY) } else { grant }
}

/// Who may log in, and as what. Logins of `down` cannot be checked.
#[must_use]
pub fn login(user: &[u8], password: &[u8]) -> LoginAnswer {
    match (user, password) {
        (b"alice", b"secret") => LoginAnswer::Accept(grant("alice")),
        (b"bob", b"secret") => LoginAnswer::Accept(grant("bob")),
        (b"down", _) => LoginAnswer::Unavailable,
        _ => LoginAnswer::Refuse,
    }
}

impl Model {
    /// Puts a file there.
    pub fn put(&mut self, path: &VirtualPath, content: impl Into<Bytes>) {
        self.nodes.insert(path.clone(), Node::File { content: content.into(), modified: EPOCH });
    }

    /// Puts a directory there.
    pub fn make_directory(&mut self, path: &VirtualPath) {
        self.nodes.insert(path.clone(), Node::Directory);
    }

    /// The content of a file.
    #[must_use]
    pub fn content(&self, path: &VirtualPath) -> Option<&Bytes> {
        match self.nodes.get(path)? {
            Node::File { content, .. } => Some(content),
            Node::Directory => None,
        }
    }

    /// Every path with the content of files; `None` for directories.
    pub fn tree(&self) -> impl Iterator<Item = (&VirtualPath, Option<&Bytes>)> {
        self.nodes.iter().map(|(path, node)| match node {
            Node::File { content, .. } => (path, Some(content)),
            Node::Directory => (path, None),
        })
    }

    /// Jobs that nobody ended.
    #[must_use]
    pub fn open_jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Does `op`; what it opens is held under `job`.
    ///
    /// # Errors
    /// As storage would refuse it.
    pub fn perform(&mut self, job: JobId, op: &FileOp) -> Result<FileAnswer, FileError> {
        match op {
            FileOp::Enter(path) => {
                self.directory(path)?;
                Ok(FileAnswer::Done)
            }
            FileOp::Available(_) => Ok(FileAnswer::Size(1_000_000)),
            FileOp::Combine { target, parts } => self.fill(job, target, parts, true),
            FileOp::Copy { from, to } => self.fill(job, to, core::slice::from_ref(from), false),
            FileOp::Hash { path, algorithm, range, most } => self.digest(path, *algorithm, *range, *most),
            FileOp::TextSize { path, most } => {
                let content = self.file(path)?;
                if content.len() as u64 > *most {
                    return Err(FileErrorKind::TooLarge.into());
                }
                let mut out = BytesMut::new();
                AsciiEncoder::new().push(content, &mut out);
                Ok(FileAnswer::Size(out.len() as u64))
            }
            FileOp::SetMode { path, mode } => {
                self.node(path)?;
                Ok(FileAnswer::Mode(*mode))
            }
            FileOp::Symlink { target, link } => {
                self.node(target)?;
                self.parent(link)?;
                Ok(FileAnswer::Done)
            }
            FileOp::Umask { to, .. } => Ok(FileAnswer::Mode(to.unwrap_or(0o022))),
            FileOp::RemoveTree(path) => {
                self.directory(path)?;
                self.nodes.retain(|at, _| !at.starts_with(path));
                Ok(FileAnswer::Done)
            }
            FileOp::List { path, style, within } => {
                if let (Some(directory), Err(_)) = (within, self.node(path)) {
                    // Every name is chosen: patterns are the business of drivers.
                    self.directory(directory)?;
                    self.jobs.insert(job, Job::List { path: directory.clone(), style: *style });
                    return Ok(FileAnswer::Opened { size: None, path: None, offset: 0 });
                }

                if *style == ListStyle::Facts {
                    self.directory(path)?;
                } else {
                    self.node(path)?;
                }
                self.jobs.insert(job, Job::List { path: path.clone(), style: *style });
                Ok(FileAnswer::Opened { size: None, path: None, offset: 0 })
            }
            FileOp::MakeDirectory(path) => {
                self.parent(path)?;
                if self.nodes.contains_key(path) {
                    return Err(FileErrorKind::Exists.into());
                }
                self.make_directory(path);
                Ok(FileAnswer::Done)
            }
            FileOp::Metadata(path) => {
                Ok(FileAnswer::Metadata { metadata: self.metadata(path)?, partial: false })
            }
            FileOp::MetadataOrPartial(path) => match self.partials.get(path) {
                Some(content) => {
                    let time = Timestamp::from_secs(EPOCH);
                    let metadata = Metadata::new(FileKind::File, content.len() as u64, time);
                    Ok(FileAnswer::Metadata { metadata, partial: true })
                }
                None => Ok(FileAnswer::Metadata { metadata: self.metadata(path)?, partial: false }),
            },
            FileOp::Read { path, offset, length } => {
                let Node::File { content, .. } = self.node(path)? else {
                    return Err(FileErrorKind::NotRegular.into());
                };
                let size = content.len() as u64;
                let start = usize::try_from(*offset).ok().filter(|start| *start <= content.len());
                let start = start.or_else(|| length.map(|_| content.len()));
                let mut content = content.slice(start.ok_or(FileErrorKind::InvalidOffset)?..);
                if let Some(length) = length {
                    content.truncate(usize::try_from(*length).unwrap_or(usize::MAX));
                }
                self.jobs.insert(job, Job::Send(content));
                Ok(FileAnswer::Opened { size: Some(size), path: None, offset: *offset })
            }
            FileOp::RemoveDirectory(path) => {
                self.directory(path)?;
                if self.children(path).next().is_some() {
                    return Err(FileErrorKind::DirectoryNotEmpty.into());
                }
                self.nodes.remove(path);
                Ok(FileAnswer::Done)
            }
            FileOp::RemoveFile(path) => match self.node(path)? {
                Node::Directory => Err(FileErrorKind::IsADirectory.into()),
                Node::File { .. } => {
                    self.nodes.remove(path);
                    Ok(FileAnswer::Done)
                }
            },
            FileOp::Rename { from, to } => self.rename(from, to),
            FileOp::RenameFrom(path) => {
                self.node(path)?;
                Ok(FileAnswer::Done)
            }
            FileOp::SetModified { path, to } => match self.nodes.get_mut(path) {
                Some(Node::File { modified, .. }) => {
                    *modified = to.secs;
                    Ok(FileAnswer::Time(Timestamp::from_secs(to.secs)))
                }
                Some(Node::Directory) => Err(FileErrorKind::NotRegular.into()),
                None => Err(FileErrorKind::NotFound.into()),
            },
            FileOp::Write { path, how } => self.open_write(job, path, how),
        }
    }

    fn rename(&mut self, from: &VirtualPath, to: &VirtualPath) -> Result<FileAnswer, FileError> {
        self.node(from)?;
        self.parent(to)?;
        if from.is_root() || to.starts_with(from) && to != from {
            return Err(FileErrorKind::Denied.into());
        }
        if matches!(self.nodes.get(to), Some(Node::Directory)) {
            return Err(FileErrorKind::Exists.into());
        }
        let moved: Vec<VirtualPath> =
            self.nodes.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for old in moved {
            let Some(node) = self.nodes.remove(&old) else { continue };
            let mut new = to.clone();
            for name in old.components().skip(from.components().count()) {
                new = new.child(name).map_err(|_| FileErrorKind::InvalidName)?;
            }
            self.nodes.insert(new, node);
        }
        Ok(FileAnswer::Done)
    }

    fn open_write(
        &mut self,
        job: JobId,
        path: &VirtualPath,
        how: &WriteMode,
    ) -> Result<FileAnswer, FileError> {
        let mut path = path.clone();
        if *how == WriteMode::Unique {
            self.unique += 1;
            let inside = matches!(self.nodes.get(&path), Some(Node::Directory));
            let directory = if inside { path } else { path.parent().unwrap_or_default() };
            let name = format!("unique-{}", self.unique);
            path = directory.child(name.as_bytes()).map_err(|_| FileErrorKind::InvalidName)?;
        }
        self.parent(&path)?;
        let old = match self.nodes.get(&path) {
            Some(Node::Directory) => return Err(FileErrorKind::IsADirectory.into()),
            Some(Node::File { content, .. }) => content.clone(),
            None => Bytes::new(),
        };
        let partial = self.partials.get(&path).cloned();
        if let WriteMode::Within { start: offset, .. } = how {
            let start = usize::try_from(*offset).ok().filter(|start| *start <= old.len());
            let start = start.ok_or(FileErrorKind::InvalidOffset)?;
            let part = BytesMut::new();
            self.jobs.insert(job, Job::Within { path: path.clone(), content: old, start, part });
            return Ok(FileAnswer::Opened { size: None, path: Some(path), offset: *offset });
        }
        let kept = match how {
            WriteMode::Replace | WriteMode::Unique | WriteMode::Within { .. } => Bytes::new(),
            WriteMode::Append { continue_partial: true } => partial.unwrap_or(old),
            WriteMode::Append { continue_partial: false } => old,
            WriteMode::At(offset) => {
                let base = partial.filter(|partial| *offset <= partial.len() as u64).unwrap_or(old);
                let end = usize::try_from(*offset).ok().filter(|end| *end <= base.len());
                base.slice(..end.ok_or(FileErrorKind::InvalidOffset)?)
            }
        };
        let offset = kept.len() as u64;
        self.jobs.insert(
            job,
            Job::Receive { path: path.clone(), content: BytesMut::from(&kept[..]), start: kept.len() },
        );
        Ok(FileAnswer::Opened { size: None, path: Some(path), offset })
    }

    /// What came on the wire for a job that receives. Gives the bytes as they stand in the file.
    pub fn receive(&mut self, job: JobId, form: &Form, wire: &[u8]) -> u64 {
        if let Some(Job::Within { part, .. }) = self.jobs.get_mut(&job) {
            part.extend_from_slice(wire);
            return wire.len() as u64;
        }
        let Some(Job::Receive { content, .. }) = self.jobs.get_mut(&job) else { return 0 };
        let before = content.len();
        if matches!(form, Form::Ascii { .. }) {
            let mut decoder = AsciiDecoder::new();
            decoder.push(wire, content);
            decoder.finish(content);
        } else {
            content.extend_from_slice(wire);
        }
        (content.len() - before) as u64
    }

    /// Makes an upload the file.
    ///
    /// # Errors
    /// When there is no such upload.
    pub fn commit(&mut self, job: JobId) -> Result<(), FileError> {
        match self.jobs.remove(&job) {
            Some(Job::Receive { path, content, .. }) => {
                self.partials.remove(&path);
                self.put(&path, content.freeze());
                Ok(())
            }
            Some(Job::Within { path, content, start, part }) => {
                let tail = content.get(start + part.len()..).unwrap_or_default();
                let whole = [&content[..start], &part, tail].concat();
                self.put(&path, whole);
                Ok(())
            }
            Some(Job::Filled { path, content }) => {
                self.put(&path, content);
                Ok(())
            }
            Some(Job::Send(_) | Job::List { .. }) | None => Err(FileErrorKind::Io.into()),
        }
    }

    /// Ends a job; what an upload brought stays as a partial.
    pub fn release(&mut self, job: JobId) {
        if let Some(Job::Receive { path, content, start }) = self.jobs.remove(&job)
            && content.len() > start
        {
            self.partials.insert(path, content.freeze());
        }
    }

    fn file(&self, path: &VirtualPath) -> Result<&Bytes, FileError> {
        match self.node(path)? {
            Node::File { content, .. } => Ok(content),
            Node::Directory => Err(FileErrorKind::IsADirectory.into()),
        }
    }

    fn node(&self, path: &VirtualPath) -> Result<&Node, FileError> {
        self.nodes.get(path).ok_or_else(|| FileErrorKind::NotFound.into())
    }

    fn directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        match self.node(path)? {
            Node::Directory => Ok(()),
            Node::File { .. } => Err(FileErrorKind::NotADirectory.into()),
        }
    }

    fn parent(&self, path: &VirtualPath) -> Result<(), FileError> {
        path.parent().map_or(Ok(()), |parent| self.directory(&parent))
    }

    fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        let mut metadata = match self.node(path)? {
            Node::Directory => Metadata::new(FileKind::Directory, 0, Timestamp::from_secs(EPOCH)),
            Node::File { content, modified } => {
                Metadata::new(FileKind::File, content.len() as u64, Timestamp::from_secs(*modified))
            }
        };
        metadata.identity = (1, self.nodes.range(..path).count() as u64);
        Ok(metadata)
    }

    fn children(&self, path: &VirtualPath) -> impl Iterator<Item = &VirtualPath> {
        self.nodes.keys().filter(move |child| child.parent().as_ref() == Some(path))
    }
}
