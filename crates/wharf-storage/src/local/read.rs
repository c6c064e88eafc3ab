//! Reading a file.

use std::{
    fs::File,
    io::{IoSliceMut, Seek, SeekFrom},
    os::fd::OwnedFd,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use rustix::{
    buffer::spare_capacity,
    fs::{Advice, OFlags, fadvise, fstat},
    io::{Errno, ReadWriteFlags, preadv2, retry_on_intr},
};
use tokio::task::{JoinHandle, yield_now};
use wharf_types::{FileError, FileErrorKind, Metadata};

use super::{
    Shared, errno,
    pool::joined,
    root::Root,
    temporary::{is_directory, is_regular},
};
use crate::{Source, Waits};

/// The most bytes of one call.
const CHUNK: usize = 256 * 1024;
/// So many bytes are given without waiting for anything before others have their turn, where a call counts as a page at
/// least.
const TURN: usize = 2 * 1024 * 1024;
const PAGE: usize = 4096;

/// A file that is being read.
#[derive(Debug)]
pub(super) struct LocalSource {
    shared: Arc<Shared>,
    /// `None` once it is dropped.
    file: Option<Arc<File>>,
    len: u64,
    /// A call that was cut, and runs to its end by itself.
    pending: Option<JoinHandle<Result<Bytes, FileError>>>,
    /// Room for what needs no waiting; the same one again once the caller has dropped what it was given.
    room: BytesMut,
    /// The bytes given since others had their turn.
    at_once: usize,
    waits: Waits,
}

impl LocalSource {
    /// How to open it: without waiting for the other end of a FIFO, and without getting a terminal.
    pub(super) const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

    /// The regular file that was opened, at `offset`.
    pub(super) fn of(
        shared: Arc<Shared>,
        root: &Root,
        fd: OwnedFd,
        offset: u64,
    ) -> Result<(Self, Metadata), FileError> {
        let stat = fstat(&fd).map_err(errno::io)?;
        if is_directory(&stat) {
            return Err(FileError::new(FileErrorKind::IsADirectory));
        }
        if !is_regular(&stat) {
            return Err(FileError::new(FileErrorKind::NotRegular));
        }
        let waits = root.waits_at(&fd, &stat);
        let metadata = shared.owners.metadata(&stat);
        let Some(len) = metadata.size.checked_sub(offset) else {
            return Err(FileError::new(FileErrorKind::InvalidOffset));
        };
        let mut file = File::from(fd);
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|error| errno::from_io(&error))?;
        }
        if len > CHUNK as u64 {
            // A hint that may be refused.
            let _ = fadvise(&file, offset, None, Advice::Sequential);
        }
        Ok((
            Self {
                shared,
                file: Some(Arc::new(file)),
                len,
                pending: None,
                room: BytesMut::new(),
                at_once: 0,
                waits,
            },
            metadata,
        ))
    }
}

#[async_trait]
impl Source for LocalSource {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        // A call that was cut has moved the position: its bytes come first.
        if self.pending.is_none() {
            // Whoever reads and skips waits for nothing else either.
            if self.at_once >= TURN {
                self.at_once = 0;
                yield_now().await;
            }
            if let Some(bytes) = self.read_now(max)? {
                self.at_once += bytes.len().max(PAGE);
                return Ok(bytes);
            }
            self.at_once = 0;
            let Some(file) = self.file.clone() else { return Ok(Bytes::new()) };
            let max = max.clamp(1, CHUNK);
            self.pending = Some(self.shared.pool.start(move || read(&file, max)).await?);
        }
        let Some(pending) = self.pending.as_mut() else { return Ok(Bytes::new()) };
        let result = joined(pending.await);
        self.pending = None;
        result
    }

    fn as_file(&self) -> Option<&File> {
        self.file.as_deref()
    }

    fn waits(&self) -> Waits {
        self.waits
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
}

impl LocalSource {
    /// What is in memory; `None` where a disk is needed.
    fn read_now(&mut self, max: usize) -> Result<Option<Bytes>, FileError> {
        /// Where the file stands, which moves on.
        const HERE: u64 = u64::MAX;
        let flags = match self.waits {
            Waits::Disk => ReadWriteFlags::NOWAIT,
            Waits::Never => ReadWriteFlags::empty(),
            Waits::Unknown => return Ok(None),
        };
        let Some(file) = &self.file else { return Ok(None) };
        let max = max.clamp(1, CHUNK).min(usize::try_from(self.len).unwrap_or(CHUNK).saturating_add(1));
        self.room.resize(max, 0);
        let mut parts = [IoSliceMut::new(&mut self.room)];
        match retry_on_intr(|| preadv2(file, &mut parts, HERE, flags)) {
            Ok(read) => {
                self.room.truncate(read);
                Ok(Some(self.room.split().freeze()))
            }
            Err(Errno::AGAIN) => Ok(None),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) if self.waits == Waits::Disk => {
                // It cannot tell what is in memory.
                self.waits = Waits::Unknown;
                Ok(None)
            }
            Err(errno) => Err(errno::io(errno)),
        }
    }
}

impl Drop for LocalSource {
    fn drop(&mut self) {
        // Closing a file may ask somebody as well.
        if self.waits == Waits::Unknown
            && let Some(file) = self.file.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn_blocking(move || drop(file));
        }
    }
}

fn read(file: &File, max: usize) -> Result<Bytes, FileError> {
    let mut buffer = Vec::with_capacity(max);
    match retry_on_intr(|| rustix::io::read(file, spare_capacity(&mut buffer))) {
        Ok(_) => Ok(Bytes::from(buffer)),
        Err(Errno::ISDIR) => Err(FileError::new(FileErrorKind::IsADirectory)),
        Err(errno) => Err(errno::io(errno)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::mpsc,
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::local::{LocalDisk, LocalOptions};

    #[tokio::test]
    async fn only_a_thread_asks_a_file_system_that_may_wait_for_anything() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), "bytes").unwrap();
        let options = LocalOptions { max_blocking: 1, ..LocalOptions::default() };
        let shared = LocalDisk::open(dir.path(), options).unwrap().shared;
        // No thread has time.
        let (release, held) = mpsc::channel::<()>();
        let busy = shared.pool.start(move || held.recv().map_err(|_| FileErrorKind::Io.into()));
        let busy = busy.await.unwrap();
        let source = |waits| {
            let root = Root::open(dir.path()).unwrap().that(waits);
            let file = File::open(dir.path().join("f")).unwrap();
            LocalSource::of(Arc::clone(&shared), &root, file.into(), 0).unwrap().0
        };
        let mut at_once = source(Waits::Never);
        assert_eq!(at_once.read(100).await.unwrap(), "bytes");
        let mut later = source(Waits::Unknown);
        assert_eq!(later.waits(), Waits::Unknown);
        let mut read = pin!(later.read(100));
        assert!(matches!(read.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
        release.send(()).unwrap();
        assert_eq!(read.await.unwrap(), "bytes");
        joined(busy.await).unwrap();
    }
}
