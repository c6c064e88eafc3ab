//! A disk that takes its time: commits wait to be let through, and one listing never ends.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use wharf_server::{FileError, Grant, MemoryDisk, Storage, StorageProvider, VirtualPath};
use wharf_storage::{Committed, Entry, EntryStream, OpenedSink, OpenedSource, Sink};
use wharf_types::{FileKind, Metadata, Timestamp, WriteMode};

#[derive(Debug, Clone)]
pub(super) struct OddDisk {
    pub(super) inner: MemoryDisk,
    /// Each commit takes one permit, for good.
    pub(super) commits: Arc<Semaphore>,
    /// Batches that were asked for of the listing without end.
    pub(super) batches: Arc<AtomicUsize>,
}

impl OddDisk {
    pub(super) fn new() -> Self {
        Self { inner: MemoryDisk::new(), commits: Arc::new(Semaphore::new(0)), batches: Arc::default() }
    }
}

#[derive(Debug)]
struct OddStorage {
    inner: Arc<dyn Storage>,
    disk: OddDisk,
}

#[async_trait]
impl StorageProvider for OddDisk {
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError> {
        Ok(Arc::new(OddStorage { inner: self.inner.open(grant).await?, disk: self.clone() }))
    }
}

#[async_trait]
impl Storage for OddStorage {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        self.inner.metadata(path).await
    }

    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        self.inner.partial(path).await
    }

    async fn list(&self, _: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        Ok(Box::new(Endless(Arc::clone(&self.disk.batches))))
    }

    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        self.inner.open_read(path, offset).await
    }

    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        let opened = self.inner.open_write(path, how).await?;
        let sink = Held { inner: opened.sink, commits: Arc::clone(&self.disk.commits) };
        Ok(OpenedSink::new(Box::new(sink), opened.path, opened.offset))
    }

    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.inner.make_directory(path).await
    }

    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.inner.remove_directory(path).await
    }

    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.inner.remove_file(path).await
    }

    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        self.inner.rename(from, to).await
    }

    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        self.inner.set_modified(path, to).await
    }
}

struct Held {
    inner: Box<dyn Sink>,
    commits: Arc<Semaphore>,
}

#[async_trait]
impl Sink for Held {
    async fn write(&mut self, data: bytes::Bytes) -> Result<(), FileError> {
        self.inner.write(data).await
    }

    fn as_file(&self) -> Option<&std::fs::File> {
        None
    }

    async fn commit(self: Box<Self>) -> Result<Committed, FileError> {
        self.commits.acquire().await.unwrap().forget();
        self.inner.commit().await
    }

    async fn suspend(self: Box<Self>) -> Result<(), FileError> {
        self.inner.suspend().await
    }
}

struct Endless(Arc<AtomicUsize>);

#[async_trait]
impl EntryStream for Endless {
    async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, FileError> {
        let batch = self.0.fetch_add(1, Ordering::Relaxed);
        let entry = |number| {
            let metadata = Metadata::new(FileKind::File, number, Timestamp::from_secs(0));
            Entry::new(format!("file-{batch:08}-{number:03}"), metadata)
        };
        Ok(Some((0..256).map(entry).collect()))
    }
}
