//! Listings as text: what `LIST` sends.
//!
//! There is no standard for it. Each format has a file of its own here, so that more can follow.

mod date;
mod dos;
mod encode;
mod eplf;
mod unix;

use alloc::vec::Vec;

use bytes::Bytes;

use crate::text::is_text;
use crate::time::TimeVal;

pub use encode::{ListLine, encode_list_line};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, a pipe, a socket.
    Other,
}

/// How exact a time in a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimePrecision {
    /// The second is known.
    Second,
    /// The minute is known.
    Minute,
    /// Only the day is known.
    Day,
}

/// Whose clock a time in a listing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeZone {
    /// The server's own, whichever that is; [`ListTime::secs`] is computed as if it were UTC (LST-04).
    Unknown,
    /// UTC.
    Utc,
}

/// A time as a listing gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub secs: i64,
    /// How exact it is.
    pub precision: TimePrecision,
    /// Whose clock it follows.
    pub zone: TimeZone,
}

/// Permission bits: the lower twelve of a Unix mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions(pub u16);

/// One entry of a listing. Take care before using its name as a path: it is whatever the server sent (LST-21).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The name, as bytes.
    pub name: Bytes,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes, of files.
    pub size: Option<u64>,
    /// Time of the last change.
    pub modified: Option<ListTime>,
    /// Permission bits.
    pub permissions: Option<Permissions>,
    /// Owner, a name or a number.
    pub owner: Option<Bytes>,
    /// Group, a name or a number.
    pub group: Option<Bytes>,
    /// Where a symbolic link points.
    pub target: Option<Bytes>,
    /// The line it was read from, without its end.
    pub raw: Bytes,
}

/// One line of a listing. A wrong entry would be worse than none, so doubtful lines come back as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListItem {
    /// A line that was understood.
    Entry(ListEntry),
    /// A line that was not.
    Unparsed(Bytes),
}

/// What is known besides the text.
#[derive(Clone, Copy, Debug)]
pub struct ListingHint<'a> {
    /// The text of the server's 215 reply.
    pub syst: Option<&'a [u8]>,
    /// The time of day, to complete dates without a year.
    pub now: TimeVal,
}

/// Reads a listing: every line is an item, but for empty ones and the `total` of `ls`. Nothing is fatal: a line that
/// no format takes is [`ListItem::Unparsed`] (LST-22).
///
/// ```
/// use wharf_codec::{EntryKind, ListItem, ListingHint, TimeVal, parse_listing};
///
/// let text = b"total 4\r\n-rw-r--r-- 1 owner group 42 Jan 02 15:04 a b\r\n01-02-24  03:04PM  <DIR>  c\r\n";
/// let hint = ListingHint { syst: Some(b"UNIX Type: L8"), now: TimeVal::new(1_704_300_000, 0) };
/// let items = parse_listing(text, &hint);
/// let [ListItem::Entry(file), ListItem::Entry(dir)] = &items[..] else { panic!("{items:?}") };
/// assert_eq!((&file.name[..], file.size), (&b"a b"[..], Some(42)));
/// assert_eq!((&dir.name[..], dir.kind), (&b"c"[..], EntryKind::Directory));
/// ```
#[must_use]
pub fn parse_listing(text: &[u8], hint: &ListingHint<'_>) -> Vec<ListItem> {
    let text = Bytes::copy_from_slice(text);
    let mut items = Vec::new();
    for mut line in text.split(|&byte| byte == b'\n') {
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        if !line.is_empty() && !is_total(line) {
            items.push(parse_line(text.slice_ref(line), hint));
        }
    }
    items
}

/// The first byte tells the formats apart, so that none can take a line of another.
fn parse_line(raw: Bytes, hint: &ListingHint<'_>) -> ListItem {
    let entry = match raw.first() {
        _ if !raw.iter().copied().all(is_text) => None,
        Some(b'+') => eplf::parse(&raw),
        Some(b'0'..=b'9') => dos::parse(&raw),
        _ => unix::parse(&raw, hint),
    };
    entry.map_or(ListItem::Unparsed(raw), ListItem::Entry)
}

/// `total 42`, the sum of blocks that `ls` puts on top.
fn is_total(line: &[u8]) -> bool {
    line.strip_prefix(b"total ").is_some_and(|rest| rest.trim_ascii().iter().all(u8::is_ascii_digit))
}
