//! Who may change what stands under a name.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// So many turns there are; those of two file systems are one by chance only.
const TURNS: usize = 64;

/// Turns that are held from the look at a name to its change, so that uploads of this process that add to a file see each
/// other.
///
/// Each file system has its own: one that hangs keeps nobody waiting who has nothing to do with it.
#[derive(Debug)]
pub(super) struct Turns([Mutex<()>; TURNS]);

impl Default for Turns {
    fn default() -> Self {
        Self([const { Mutex::new(()) }; TURNS])
    }
}

impl Turns {
    fn of(&self, device: u64) -> &Mutex<()> {
        let [first, ..] = &self.0;
        // Numbers of file systems without a disk follow each other; those of disks differ in their upper half.
        let at = (device ^ (device >> 8)) % TURNS as u64;
        usize::try_from(at).ok().and_then(|at| self.0.get(at)).unwrap_or(first)
    }

    /// Waits for the turn of the file system `device`.
    pub(super) fn wait(&self, device: u64) -> MutexGuard<'_, ()> {
        // Nothing is kept behind this lock that a panic could leave half done.
        self.of(device).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn, if nobody has it.
    pub(super) fn now(&self, device: u64) -> Option<MutexGuard<'_, ()>> {
        match self.of(device).try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_do_not_wait_for_each_other() {
        let turns = Turns::default();
        let held = turns.wait(0x31);
        assert!(turns.now(0x31).is_none());
        assert!(turns.now(0x32).is_some() && turns.now(0xfe00).is_some());
        drop(held);
        assert!(turns.now(0x31).is_some());
    }
}
