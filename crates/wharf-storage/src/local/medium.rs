//! File systems, by what they wait for.

use rustix::{
    fd::AsFd,
    fs::{FsWord, fstatfs},
};

use crate::Waits;

/// Those without a disk (tmpfs, ramfs). What the system moved to its swap space is waited for, as any other memory.
const MEMORY: [FsWord; 2] = [0x0102_1994, 0x8584_58f6];

/// Those that lie on a disk of this machine, and of which the kernel knows by itself what it has in memory. What is not
/// among them may ask a program (FUSE) or another machine (NFS, SMB), or lie over something that does (overlayfs), even
/// to open or to look at what was opened before.
const DISKS: [FsWord; 16] = [
    0x0000_3434, // NILFS2
    0x0000_4d44, // FAT
    0x0000_9660, // ISO 9660
    0x0000_ef53, // ext2, ext3, ext4
    0x1501_3346, // UDF
    0x2011_bab0, // exFAT
    0x2fc1_2fc1, // ZFS
    0x3153_464a, // JFS
    0x5265_4973, // ReiserFS
    0x5846_5342, // XFS
    0x7366_746e, // NTFS
    0x7371_7368, // SquashFS
    0x9123_683e, // Btrfs
    0xca45_1a4e, // bcachefs
    0xe0f5_e1e2, // EROFS
    0xf2f5_2010, // F2FS
];

/// What is waited for in the file system of `fd`. This question itself may have to wait.
pub(super) fn waits(fd: impl AsFd) -> Waits {
    fstatfs(fd).map_or(Waits::Unknown, |found| of(found.f_type))
}

fn of(kind: FsWord) -> Waits {
    if MEMORY.contains(&kind) {
        Waits::Never
    } else if DISKS.contains(&kind) {
        Waits::Disk
    } else {
        Waits::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_may_wait_for_anything() {
        for (kind, waits) in [
            (0x0102_1994, Waits::Never),
            (0xef53, Waits::Disk),
            (0x9123_683e, Waits::Disk),
            (0x6573_5546, Waits::Unknown), // FUSE
            (0x6969, Waits::Unknown),      // NFS
            (0xff53_4d42, Waits::Unknown), // CIFS
            (0xfe53_4d42, Waits::Unknown), // SMB 2
            (0x794c_7630, Waits::Unknown), // overlayfs
            (0x0102_1997, Waits::Unknown), // 9P
            (0, Waits::Unknown),
        ] {
            assert_eq!(of(kind), waits, "{kind:x}");
        }
    }
}
