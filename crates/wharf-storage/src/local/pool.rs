//! Where calls that block run.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinHandle};
use wharf_types::{FileError, FileErrorKind};

/// Runs blocking work on tokio's blocking threads, a bounded number at one time.
#[derive(Debug)]
pub(super) struct Pool {
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Starts `work` as soon as there is room; it runs to its end, whether its handle is awaited or not.
    pub(super) async fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
    ) -> Result<JoinHandle<Result<T, FileError>>, FileError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| FileError::with_detail(FileErrorKind::Io, "the disk was shut down"))?;
        Ok(tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        }))
    }

    /// Runs `work` to its end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        joined(self.start(work).await?.await)
    }

    /// Runs `work` beside everything else, if there is room now.
    pub(super) fn run_detached(&self, work: impl FnOnce() + Send + 'static) {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            tokio::task::spawn_blocking(move || {
                work();
                drop(permit);
            });
        }
    }
}

/// The result of work that was started.
pub(super) fn joined<T>(
    result: Result<Result<T, FileError>, tokio::task::JoinError>,
) -> Result<T, FileError> {
    result.unwrap_or_else(|error| Err(FileError::with_detail(FileErrorKind::Io, error.to_string())))
}
