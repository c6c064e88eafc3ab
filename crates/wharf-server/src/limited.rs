//! A range of a file (RANG + RETR).

use std::fs::File;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_storage::Source;
use wharf_types::FileError;

/// The first bytes that a source gives, and no more.
pub(crate) struct Limited {
    source: Box<dyn Source>,
    left: u64,
}

impl Limited {
    pub(crate) fn new(source: Box<dyn Source>, most: u64) -> Self {
        Self { source, left: most }
    }
}

#[async_trait]
impl Source for Limited {
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError> {
        let max = usize::try_from(self.left).unwrap_or(usize::MAX).min(max);
        if max == 0 {
            return Ok(Bytes::new());
        }
        let bytes = self.source.read(max).await?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(bytes)
    }

    fn as_file(&self) -> Option<&File> {
        // A kernel that copies by itself would not stop at the end of the range.
        None
    }

    fn len(&self) -> Option<u64> {
        self.source.len().map(|len| len.min(self.left))
    }
}
