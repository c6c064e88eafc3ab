//! Writing a file.

use std::{
    fs::File,
    io::{Read as _, Write},
    os::fd::OwnedFd,
    sync::{Arc, MutexGuard},
};

use async_trait::async_trait;
use bytes::Bytes;
use rustix::{
    io::{Errno, retry_on_intr},
    pipe::{SpliceFlags, splice},
};
use tokio::task::JoinHandle;
use wharf_types::{FileError, FileErrorKind};

use super::{errno, pool::joined, suspensions::Suspension, upload::Upload, write};
use crate::{Committed, Sink, Source, Waits};

/// A file that is being written.
#[derive(Debug)]
pub(super) struct LocalSink {
    /// `None` once it is dropped.
    upload: Option<Upload>,
    /// The first bytes, if they are few: a small file is written by the call that commits it.
    held: Option<Bytes>,
    /// Whether something was written, or held.
    begun: bool,
    /// A call that was cut, and runs to its end by itself.
    pending: Option<JoinHandle<Result<(), FileError>>>,
    /// Whether bytes may be missing.
    torn: bool,
}

/// The most bytes that are held.
const HELD: usize = 64 * 1024;

impl LocalSink {
    pub(super) const fn new(upload: Upload) -> Self {
        Self { upload: Some(upload), held: None, begun: false, pending: None, torn: false }
    }

    /// Has `write` add to the file, all that it should.
    async fn start(
        &mut self,
        write: impl FnOnce(&File) -> Result<(), FileError> + Send + 'static,
    ) -> Result<(), FileError> {
        if self.torn {
            return Err(gone());
        }
        let upload = self.upload.as_ref().ok_or_else(gone)?;
        let (file, inner) = (Arc::clone(upload.file.file()), Arc::clone(&upload.inner));
        // Until everything is there, bytes are missing: whether the call fails or is cut.
        self.torn = true;
        let held = self.held.clone();
        let work = move || {
            write_held(&file, held.as_ref())?;
            write(&file)
        };
        if upload.waits == Waits::Never {
            self.held = None;
            work()?;
        } else {
            self.pending = Some(inner.shared.pool.start(work).await?);
            self.held = None;
            self.settle().await?;
        }
        self.torn = false;
        Ok(())
    }

    /// Waits for a call that was cut.
    async fn settle(&mut self) -> Result<(), FileError> {
        let Some(pending) = self.pending.as_mut() else { return Ok(()) };
        let result = joined(pending.await);
        self.pending = None;
        result
    }
}

fn write_held(mut file: &File, held: Option<&Bytes>) -> Result<(), FileError> {
    held.map_or(Ok(()), |held| file.write_all(held)).map_err(|error| errno::from_io(&error))
}

/// Writes what is held, and commits.
fn finish(
    upload: Upload,
    held: Option<&Bytes>,
    torn: bool,
    turn: Option<MutexGuard<'_, ()>>,
) -> Result<Committed, FileError> {
    write_held(upload.file.file(), held)?;
    if torn { Err(gone()) } else { upload.commit(turn) }
}

/// Makes the upload a partial, with what is held, when those that were cut before it are.
async fn keep(upload: Upload, held: Option<Bytes>, mut suspension: Suspension) -> Result<(), FileError> {
    suspension.turn().await;
    let inner = Arc::clone(&upload.inner);
    let work = move || {
        // What a full disk took of it is a beginning as well.
        let _ = write_held(upload.file.file(), held.as_ref());
        let result = upload.suspend();
        drop(suspension);
        result
    };
    inner.shared.pool.run(work).await
}

/// Moves all of it from the pipe to the end of the file: in the kernel, or by hand where the file system cannot.
fn splice_all(pipe: &OwnedFd, file: &File, length: usize) -> Result<(), FileError> {
    let mut left = length;
    while left > 0 {
        match retry_on_intr(|| splice(pipe, None, file, None, left, SpliceFlags::MOVE)) {
            Ok(0) => return Err(gone()),
            Ok(moved) => left = left.saturating_sub(moved),
            // It took nothing out of the pipe.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return copy_all(pipe, file, left),
            Err(errno) => return Err(errno::io(errno)),
        }
    }
    Ok(())
}

/// The same through this process.
fn copy_all(pipe: &OwnedFd, mut file: &File, length: usize) -> Result<(), FileError> {
    let io = |error| errno::from_io(&error);
    let mut pipe = File::from(pipe.try_clone().map_err(io)?);
    let mut bytes = vec![0; length];
    // It is all there: nothing waits here.
    pipe.read_exact(&mut bytes).map_err(io)?;
    file.write_all(&bytes).map_err(io)
}

/// As the trait does it.
async fn take_by_hand(sink: &mut LocalSink, source: &mut dyn Source) -> Result<u64, FileError> {
    let mut taken = 0;
    loop {
        let bytes = source.read(256 * 1024).await?;
        if bytes.is_empty() {
            return Ok(taken);
        }
        taken += bytes.len() as u64;
        sink.write(bytes).await?;
    }
}

fn gone() -> FileError {
    FileError::with_detail(FileErrorKind::Io, "bytes are missing")
}

#[async_trait]
impl Sink for LocalSink {
    async fn write(&mut self, data: Bytes) -> Result<(), FileError> {
        if !core::mem::replace(&mut self.begun, true) && data.len() <= HELD && self.upload.is_some() {
            self.held = Some(data);
            return Ok(());
        }
        self.start(move |mut file| file.write_all(&data).map_err(|error| errno::from_io(&error))).await
    }

    async fn write_pipe(&mut self, pipe: &Arc<OwnedFd>, length: usize) -> Result<(), FileError> {
        let pipe = Arc::clone(pipe);
        self.start(move |file| splice_all(&pipe, file, length)).await
    }

    async fn take_from(&mut self, source: &mut dyn Source) -> Result<u64, FileError> {
        let Some(from) = source.as_file() else {
            return take_by_hand(self, source).await;
        };
        if self.held.is_some() {
            self.start(|_| Ok(())).await?;
        }
        self.begun = true;
        let from = Arc::new(from.try_clone().map_err(|error| errno::from_io(&error))?);
        if self.torn {
            return Err(gone());
        }
        let upload = self.upload.as_ref().ok_or_else(gone)?;
        let (to, inner) = (Arc::clone(upload.file.file()), Arc::clone(&upload.inner));
        let Some(whole) = source.len() else { return take_by_hand(self, source).await };
        self.torn = true;
        let mut left = whole;
        // In steps, between which the whole may be cut.
        while left > 0 {
            let (from, to) = (Arc::clone(&from), Arc::clone(&to));
            let done = inner.shared.pool.run(move || write::copy_step(&from, &to, left)).await?;
            if done == 0 {
                return Err(FileError::with_detail(FileErrorKind::Busy, "the file became shorter meanwhile"));
            }
            left = left.saturating_sub(done);
        }
        self.torn = false;
        Ok(whole)
    }

    fn as_file(&self) -> Option<&File> {
        self.upload.as_ref().map(|upload| &**upload.file.file())
    }

    async fn commit(mut self: Box<Self>) -> Result<Committed, FileError> {
        let settled = self.settle().await;
        let upload = self.upload.take().ok_or_else(gone)?;
        let inner = Arc::clone(&upload.inner);
        // What was cut before must not come up as a partial behind it.
        inner.shared.suspensions.over(&inner.name, &upload.path).await;
        let (torn, held) = (self.torn, self.held.take());
        {
            // Whoever has to wait for the turn does so on a thread.
            let turn = upload.quick(&inner);
            if turn.is_some() {
                settled?;
                return finish(upload, held.as_ref(), torn, turn);
            }
        }
        let work = move || settled.and_then(|()| finish(upload, held.as_ref(), torn, None));
        inner.shared.pool.run(work).await
    }

    async fn suspend(mut self: Box<Self>) -> Result<(), FileError> {
        let (inner, path) = match &self.upload {
            Some(upload) => (Arc::clone(&upload.inner), upload.path.clone()),
            None => return Err(gone()),
        };
        let suspension = Suspension::begin(Arc::clone(&inner.shared), &inner.name, &path);
        // Whether that succeeded or not, what is in the file is a beginning of what was sent.
        let _ = self.settle().await;
        let upload = self.upload.take().ok_or_else(gone)?;
        keep(upload, self.held.take(), suspension).await
    }
}

impl Drop for LocalSink {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let runtime = tokio::runtime::Handle::try_current();
        if upload.continued && !self.begun {
            // Nobody has written a byte: the partial stays what it was.
            let inner = Arc::clone(&upload.inner);
            let suspension = Suspension::begin(Arc::clone(&inner.shared), &inner.name, &upload.path);
            match runtime {
                // Nobody is left to be told of a failure.
                Ok(runtime) => drop(runtime.spawn(keep(upload, None, suspension))),
                Err(_) => drop(upload.suspend()),
            }
            return;
        }
        let Ok(runtime) = runtime else { return };
        if upload.waits != Waits::Never {
            runtime.spawn_blocking(move || drop(upload));
            return;
        }
        let file = Arc::clone(upload.file.file());
        // The name goes now; giving back the memory of a large file takes its time, elsewhere.
        drop(upload);
        runtime.spawn_blocking(move || drop(file));
    }
}

#[cfg(test)]
mod tests {
    use rustix::pipe::pipe;
    use wharf_types::{VirtualPath, WriteMode};

    use super::*;
    use crate::local::{LocalDisk, LocalOptions, account::Inner};

    #[test]
    fn what_cannot_be_spliced_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "old").unwrap();
        // The kernel splices to no file that is only added to, as to none of some file systems.
        let file = File::options().append(true).open(&path).unwrap();
        let (out, into) = pipe().unwrap();
        for piece in ["first", "second"] {
            rustix::io::write(&into, piece.as_bytes()).unwrap();
            let refused = splice(&out, None, &file, None, piece.len(), SpliceFlags::MOVE);
            assert_eq!(refused, Err(Errno::INVAL));
            splice_all(&out, &file, piece.len()).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"oldfirstsecond");
    }

    #[test]
    fn a_commit_without_a_thread_never_waits_for_its_turn() {
        let Ok(dir) = tempfile::tempdir_in("/dev/shm") else { return };
        let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
        let inner = Arc::new(Inner::new(Arc::clone(&disk.root), Arc::clone(&disk.shared), "alice"));
        let path = VirtualPath::root().resolve(b"f").unwrap();
        let (upload, ..) = write::open(&inner, path, &WriteMode::Replace, None).unwrap();
        if upload.waits != Waits::Never {
            return;
        }
        let others = disk.shared.commits.wait(upload.device);
        assert!(upload.quick(&inner).is_none());
        drop(others);
        // It is kept from the look to the end: nobody comes in between.
        let turn = upload.quick(&inner);
        let device = upload.device;
        assert!(turn.is_some() && disk.shared.commits.now(device).is_none());
        finish(upload, None, false, turn).unwrap();
        assert!(disk.shared.commits.now(device).is_some() && dir.path().join("f").exists());
    }
}
