//! One effect that a session asks of storage.

use alloc::vec::Vec;

use crate::{HashAlgorithm, Right, Timestamp, VirtualPath};

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
    /// Replaces a range of the file and keeps everything else of it (RANG + STOR, draft-bryan-ftp-range §4).
    Within {
        /// The first byte that is replaced, counted from 0.
        start: u64,
        /// How many bytes may be replaced, or added where the file ends before.
        length: u64,
    },
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
    /// Tells how many bytes may still be stored in a directory (AVBL).
    Available(VirtualPath),
    /// Adds files to the end of another one, all or none (COMB); they are removed by effects of their own.
    Combine {
        /// The file that is added to; it is created when absent.
        target: VirtualPath,
        /// What is added, in this order.
        parts: Vec<VirtualPath>,
    },
    /// Copies a file, as an upload of what the source holds (SITE COPY).
    Copy {
        /// What is copied.
        from: VirtualPath,
        /// The file that is made or replaced.
        to: VirtualPath,
    },
    /// Enters a directory (CWD): the answer is its metadata.
    Enter(VirtualPath),
    /// Digests a file, or a range of it (HASH, XCRC and their kin).
    Hash {
        /// The file.
        path: VirtualPath,
        /// How.
        algorithm: HashAlgorithm,
        /// The first byte and the last one, counted from 0; the whole file when there is none.
        range: Option<(u64, u64)>,
        /// The most bytes that are digested.
        most: u64,
    },
    /// Sends a listing on the data connection.
    List {
        /// The directory, or for LIST and NLST a file.
        path: VirtualPath,
        /// How it is shown.
        style: ListStyle,
        /// The directory of `path`, when the last component may be a pattern (`*`, `?`, `[a-z]`) that chooses among
        /// its names, unless something stands under just that name.
        within: Option<VirtualPath>,
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
        /// The most bytes to send; all of them when there is none. A range that begins behind the end is empty.
        length: Option<u64>,
    },
    /// Removes an empty directory.
    RemoveDirectory(VirtualPath),
    /// Removes a file.
    RemoveFile(VirtualPath),
    /// Removes a directory with all below it (SITE RMDIR); links are removed, not followed.
    RemoveTree(VirtualPath),
    /// Gives a file or directory another name.
    Rename {
        /// The old name.
        from: VirtualPath,
        /// The new name.
        to: VirtualPath,
    },
    /// Checks that a file or directory is there and may be renamed (RNFR).
    RenameFrom(VirtualPath),
    /// Sets the permission bits (SITE CHMOD, MFF).
    SetMode {
        /// The file or directory.
        path: VirtualPath,
        /// The bits, at most `0o777`.
        mode: u32,
    },
    /// Sets the time of the last change.
    SetModified {
        /// The file.
        path: VirtualPath,
        /// The time.
        to: Timestamp,
    },
    /// Makes a symbolic link (SITE SYMLINK).
    Symlink {
        /// Where it leads: something that is there.
        target: VirtualPath,
        /// Its name.
        link: VirtualPath,
    },
    /// Counts the bytes of a file as lines that end in CRLF (SIZE in TYPE A).
    TextSize {
        /// The file.
        path: VirtualPath,
        /// The longest file that is read for that, in bytes.
        most: u64,
    },
    /// Tells, or sets for this session, the permission bits that new files do not get (SITE UMASK).
    Umask {
        /// The current directory.
        path: VirtualPath,
        /// What is set.
        to: Option<u32>,
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
        let one = |path, right| Vec::from([(path, right)]);
        match self {
            Self::Available(path)
            | Self::Enter(path)
            | Self::Metadata(path)
            | Self::MetadataOrPartial(path) => one(path, Right::List),
            Self::Combine { target, parts } => {
                let each = |part| [(part, Right::Read), (part, Right::Delete)];
                core::iter::once((target, Right::Append)).chain(parts.iter().flat_map(each)).collect()
            }
            Self::Copy { from, to } => Vec::from([(from, Right::Read), (to, Right::Write)]),
            Self::Hash { path, .. } | Self::Read { path, .. } => one(path, Right::Read),
            Self::List { path, within, .. } => {
                core::iter::once(path).chain(within).map(|path| (path, Right::List)).collect()
            }
            Self::MakeDirectory(path) => one(path, Right::MakeDirectory),
            Self::RemoveDirectory(path) | Self::RemoveFile(path) | Self::RemoveTree(path) => {
                one(path, Right::Delete)
            }
            Self::RenameFrom(path) => one(path, Right::Rename),
            Self::Rename { from, to } => Vec::from([(from, Right::Rename), (to, Right::Write)]),
            Self::SetMode { path, .. } | Self::Umask { path, to: Some(_) } => one(path, Right::SetMode),
            Self::SetModified { path, .. } => one(path, Right::SetTimes),
            Self::Symlink { target, link } => Vec::from([(target, Right::List), (link, Right::Link)]),
            // The length on the wire says how many lines there are, which only the content tells.
            Self::TextSize { path, .. } => Vec::from([(path, Right::List), (path, Right::Read)]),
            Self::Umask { path, to: None } => one(path, Right::List),
            Self::Write { path, how } => match how {
                WriteMode::Append { .. } => one(path, Right::Append),
                WriteMode::At(_) | WriteMode::Replace | WriteMode::Unique | WriteMode::Within { .. } => {
                    one(path, Right::Write)
                }
            },
        }
        .into_iter()
    }

    /// The path that the effect is about, for the log.
    #[must_use]
    pub const fn path(&self) -> &VirtualPath {
        match self {
            Self::Available(path)
            | Self::Combine { target: path, .. }
            | Self::Copy { to: path, .. }
            | Self::Enter(path)
            | Self::Hash { path, .. }
            | Self::List { path, .. }
            | Self::MakeDirectory(path)
            | Self::Metadata(path)
            | Self::MetadataOrPartial(path)
            | Self::Read { path, .. }
            | Self::RemoveDirectory(path)
            | Self::RemoveFile(path)
            | Self::RemoveTree(path)
            | Self::Rename { from: path, .. }
            | Self::RenameFrom(path)
            | Self::SetMode { path, .. }
            | Self::SetModified { path, .. }
            | Self::Symlink { link: path, .. }
            | Self::TextSize { path, .. }
            | Self::Umask { path, .. }
            | Self::Write { path, .. } => path,
        }
    }

    /// Whether the effect takes as long as the file is: it runs where it can be cut short, and nothing is changed when
    /// it is.
    #[must_use]
    pub const fn is_long(&self) -> bool {
        match self {
            Self::Combine { .. } | Self::Copy { .. } | Self::Hash { .. } | Self::TextSize { .. } => true,
            Self::Available(_)
            | Self::Enter(_)
            | Self::List { .. }
            | Self::MakeDirectory(_)
            | Self::Metadata(_)
            | Self::MetadataOrPartial(_)
            | Self::Read { .. }
            | Self::RemoveDirectory(_)
            | Self::RemoveFile(_)
            | Self::RemoveTree(_)
            | Self::Rename { .. }
            | Self::RenameFrom(_)
            | Self::SetMode { .. }
            | Self::SetModified { .. }
            | Self::Symlink { .. }
            | Self::Umask { .. }
            | Self::Write { .. } => false,
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
        let list = |style| FileOp::List { path: path(b"f"), style, within: None };
        Vec::from([
            (FileOp::Enter(path(b"f")), Vec::from([Right::List])),
            (list(ListStyle::Facts), Vec::from([Right::List])),
            (list(ListStyle::Long { all: true }), Vec::from([Right::List])),
            (list(ListStyle::Names { all: false }), Vec::from([Right::List])),
            (FileOp::MakeDirectory(path(b"f")), Vec::from([Right::MakeDirectory])),
            (FileOp::Metadata(path(b"f")), Vec::from([Right::List])),
            (FileOp::Read { path: path(b"f"), offset: 1, length: None }, Vec::from([Right::Read])),
            (FileOp::Available(path(b"f")), Vec::from([Right::List])),
            (
                FileOp::Combine { target: path(b"f"), parts: Vec::from([path(b"g")]) },
                Vec::from([Right::Append, Right::Read, Right::Delete]),
            ),
            (FileOp::Copy { from: path(b"g"), to: path(b"f") }, Vec::from([Right::Read, Right::Write])),
            (
                FileOp::Hash { path: path(b"f"), algorithm: HashAlgorithm::Md5, range: None, most: 1 },
                Vec::from([Right::Read]),
            ),
            (FileOp::RemoveTree(path(b"f")), Vec::from([Right::Delete])),
            (FileOp::SetMode { path: path(b"f"), mode: 0 }, Vec::from([Right::SetMode])),
            (FileOp::Symlink { target: path(b"g"), link: path(b"f") }, Vec::from([Right::List, Right::Link])),
            (FileOp::TextSize { path: path(b"f"), most: 1 }, Vec::from([Right::List, Right::Read])),
            (FileOp::Umask { path: path(b"f"), to: None }, Vec::from([Right::List])),
            (FileOp::Umask { path: path(b"f"), to: Some(1) }, Vec::from([Right::SetMode])),
            (write(WriteMode::Within { start: 1, length: 1 }), Vec::from([Right::Write])),
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
