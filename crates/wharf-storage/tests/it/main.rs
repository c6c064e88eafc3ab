//! Both back ends against the contract, and the local disk against hostile file systems.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod confinement;
mod contract;
mod extra;
mod fault;
mod hidden;
mod parallel;
mod partials;

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use tempfile::TempDir;
use wharf_storage::{Durability, LocalDisk, LocalOptions, MemoryDisk, Storage};
use wharf_types::{FileError, FileErrorKind, VirtualPath, WriteMode};

pub(crate) const REPLACE: WriteMode = WriteMode::Replace;
pub(crate) const APPEND: WriteMode = WriteMode::Append { continue_partial: false };

/// A disk of either kind, with two accounts that share one root.
pub(crate) struct Disk {
    pub(crate) alice: Arc<dyn Storage>,
    pub(crate) bob: Arc<dyn Storage>,
    /// Where it lies, when it is a local one.
    pub(crate) directory: Option<TempDir>,
}

impl Disk {
    pub(crate) fn local() -> Self {
        Self::in_directory(tempfile::tempdir().unwrap())
    }

    /// Where nothing waits for a disk, if the system has such a place.
    fn in_memory() -> Option<Self> {
        tempfile::tempdir_in("/dev/shm").ok().map(Self::in_directory)
    }

    fn in_directory(directory: TempDir) -> Self {
        let disk = local(directory.path());
        Self { alice: disk.account("alice"), bob: disk.account("bob"), directory: Some(directory) }
    }

    fn memory() -> Self {
        let disk = MemoryDisk::new();
        Self { alice: disk.account("alice"), bob: disk.account("bob"), directory: None }
    }

    /// Waits until the file system's clock tells what was done before from what is done next.
    pub(crate) fn next_tick(&self) {
        let Some(directory) = &self.directory else { return };
        let file = directory.path().join(".wharf-tick");
        let now = || {
            std::fs::write(&file, "").unwrap();
            std::fs::metadata(&file).unwrap().modified().unwrap()
        };
        let then = now();
        while now() == then {}
        std::fs::remove_file(&file).unwrap();
    }

    pub(crate) fn kinds() -> Vec<Self> {
        [Some(Self::local()), Self::in_memory(), Some(Self::memory())].into_iter().flatten().collect()
    }
}

/// A disk that waits for nothing: what a sync does is the kernel's business.
pub(crate) fn local(root: &Path) -> LocalDisk {
    LocalDisk::open(root, LocalOptions { durability: Durability::Off, ..LocalOptions::default() }).unwrap()
}

pub(crate) fn path(name: impl AsRef<[u8]>) -> VirtualPath {
    VirtualPath::root().resolve(name.as_ref()).unwrap()
}

/// Stores `content`, and says how long the whole file is.
pub(crate) async fn store(
    storage: &Arc<dyn Storage>,
    name: &str,
    how: WriteMode,
    content: &[u8],
) -> Result<u64, FileError> {
    let mut opened = storage.open_write(&path(name), how).await?;
    opened.sink.write(Bytes::copy_from_slice(content)).await?;
    Ok(opened.sink.commit().await?.bytes)
}

/// Begins to store `content`, and is cut.
pub(crate) async fn cut(storage: &Arc<dyn Storage>, name: &str, how: WriteMode, content: &[u8]) {
    let mut opened = storage.open_write(&path(name), how).await.unwrap();
    opened.sink.write(Bytes::copy_from_slice(content)).await.unwrap();
    opened.sink.suspend().await.unwrap();
}

pub(crate) async fn fetch(storage: &Arc<dyn Storage>, name: &str) -> Result<Vec<u8>, FileError> {
    fetch_from(storage, name, 0).await
}

pub(crate) async fn fetch_from(
    storage: &Arc<dyn Storage>,
    name: &str,
    offset: u64,
) -> Result<Vec<u8>, FileError> {
    let mut opened = storage.open_read(&path(name), offset).await?;
    let mut content = Vec::new();
    loop {
        let bytes = opened.source.read(1 << 20).await?;
        if bytes.is_empty() {
            return Ok(content);
        }
        content.extend_from_slice(&bytes);
    }
}

pub(crate) async fn names(storage: &Arc<dyn Storage>, name: &str) -> Vec<Vec<u8>> {
    let mut listing = storage.list(&path(name)).await.unwrap();
    let mut names = Vec::new();
    while let Some(batch) = listing.next_batch().await.unwrap() {
        assert!(!batch.is_empty() && batch.len() <= 256);
        names.extend(batch.into_iter().map(|entry| entry.name));
    }
    names.sort();
    names
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, FileError>) -> FileErrorKind {
    result.unwrap_err().kind()
}

/// The names in a directory of the system once nothing is under way in it: where a disk has to be waited for, what an upload
/// leaves behind is removed by a thread.
pub(crate) async fn names_at_rest(directory: &Path) -> Vec<String> {
    let rest = async {
        loop {
            let names = all_names(directory);
            if !names.iter().any(|name| name.starts_with(".wharf-t-")) {
                return names;
            }
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), rest).await.unwrap()
}

/// The names in a directory of the system, hidden ones too.
pub(crate) fn all_names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}
