//! Opening a file to write it.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    os::fd::OwnedFd,
    sync::Arc,
};

use rustix::{
    fs::{
        Access, AtFlags, FileType, Mode, OFlags, Stat, accessat, copy_file_range, fstat, fstatvfs, ftruncate,
        ioctl_ficlone, openat, statat,
    },
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, VirtualPath, WriteMode};

use super::{
    account::Inner,
    base::Base,
    errno, partial,
    root::Place,
    temporary::{Temporary, is_directory, is_regular},
    upload::{Condition, Upload},
};
use crate::reserved;

/// The most bytes of one step of a copy.
const STEP: u64 = 64 * 1024 * 1024;

/// Opens `path` to write it, and says how many bytes stand in it already, and which directory should be swept.
///
/// `directory` is the one that will hold it, where that was opened before.
pub(super) fn open(
    inner: &Arc<Inner>,
    path: VirtualPath,
    how: &WriteMode,
    directory: Option<OwnedFd>,
) -> Result<(Upload, u64, Option<OwnedFd>), FileError> {
    let unique = *how == WriteMode::Unique;
    let path = if unique { unique_path(inner, &path)? } else { path };
    if path.is_root() {
        return Err(FileError::new(FileErrorKind::IsADirectory));
    }
    let place = match (directory, path.file_name()) {
        (Some(dir), Some(name)) => Place { dir, name: name.to_vec() },
        _ => inner.root.place(&path)?,
    };
    let directory = fstat(&place.dir).map_err(errno::io)?;
    let waits = inner.root.waits_at(&place.dir, &directory);
    let dir = Arc::new(place.dir);
    let committed = target(&dir, &place.name)?;
    check_room(&dir)?;

    let replacing =
        |condition| -> Result<_, FileError> { Ok((Temporary::create(Arc::clone(&dir))?, 0, condition)) };
    let (file, offset, condition) = match *how {
        WriteMode::Unique => replacing(Condition::Free)?,
        WriteMode::Replace | WriteMode::At(0) => replacing(Condition::None)?,
        WriteMode::At(offset) => match continued(inner, &dir, &place.name, committed.as_ref(), Some(offset))?
        {
            Some(continued) => continued,
            None => copied(&dir, &place.name, Some(offset))?,
        },
        WriteMode::Within { start, .. } => overlaid(&dir, &place.name, start)?,
        WriteMode::Append { continue_partial } => {
            let partial = if continue_partial {
                continued(inner, &dir, &place.name, committed.as_ref(), None)?
            } else {
                None
            };
            match partial {
                Some(continued) => continued,
                None => copied(&dir, &place.name, None)?,
            }
        }
    };
    let is_beginning = !matches!(how, WriteMode::Within { .. });
    let sweep = if inner.shared.sweeps.due(&directory) { dir.try_clone().ok() } else { None };
    let (inner, name) = (Arc::clone(inner), place.name);
    let (continued, device) = (file.was_partial(), directory.st_dev);
    let upload = Upload { inner, file, name, path, condition, continued, device, is_beginning, waits };
    Ok((upload, offset, sweep))
}

/// A name that is not taken, inside the directory `wish` or beside it.
fn unique_path(inner: &Inner, wish: &VirtualPath) -> Result<VirtualPath, FileError> {
    let inside = inner
        .root
        .open_at(wish, OFlags::PATH)
        .and_then(|fd| fstat(&fd))
        .is_ok_and(|stat| is_directory(&stat));
    let directory = if inside { Some(wish.clone()) } else { wish.parent() };
    let name = reserved::unique_name(if inside { b"" } else { wish.file_name().unwrap_or_default() })?;
    directory
        .and_then(|directory| directory.child(&name).ok())
        .ok_or_else(|| FileError::new(FileErrorKind::InvalidName))
}

/// What stands under the final name, which has to be a regular file that may be written, or nothing.
fn target(dir: &OwnedFd, name: &[u8]) -> Result<Option<Stat>, FileError> {
    let stat = match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno::path(errno)),
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(FileError::new(FileErrorKind::IsADirectory)),
        FileType::Symlink => {
            return Err(FileError::with_detail(FileErrorKind::Denied, "a link stands there"));
        }
        FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => return Err(FileError::new(FileErrorKind::NotRegular)),
    }
    // The rename would replace a file that is marked read-only.
    match accessat(dir, name, Access::WRITE_OK, AtFlags::EACCESS) {
        Err(errno @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(errno::path(errno)),
        _ => Ok(Some(stat)),
    }
}

/// Refuses an upload at its start when the disk is full already.
fn check_room(dir: &OwnedFd) -> Result<(), FileError> {
    // File systems without a number say that they have no blocks at all.
    match fstatvfs(dir) {
        Ok(room) if room.f_blocks > 0 && room.f_bavail == 0 => Err(FileError::new(FileErrorKind::NoSpace)),
        _ => Ok(()),
    }
}

/// The account's partial of `name`, cut to `offset`, or to the length that the account is told.
///
/// `None` when there is none that is newer than the committed file and long enough.
fn continued(
    inner: &Inner,
    dir: &Arc<OwnedFd>,
    name: &[u8],
    committed: Option<&Stat>,
    offset: Option<u64>,
) -> Result<Option<(Temporary, u64, Condition)>, FileError> {
    let partial = reserved::partial_name(&inner.name, name);
    let ttl = inner.shared.options.partial_ttl;
    let Some(found) = partial::find(dir, &partial, committed, ttl)? else { return Ok(None) };
    let Some(offset) = offset.or(found.offered).filter(|offset| *offset <= found.len) else {
        return Ok(None);
    };
    let Some(mut file) = Temporary::claim(Arc::clone(dir), &partial)? else { return Ok(None) };
    let begun = Base::noted(file.file()).and_then(|base| start_at(file.file(), offset).map(|()| base));
    match begun {
        Ok(base) => Ok(Some((file, offset, base.map_or(Condition::None, Condition::Unchanged)))),
        Err(error) => {
            // What cannot be gone on with now may be another time; the error that is told is the one that led here.
            let _ = file.rename(&partial);
            Err(error)
        }
    }
}

/// A copy of the committed file, up to `offset` or whole.
fn copied(
    dir: &Arc<OwnedFd>,
    name: &[u8],
    offset: Option<u64>,
) -> Result<(Temporary, u64, Condition), FileError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(dir, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) if offset.is_none() => {
            return Ok((Temporary::create(Arc::clone(dir))?, 0, Condition::Unchanged(Base::of(None))));
        }
        Err(Errno::NOENT) => return Err(FileError::new(FileErrorKind::InvalidOffset)),
        Err(errno) => return Err(errno::path(errno)),
    };
    let stat = fstat(&file).map_err(errno::io)?;
    if !is_regular(&stat) {
        return Err(FileError::new(FileErrorKind::NotRegular));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let len = offset.unwrap_or(size);
    if len > size {
        return Err(FileError::new(FileErrorKind::InvalidOffset));
    }
    let copy = Temporary::create(Arc::clone(dir))?;
    if !copy_bytes(&File::from(file), copy.file(), len)? {
        return Err(FileError::with_detail(FileErrorKind::Busy, "the file became shorter meanwhile"));
    }
    start_at(copy.file(), len)?;
    Ok((copy, len, Condition::Unchanged(Base::of(Some(&stat)))))
}

/// A copy of the whole committed file, to be overwritten from `start` on.
fn overlaid(dir: &Arc<OwnedFd>, name: &[u8], start: u64) -> Result<(Temporary, u64, Condition), FileError> {
    let (copy, len, condition) = copied(dir, name, None)?;
    if start > len {
        return Err(FileError::new(FileErrorKind::InvalidOffset));
    }
    let mut file: &File = copy.file();
    file.seek(SeekFrom::Start(start)).map_err(|error| errno::from_io(&error))?;
    Ok((copy, start, condition))
}

/// Copies some of the next `left` bytes from where both files are, and says how many.
pub(super) fn copy_step(mut from: &File, mut to: &File, left: u64) -> Result<u64, FileError> {
    let io = |error| errno::from_io(&error);
    let at_start = from.stream_position().map_err(io)? == 0 && fstat(to).map_err(errno::io)?.st_size == 0;
    if at_start && ioctl_ficlone(to, from).is_ok() {
        let len = to.seek(SeekFrom::End(0)).map_err(io)?;
        if len >= left {
            // What was added to the file since it was opened is no part of the copy.
            start_at(to, left)?;
            return Ok(left);
        }
        // The next step finds the file shorter than it was.
        from.seek(SeekFrom::Start(len)).map_err(io)?;
        return Ok(len);
    }
    let step = left.min(STEP);
    loop {
        match copy_file_range(from, None, to, None, usize::try_from(step).unwrap_or(usize::MAX)) {
            Ok(count) => return Ok(count as u64),
            Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::IO) => {
                return Ok(if copy_by_hand(from, to, step)? { step } else { 0 });
            }
            Err(errno) => return Err(errno::io(errno)),
        }
    }
}

/// Cuts `file` to `len` bytes, and goes on behind them.
fn start_at(mut file: &File, len: u64) -> Result<(), FileError> {
    ftruncate(file, len).map_err(errno::io)?;
    file.seek(SeekFrom::Start(len)).map_err(|error| errno::from_io(&error))?;
    Ok(())
}

/// Copies the first `len` bytes: by sharing blocks, in the kernel, or by hand, whichever the file system can.
///
/// Whether there were that many.
fn copy_bytes(from: &File, to: &File, len: u64) -> Result<bool, FileError> {
    if len > 0 && ioctl_ficlone(to, from).is_ok() {
        let cloned = fstat(to).map_err(errno::io)?;
        return Ok(u64::try_from(cloned.st_size).unwrap_or(0) >= len);
    }
    let mut left = len;
    while left > 0 {
        let step = usize::try_from(left.min(STEP)).unwrap_or(usize::MAX);
        match copy_file_range(from, None, to, None, step) {
            Ok(0) => break,
            Ok(count) => left = left.saturating_sub(count as u64),
            Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::IO) => {
                break;
            }
            Err(errno) => return Err(errno::io(errno)),
        }
    }
    copy_by_hand(from, to, left)
}

/// Copies `left` more bytes from where both files are.
fn copy_by_hand(mut from: &File, mut to: &File, mut left: u64) -> Result<bool, FileError> {
    let mut buffer = vec![0; 256 * 1024];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = match from.read(&mut buffer[..most]) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno::from_io(&error)),
        };
        to.write_all(&buffer[..count]).map_err(|error| errno::from_io(&error))?;
        left -= count as u64;
    }
    Ok(true)
}
