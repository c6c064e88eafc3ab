//! Copies and digests of the model.

use bytes::BytesMut;
use wharf_session::{JobId, server::FileAnswer};
use wharf_types::{FileError, FileErrorKind, HashAlgorithm, VirtualPath};

use super::{Job, Model, Node};

impl Model {
    pub(super) fn fill(
        &mut self,
        job: JobId,
        target: &VirtualPath,
        parts: &[VirtualPath],
        append: bool,
    ) -> Result<FileAnswer, FileError> {
        let mut whole = BytesMut::new();
        if append && self.nodes.contains_key(target) {
            whole.extend_from_slice(self.file(target)?);
        }
        for part in parts {
            whole.extend_from_slice(self.file(part)?);
        }
        self.parent(target)?;
        if self.nodes.get(target) == Some(&Node::Directory) {
            return Err(FileErrorKind::IsADirectory.into());
        }
        self.jobs.insert(job, Job::Filled { path: target.clone(), content: whole.freeze() });
        Ok(FileAnswer::Opened { size: None, path: Some(target.clone()), offset: 0 })
    }

    /// A stand-in for a digest: the length that counted, in every byte.
    pub(super) fn digest(
        &self,
        path: &VirtualPath,
        algorithm: HashAlgorithm,
        range: Option<(u64, u64)>,
        most: u64,
    ) -> Result<FileAnswer, FileError> {
        let size = self.file(path)?.len() as u64;
        let (start, end) = range.map_or((0, size), |(start, end)| (start, size.min(end.saturating_add(1))));
        if start > 0 && start >= size {
            return Err(FileErrorKind::InvalidOffset.into());
        }
        let length = end - start;
        if length > most {
            return Err(FileErrorKind::TooLarge.into());
        }
        Ok(FileAnswer::Digest { digest: vec![length as u8; algorithm.length()], start, length })
    }
}
