//! Listings as text: what `LIST` sends.
//!
//! There is no standard for it. Each format has a file of its own here, so that more can follow; `format` names them all, `whole` decides between them.

mod as400;
mod cjk;
mod clues;
mod cms;
mod date;
mod dos;
mod encode;
mod enterprise;
mod eplf;
mod format;
mod headings;
mod jes;
mod languages;
mod line;
mod mlsd;
mod month;
mod mvs;
mod mvs_member;
mod netware;
mod nonstop;
mod nortel;
mod numeric;
mod octal;
mod os2;
mod os9;
mod unix;
mod unix_date;
mod vms;
mod vshell;
mod vxworks;
mod whole;
mod win16;

use alloc::vec::Vec;

use bytes::Bytes;

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
    /// The name, as bytes: what a server of that kind takes for it. Of VMS it has the version of a file, but not the
    /// `.DIR;1` of a directory; of z/VM it is `NAME.TYPE`, of jobs of z/OS the number of the job.
    pub name: Bytes,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes, of files. VMS counts blocks of 512 bytes: there it may be up to 511 bytes too large. Sizes that
    /// are rounded, or that count records or tracks, are left out.
    pub size: Option<u64>,
    /// Time of the last change. It is left out where the listing does not settle which day is meant.
    pub modified: Option<ListTime>,
    /// Permission bits.
    pub permissions: Option<Permissions>,
    /// Owner, a name or a number.
    pub owner: Option<Bytes>,
    /// Group, a name or a number.
    pub group: Option<Bytes>,
    /// Where a symbolic link points.
    pub target: Option<Bytes>,
    /// The line it was read from, without its end; of an entry on more than one line all of them.
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

/// Reads a listing: every line is an item, but for blank ones, sums and headings. Nothing is fatal: a line that no format
/// takes, or that more than one would take, is [`ListItem::Unparsed`] (LST-22).
///
/// The lines decide together. Which format it is shows by how many of them fit; [`ListingHint::syst`] counts only between
/// equals. Where day and month could be either, one line in which only one order makes a date settles it for all, and so
/// it is with names of months that mean another month in another language. What stays open is left out of the entry.
/// Dates without a year are the latest that are not in the future by more than a day.
///
/// Unix `ls` in all its variants, DOS and Windows, MLSD, EPLF, OS/2, NetWare, Macintosh, VMS, IBM i, data sets, members and
/// jobs of z/OS, z/VM, HP NonStop, OS-9, VxWorks, VShell, Connect:Enterprise, and routers of Nortel.
///
/// Time and memory grow with the length of the text and no faster.
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
    whole::items(&Bytes::copy_from_slice(text), hint)
}

impl ListEntry {
    /// An entry of which nothing but its name and kind is known.
    fn bare(raw: &Bytes, name: Bytes, kind: EntryKind) -> Self {
        Self {
            name,
            kind,
            size: None,
            modified: None,
            permissions: None,
            owner: None,
            group: None,
            target: None,
            raw: raw.clone(),
        }
    }
}
