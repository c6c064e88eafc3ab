//! A file that comes to be: what it is written to, and how it gets its name.

use std::sync::{Arc, MutexGuard};

use rustix::{
    fs::{
        AtFlags, Mode, RenameFlags, fchmod, fdatasync, fstat, fsync, linkat, renameat_with, statat, unlinkat,
    },
    io::Errno,
};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

use super::{
    account::Inner,
    base::{self, Base},
    change, errno, partial,
    temporary::{Temporary, is_regular},
};
use crate::{Committed, Durability, Waits, reserved};

/// What has to hold at the commit.
#[derive(Debug)]
pub(super) enum Condition {
    /// The last one wins.
    None,
    /// Nothing stands under the final name.
    Free,
    /// What was added to is still what stands there.
    Unchanged(Base),
}

/// Memory of so many bytes is given back in no time.
const SMALL: u64 = 16 * 1024 * 1024;

/// A file under way.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) inner: Arc<Inner>,
    pub(super) file: Temporary,
    /// The final name, beside the temporary one.
    pub(super) name: Vec<u8>,
    /// What the account calls it.
    pub(super) path: VirtualPath,
    pub(super) condition: Condition,
    /// Whether it goes on with a partial.
    pub(super) continued: bool,
    /// The file system it lies in.
    pub(super) device: u64,
    /// Whether what came is a beginning of what was meant, which can be continued.
    pub(super) is_beginning: bool,
    /// What is waited for where it lies.
    pub(super) waits: Waits,
}

impl Upload {
    fn partial_name(&self) -> Vec<u8> {
        reserved::partial_name(&self.inner.name, &self.name)
    }

    /// Everything up to the reply: mode, content, name, directory; `turn` is what [`quick`](Self::quick) gave.
    pub(super) fn commit(mut self, turn: Option<MutexGuard<'_, ()>>) -> Result<Committed, FileError> {
        let options = &self.inner.shared.options;
        let mode = self.final_mode(self.inner.umask());
        let file = Arc::clone(self.file.file());
        fchmod(&file, mode).map_err(errno::io)?;
        // After a sync that failed the system may have dropped the bytes: the file is given up, never synced again.
        match options.durability {
            Durability::Full => fsync(&file).map_err(errno::io)?,
            Durability::Data => fdatasync(&file).map_err(errno::io)?,
            Durability::Off => {}
        }
        if self.continued && matches!(self.condition, Condition::Unchanged(_)) {
            base::forget(&file);
        }
        let bytes = u64::try_from(fstat(&file).map_err(errno::io)?.st_size).unwrap_or(0);
        self.give_name(turn)?;
        partial::remove(self.file.dir(), &self.partial_name());
        if self.inner.shared.options.durability == Durability::Full {
            change::sync_directory(self.file.dir(), &file)?;
        }
        Ok(Committed::new(self.path.clone(), bytes))
    }

    /// The turn to commit, where that takes next to no time: no disk, no other commit under way, and no large file that
    /// is replaced, whose memory would be given back.
    pub(super) fn quick<'a>(&self, inner: &'a Inner) -> Option<MutexGuard<'a, ()>> {
        let small = || match statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => u64::try_from(stat.st_size).is_ok_and(|size| size <= SMALL),
            Err(_) => true,
        };
        if self.waits != Waits::Never || !small() {
            return None;
        }
        inner.shared.commits.now(self.device)
    }

    /// A file that is replaced leaves its mode behind.
    fn final_mode(&self, umask: u32) -> Mode {
        let replaced = statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW);
        let bits = match replaced {
            Ok(stat) if is_regular(&stat) => stat.st_mode & 0o777,
            _ => 0o666 & !umask,
        };
        Mode::from_raw_mode(bits)
    }

    fn give_name(&mut self, turn: Option<MutexGuard<'_, ()>>) -> Result<(), FileError> {
        let inner = Arc::clone(&self.inner);
        let _turn = turn.unwrap_or_else(|| inner.shared.commits.wait(self.device));
        match &self.condition {
            Condition::None => self.file.rename(&self.name),
            Condition::Free => self.give_free_name(),
            Condition::Unchanged(before) => {
                let now = match statat(self.file.dir(), self.name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => Base::of(Some(&stat)),
                    Err(Errno::NOENT) => Base::of(None),
                    Err(errno) => return Err(errno::path(errno)),
                };
                if now != *before {
                    return Err(FileError::with_detail(
                        FileErrorKind::Busy,
                        "the file was changed meanwhile",
                    ));
                }
                self.file.rename(&self.name)
            }
        }
    }

    /// Takes a name that must not be taken, in one step.
    fn give_free_name(&mut self) -> Result<(), FileError> {
        let dir = self.file.dir();
        let (from, to) = (self.file.name(), self.name.as_slice());
        match renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // The file system does not know the flag: a second name cannot replace anything either.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                linkat(dir, from, dir, to, AtFlags::empty()).map_err(errno::path)?;
                let _ = unlinkat(dir, from, AtFlags::empty());
            }
            Err(errno) => return Err(errno::path(errno)),
        }
        self.file.disarm();
        Ok(())
    }

    /// Keeps what came, for later.
    pub(super) fn suspend(mut self) -> Result<(), FileError> {
        let file = Arc::clone(self.file.file());
        if !self.is_beginning || fstat(&file).map_err(errno::io)?.st_size == 0 {
            return Ok(());
        }
        if let Condition::Unchanged(base) = &self.condition {
            // Without it nobody could tell later whether somebody else has changed the file meanwhile.
            base.note(&file)?;
        }
        // A partial that has its name has its bytes: nobody continues a file with a hole after a loss of power.
        if self.inner.shared.options.durability != Durability::Off {
            fdatasync(&file).map_err(errno::io)?;
        }
        let name = self.partial_name();
        self.file.rename(&name)
    }
}
