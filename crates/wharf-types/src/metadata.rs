//! What a server tells of a file.

use alloc::sync::Arc;
use core::fmt;

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link whose target is not there or lies outside the root.
    DanglingLink,
    /// A device, FIFO or socket: shown, never opened.
    Special,
}

/// A point in time, UTC, in seconds since 1970-01-01T00:00:00Z and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Whole seconds; negative before 1970.
    pub secs: i64,
    /// Nanoseconds, below 1,000,000,000.
    pub nanos: u32,
}

impl Timestamp {
    /// A whole second.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self { secs, nanos: 0 }
    }
}

/// What is known of a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Length in bytes; 0 for what has none.
    pub size: u64,
    /// Time of the last change of the content.
    pub modified: Timestamp,
    /// Unix permission bits (`0o777`); a back end without them gives `0o644` or `0o755`.
    pub mode: u32,
    /// Number of names of the object; at least 1.
    pub links: u64,
    /// Name of the owner, for listings.
    pub owner: Arc<[u8]>,
    /// Name of the group, for listings.
    pub group: Arc<[u8]>,
    /// Device and number of the object: equal for two names of one object. Never shown as it is.
    pub identity: (u64, u64),
}

impl Metadata {
    /// The metadata of an object of which only kind, size and time are known.
    #[must_use]
    pub fn new(kind: FileKind, size: u64, modified: Timestamp) -> Self {
        let ftp: Arc<[u8]> = Arc::from(*b"ftp");
        Self::owned(kind, size, modified, Arc::clone(&ftp), ftp)
    }

    /// The same with the names of owner and group.
    #[must_use]
    pub const fn owned(
        kind: FileKind,
        size: u64,
        modified: Timestamp,
        owner: Arc<[u8]>,
        group: Arc<[u8]>,
    ) -> Self {
        let mode = if matches!(kind, FileKind::Directory) { 0o755 } else { 0o644 };
        Self { kind, size, modified, mode, links: 1, owner, group, identity: (0, 0) }
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.kind == FileKind::Directory
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }
}

/// Writes bytes so that a log line stays one line: valid printable UTF-8 as it is, everything else as `\xNN`.
pub(crate) fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Controls, and the marks that reorder text on a terminal, are shown by their number.
            if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
            {
                for b in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\x{b:02x}")?;
                }
            } else if c == '\\' {
                f.write_str("\\\\")?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        for b in chunk.invalid() {
            write!(f, "\\x{b:02x}")?;
        }
    }
    Ok(())
}
