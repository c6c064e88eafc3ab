//! What storage does for the machine, and what it has open.

mod bound;
mod unkept;

use std::sync::Arc;

use tokio::sync::Mutex;
use wharf_session::server::FileAnswer;
use wharf_storage::{Sink, Source, Storage};
use wharf_types::{FileError, FileErrorKind, FileKind, FileOp, Grant, Metadata, VirtualPath};

pub(crate) use self::{bound::bounded, unkept::unkept};
use crate::{access::AccessLog, limited::Limited, listing::Listing};

/// A sink that a data connection writes to and the session holds: whoever has the lock has it. A write that is cut
/// leaves a sink that can still be suspended.
pub(crate) type SharedSink = Arc<Mutex<Option<Box<dyn Sink>>>>;

/// What is open under a job.
pub(crate) enum Job {
    Source(Box<dyn Source>),
    Sink(SharedSink),
    /// A copy, ready to be committed; nobody continues it when it is not.
    Filled(Box<dyn Sink>),
    Listing(Box<Listing>),
}

/// Does `op`, none of those that are long, and gives what it opened.
pub(crate) async fn perform(
    storage: &dyn Storage,
    op: FileOp,
    grant: Grant,
    key: [u8; 16],
) -> Result<(FileAnswer, Option<Job>), FileError> {
    let metadata = |metadata| FileAnswer::Metadata { metadata, partial: false };
    let answer = match op {
        FileOp::Available(path) => FileAnswer::Size(storage.available(&path).await?),
        FileOp::Combine { .. } | FileOp::Copy { .. } | FileOp::Hash { .. } | FileOp::TextSize { .. } => {
            return Err(FileErrorKind::Unsupported.into());
        }
        FileOp::Enter(path) => {
            let found = storage.metadata(&path).await?;
            if !found.is_directory() {
                return Err(FileErrorKind::NotADirectory.into());
            }
            metadata(found)
        }
        FileOp::List { path, style, within } => {
            let listing = Listing::open(storage, path, (style, within), grant, key).await?;
            let answer = FileAnswer::Opened { size: None, path: None, offset: 0 };
            return Ok((answer, Some(Job::Listing(Box::new(listing)))));
        }
        FileOp::MakeDirectory(path) => {
            storage.make_directory(&path).await?;
            FileAnswer::Done
        }
        FileOp::Metadata(path) | FileOp::RenameFrom(path) => metadata(storage.metadata(&path).await?),
        FileOp::MetadataOrPartial(path) => metadata_or_partial(storage, &path).await?,
        FileOp::Read { path, offset, length } => {
            let opened = match storage.open_read(&path, offset).await {
                // A range that begins behind the end is empty (draft-bryan-ftp-range §3).
                Err(error) if error.kind() == FileErrorKind::InvalidOffset && length.is_some() => {
                    let opened = storage.open_read(&path, 0).await?;
                    let size = Some(opened.metadata.size);
                    let source = Box::new(Limited::new(opened.source, 0));
                    return Ok((FileAnswer::Opened { size, path: None, offset }, Some(Job::Source(source))));
                }
                opened => opened?,
            };
            let answer = FileAnswer::Opened { size: Some(opened.metadata.size), path: None, offset };
            let source = match length {
                Some(length) => Box::new(Limited::new(opened.source, length)),
                None => opened.source,
            };
            return Ok((answer, Some(Job::Source(source))));
        }
        FileOp::RemoveDirectory(path) => {
            storage.remove_directory(&path).await?;
            FileAnswer::Done
        }
        FileOp::RemoveFile(path) => {
            storage.remove_file(&path).await?;
            FileAnswer::Done
        }
        FileOp::Rename { from, to } => {
            storage.rename(&from, &to).await?;
            FileAnswer::Done
        }
        FileOp::RemoveTree(path) => {
            storage.remove_tree(&path).await?;
            FileAnswer::Done
        }
        FileOp::SetMode { path, mode } => {
            storage.set_mode(&path, mode).await?;
            FileAnswer::Mode(mode)
        }
        FileOp::Symlink { target, link } => {
            storage.make_link(&target, &link).await?;
            FileAnswer::Done
        }
        FileOp::Umask { to, .. } => FileAnswer::Mode(storage.umask(to).await?),
        FileOp::SetModified { path, to } => FileAnswer::Time(storage.set_modified(&path, to).await?),
        FileOp::Write { path, how } => {
            let opened = storage.open_write(&path, how).await?;
            let answer = FileAnswer::Opened { size: None, path: Some(opened.path), offset: opened.offset };
            let sink = Arc::new(Mutex::new(Some(opened.sink)));
            return Ok((answer, Some(Job::Sink(sink))));
        }
    };
    Ok((answer, None))
}

/// Where the account has a cut upload newer than the file, that one's length counts.
async fn metadata_or_partial(storage: &dyn Storage, path: &VirtualPath) -> Result<FileAnswer, FileError> {
    let partial = storage.partial(path).await?;
    let found = storage.metadata(path).await;
    let Some(size) = partial else {
        return found.map(|metadata| FileAnswer::Metadata { metadata, partial: false });
    };
    let modified = found.map(|metadata| metadata.modified).unwrap_or_default();
    Ok(FileAnswer::Metadata { metadata: Metadata::new(FileKind::File, size, modified), partial: true })
}

/// Drops what is open; a file being received keeps its bytes as a partial.
pub(crate) async fn release(job: Job, session: u64) {
    if let Job::Sink(sink) = job
        && let Some(sink) = sink.lock().await.take()
        && let Err(error) = sink.suspend().await
    {
        AccessLog::not_kept(session, &error);
    }
}

/// Makes the upload the file.
pub(crate) async fn commit(sink: SharedSink) -> Result<(), FileError> {
    let sink = sink.lock().await.take();
    match sink {
        Some(sink) => sink.commit().await.map(|_| ()),
        None => Err(FileError::with_detail(FileErrorKind::Io, "the upload is gone")),
    }
}
