//! The size that an uploaded file may have.

use std::{fs::File, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Mutex;
use wharf_session::server::FileAnswer;
use wharf_storage::{Committed, Sink};
use wharf_types::{FileError, FileErrorKind};

use super::Job;

/// A sink that takes so many bytes and no more.
///
/// What grew beyond is given up at once: nobody could go on with it, and what fills a disk should not stay on it.
struct Bounded {
    /// `None` once it was too much.
    sink: Option<Box<dyn Sink>>,
    left: u64,
}

/// The opened file, bounded to `max` bytes in all where it is written to.
pub(crate) async fn bounded(
    opened: (FileAnswer, Option<Job>),
    max: Option<u64>,
) -> (FileAnswer, Option<Job>) {
    let (answer, job) = opened;
    let job = match (job, max, &answer) {
        (Some(Job::Sink(sink)), Some(max), FileAnswer::Opened { offset, .. }) => {
            let sink = sink.lock().await.take();
            let bounded = Bounded { sink, left: max.saturating_sub(*offset) };
            Some(Job::Sink(Arc::new(Mutex::new(Some(Box::new(bounded))))))
        }
        (job, _, _) => job,
    };
    (answer, job)
}

#[async_trait]
impl Sink for Bounded {
    async fn write(&mut self, data: Bytes) -> Result<(), FileError> {
        match self.left.checked_sub(data.len() as u64) {
            Some(left) => self.left = left,
            None => self.sink = None,
        }
        match &mut self.sink {
            Some(sink) => sink.write(data).await,
            None => Err(FileErrorKind::TooLarge.into()),
        }
    }

    /// None: a kernel that writes by itself does not count.
    fn as_file(&self) -> Option<&File> {
        None
    }

    async fn commit(self: Box<Self>) -> Result<Committed, FileError> {
        match self.sink {
            Some(sink) => sink.commit().await,
            None => Err(FileErrorKind::TooLarge.into()),
        }
    }

    async fn suspend(self: Box<Self>) -> Result<(), FileError> {
        match self.sink {
            Some(sink) => sink.suspend().await,
            None => Ok(()),
        }
    }
}
