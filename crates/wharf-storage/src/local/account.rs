//! One account's view of a local disk.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use rustix::{
    fs::{AtFlags, OFlags, fstat, fstatvfs, statat},
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, Metadata, Timestamp, VirtualPath, WriteMode};

use super::{
    Shared, errno, listing::Listing, partial, read::LocalSource, root::Root, sink::LocalSink, write,
};
use crate::{EntryStream, OpenedSink, OpenedSource, Storage, reserved};

/// One account's view of a local disk.
pub(super) struct LocalAccount {
    inner: Arc<Inner>,
}

/// What the work of an account needs on a blocking thread.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) root: Arc<Root>,
    pub(super) shared: Arc<Shared>,
    pub(super) name: String,
    /// Of this session.
    umask: AtomicU32,
}

impl Inner {
    pub(super) fn new(root: Arc<Root>, shared: Arc<Shared>, name: &str) -> Self {
        let umask = AtomicU32::new(shared.options.umask);
        Self { root, shared, name: name.to_owned(), umask }
    }

    /// The permission bits that new files and directories do not get.
    pub(super) fn umask(&self) -> u32 {
        self.umask.load(Ordering::Relaxed)
    }
}

impl LocalAccount {
    pub(super) fn new(root: Arc<Root>, shared: Arc<Shared>, name: &str) -> Self {
        Self { inner: Arc::new(Inner::new(root, shared, name)) }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Inner>) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        let inner = Arc::clone(&self.inner);
        self.inner.shared.pool.run(move || work(&inner)).await
    }
}

/// A path to something that should be there.
fn existing(path: &VirtualPath) -> Result<VirtualPath, FileError> {
    reserved::check(path, FileErrorKind::NotFound)?;
    Ok(path.clone())
}

/// A path to something that is made.
fn target(path: &VirtualPath) -> Result<VirtualPath, FileError> {
    reserved::check(path, FileErrorKind::InvalidName)?;
    Ok(path.clone())
}

#[async_trait]
impl Storage for LocalAccount {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        let path = existing(path)?;
        if let Some(fd) = self.inner.root.open_cached(&path, OFlags::PATH) {
            return Ok(self.inner.shared.owners.metadata(&fstat(fd).map_err(errno::io)?));
        }
        self.run(move |inner| {
            let fd = inner.root.open_at(&path, OFlags::PATH).map_err(errno::path)?;
            Ok(inner.shared.owners.metadata(&fstat(fd).map_err(errno::io)?))
        })
        .await
    }

    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        let path = existing(path)?;
        if path.is_root() {
            return Ok(None);
        }
        self.inner.shared.suspensions.over(&self.inner.name, &path).await;
        self.run(move |inner| {
            let place = inner.root.place(&path)?;
            let committed = match statat(&place.dir, place.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Some(stat),
                Err(Errno::NOENT) => None,
                Err(errno) => return Err(errno::path(errno)),
            };
            let name = reserved::partial_name(&inner.name, &place.name);
            let ttl = inner.shared.options.partial_ttl;
            let partial = partial::find(&place.dir, &name, committed.as_ref(), ttl)?;
            Ok(partial.and_then(|partial| partial.offered))
        })
        .await
    }

    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        let path = existing(path)?;
        let (shared, root) = (Arc::clone(&self.inner.shared), Arc::clone(&self.inner.root));
        if let Some(fd) = root.open_in_memory(&path) {
            return Ok(Box::new(Listing::of(shared, root, path, fd, true)?));
        }
        let open = move |_: &Arc<Inner>| {
            let fd = root.open_at(&path, OFlags::RDONLY | OFlags::DIRECTORY).map_err(errno::path)?;
            Listing::of(shared, root, path, fd, false)
        };
        Ok(Box::new(self.run(open).await?))
    }

    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        let path = existing(path)?;
        let shared = Arc::clone(&self.inner.shared);
        let (source, metadata) = match self.inner.root.open_cached(&path, LocalSource::FLAGS) {
            Some(fd) => LocalSource::of(shared, &self.inner.root, fd, offset)?,
            None => {
                self.run(move |inner| {
                    let fd = inner.root.open_at(&path, LocalSource::FLAGS).map_err(errno::path)?;
                    LocalSource::of(shared, &inner.root, fd, offset)
                })
                .await?
            }
        };
        Ok(OpenedSource::new(Box::new(source), metadata))
    }

    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        let path = target(path)?;
        // What copies a file takes its time even in memory.
        let quick = matches!(how, WriteMode::Replace | WriteMode::At(0));
        if !quick {
            self.inner.shared.suspensions.over(&self.inner.name, &path).await;
        }
        let parent = if quick { path.parent() } else { None };
        let directory = parent.and_then(|parent| self.inner.root.open_in_memory(&parent));
        let at_once = directory.is_some();
        let open = move |inner: &Arc<Inner>| write::open(inner, path, &how, directory);
        let (upload, offset, sweep) = if at_once {
            open(&self.inner)?
        } else if quick {
            self.run(open).await?
        } else {
            // What copies a whole file keeps its thread for long: others have to find one.
            let copies = Arc::clone(&self.inner.shared.copies);
            let turn = copies.acquire_owned().await;
            self.run(move |inner| {
                let opened = open(inner);
                drop(turn);
                opened
            })
            .await?
        };
        if let Some(dir) = sweep {
            let ttl = self.inner.shared.options.partial_ttl;
            self.inner.shared.pool.run_detached(move || partial::sweep(&dir, ttl));
        }
        let path = upload.path.clone();
        Ok(OpenedSink::new(Box::new(LocalSink::new(upload)), path, offset))
    }

    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        let path = target(path)?;
        self.run(move |inner| inner.make_directory(&path)).await
    }

    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        let path = existing(path)?;
        self.run(move |inner| inner.remove_directory(&path)).await
    }

    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        let path = existing(path)?;
        self.inner.shared.suspensions.over(&self.inner.name, &path).await;
        self.run(move |inner| inner.remove_file(&path)).await
    }

    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        let (from, to) = (existing(from)?, target(to)?);
        for path in [&from, &to] {
            self.inner.shared.suspensions.over(&self.inner.name, path).await;
        }
        self.run(move |inner| inner.rename(&from, &to)).await
    }

    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        let path = existing(path)?;
        self.run(move |inner| inner.set_modified(&path, to)).await
    }

    async fn available(&self, path: &VirtualPath) -> Result<u64, FileError> {
        let path = existing(path)?;
        self.run(move |inner| {
            let room = fstatvfs(inner.root.directory(&path)?).map_err(errno::io)?;
            // File systems without a number say that they have no blocks at all.
            if room.f_blocks == 0 {
                return Err(FileErrorKind::Unsupported.into());
            }
            Ok(room.f_bavail.saturating_mul(room.f_frsize))
        })
        .await
    }

    async fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        let path = existing(path)?;
        self.run(move |inner| inner.remove_tree(&path)).await
    }

    async fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        let path = existing(path)?;
        self.run(move |inner| inner.set_mode(&path, mode)).await
    }

    async fn make_link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<(), FileError> {
        let (to, link) = (existing(target)?, self::target(link)?);
        self.run(move |inner| inner.make_link(&to, &link)).await
    }

    async fn umask(&self, to: Option<u32>) -> Result<u32, FileError> {
        if let Some(to) = to {
            self.inner.umask.store(to & 0o777, Ordering::Relaxed);
        }
        Ok(self.inner.umask())
    }
}

impl fmt::Debug for LocalAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAccount").field("name", &self.inner.name).finish_non_exhaustive()
    }
}
