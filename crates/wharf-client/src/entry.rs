//! What listings tell.

use bytes::Bytes;
use wharf_codec::{EntryKind, Permissions, TimePrecision, TimeVal};

/// Time of the last change, and how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modified {
    /// The time; UTC when [`utc`](Self::utc) says so, otherwise by a clock that the server did not name.
    pub time: TimeVal,
    /// How exact it is.
    pub precision: TimePrecision,
    /// Whether it is UTC.
    pub utc: bool,
}

/// A file or directory of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteEntry {
    /// The name: one component, never empty, `.` or `..`, without `/` and NUL (LST-21). Bytes, UTF-8 by convention.
    pub name: Bytes,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes, of files.
    pub size: Option<u64>,
    /// Whether the size is what SIZE tells: it comes from MLSD, MLST or SIZE itself. A LIST line counts otherwise on
    /// some systems.
    pub size_exact: bool,
    /// Time of the last change.
    pub modified: Option<Modified>,
    /// Where a symbolic link points; whatever the server says, so take care.
    pub target: Option<Bytes>,
    /// Permission bits.
    pub permissions: Option<Permissions>,
    /// What the server calls the object, the same for each of its names (`unique`, RFC 3659 §7.5.2).
    pub unique: Option<Bytes>,
    /// The line that it was read from.
    pub raw: Bytes,
}
