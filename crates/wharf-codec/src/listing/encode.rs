//! The one form of `LIST` line that every client reads.

use core::fmt::{self, Write as _};

use bytes::{BufMut as _, BytesMut};

use crate::listing::EntryKind;
use crate::listing::date::MONTHS;
use crate::text::is_text;
use crate::time::{Civil, TimeVal, civil_from_unix};

/// Half a year in seconds: younger files show the time of day, older ones the year.
const RECENT: i64 = 182 * 86_400;

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

/// Appends one line of `LIST`, without its end, in the layout of `ls -l` with English months and UTC (LST-03, LST-04).
///
/// Returns false and appends nothing when the name cannot stand in a line, being empty or holding CR, LF or NUL
/// (LST-23).
///
/// ```
/// use wharf_codec::{EntryKind, ListLine, TimeVal, encode_list_line};
///
/// let line = ListLine {
///     mode: 0o755,
///     kind: EntryKind::File,
///     links: 1,
///     owner: b"owner",
///     group: b"group",
///     size: 1_234_567,
///     modified: TimeVal::new(1_704_207_840, 0),
///     name: b"name",
///     target: None,
/// };
/// let mut dst = bytes::BytesMut::new();
/// assert!(encode_list_line(&line, TimeVal::new(1_704_300_000, 0), &mut dst));
/// assert_eq!(dst, "-rwxr-xr-x   1 owner    group    1234567 Jan 02 15:04 name");
/// ```
pub fn encode_list_line(entry: &ListLine<'_>, now: TimeVal, dst: &mut BytesMut) -> bool {
    let fits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().copied().all(is_text);
    if !fits(entry.name) {
        return false;
    }
    let Civil { year, month, day, hour, minute, .. } = civil_from_unix(entry.modified.secs());
    let month = MONTHS.get(usize::from(month.saturating_sub(1))).copied().unwrap_or("Jan");
    let age = now.secs().saturating_sub(entry.modified.secs());
    // Writing to a buffer that grows cannot fail.
    let _ = write!(dst, "{}{} {:>3} ", letter(entry.kind), Mode(entry.mode), entry.links);
    put_word(dst, entry.owner);
    put_word(dst, entry.group);
    let _ = write!(dst, "{:>7} {month} {day:02} ", entry.size);
    let _ = match age {
        0..RECENT => write!(dst, "{hour:02}:{minute:02} "),
        _ => write!(dst, " {year:04} "),
    };
    dst.put_slice(entry.name);
    if let (EntryKind::Symlink, Some(target)) = (entry.kind, entry.target.filter(|target| fits(target))) {
        dst.put_slice(b" -> ");
        dst.put_slice(target);
    }
    true
}

/// The first letter of the mode.
const fn letter(kind: EntryKind) -> char {
    match kind {
        EntryKind::File => '-',
        EntryKind::Directory => 'd',
        EntryKind::Symlink => 'l',
        // Anything but a plain file, and no client takes a pipe for one.
        EntryKind::Other => 'p',
    }
}

/// A name of eight columns or more, and a space. Clients split at spaces, so that none may stand inside.
fn put_word(dst: &mut BytesMut, word: &[u8]) {
    for &byte in if word.is_empty() { b"?" } else { word } {
        dst.put_u8(if byte <= b' ' || byte == 0x7f { b'_' } else { byte });
    }
    dst.put_bytes(b' ', 9_usize.saturating_sub(word.len().max(1)).max(1));
}

/// Nine letters of permission.
struct Mode(u32);

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mode) = *self;
        let bit = |bit: u32| mode & bit != 0;
        for (shift, special, with, without) in
            [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
        {
            f.write_char(if bit(4 << shift) { 'r' } else { '-' })?;
            f.write_char(if bit(2 << shift) { 'w' } else { '-' })?;
            f.write_char(match (bit(1 << shift), bit(special)) {
                (true, true) => with,
                (false, true) => without,
                (true, false) => 'x',
                (false, false) => '-',
            })?;
        }
        Ok(())
    }
}
