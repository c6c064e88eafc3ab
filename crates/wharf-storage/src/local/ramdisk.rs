//! File systems without a disk: what is asked of them needs no thread that may wait.

use rustix::{
    fd::AsFd,
    fs::{FsWord, fstatfs},
};

const TMPFS: FsWord = 0x0102_1994;
const RAMFS: FsWord = 0x8584_58f6;

/// Whether `fd` lies in memory. What the system moved to its swap space is waited for, as with any other memory.
pub(super) fn holds(fd: impl AsFd) -> bool {
    fstatfs(fd).is_ok_and(|found| matches!(found.f_type, TMPFS | RAMFS))
}
