//! Uploads of which nothing is kept when they are cut.

use std::{fs::File, os::fd::OwnedFd, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_storage::{Committed, Sink, Source};
use wharf_types::FileError;

/// A sink that is given up where others are suspended.
struct Unkept(Box<dyn Sink>);

/// The sink of a text: what is stored has other line ends, and so another length, than what was sent, so that nobody could
/// tell where to go on (XFR-16 is about bytes).
pub(crate) fn unkept(sink: Box<dyn Sink>) -> Box<dyn Sink> {
    Box::new(Unkept(sink))
}

#[async_trait]
impl Sink for Unkept {
    async fn write(&mut self, data: Bytes) -> Result<(), FileError> {
        self.0.write(data).await
    }

    async fn write_pipe(&mut self, pipe: &Arc<OwnedFd>, length: usize) -> Result<(), FileError> {
        self.0.write_pipe(pipe, length).await
    }

    async fn take_from(&mut self, source: &mut dyn Source) -> Result<u64, FileError> {
        self.0.take_from(source).await
    }

    fn as_file(&self) -> Option<&File> {
        self.0.as_file()
    }

    async fn commit(self: Box<Self>) -> Result<Committed, FileError> {
        self.0.commit().await
    }

    async fn suspend(self: Box<Self>) -> Result<(), FileError> {
        Ok(())
    }
}
