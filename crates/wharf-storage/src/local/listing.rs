//! Reading a directory.

use std::{os::fd::OwnedFd, sync::Arc};

use async_trait::async_trait;
use rustix::{
    fs::{AtFlags, Dir, FileType, OFlags, Stat, fstat, statat},
    io::Errno,
};
use tokio::task::yield_now;
use wharf_types::{FileError, FileErrorKind, Metadata, VirtualPath};

use super::{Shared, errno, root::Root};
use crate::{Entry, EntryStream, reserved};

/// The most entries of a batch.
const BATCH: usize = 256;
/// So many batches are given without waiting for anything before others have their turn: about a millisecond.
const TURN: u32 = 4;

/// A directory that is being read.
#[derive(Debug)]
pub(super) struct Listing {
    shared: Arc<Shared>,
    /// Whether no disk has to be waited for.
    in_memory: bool,
    /// The batches given since others had their turn.
    at_once: u32,
    /// `None` at the end, and after a call was cut.
    reader: Option<Reader>,
    ended: bool,
}

#[derive(Debug)]
struct Reader {
    root: Arc<Root>,
    path: VirtualPath,
    dir: Dir,
}

impl Listing {
    /// Reads the directory `path`, opened as `fd`; `in_memory` tells that it lies on no disk.
    pub(super) fn of(
        shared: Arc<Shared>,
        root: Arc<Root>,
        path: VirtualPath,
        fd: OwnedFd,
        in_memory: bool,
    ) -> Result<Self, FileError> {
        let dir = Dir::new(fd).map_err(errno::io)?;
        Ok(Self { shared, in_memory, at_once: 0, reader: Some(Reader { root, path, dir }), ended: false })
    }
}

#[async_trait]
impl EntryStream for Listing {
    async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, FileError> {
        if self.ended {
            return Ok(None);
        }
        let mut reader = self
            .reader
            .take()
            .ok_or_else(|| FileError::with_detail(FileErrorKind::Io, "the listing was cut before"))?;
        let shared = Arc::clone(&self.shared);
        let work = move || {
            let batch = reader.batch(&shared)?;
            Ok((reader, batch))
        };
        let (reader, batch) = if self.in_memory {
            // Whoever looks for a name that is not there waits for nothing else either.
            self.at_once += 1;
            if self.at_once > TURN {
                self.at_once = 1;
                yield_now().await;
            }
            work()?
        } else {
            self.shared.pool.run(work).await?
        };
        self.ended = batch.is_empty();
        self.reader = (!self.ended).then_some(reader);
        Ok((!self.ended).then_some(batch))
    }
}

impl Reader {
    /// The next entries; none at the end.
    fn batch(&mut self, shared: &Shared) -> Result<Vec<Entry>, FileError> {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let Some(entry) = self.dir.read() else { break };
            let entry = entry.map_err(errno::io)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") || name.starts_with(reserved::PREFIX) {
                continue;
            }
            let stat =
                match statat(self.dir.fd().map_err(errno::io)?, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                {
                    Ok(stat) => stat,
                    // It vanished meanwhile.
                    Err(Errno::NOENT) => continue,
                    Err(errno) => return Err(errno::path(errno)),
                };
            let metadata = if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
                self.link(name, &stat, shared)
            } else {
                shared.owners.metadata(&stat)
            };
            batch.push(Entry::new(name, metadata));
        }
        Ok(batch)
    }

    /// What a link shows: its target when that lies beneath the root, or itself as dangling.
    fn link(&self, name: &[u8], itself: &Stat, shared: &Shared) -> Metadata {
        let target = self
            .path
            .child(name)
            .ok()
            .and_then(|path| self.root.open_at(&path, OFlags::PATH).ok())
            .and_then(|fd| fstat(&fd).ok());
        shared.owners.metadata(target.as_ref().unwrap_or(itself))
    }
}
