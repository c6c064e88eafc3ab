//! Reading a directory.

use std::{ffi::CStr, os::fd::OwnedFd, sync::Arc};

use async_trait::async_trait;
use rustix::{
    fs::{AtFlags, Dir, DirEntry, FileType, OFlags, StatxFlags, fstat, statat, statx},
    io::Errno,
};
use tokio::task::yield_now;
use wharf_types::{FileError, FileErrorKind, Metadata, VirtualPath};

use super::{Shared, errno, owners::Attributes, root::Root};
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
    /// What could not be looked at without waiting: it is the next one.
    left: Option<DirEntry>,
}

/// How entries are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Without waiting for anything, as far as that goes: the directory lies in memory.
    AtOnce,
    /// On a thread that may wait.
    Waiting,
}

/// What an entry is.
enum Found {
    Entry(Metadata),
    Vanished,
    /// It may have to be waited for: something is mounted there, or a link leads out of what is known.
    Elsewhere,
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
        Ok(Self {
            shared,
            in_memory,
            at_once: 0,
            reader: Some(Reader { root, path, dir, left: None }),
            ended: false,
        })
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
        if self.in_memory && reader.left.is_none() {
            // Whoever looks for a name that is not there waits for nothing else either.
            self.at_once += 1;
            if self.at_once > TURN {
                self.at_once = 1;
                yield_now().await;
            }
            let batch = reader.batch(&self.shared, Way::AtOnce)?;
            if !batch.is_empty() || reader.left.is_none() {
                return Ok(self.give(reader, batch));
            }
        }
        let shared = Arc::clone(&self.shared);
        let work = move || {
            let batch = reader.batch(&shared, Way::Waiting)?;
            Ok((reader, batch))
        };
        let (reader, batch) = self.shared.pool.run(work).await?;
        Ok(self.give(reader, batch))
    }
}

impl Listing {
    /// An empty batch is the end.
    fn give(&mut self, reader: Reader, batch: Vec<Entry>) -> Option<Vec<Entry>> {
        self.ended = batch.is_empty();
        self.reader = (!self.ended).then_some(reader);
        (!self.ended).then_some(batch)
    }
}

impl Reader {
    /// The next entries; none at the end, or where the first one cannot be looked at without waiting.
    fn batch(&mut self, shared: &Shared, way: Way) -> Result<Vec<Entry>, FileError> {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let Some(entry) = self.left.take().map(Ok).or_else(|| self.dir.read()) else { break };
            let entry = entry.map_err(errno::io)?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") || name.starts_with(reserved::PREFIX) {
                continue;
            }
            let found = match way {
                Way::AtOnce => self.look(entry.file_name(), shared)?,
                Way::Waiting => self.wait(entry.file_name(), entry.file_type(), shared)?,
            };
            match found {
                Found::Entry(metadata) => batch.push(Entry::new(name, metadata)),
                Found::Vanished => {}
                Found::Elsewhere => {
                    self.left = Some(entry);
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// What `name` is, asking nobody but the file system of the directory, which lies in memory.
    fn look(&self, name: &CStr, shared: &Shared) -> Result<Found, FileError> {
        // Of what is mounted there the kernel says what it knows.
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
        let itself = match statx(self.dir.fd().map_err(errno::io)?, name, flags, StatxFlags::BASIC_STATS) {
            Ok(found) => Attributes::from(&found),
            Err(Errno::NOENT) => return Ok(Found::Vanished),
            // Where a sandbox does not know the call, others do it.
            Err(_) => return Ok(Found::Elsewhere),
        };
        if itself.device != self.root.device() {
            return Ok(Found::Elsewhere);
        }
        if itself.kind != FileType::Symlink {
            return Ok(Found::Entry(shared.owners.metadata(itself)));
        }
        let target = self.path.child(name.to_bytes()).map(|path| self.root.try_cached(&path, OFlags::PATH));
        let target = match target {
            Ok(Ok(fd)) => fstat(fd).map_or(itself, |found| Attributes::from(&found)),
            Ok(Err(Errno::AGAIN | Errno::XDEV)) => return Ok(Found::Elsewhere),
            Ok(Err(_)) | Err(_) => itself,
        };
        Ok(Found::Entry(shared.owners.metadata(target)))
    }

    /// What `name` is, however long that takes: of `kind`, as far as the directory tells.
    fn wait(&self, name: &CStr, kind: FileType, shared: &Shared) -> Result<Found, FileError> {
        let itself = match statat(self.dir.fd().map_err(errno::io)?, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Attributes::from(&found),
            Err(Errno::NOENT) => return Ok(Found::Vanished),
            // Whoever left it out would tell that it is gone; the rest of the directory is there in any case.
            Err(_) => return Ok(Found::Entry(shared.owners.metadata(Attributes::unknown(kind)))),
        };
        if itself.kind != FileType::Symlink {
            return Ok(Found::Entry(shared.owners.metadata(itself)));
        }
        // A link shows its target when that lies beneath the root, or itself as dangling.
        let target = self
            .path
            .child(name.to_bytes())
            .ok()
            .and_then(|path| self.root.open_at(&path, OFlags::PATH).ok())
            .and_then(|fd| fstat(&fd).ok());
        let target = target.as_ref().map_or(itself, Attributes::from);
        Ok(Found::Entry(shared.owners.metadata(target)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::local::{LocalDisk, LocalOptions};

    #[test]
    fn nothing_that_is_mounted_in_a_directory_in_memory_is_looked_at_at_once() {
        // A file system in memory, on which others are mounted.
        let Ok(disk) = LocalDisk::open(Path::new("/dev"), LocalOptions::default()) else { return };
        let Some(fd) = disk.root.open_in_memory(&VirtualPath::root()) else { return };
        let (root, shared) = (Arc::clone(&disk.root), Arc::clone(&disk.shared));
        let listing = Listing::of(shared, root, VirtualPath::root(), fd, true).unwrap();
        let mut reader = listing.reader.unwrap();
        let mut left = Vec::new();
        loop {
            for entry in reader.batch(&disk.shared, Way::AtOnce).unwrap() {
                assert_eq!(entry.metadata.identity.0, disk.root.device(), "{entry:?}");
            }
            // Taken as the thread would.
            let Some(entry) = reader.left.take() else { break };
            left.push(entry.file_name().to_bytes().to_vec());
        }
        let mounted = statat(&disk.root, "shm", AtFlags::empty());
        if mounted.is_ok_and(|found| found.st_dev != disk.root.device()) {
            assert!(left.contains(&b"shm".to_vec()), "{left:?}");
        }
    }
}
