//! Listings without a mode: VShell of old, VxWorks, modes in octal, and Connect:Enterprise.

use alloc::vec::Vec;

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{Clock, digits, full};
use crate::listing::line::Line;
use crate::listing::unix_date::UnixDate;
use crate::listing::{EntryKind, ListEntry, ListTime, Permissions, TimePrecision, TimeZone};

/// VShell: size, date and name; directories end with a slash.
///
/// ```text
/// 206876  Apr 04, 2000 21:06 name
/// 0  Dec 12, 2002 02:13 name/
/// ```
pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(0), 1..=20)?;
    if !line.word(2).ends_with(b",") {
        return None;
    }
    let date = UnixDate::parse(line, 1, context).filter(|date| date.words == 4)?;
    let (name, gaps) = name_behind(line, 4, Gap::Single, context)?;
    let entry = match name.strip_suffix(b"/") {
        Some(b"") => return None,
        Some(shorter) => ListEntry::bare(line.raw(), name.slice_ref(shorter), EntryKind::Directory),
        None => ListEntry { size: Some(size), ..ListEntry::bare(line.raw(), name, EntryKind::File) },
    };
    Some(Reading { entry: ListEntry { modified: date.time, ..entry }, clues: Clues { gaps, ..date.clues } })
}

/// VxWorks: size, date, time and name; the mark of a directory is the last thing.
///
/// ```text
///   size          date       time       name
/// --------       ------     ------    --------
///     2048    Feb-28-1998  05:23:30   name              <DIR>
/// ```
pub(super) fn parse_vxworks(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(0), 1..=20)?;
    let date: Vec<_> = line.word(1).split(|&byte| byte == b'-').collect();
    let [month, day, year] = date[..] else { return None };
    let month = context.months.find(month)?;
    let (day, year) = (digits(day, 1..=2)?, digits(year, 4..=4)?);
    let clock = Clock::parse(line.word(2))?;
    let known = month.resolve(context.clues.languages);
    let modified = known.and_then(|month| full((year, month, day), Some(clock)));
    if known.is_some() && modified.is_none() {
        return None;
    }
    // The name stands in a column, filled with spaces.
    let text = line.from(3).trim_ascii_end();
    let (name, kind) = match text.strip_suffix(b"<DIR>").filter(|name| name.ends_with(b" ")) {
        Some(name) => (name.trim_ascii_end(), EntryKind::Directory),
        None => (text, EntryKind::File),
    };
    if name.is_empty() || name == b"<DIR>" {
        return None;
    }
    let entry = ListEntry {
        size: Some(size).filter(|_| kind == EntryKind::File),
        modified,
        ..ListEntry::bare(line.raw(), line.bytes(name), kind)
    };
    Some(Reading { entry, clues: Clues { languages: month.languages, ..Clues::LINE } })
}

/// `size date time name`, what VxWorks writes above, and the line under it.
pub(super) fn is_vxworks_heading(line: &Line<'_>) -> bool {
    let is = |words: [&[u8]; 4]| (0..4).all(|at| words.get(at).is_some_and(|word| line.word(at) == *word));
    line.len() == 4
        && (is([b"size", b"date", b"time", b"name"]) || is([b"--------", b"------", b"------", b"--------"]))
}

/// Numbers alone: mode in octal, owner, group, size, seconds since 1970, and the name.
///
/// ```text
/// 0100644   500  101   12345    123456789       name
/// ```
pub(super) fn parse_numbers(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let word = line.word(0);
    if !(5..=7).contains(&word.len()) || !word.iter().all(|byte| (b'0'..=b'7').contains(byte)) {
        return None;
    }
    let mode = word.iter().fold(0_u32, |mode, digit| mode * 8 + u32::from(digit - b'0'));
    let kind = match mode >> 12 {
        0o10 => EntryKind::File,
        0o4 => EntryKind::Directory,
        0o12 => EntryKind::Symlink,
        0o1 | 0o2 | 0o6 | 0o14 => EntryKind::Other,
        _ => return None,
    };
    let number = |at: usize| digits::<u64>(line.word(at), 1..=20);
    let (_, _, size) = (number(1)?, number(2)?, number(3)?);
    let secs: i64 = digits(line.word(4), 1..=11)?;
    let (name, gaps) = name_behind(line, 4, Gap::Column, context)?;
    let (name, target) = crate::listing::unix::name_and_target(name, kind, Some(size))?;
    let entry = ListEntry {
        size: Some(size).filter(|_| kind == EntryKind::File),
        modified: Some(ListTime { secs, precision: TimePrecision::Second, zone: TimeZone::Utc }),
        permissions: u16::try_from(mode & 0o7777).ok().map(Permissions),
        owner: Some(line.bytes(line.word(1))),
        group: Some(line.bytes(line.word(2))),
        target,
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { gaps, ..Clues::LINE } })
}

/// Connect:Enterprise: flags, the protocol that brought it, its type, the mailbox, size, number, date and name.
///
/// ```text
/// -C--E-----FTP B BOX1       18128       41 Aug 12 13:56 NAME
/// ```
pub(super) fn parse_enterprise(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let (flags, protocol) = line.word(0).split_at_checked(10)?;
    let is_flag = |byte: &u8| *byte == b'-' || byte.is_ascii_uppercase();
    let is_protocol = (2..=4).contains(&protocol.len()) && protocol.iter().all(u8::is_ascii_uppercase);
    let is_type = matches!(line.word(1), [b'A'..=b'Z']);
    if !flags.starts_with(b"-") || !flags.iter().all(is_flag) || !is_protocol || !is_type {
        return None;
    }
    let (size, _) = (digits(line.word(3), 1..=20)?, digits::<u64>(line.word(4), 1..=20)?);
    let date = UnixDate::parse(line, 5, context)?;
    let (name, gaps) = name_behind(line, 4 + date.words, Gap::Single, context)?;
    let entry = ListEntry {
        size: Some(size),
        modified: date.time,
        owner: Some(line.bytes(line.word(2))),
        ..ListEntry::bare(line.raw(), name, EntryKind::File)
    };
    Some(Reading { entry, clues: Clues { gaps, ..date.clues } })
}
