//! Writing a file.

use std::{
    fs::File,
    io::Write,
    os::fd::OwnedFd,
    sync::{Arc, MutexGuard, PoisonError, TryLockError},
};

use async_trait::async_trait;
use bytes::Bytes;
use rustix::{
    fs::{
        AtFlags, Mode, RenameFlags, Stat, fchmod, fdatasync, fstat, fsync, linkat, renameat_with, statat,
        unlinkat,
    },
    io::{Errno, retry_on_intr},
    pipe::{SpliceFlags, splice},
};
use tokio::task::JoinHandle;
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{
    account::Inner,
    change, errno, partial,
    pool::joined,
    temporary::{Temporary, is_regular},
    write,
};
use crate::{Committed, Durability, Sink, Source, Waits, reserved};

/// What has to hold at the commit.
#[derive(Debug)]
pub(super) enum Condition {
    /// The last one wins.
    None,
    /// Nothing stands under the final name.
    Free,
    /// What was added to is still what stands there: number, length and time of the file.
    Unchanged(Option<(u64, i64, i64, u64)>),
}

impl Condition {
    /// That `committed` is what stands there.
    pub(super) fn unchanged(committed: Option<&Stat>) -> Self {
        Self::Unchanged(committed.map(stamp))
    }
}

fn stamp(stat: &Stat) -> (u64, i64, i64, u64) {
    (stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// A file under way.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) inner: Arc<Inner>,
    pub(super) file: Temporary,
    /// The final name, beside the temporary one.
    pub(super) name: Vec<u8>,
    /// What the account calls it.
    pub(super) path: VirtualPath,
    pub(super) condition: Condition,
    /// Whether what came is a beginning of what was meant, which can be continued.
    pub(super) is_beginning: bool,
    /// What is waited for where it lies.
    pub(super) waits: Waits,
}

impl Upload {
    fn partial_name(&self) -> Vec<u8> {
        reserved::partial_name(&self.inner.name, &self.name)
    }

    /// Everything up to the reply: mode, content, name, directory; `turn` is what [`quick`](Self::quick) gave.
    fn commit(mut self, turn: Option<MutexGuard<'_, ()>>) -> Result<Committed, FileError> {
        let options = &self.inner.shared.options;
        let mode = self.final_mode(self.inner.umask());
        let file = Arc::clone(self.file.file());
        fchmod(&file, mode).map_err(errno::io)?;
        // After a sync that failed the system may have dropped the bytes: the file is given up, never synced again.
        match options.durability {
            Durability::Full => fsync(&file).map_err(errno::io)?,
            Durability::Data => fdatasync(&file).map_err(errno::io)?,
            Durability::Off => {}
        }
        let bytes = u64::try_from(fstat(&file).map_err(errno::io)?.st_size).unwrap_or(0);
        self.give_name(turn)?;
        partial::remove(self.file.dir(), &self.partial_name());
        if self.inner.shared.options.durability == Durability::Full {
            change::sync_directory(self.file.dir(), &file)?;
        }
        Ok(Committed::new(self.path.clone(), bytes))
    }

    /// The turn to commit, where that takes next to no time: no disk, no other commit under way, and no large file that
    /// is replaced, whose memory would be given back.
    fn quick<'a>(&self, inner: &'a Inner) -> Option<MutexGuard<'a, ()>> {
        let small = || match statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => u64::try_from(stat.st_size).is_ok_and(|size| size <= SMALL),
            Err(_) => true,
        };
        if self.waits != Waits::Never || !small() {
            return None;
        }
        match inner.shared.commits.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// A file that is replaced leaves its mode behind.
    fn final_mode(&self, umask: u32) -> Mode {
        let replaced = statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW);
        let bits = match replaced {
            Ok(stat) if is_regular(&stat) => stat.st_mode & 0o777,
            _ => 0o666 & !umask,
        };
        Mode::from_raw_mode(bits)
    }

    fn give_name(&mut self, turn: Option<MutexGuard<'_, ()>>) -> Result<(), FileError> {
        let inner = Arc::clone(&self.inner);
        // Nothing is kept behind this lock that a panic could leave half done.
        let _turn =
            turn.unwrap_or_else(|| inner.shared.commits.lock().unwrap_or_else(PoisonError::into_inner));
        match &self.condition {
            Condition::None => self.file.rename(&self.name),
            Condition::Free => self.give_free_name(),
            Condition::Unchanged(before) => {
                let now = match statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => Some(stamp(&stat)),
                    Err(Errno::NOENT) => None,
                    Err(errno) => return Err(errno::path(errno)),
                };
                if now != *before {
                    return Err(FileError::with_detail(
                        FileErrorKind::Busy,
                        "the file was changed meanwhile",
                    ));
                }
                self.file.rename(&self.name)
            }
        }
    }

    /// Takes a name that must not be taken, in one step.
    fn give_free_name(&mut self) -> Result<(), FileError> {
        let dir = self.file.dir();
        let (from, to) = (self.file.name(), self.name.as_slice());
        match renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // The file system does not know the flag: a second name cannot replace anything either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                linkat(dir, from, dir, to, AtFlags::empty()).map_err(errno::path)?;
                let _ = unlinkat(dir, from, AtFlags::empty());
            }
            Err(errno) => return Err(errno::path(errno)),
        }
        self.file.disarm();
        Ok(())
    }

    /// Keeps what came, for later.
    fn suspend(mut self) -> Result<(), FileError> {
        let file = Arc::clone(self.file.file());
        if !self.is_beginning || fstat(&file).map_err(errno::io)?.st_size == 0 {
            return Ok(());
        }
        // A partial that has its name has its bytes: nobody continues a file with a hole after a loss of power.
        if self.inner.shared.options.durability != Durability::Off {
            fdatasync(&file).map_err(errno::io)?;
        }
        let name = self.partial_name();
        self.file.rename(&name)
    }
}

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

/// Memory of so many bytes is given back in no time.
const SMALL: u64 = 16 * 1024 * 1024;
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

/// Moves all of it from the pipe to the end of the file.
fn splice_all(pipe: &OwnedFd, file: &File, length: usize) -> Result<(), FileError> {
    let mut left = length;
    while left > 0 {
        let moved = retry_on_intr(|| splice(pipe, None, file, None, left, SpliceFlags::MOVE));
        match moved.map_err(errno::io)? {
            0 => return Err(gone()),
            moved => left = left.saturating_sub(moved),
        }
    }
    Ok(())
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
        // Whether that succeeded or not, what is in the file is a beginning of what was sent.
        let _ = self.settle().await;
        let upload = self.upload.take().ok_or_else(gone)?;
        let inner = Arc::clone(&upload.inner);
        let held = self.held.take();
        inner
            .shared
            .pool
            .run(move || {
                // What a full disk took of it is a beginning as well.
                let _ = write_held(upload.file.file(), held.as_ref());
                upload.suspend()
            })
            .await
    }
}

impl Drop for LocalSink {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
            if upload.waits == Waits::Unknown {
                runtime.spawn_blocking(move || drop(upload));
                return;
            }
            let file = Arc::clone(upload.file.file());
            // The name goes now; giving back the blocks of a large file takes its time, elsewhere.
            drop(upload);
            runtime.spawn_blocking(move || drop(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_types::WriteMode;

    use super::*;
    use crate::local::{LocalDisk, LocalOptions};

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
        let others = disk.shared.commits.lock().unwrap();
        assert!(upload.quick(&inner).is_none());
        drop(others);
        // It is kept from the look to the end: nobody comes in between.
        let turn = upload.quick(&inner);
        assert!(turn.is_some() && disk.shared.commits.try_lock().is_err());
        finish(upload, None, false, turn).unwrap();
        assert!(disk.shared.commits.try_lock().is_ok() && dir.path().join("f").exists());
    }
}
