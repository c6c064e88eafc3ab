//! One account's view of a disk in memory.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_types::{FileError, FileErrorKind, Metadata, Timestamp, VirtualPath, WriteMode};

use super::{
    MemoryDisk,
    files::{UMASK, below},
    sink::MemorySink,
};
use crate::{Entry, EntryStream, OpenedSink, OpenedSource, Source, Storage, reserved};

/// One account's view of a disk in memory.
#[derive(Debug)]
pub(super) struct MemoryAccount {
    disk: MemoryDisk,
    name: Arc<str>,
    root: VirtualPath,
    umask: Arc<AtomicU32>,
}

impl MemoryAccount {
    pub(super) fn new(disk: MemoryDisk, name: &str, root: VirtualPath) -> Self {
        Self { disk, name: name.into(), root, umask: Arc::new(AtomicU32::new(UMASK)) }
    }

    fn sink(&self, at: VirtualPath, path: VirtualPath) -> MemorySink {
        MemorySink::new(self.disk.clone(), Arc::clone(&self.name), at, path, Arc::clone(&self.umask))
    }

    fn existing(&self, path: &VirtualPath) -> Result<VirtualPath, FileError> {
        reserved::check(path, FileErrorKind::NotFound)?;
        below(&self.root, path)
    }

    fn target(&self, path: &VirtualPath) -> Result<VirtualPath, FileError> {
        reserved::check(path, FileErrorKind::InvalidName)?;
        if path.components().any(|name| name.len() > 255) {
            return Err(FileError::new(FileErrorKind::InvalidName));
        }
        below(&self.root, path)
    }

    fn named(&self, path: &VirtualPath) -> Result<VirtualPath, FileError> {
        if path.is_root() {
            return Err(FileError::with_detail(FileErrorKind::Denied, "the root of the account"));
        }
        self.existing(path)
    }
}

#[async_trait]
impl Storage for MemoryAccount {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        let at = self.existing(path)?;
        self.disk.lock().metadata(&at)
    }

    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        let at = self.existing(path)?;
        Ok(self.disk.lock().partial_offered(&self.name, &at))
    }

    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        let directory = self.existing(path)?;
        self.disk.lock().entries(&directory, None, 0)?;
        Ok(Box::new(Entries { disk: self.disk.clone(), directory, after: None }))
    }

    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        let at = self.existing(path)?;
        let files = self.disk.lock();
        let content = files.content(&at)?;
        let start = usize::try_from(offset)
            .ok()
            .filter(|start| *start <= content.len())
            .ok_or(FileError::new(FileErrorKind::InvalidOffset))?;
        let rest = content.slice(start..);
        let len = rest.len() as u64;
        Ok(OpenedSource::new(Box::new(MemorySource { rest, len }), files.metadata(&at)?))
    }

    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        let at = self.target(path)?;
        if how == WriteMode::Unique {
            let files = self.disk.lock();
            let inside = files.metadata(&at).is_ok_and(|metadata| metadata.is_directory());
            let directory = if inside { Some(path.clone()) } else { path.parent() };
            let name =
                reserved::unique_name(if inside { b"" } else { path.file_name().unwrap_or_default() })?;
            let path = directory
                .and_then(|directory| directory.child(&name).ok())
                .ok_or(FileError::new(FileErrorKind::InvalidName))?;
            let at = below(&self.root, &path)?;
            files.check_target(&at)?;
            drop(files);
            let sink = self.sink(at, path.clone());
            return Ok(OpenedSink::new(Box::new(sink.unique()), path, 0));
        }
        if path.is_root() {
            return Err(FileError::new(FileErrorKind::IsADirectory));
        }
        let mut files = self.disk.lock();
        files.check_target(&at)?;
        if files.capacity.is_some() {
            files.check_room(1)?;
        }
        let sink = self.sink(at.clone(), path.clone());
        let partial = files.partial_len(&self.name, &at);
        let offered = files.partial_offered(&self.name, &at);
        let base = |files: &super::Files| match files.content(&at) {
            Err(error) if error.kind() == FileErrorKind::NotFound => Ok(Bytes::new()),
            content => content,
        };
        let sink = match how {
            WriteMode::Replace | WriteMode::Unique | WriteMode::At(0) => sink,
            WriteMode::Append { continue_partial: true } if offered.is_some() => {
                let (content, base) = files.take_partial(&self.name, &at).unwrap_or_default();
                // The account adds to the length that it was told, not to the one that arrived.
                let told = usize::try_from(offered.unwrap_or_default()).unwrap_or(usize::MAX);
                sink.starting_with(content.get(..told).unwrap_or_default(), base)
            }
            WriteMode::Append { .. } => {
                let version = files.version(&at);
                sink.starting_with(&base(&files)?, Some(version))
            }
            WriteMode::Within { start, .. } => {
                let (content, version) = (base(&files)?, files.version(&at));
                let start = usize::try_from(start).ok().filter(|start| *start <= content.len());
                let start = start.ok_or(FileError::new(FileErrorKind::InvalidOffset))?;
                sink.starting_with(&content, Some(version)).within(start)
            }
            WriteMode::At(offset) => {
                let (content, version) = if partial.is_some_and(|len| offset <= len) {
                    files.take_partial(&self.name, &at).unwrap_or_default()
                } else {
                    (base(&files)?, Some(files.version(&at)))
                };
                let end = usize::try_from(offset).unwrap_or(usize::MAX);
                let kept = content.get(..end).ok_or(FileError::new(FileErrorKind::InvalidOffset))?;
                sink.starting_with(kept, version)
            }
        };
        drop(files);
        let offset = sink.position();
        Ok(OpenedSink::new(Box::new(sink), path.clone(), offset))
    }

    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        let at = self.target(path)?;
        self.disk.lock().make(&at, self.umask.load(Ordering::Relaxed))
    }

    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        let at = self.named(path)?;
        self.disk.lock().remove_directory(&at)
    }

    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        let at = self.existing(path)?;
        self.disk.lock().remove_file(&self.name, &at)
    }

    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        let (from, to) = (self.named(from)?, self.target(to)?);
        self.disk.lock().rename(&self.name, &from, &to)
    }

    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        let at = self.existing(path)?;
        self.disk.lock().set_modified(&at, to)?;
        Ok(to)
    }

    async fn available(&self, path: &VirtualPath) -> Result<u64, FileError> {
        let at = self.existing(path)?;
        let files = self.disk.lock();
        files.entries(&at, None, 0)?;
        files.room().ok_or_else(|| FileErrorKind::Unsupported.into())
    }

    async fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        let at = self.named(path)?;
        self.disk.lock().remove_tree(&at)
    }

    async fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        let at = self.existing(path)?;
        self.disk.lock().set_mode(&at, mode)
    }

    async fn umask(&self, to: Option<u32>) -> Result<u32, FileError> {
        if let Some(to) = to {
            self.umask.store(to & 0o777, Ordering::Relaxed);
        }
        Ok(self.umask.load(Ordering::Relaxed))
    }
}

struct Entries {
    disk: MemoryDisk,
    directory: VirtualPath,
    after: Option<VirtualPath>,
}

#[async_trait]
impl EntryStream for Entries {
    async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, FileError> {
        let batch = self.disk.lock().entries(&self.directory, self.after.as_ref(), 256)?;
        let Some((last, _)) = batch.last() else { return Ok(None) };
        self.after = Some(last.clone());
        let entry =
            |(path, metadata): (VirtualPath, _)| Entry::new(path.file_name().unwrap_or_default(), metadata);
        Ok(Some(batch.into_iter().map(entry).collect()))
    }
}

struct MemorySource {
    rest: Bytes,
    len: u64,
}

#[async_trait]
impl Source for MemorySource {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        Ok(self.rest.split_to(max.min(self.rest.len())))
    }

    fn as_file(&self) -> Option<&File> {
        None
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
}
