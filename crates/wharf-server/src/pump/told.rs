//! A file as long as the client was told.

use bytes::Bytes;
use wharf_session::DataFailure;
use wharf_storage::Source;
use wharf_types::{FileError, FileErrorKind};

/// A source that is read as far as it was long when it was opened: what is added to the file meanwhile is no part of the
/// transfer, and what is taken from it fails it.
pub(super) struct Told<'a> {
    source: &'a mut dyn Source,
    /// `None` where no length is known: files that are made when they are read (`/proc`) say that they are empty.
    left: Option<u64>,
}

impl<'a> Told<'a> {
    pub(super) fn new(source: &'a mut dyn Source) -> Self {
        let left = source.len().filter(|length| *length > 0);
        Self { source, left }
    }

    /// The next bytes, at most `max` of them; empty at the end.
    pub(super) async fn read(&mut self, max: usize) -> Result<Bytes, DataFailure> {
        let Some(left) = self.left else {
            return self.source.read(max).await.map_err(DataFailure::Storage);
        };
        let max = usize::try_from(left).unwrap_or(usize::MAX).min(max);
        if max == 0 {
            return Ok(Bytes::new());
        }
        let bytes = self.source.read(max).await.map_err(DataFailure::Storage)?;
        if bytes.is_empty() {
            return Err(shorter());
        }
        self.left = Some(left.saturating_sub(bytes.len() as u64));
        Ok(bytes)
    }
}

/// There are fewer bytes than were told.
pub(super) fn shorter() -> DataFailure {
    let detail = "the file became shorter meanwhile";
    DataFailure::Storage(FileError::with_detail(FileErrorKind::Busy, detail))
}
