//! Cut uploads, and what uploads leave behind when the process is killed.

use std::{
    collections::HashMap,
    os::fd::{AsFd, OwnedFd},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::{
    fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, Stat, flock, openat, statat, unlinkat},
    io::Errno,
};
use wharf_types::FileError;

use super::{base::Base, clock, errno, temporary::is_regular};
use crate::reserved;

/// How old a file without a lock has to be before it counts as left behind, in seconds: younger ones may be about to
/// get theirs.
const GRACE: i64 = 60;

/// How often one directory is swept, in seconds.
const INTERVAL: i64 = 60 * 60;

/// How many directories are remembered.
const REMEMBERED: usize = 1024;

/// A partial that can be continued.
pub(super) struct Partial {
    /// Its length.
    pub(super) len: u64,
    /// The length that the account is told, if there is enough.
    pub(super) offered: Option<u64>,
}

/// The partial `name` in `dir`: `None` when it is not there, is older than the file `committed`, was added to another one
/// than that, or has expired.
pub(super) fn find(
    dir: &OwnedFd,
    name: &[u8],
    committed: Option<&Stat>,
    ttl: Duration,
) -> Result<Option<Partial>, FileError> {
    let stat = match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if is_regular(&stat) => stat,
        Ok(_) | Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno::path(errno)),
    };
    // The time of the committed file's content may be set at will; that of its last change of status may not.
    // Clocks of file systems tick slowly: of two at the same tick, the partial counts as the newer one, as a commit of its
    // own account would have removed it.
    let newer = committed
        .is_none_or(|file| (stat.st_mtime, stat.st_mtime_nsec) >= (file.st_ctime, file.st_ctime_nsec));
    if !newer || expired(&stat, clock::now(), ttl) {
        return Ok(None);
    }
    let base = Base::noted_at(dir, name)?;
    if base.is_some_and(|base| base != Base::of(committed)) {
        return Ok(None);
    }
    let len = u64::try_from(stat.st_size).unwrap_or(0);
    let least = base.map_or(0, |base| base.len());
    // Of what was added to, nothing is asked for again.
    Ok(Some(Partial { len, offered: reserved::offered(len).filter(|offered| *offered >= least) }))
}

/// Removes the partial `name`; whether it was there.
pub(super) fn remove(dir: &OwnedFd, name: &[u8]) -> bool {
    unlinkat(dir, name, AtFlags::empty()).is_ok()
}

fn expired(stat: &Stat, now: i64, ttl: Duration) -> bool {
    let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    now.saturating_sub(stat.st_mtime) > ttl
}

/// When which directory was swept.
#[derive(Debug, Default)]
pub(super) struct Sweeps {
    last: Mutex<HashMap<(u64, u64), i64>>,
}

impl Sweeps {
    /// Whether it is time to sweep `dir`; asked again, it is not.
    pub(super) fn due(&self, dir: &Stat) -> bool {
        let now = clock::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (dir.st_dev, dir.st_ino);
        if last.get(&key).is_some_and(|then| (0..INTERVAL).contains(&now.saturating_sub(*then))) {
            return false;
        }
        if last.len() >= REMEMBERED {
            last.clear();
        }
        last.insert(key, now);
        true
    }
}

/// Removes partials that have expired, and files that a killed process left behind.
pub(super) fn sweep(dir: &OwnedFd, ttl: Duration) {
    // What cannot be swept now is swept another time.
    let Ok(entries) = Dir::read_from(dir) else { return };
    let now = clock::now();
    for entry in entries.flatten() {
        let name = entry.file_name().to_bytes();
        if !name.starts_with(reserved::PREFIX) {
            continue;
        }
        let Ok(stat) = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let left = if name.starts_with(reserved::PARTIAL) {
            expired(&stat, now, ttl)
        } else {
            name.starts_with(reserved::TEMPORARY)
                && now.saturating_sub(stat.st_mtime) > GRACE
                && is_unlocked(dir, name)
        };
        if left && is_regular(&stat) {
            remove(dir, name);
        }
    }
}

/// Removes the reserved files in `dir`, when there is nothing else in it and none of them is being written.
///
/// Whether it did.
pub(super) fn empty(dir: &impl AsFd) -> Result<bool, FileError> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir).map_err(errno::path)? {
        let entry = entry.map_err(errno::io)?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let hidden = name.starts_with(reserved::PARTIAL)
            || name.starts_with(reserved::TEMPORARY) && is_unlocked(dir, name);
        if !hidden {
            return Ok(false);
        }
        names.push(name.to_vec());
    }
    for name in &names {
        unlinkat(dir, name.as_slice(), AtFlags::empty()).map_err(errno::path)?;
    }
    Ok(!names.is_empty())
}

/// Whether nobody writes `name`, which can be told by taking its lock.
pub(super) fn is_unlocked(dir: &impl AsFd, name: &[u8]) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(dir, name, flags, Mode::empty())
        .is_ok_and(|fd| flock(&fd, FlockOperation::NonBlockingLockExclusive).is_ok())
}
