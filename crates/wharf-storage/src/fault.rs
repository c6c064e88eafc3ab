//! Storage that fails on purpose, for tests.

use std::{
    fs::File,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_types::{FileError, Grant, Metadata, Timestamp, VirtualPath, WriteMode};

use crate::{
    Committed, Entry, EntryStream, OpenedSink, OpenedSource, Sink, Source, Storage, StorageProvider,
};

/// Which call fails, and how; clones share one count.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: AtomicU64,
    plan: Mutex<Vec<(u64, FileError)>>,
}

impl Faults {
    /// No call fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the call with the number `nth` fail, counted from 1 since the start.
    pub fn fail_call(&self, nth: u64, error: impl Into<FileError>) {
        self.plan().push((nth, error.into()));
    }

    /// How many calls there were so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.calls.load(Ordering::SeqCst)
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Vec<(u64, FileError)>> {
        self.state.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Result<(), FileError> {
        let call = self.state.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.plan().iter().find(|(nth, _)| *nth == call) {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

/// Storage around another one, of which chosen calls fail: those of its sources, sinks and listings count as well.
///
/// A call that fails does nothing else. No file is handed out ([`Source::as_file`]), so that every byte passes by.
#[derive(Debug, Clone)]
pub struct FaultDisk<S> {
    inner: S,
    faults: Faults,
}

impl<S> FaultDisk<S> {
    /// Wraps a storage or a provider of storage.
    pub const fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// The plan.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    fn wrap<T>(&self, inner: T) -> FaultDisk<T> {
        FaultDisk { inner, faults: self.faults.clone() }
    }
}

#[async_trait]
impl<S: StorageProvider> StorageProvider for FaultDisk<S> {
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError> {
        self.faults.next()?;
        Ok(Arc::new(self.wrap(self.inner.open(grant).await?)))
    }
}

#[async_trait]
impl<S: Storage> Storage for FaultDisk<S> {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        self.faults.next()?;
        self.inner.metadata(path).await
    }

    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        self.faults.next()?;
        self.inner.partial(path).await
    }

    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        self.faults.next()?;
        Ok(Box::new(self.wrap(self.inner.list(path).await?)))
    }

    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        self.faults.next()?;
        let opened = self.inner.open_read(path, offset).await?;
        Ok(OpenedSource::new(Box::new(self.wrap(opened.source)), opened.metadata))
    }

    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        self.faults.next()?;
        let opened = self.inner.open_write(path, how).await?;
        Ok(OpenedSink::new(Box::new(self.wrap(opened.sink)), opened.path, opened.offset))
    }

    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.make_directory(path).await
    }

    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.remove_directory(path).await
    }

    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.remove_file(path).await
    }

    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.rename(from, to).await
    }

    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        self.faults.next()?;
        self.inner.set_modified(path, to).await
    }

    async fn available(&self, path: &VirtualPath) -> Result<u64, FileError> {
        self.faults.next()?;
        self.inner.available(path).await
    }

    async fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.remove_tree(path).await
    }

    async fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.set_mode(path, mode).await
    }

    async fn make_link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.make_link(target, link).await
    }

    async fn umask(&self, to: Option<u32>) -> Result<u32, FileError> {
        self.faults.next()?;
        self.inner.umask(to).await
    }
}

#[async_trait]
impl EntryStream for FaultDisk<Box<dyn EntryStream>> {
    async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, FileError> {
        self.faults.next()?;
        self.inner.next_batch().await
    }
}

#[async_trait]
impl Source for FaultDisk<Box<dyn Source>> {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        self.faults.next()?;
        self.inner.read(max).await
    }

    fn as_file(&self) -> Option<&File> {
        None
    }

    fn len(&self) -> Option<u64> {
        self.inner.len()
    }
}

#[async_trait]
impl Sink for FaultDisk<Box<dyn Sink>> {
    async fn write(&mut self, data: Bytes) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.write(data).await
    }

    fn as_file(&self) -> Option<&File> {
        None
    }

    async fn commit(self: Box<Self>) -> Result<Committed, FileError> {
        self.faults.next()?;
        self.inner.commit().await
    }

    async fn suspend(self: Box<Self>) -> Result<(), FileError> {
        self.faults.next()?;
        self.inner.suspend().await
    }
}
