//! Storage in memory, for tests and examples.

mod account;
mod files;
mod sink;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_types::{FileError, FileErrorKind, Grant, PathError, Timestamp, VirtualPath};

use self::{
    account::MemoryAccount,
    files::{Files, UMASK},
};
use crate::{Storage, StorageProvider};

/// Storage in memory, with the same semantics as the disk but for links and special files.
///
/// It reads no clock: changes carry the time of [`set_time`](Self::set_time), at first 2026-01-01T00:00:00Z.
/// Clones share one content.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    files: Arc<Mutex<Files>>,
}

impl MemoryDisk {
    /// An empty disk without a limit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk that holds at most `bytes` of content, and then answers `NoSpace`.
    #[must_use]
    pub fn with_capacity(bytes: u64) -> Self {
        let disk = Self::new();
        disk.lock().capacity = Some(bytes);
        disk
    }

    /// The storage of the account `name`, with the whole disk as its root.
    #[must_use]
    pub fn account(&self, name: &str) -> Arc<dyn Storage> {
        Arc::new(MemoryAccount::new(self.clone(), name, VirtualPath::root()))
    }

    /// Sets the time that later changes carry.
    pub fn set_time(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// Stores a file, with the directories above it.
    ///
    /// # Errors
    /// When a file stands where a directory is needed, or the other way round.
    pub fn insert(&self, path: &VirtualPath, content: impl Into<Bytes>) -> Result<(), FileError> {
        let mut files = self.lock();
        if let Some(parent) = path.parent() {
            files.make_all(&parent)?;
        }
        files.put(path, content.into(), UMASK)
    }

    /// The content of the file at `path`.
    #[must_use]
    pub fn content(&self, path: &VirtualPath) -> Option<Bytes> {
        self.lock().content(path).ok()
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        // Every change is one step under the lock, so that a panic elsewhere leaves nothing half done.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDisk").finish_non_exhaustive()
    }
}

/// The root of a grant is a directory of this disk, and is made when it is absent.
#[async_trait]
impl StorageProvider for MemoryDisk {
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError> {
        let root = match VirtualPath::root().resolve(grant.root.as_bytes()) {
            Ok(root) => root,
            Err(PathError::Empty) => VirtualPath::root(),
            Err(error) => return Err(FileError::with_detail(FileErrorKind::InvalidName, error.to_string())),
        };
        self.lock().make_all(&root)?;
        Ok(Arc::new(MemoryAccount::new(self.clone(), &grant.account, root)))
    }
}
