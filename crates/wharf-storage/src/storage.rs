//! The contract between a server and its storage.

use std::{fmt, fs::File, io::Read as _, os::fd::OwnedFd, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_types::{FileError, FileErrorKind, Grant, Metadata, Timestamp, VirtualPath, WriteMode};

use crate::Waits;

/// Opens the storage of an account; a server asks it once per login.
#[async_trait]
pub trait StorageProvider: Send + Sync + fmt::Debug + 'static {
    /// The storage that `grant` gives, confined to its root.
    ///
    /// # Errors
    /// When the root is not there or cannot be opened.
    async fn open(&self, grant: &Grant) -> Result<Arc<dyn Storage>, FileError>;
}

/// The storage of one account: it is confined to the account's root, and knows the account's name.
///
/// Permissions are judged before ([`Grant::allows`]); a back end adds what the system itself refuses.
#[async_trait]
pub trait Storage: Send + Sync + fmt::Debug + 'static {
    /// What stands at `path`; links that stay inside the root are followed.
    ///
    /// # Errors
    /// `NotFound`, or `Denied` where a link leaves the root.
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError>;

    /// How much of a cut upload to `path` this account may continue, in bytes.
    ///
    /// `None` unless this account has a partial there that is newer than the committed file. The length is rounded
    /// down below what arrived, so that it is never mistaken for the whole.
    ///
    /// # Errors
    /// When the directory of `path` cannot be reached.
    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError>;

    /// The entries of the directory `path`, in no order, without `.`, `..` and reserved names.
    ///
    /// # Errors
    /// `NotADirectory` when a file stands there.
    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError>;

    /// Opens a regular file to read it from `offset` on.
    ///
    /// # Errors
    /// `IsADirectory`, `NotRegular` for devices, FIFOs and sockets (without waiting for them), `InvalidOffset` when
    /// `offset` lies beyond the end.
    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError>;

    /// Opens a file to write it; nothing is visible before [`Sink::commit`].
    ///
    /// For [`WriteMode::Unique`] the name is made from the last component of `path`; where a directory stands at
    /// `path` the file is made inside it.
    ///
    /// # Errors
    /// `IsADirectory` or `NotRegular` when something that is no file stands there, `InvalidOffset` when the offset of
    /// [`WriteMode::At`] or the start of [`WriteMode::Within`] lies beyond what is there, `NoSpace` when the disk is full already.
    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError>;

    /// Makes a directory.
    ///
    /// # Errors
    /// `Exists` when the name is taken.
    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `DirectoryNotEmpty`, `NotADirectory`; the root is `Denied`.
    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError>;

    /// Removes a file and this account's partial of it.
    ///
    /// # Errors
    /// `NotFound`, `IsADirectory`.
    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError>;

    /// Gives a file or directory another name; a file at `to` is replaced, a directory never.
    ///
    /// # Errors
    /// `Exists` when a directory stands at `to`, or anything where `from` is a directory.
    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError>;

    /// Sets the time of the last change, and returns it as it was stored (a disk may round it).
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError>;

    /// How many more bytes this account may store in the directory `path`.
    ///
    /// # Errors
    /// `Unsupported` where that is not known, which is what a back end says that does nothing about it.
    async fn available(&self, path: &VirtualPath) -> Result<u64, FileError> {
        let _ = path;
        Err(FileErrorKind::Unsupported.into())
    }

    /// Removes the directory `path` with all below it, reserved files too. Links in it are removed, never followed;
    /// what cannot be removed ends it, and what was removed before stays removed.
    ///
    /// # Errors
    /// `NotADirectory`, `Busy` while an upload runs below; the root is `Denied`. `Unsupported` is what a back end says
    /// that does nothing about it.
    async fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        let _ = path;
        Err(FileErrorKind::Unsupported.into())
    }

    /// Sets the permission bits of a file or directory, at most `0o777`; never those of a link or of what it leads to.
    ///
    /// # Errors
    /// `NotFound`, `Denied`. `Unsupported` is what a back end says that has none.
    async fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        let _ = (path, mode);
        Err(FileErrorKind::Unsupported.into())
    }

    /// Makes the symbolic link `link` that leads to `target`, which has to be there; neither path may lead over another
    /// link.
    ///
    /// # Errors
    /// `NotFound`, `Exists`, `Denied`. `Unsupported` is what a back end says that has none.
    async fn make_link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<(), FileError> {
        let _ = (target, link);
        Err(FileErrorKind::Unsupported.into())
    }

    /// The permission bits that files and directories made through this value do not get; first changed when `to`
    /// says so.
    ///
    /// # Errors
    /// `Unsupported` is what a back end says that has none.
    async fn umask(&self, to: Option<u32>) -> Result<u32, FileError> {
        let _ = to;
        Err(FileErrorKind::Unsupported.into())
    }
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// One component, as bytes. On a disk it may hold CR or LF, which no protocol line can carry.
    pub name: Vec<u8>,
    /// What stands there; a link is shown as its target, or as dangling.
    pub metadata: Metadata,
}

impl Entry {
    /// The entry `name`.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, metadata: Metadata) -> Self {
        Self { name: name.into(), metadata }
    }
}

/// The entries of a directory, in batches of at most 256, in constant memory.
#[async_trait]
pub trait EntryStream: Send {
    /// The next entries; `None` at the end. Entries that vanish meanwhile are left out.
    ///
    /// # Errors
    /// When the directory cannot be read any further.
    ///
    /// # Cancel safety
    /// Not cancel safe: drop the stream when a call was cut.
    async fn next_batch(&mut self) -> Result<Option<Vec<Entry>>, FileError>;
}

/// A file that was opened to read it.
#[non_exhaustive]
pub struct OpenedSource {
    /// The bytes.
    pub source: Box<dyn Source>,
    /// The file as it was when it was opened.
    pub metadata: Metadata,
}

impl OpenedSource {
    /// A source and what is known of its file.
    #[must_use]
    pub fn new(source: Box<dyn Source>, metadata: Metadata) -> Self {
        Self { source, metadata }
    }
}

impl fmt::Debug for OpenedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedSource").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

/// The bytes of a file, from the offset on that it was opened at.
#[expect(clippy::len_without_is_empty, reason = "a source is not a container")]
#[async_trait]
pub trait Source: Send {
    /// The next bytes, at most `max` of them; empty at the end.
    ///
    /// # Errors
    /// `Io` when the system fails.
    ///
    /// # Cancel safety
    /// Not cancel safe: bytes may be lost when a call is cut.
    async fn read(&mut self, max: usize) -> Result<Bytes, FileError>;

    /// The file itself where there is one, for a kernel that copies by itself; its position is where reading goes on.
    fn as_file(&self) -> Option<&File>;

    /// What reading that file, or copying from it, may have to wait for.
    fn waits(&self) -> Waits {
        Waits::Unknown
    }

    /// How many bytes lay between the offset and the end when the file was opened, where that is known.
    fn len(&self) -> Option<u64>;
}

/// A file that was opened to write it.
#[non_exhaustive]
pub struct OpenedSink {
    /// Where the bytes go.
    pub sink: Box<dyn Sink>,
    /// The final name; for [`WriteMode::Unique`] the one that was made.
    pub path: VirtualPath,
    /// How many bytes stand before the first one that is written.
    pub offset: u64,
}

impl OpenedSink {
    /// A sink, its final name, and how many bytes stand in it already.
    #[must_use]
    pub fn new(sink: Box<dyn Sink>, path: VirtualPath, offset: u64) -> Self {
        Self { sink, path, offset }
    }
}

impl fmt::Debug for OpenedSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedSink")
            .field("path", &self.path)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// A file under way: it ends in [`commit`](Self::commit), in [`suspend`](Self::suspend), or is dropped and gone.
#[async_trait]
pub trait Sink: Send {
    /// Adds bytes to the end, all of them.
    ///
    /// # Errors
    /// `NoSpace`, `QuotaExceeded`, `Io`. Afterwards the sink can be suspended or dropped, not committed.
    ///
    /// # Cancel safety
    /// Not cancel safe: when a call was cut, the sink can be suspended or dropped, not committed.
    async fn write(&mut self, data: Bytes) -> Result<(), FileError>;

    /// Adds `length` bytes that lie in a pipe, inside the kernel where the file system can.
    ///
    /// # Errors
    /// Those of [`write`](Self::write), with what follows from them.
    ///
    /// # Cancel safety
    /// That of [`write`](Self::write).
    async fn write_pipe(&mut self, pipe: &Arc<OwnedFd>, length: usize) -> Result<(), FileError> {
        let mut bytes = vec![0; length];
        let failed = |error: std::io::Error| FileError::with_detail(FileErrorKind::Io, error.to_string());
        // It is all there: nothing waits here.
        let mut out = File::from(pipe.try_clone().map_err(failed)?);
        out.read_exact(&mut bytes).map_err(failed)?;
        self.write(bytes.into()).await
    }

    /// Adds everything that `source` still gives, inside the kernel where the file system can, and says how much.
    ///
    /// # Errors
    /// Those of [`Source::read`] and [`write`](Self::write), after which the sink can be dropped, not committed; `Busy`
    /// when the file became shorter while it was read.
    ///
    /// # Cancel safety
    /// Not cancel safe: when a call was cut, both can be dropped and nothing else.
    async fn take_from(&mut self, source: &mut dyn Source) -> Result<u64, FileError> {
        let mut taken = 0;
        loop {
            let bytes = source.read(256 * 1024).await?;
            if bytes.is_empty() {
                return Ok(taken);
            }
            taken += bytes.len() as u64;
            self.write(bytes).await?;
        }
    }

    /// The file itself where there is one, for a kernel that copies by itself; its position is where writing goes on.
    fn as_file(&self) -> Option<&File>;

    /// Makes the file visible under its final name, as durable as the back end promises.
    ///
    /// # Errors
    /// When it did not happen: the final name shows what it showed before, and the bytes are gone. `Busy` when somebody
    /// else changed the file that was added to, `Exists` when a unique name was taken meanwhile.
    async fn commit(self: Box<Self>) -> Result<Committed, FileError>;

    /// Keeps the bytes that came so far as the account's hidden partial of this path, for a later upload to continue;
    /// those of [`WriteMode::Within`], which are no beginning of anything, are dropped.
    ///
    /// Who asks [`Storage::partial`] meanwhile, continues it, or removes the file, waits until it is kept: making it durable
    /// takes its time, and a client that comes back at once is not told that nothing is there.
    ///
    /// # Errors
    /// When they could not be kept; they are gone then.
    async fn suspend(self: Box<Self>) -> Result<(), FileError>;
}

/// A file that is visible now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// Its name.
    pub path: VirtualPath,
    /// The length of the whole file, in bytes.
    pub bytes: u64,
}

impl Committed {
    /// A file of `bytes` at `path`.
    #[must_use]
    pub const fn new(path: VirtualPath, bytes: u64) -> Self {
        Self { path, bytes }
    }
}

#[async_trait]
impl<S: Storage + ?Sized> Storage for Arc<S> {
    async fn metadata(&self, path: &VirtualPath) -> Result<Metadata, FileError> {
        (**self).metadata(path).await
    }

    async fn partial(&self, path: &VirtualPath) -> Result<Option<u64>, FileError> {
        (**self).partial(path).await
    }

    async fn list(&self, path: &VirtualPath) -> Result<Box<dyn EntryStream>, FileError> {
        (**self).list(path).await
    }

    async fn open_read(&self, path: &VirtualPath, offset: u64) -> Result<OpenedSource, FileError> {
        (**self).open_read(path, offset).await
    }

    async fn open_write(&self, path: &VirtualPath, how: WriteMode) -> Result<OpenedSink, FileError> {
        (**self).open_write(path, how).await
    }

    async fn make_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        (**self).make_directory(path).await
    }

    async fn remove_directory(&self, path: &VirtualPath) -> Result<(), FileError> {
        (**self).remove_directory(path).await
    }

    async fn remove_file(&self, path: &VirtualPath) -> Result<(), FileError> {
        (**self).remove_file(path).await
    }

    async fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> Result<(), FileError> {
        (**self).rename(from, to).await
    }

    async fn set_modified(&self, path: &VirtualPath, to: Timestamp) -> Result<Timestamp, FileError> {
        (**self).set_modified(path, to).await
    }

    async fn available(&self, path: &VirtualPath) -> Result<u64, FileError> {
        (**self).available(path).await
    }

    async fn remove_tree(&self, path: &VirtualPath) -> Result<(), FileError> {
        (**self).remove_tree(path).await
    }

    async fn set_mode(&self, path: &VirtualPath, mode: u32) -> Result<(), FileError> {
        (**self).set_mode(path, mode).await
    }

    async fn make_link(&self, target: &VirtualPath, link: &VirtualPath) -> Result<(), FileError> {
        (**self).make_link(target, link).await
    }

    async fn umask(&self, to: Option<u32>) -> Result<u32, FileError> {
        (**self).umask(to).await
    }
}
