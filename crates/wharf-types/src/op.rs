//! One effect that a session asks of storage.

use crate::{Right, Timestamp, VirtualPath};

/// How an upload meets what stands under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteMode {
    /// Adds to the end; creates the file when absent (APPE, RFC 959 §4.1.3).
    Append {
        /// Adds to the account's own hidden partial instead, because its length was told in this session.
        continue_partial: bool,
    },
    /// Keeps the bytes before the offset and ends where the upload ends (REST + STOR, RFC 3659 §5.3).
    At(u64),
    /// Replaces the file, or creates it (STOR).
    Replace,
    /// Creates a file under a name that is not taken yet, from the path's last component (STOU).
    Unique,
}

/// How a directory is shown on the data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStyle {
    /// MLSD: facts (RFC 3659 §7).
    Facts,
    /// LIST: lines as `ls -l` has them.
    Long {
        /// Names that begin with a dot as well.
        all: bool,
    },
    /// NLST: names alone.
    Names {
        /// Names that begin with a dot as well.
        all: bool,
    },
}

/// One effect that a session asks of storage, on resolved paths.
///
/// Every verb that touches files becomes one of these, and [`Grant::allows`](crate::Grant::allows) judges it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOp {
    /// Enters a directory (CWD): the answer is its metadata.
    Enter(VirtualPath),
    /// Sends a listing on the data connection.
    List {
        /// The directory, or for LIST and NLST a file.
        path: VirtualPath,
        /// How it is shown.
        style: ListStyle,
    },
    /// Makes a directory.
    MakeDirectory(VirtualPath),
    /// Tells what is known of a file or directory (SIZE, MDTM, MLST, STAT).
    Metadata(VirtualPath),
    /// As [`Metadata`](Self::Metadata), but where the account's own cut upload is newer than the committed file,
    /// its length counts (SIZE, MLST).
    MetadataOrPartial(VirtualPath),
    /// Opens a file to send it.
    Read {
        /// The file.
        path: VirtualPath,
        /// Bytes to leave out at its start.
        offset: u64,
    },
    /// Removes an empty directory.
    RemoveDirectory(VirtualPath),
    /// Removes a file.
    RemoveFile(VirtualPath),
    /// Gives a file or directory another name.
    Rename {
        /// The old name.
        from: VirtualPath,
        /// The new name.
        to: VirtualPath,
    },
    /// Checks that a file or directory is there and may be renamed (RNFR).
    RenameFrom(VirtualPath),
    /// Sets the time of the last change.
    SetModified {
        /// The file.
        path: VirtualPath,
        /// The time.
        to: Timestamp,
    },
    /// Opens a file to receive it.
    Write {
        /// The file; for [`WriteMode::Unique`] a wish.
        path: VirtualPath,
        /// How it meets what is there.
        how: WriteMode,
    },
}

impl FileOp {
    /// Removes `path`, a file.
    #[must_use]
    pub const fn remove_file(path: VirtualPath) -> Self {
        Self::RemoveFile(path)
    }

    /// The rights that the effect needs, each at its path; matched exhaustively, so that a new effect cannot forget.
    pub fn needs(&self) -> impl Iterator<Item = (&VirtualPath, Right)> {
        let (first, second) = match self {
            Self::Enter(path) | Self::Metadata(path) | Self::MetadataOrPartial(path) => {
                ((path, Right::List), None)
            }
            Self::List { path, .. } => ((path, Right::List), None),
            Self::MakeDirectory(path) => ((path, Right::MakeDirectory), None),
            Self::Read { path, .. } => ((path, Right::Read), None),
            Self::RemoveDirectory(path) | Self::RemoveFile(path) => ((path, Right::Delete), None),
            Self::RenameFrom(path) => ((path, Right::Rename), None),
            Self::Rename { from, to } => ((from, Right::Rename), Some((to, Right::Write))),
            Self::SetModified { path, .. } => ((path, Right::SetTimes), None),
            Self::Write { path, how } => match how {
                WriteMode::Append { .. } => ((path, Right::Append), None),
                WriteMode::At(_) | WriteMode::Replace | WriteMode::Unique => ((path, Right::Write), None),
            },
        };
        core::iter::once(first).chain(second)
    }

    /// The path that the effect is about, for the log.
    #[must_use]
    pub const fn path(&self) -> &VirtualPath {
        match self {
            Self::Enter(path)
            | Self::List { path, .. }
            | Self::MakeDirectory(path)
            | Self::Metadata(path)
            | Self::MetadataOrPartial(path)
            | Self::Read { path, .. }
            | Self::RemoveDirectory(path)
            | Self::RemoveFile(path)
            | Self::Rename { from: path, .. }
            | Self::RenameFrom(path)
            | Self::SetModified { path, .. }
            | Self::Write { path, .. } => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{Grant, Rights};

    /// Every effect with the rights that it needs.
    fn table() -> Vec<(FileOp, Vec<Right>)> {
        let path = |name: &[u8]| VirtualPath::root().resolve(name).unwrap();
        let write = |how| FileOp::Write { path: path(b"f"), how };
        let list = |style| FileOp::List { path: path(b"f"), style };
        Vec::from([
            (FileOp::Enter(path(b"f")), Vec::from([Right::List])),
            (list(ListStyle::Facts), Vec::from([Right::List])),
            (list(ListStyle::Long { all: true }), Vec::from([Right::List])),
            (list(ListStyle::Names { all: false }), Vec::from([Right::List])),
            (FileOp::MakeDirectory(path(b"f")), Vec::from([Right::MakeDirectory])),
            (FileOp::Metadata(path(b"f")), Vec::from([Right::List])),
            (FileOp::Read { path: path(b"f"), offset: 1 }, Vec::from([Right::Read])),
            (FileOp::RemoveDirectory(path(b"f")), Vec::from([Right::Delete])),
            (FileOp::remove_file(path(b"f")), Vec::from([Right::Delete])),
            (FileOp::Rename { from: path(b"f"), to: path(b"g") }, Vec::from([Right::Rename, Right::Write])),
            (FileOp::RenameFrom(path(b"f")), Vec::from([Right::Rename])),
            (
                FileOp::SetModified { path: path(b"f"), to: Timestamp::default() },
                Vec::from([Right::SetTimes]),
            ),
            (write(WriteMode::Append { continue_partial: true }), Vec::from([Right::Append])),
            (write(WriteMode::At(1)), Vec::from([Right::Write])),
            (write(WriteMode::Replace), Vec::from([Right::Write])),
            (write(WriteMode::Unique), Vec::from([Right::Write])),
        ])
    }

    #[test]
    fn each_effect_needs_its_rights_and_no_other() {
        for (op, rights) in table() {
            assert_eq!(op.needs().map(|(_, right)| right).collect::<Vec<_>>(), rights, "{op:?}");
            assert_eq!(op.path().as_bytes(), b"/f");
            let enough = rights.iter().fold(Rights::NONE, |set, right| set.with(*right));
            assert!(Grant::new("a", "").with_rights(enough).allows(&op).is_ok(), "{op:?}");
            for missing in &rights {
                let others = rights.iter().filter(|right| *right != missing);
                let few = others.fold(Rights::NONE, |set, right| set.with(*right));
                let denied = Grant::new("a", "").with_rights(few).allows(&op).unwrap_err();
                assert_eq!(denied.right, *missing, "{op:?}");
            }
        }
    }
}
