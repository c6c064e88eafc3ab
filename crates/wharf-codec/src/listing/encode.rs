//! The one form of `LIST` line that every client reads.

use core::fmt::Write as _;

use bytes::BytesMut;

use crate::digits::{decimal, padded};
use crate::line_buf::LineBuf;
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
    let month: [u8; 3] = month.as_bytes().try_into().unwrap_or(*b"Jan");
    let age = now.secs().saturating_sub(entry.modified.secs());
    let mut line = LineBuf::new(dst);
    line.put(&mode(entry.kind, entry.mode));
    put_right(&mut line, entry.links, 3);
    line.put(b" ");
    put_word(&mut line, entry.owner);
    put_word(&mut line, entry.group);
    put_right(&mut line, entry.size, 7);
    let [d1, d0] = padded(day.into());
    let [m2, m1, m0] = month;
    line.put(&[b' ', m2, m1, m0, b' ', d1, d0, b' ']);
    if (0..RECENT).contains(&age) {
        let ([h1, h0], [m1, m0]) = (padded(hour.into()), padded(minute.into()));
        line.put(&[h1, h0, b':', m1, m0, b' ']);
    } else if let Ok(year @ 0..=9999) = u64::try_from(year) {
        let [y3, y2, y1, y0] = padded(year);
        line.put(&[b' ', y3, y2, y1, y0, b' ']);
    } else {
        // Writing to a buffer that grows cannot fail.
        let _ = write!(line.pour(), " {year:04} ");
    }
    line.put(entry.name);
    if let (EntryKind::Symlink, Some(target)) = (entry.kind, entry.target.filter(|target| fits(target))) {
        line.put(b" -> ");
        line.put(target);
    }
    line.pour();
    true
}

/// The first letter of the mode.
const fn letter(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::File => b'-',
        EntryKind::Directory => b'd',
        EntryKind::Symlink => b'l',
        // Anything but a plain file, and no client takes a pipe for one.
        EntryKind::Other => b'p',
    }
}

/// A name of eight columns or more, and a space. Clients split at spaces, so that none may stand inside.
fn put_word(line: &mut LineBuf<'_>, word: &[u8]) {
    let breaks = |byte: u8| byte <= b' ' || byte == 0x7f;
    let word = if word.is_empty() { b"?" } else { word };
    if word.iter().copied().any(breaks) {
        for &byte in word {
            line.put(&[if breaks(byte) { b'_' } else { byte }]);
        }
    } else {
        line.put(word);
    }
    let blanks = 9_usize.saturating_sub(word.len()).max(1);
    line.put(BLANKS.get(..blanks).unwrap_or(BLANKS));
}

const BLANKS: &[u8] = b"         ";

/// A number of `width` columns or more, at their right end.
fn put_right(line: &mut LineBuf<'_>, number: u64, width: usize) {
    let mut room = [0; 20];
    let digits = decimal(number, &mut room);
    let blanks = width.saturating_sub(digits.len());
    line.put(BLANKS.get(..blanks).unwrap_or(BLANKS));
    line.put(digits);
}

/// The letter of the kind, nine letters of permission, and a space.
fn mode(kind: EntryKind, mode: u32) -> [u8; 11] {
    let bit = |bit: u32, letter: u8| if mode & bit != 0 { letter } else { b'-' };
    let run = |bit: u32, special: u32, with: u8, without: u8| match (mode & bit != 0, mode & special != 0) {
        (true, true) => with,
        (false, true) => without,
        (true, false) => b'x',
        (false, false) => b'-',
    };
    [
        letter(kind),
        bit(0o400, b'r'),
        bit(0o200, b'w'),
        run(0o100, 0o4000, b's', b'S'),
        bit(0o040, b'r'),
        bit(0o020, b'w'),
        run(0o010, 0o2000, b's', b'S'),
        bit(0o004, b'r'),
        bit(0o002, b'w'),
        run(0o001, 0o1000, b't', b'T'),
        b' ',
    ]
}
