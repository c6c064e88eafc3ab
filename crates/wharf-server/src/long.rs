//! Effects that take as long as a file is: digests, lengths of texts, copies. Each can be dropped at any time, and has
//! changed nothing then.

use bytes::{Bytes, BytesMut};
use digest::DynDigest;
use tokio::{sync::Semaphore, task::spawn_blocking};
use wharf_codec::AsciiEncoder;
use wharf_session::server::FileAnswer;
use wharf_storage::{OpenedSink, Source, Storage};
use wharf_types::{FileError, FileErrorKind, FileOp, HashAlgorithm, VirtualPath, WriteMode};

use crate::files::Job;

/// Bytes digested at a time: enough that going to another thread does not count, few enough to stop soon.
const CHUNK: usize = 256 * 1024;

/// Does `op`, one of those that are long; at most as many files are read for digests at a time as `digests` permits, and no
/// file is made that is longer than `max` bytes.
pub(crate) async fn perform(
    storage: &dyn Storage,
    op: FileOp,
    digests: &Semaphore,
    max: Option<u64>,
) -> Result<(FileAnswer, Option<Job>), FileError> {
    if let FileOp::Copy { from, to } = op {
        return fill(storage, &to, WriteMode::Replace, &[from], max).await;
    }
    if let FileOp::Combine { target, parts } = op {
        return fill(storage, &target, WriteMode::Append { continue_partial: false }, &parts, max).await;
    }
    // It is never closed.
    let _permit = digests.acquire().await;
    let answer = if let FileOp::Hash { path, algorithm, range, most } = op {
        digest(storage, &path, algorithm, range, most).await?
    } else if let FileOp::TextSize { path, most } = op {
        FileAnswer::Size(text_size(storage, &path, most).await?)
    } else {
        return Err(FileErrorKind::Unsupported.into());
    };
    Ok((answer, None))
}

/// A digest under way.
enum Hasher {
    Crc32(crc32fast::Hasher),
    Other(Box<dyn DynDigest + Send>),
}

impl Hasher {
    fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Crc32 => Self::Crc32(crc32fast::Hasher::new()),
            HashAlgorithm::Md5 => Self::Other(Box::<md5::Md5>::default()),
            HashAlgorithm::Sha1 => Self::Other(Box::<sha1::Sha1>::default()),
            HashAlgorithm::Sha256 => Self::Other(Box::<sha2::Sha256>::default()),
            HashAlgorithm::Sha512 => Self::Other(Box::<sha2::Sha512>::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Other(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(hasher) => hasher.finalize().to_be_bytes().to_vec(),
            Self::Other(hasher) => hasher.finalize().into_vec(),
        }
    }
}

async fn digest(
    storage: &dyn Storage,
    path: &VirtualPath,
    algorithm: HashAlgorithm,
    range: Option<(u64, u64)>,
    most: u64,
) -> Result<FileAnswer, FileError> {
    let start = range.map_or(0, |(start, _)| start);
    let wanted = range.map_or(u64::MAX, |(start, end)| (end - start).saturating_add(1));
    let mut opened = storage.open_read(path, start).await?;
    let there = opened.metadata.size.saturating_sub(start);
    if start > 0 && there == 0 {
        return Err(FileErrorKind::InvalidOffset.into());
    }
    let length = there.min(wanted);
    if length > most {
        return Err(FileErrorKind::TooLarge.into());
    }
    let mut hasher = Hasher::new(algorithm);
    let mut left = length;
    let mut current = next(&mut *opened.source, &mut left).await?;
    while !current.is_empty() {
        // The next chunk is read while this one is digested, elsewhere: others wait for this thread.
        let work = spawn_blocking(move || {
            hasher.update(&current);
            hasher
        });
        let (worked, read) = tokio::join!(work, next(&mut *opened.source, &mut left));
        hasher = worked.map_err(|error| FileError::with_detail(FileErrorKind::Io, error.to_string()))?;
        current = read?;
    }
    if left > 0 {
        return Err(FileError::with_detail(FileErrorKind::Busy, "the file became shorter meanwhile"));
    }
    Ok(FileAnswer::Digest { digest: hasher.finish(), start, length })
}

/// At most `left` more bytes, which are counted off.
async fn next(source: &mut dyn Source, left: &mut u64) -> Result<Bytes, FileError> {
    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(CHUNK);
    if most == 0 {
        return Ok(Bytes::new());
    }
    let bytes = source.read(most).await?;
    *left = left.saturating_sub(bytes.len() as u64);
    Ok(bytes)
}

/// How long a file is as lines that end in CRLF: what RETR in TYPE A sends (XFR-02, XFR-04).
async fn text_size(storage: &dyn Storage, path: &VirtualPath, most: u64) -> Result<u64, FileError> {
    let mut opened = storage.open_read(path, 0).await?;
    if opened.metadata.size > most {
        return Err(FileErrorKind::TooLarge.into());
    }
    let (mut encoder, mut lines, mut size) = (AsciiEncoder::new(), BytesMut::new(), 0);
    loop {
        let bytes = opened.source.read(CHUNK).await?;
        if bytes.is_empty() {
            encoder.finish(&mut lines);
        } else {
            encoder.push(&bytes, &mut lines);
        }
        size += lines.len() as u64;
        lines.clear();
        if bytes.is_empty() {
            return Ok(size);
        }
    }
}

/// Opens `target` and fills it from `parts`, ready to be committed.
async fn fill(
    storage: &dyn Storage,
    target: &VirtualPath,
    how: WriteMode,
    parts: &[VirtualPath],
    max: Option<u64>,
) -> Result<(FileAnswer, Option<Job>), FileError> {
    let mut filled: Option<OpenedSink> = None;
    let mut whole = 0;
    let check = |whole: u64| match max {
        Some(max) if whole > max => Err(FileError::from(FileErrorKind::TooLarge)),
        _ => Ok(()),
    };
    for part in parts {
        let mut opened = storage.open_read(part, 0).await?;
        // Only when there is something to copy.
        let to = match &mut filled {
            Some(to) => to,
            none => {
                let to = none.insert(storage.open_write(target, how.clone()).await?);
                whole = to.offset;
                to
            }
        };
        // Before the disk is filled for nothing, and once more when the file has told less than it had.
        check(whole.saturating_add(opened.source.len().unwrap_or(0)))?;
        whole = whole.saturating_add(to.sink.take_from(&mut *opened.source).await?);
        check(whole)?;
    }
    let filled = filled.ok_or(FileErrorKind::NotFound)?;
    let answer = FileAnswer::Opened { size: None, path: Some(filled.path), offset: 0 };
    Ok((answer, Some(Job::Filled(filled.sink))))
}
