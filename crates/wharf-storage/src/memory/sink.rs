//! An upload to a disk in memory.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::MemoryDisk;
use crate::{Committed, Sink};

/// What has to hold at the commit.
#[derive(Debug, Clone, Copy)]
enum Condition {
    /// The last one wins.
    None,
    /// What was added to is still what stands there.
    Unchanged { version: u64 },
    /// Nothing stands there.
    Free,
}

/// An upload to a disk in memory.
#[derive(Debug)]
pub(super) struct MemorySink {
    disk: MemoryDisk,
    account: Arc<str>,
    /// Where it goes on the disk.
    at: VirtualPath,
    /// What the account calls that.
    path: VirtualPath,
    content: BytesMut,
    /// Where bytes replace others, when they are not added to the end.
    within: Option<usize>,
    umask: Arc<AtomicU32>,
    condition: Condition,
    failed: bool,
}

impl MemorySink {
    pub(super) fn new(
        disk: MemoryDisk,
        account: Arc<str>,
        at: VirtualPath,
        path: VirtualPath,
        umask: Arc<AtomicU32>,
    ) -> Self {
        let (content, condition) = (BytesMut::new(), Condition::None);
        Self { disk, account, at, path, content, within: None, umask, condition, failed: false }
    }

    pub(super) fn unique(mut self) -> Self {
        self.condition = Condition::Free;
        self
    }

    /// Begins with bytes that are there, of the file at `version` when they come from a committed one.
    pub(super) fn starting_with(mut self, content: &[u8], version: Option<u64>) -> Self {
        self.content.extend_from_slice(content);
        if let Some(version) = version {
            self.condition = Condition::Unchanged { version };
        }
        self
    }

    /// Replaces what stands at `start` and behind it, as far as bytes come.
    pub(super) fn within(mut self, start: usize) -> Self {
        self.within = Some(start);
        self
    }

    /// Where the next byte goes.
    pub(super) fn position(&self) -> u64 {
        self.within.unwrap_or(self.content.len()) as u64
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn write(&mut self, data: Bytes) -> Result<(), FileError> {
        let room = self.disk.lock().check_room(self.content.len().saturating_add(data.len()));
        self.failed |= room.is_err();
        room?;
        let Some(start) = self.within else {
            self.content.extend_from_slice(&data);
            return Ok(());
        };
        let end = start.saturating_add(data.len());
        let (over, added) = data.split_at(data.len().min(self.content.len().saturating_sub(start)));
        if let Some(place) = self.content.get_mut(start..start + over.len()) {
            place.copy_from_slice(over);
        }
        self.content.extend_from_slice(added);
        self.within = Some(end);
        Ok(())
    }

    fn as_file(&self) -> Option<&File> {
        None
    }

    async fn commit(self: Box<Self>) -> Result<Committed, FileError> {
        let this = *self;
        if this.failed {
            return Err(FileError::with_detail(FileErrorKind::Io, "bytes are missing"));
        }
        let bytes = this.content.len() as u64;
        let mut files = this.disk.lock();
        match this.condition {
            Condition::None => {}
            Condition::Free if files.version(&this.at) == 0 => {}
            Condition::Free => return Err(FileError::new(FileErrorKind::Exists)),
            Condition::Unchanged { version } if files.version(&this.at) == version => {}
            Condition::Unchanged { .. } => return Err(FileError::new(FileErrorKind::Busy)),
        }
        files.put(&this.at, this.content.freeze(), this.umask.load(Ordering::Relaxed))?;
        files.take_partial(&this.account, &this.at);
        drop(files);
        Ok(Committed::new(this.path, bytes))
    }

    async fn suspend(self: Box<Self>) -> Result<(), FileError> {
        let this = *self;
        if this.content.is_empty() || this.within.is_some() {
            return Ok(());
        }
        let base = match this.condition {
            Condition::Unchanged { version } => Some(version),
            Condition::None | Condition::Free => None,
        };
        this.disk.lock().suspend(&this.account, &this.at, this.content.freeze(), base)
    }
}
