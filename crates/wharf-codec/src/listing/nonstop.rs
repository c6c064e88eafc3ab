//! Systems that nobody else resembles: HP NonStop, OS-9, and the routers of Nortel.

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::unix_date::{day_month_year, weekday};
use crate::listing::{EntryKind, ListEntry};

/// HP NonStop (Guardian): name, code, size, date, time, owner and security; an `O` marks a file that is open.
///
/// ```text
/// File         Code             EOF  Last Modification    Owner  RWEP
/// ALV           101             2522 27-Aug-02 13:57:10 155,106 "nnnn"
/// TACLCSTM   O  101              101  4-Mar-01 23:50:06 244, 10 "oooo"
/// ```
pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let name = line.word(0);
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"#$-_.".contains(byte)) {
        return None;
    }
    let at = if is_number(line.word(1)) { 1 } else { 2 };
    let open = at == 1 || line.word(1).len() <= 2 && line.word(1).iter().all(u8::is_ascii_uppercase);
    let code = line.word(at);
    let code = code.strip_suffix(b"+").or_else(|| code.strip_suffix(b"L")).unwrap_or(code);
    if !open || digits::<u32>(code, 1..=5).is_none() {
        return None;
    }
    let size = digits(line.word(at + 1), 1..=20)?;
    let (day, month, year) = day_month_year(line.word(at + 2), b"-", context)?;
    let clock = Clock::parse(line.word(at + 3))?;
    // Two numbers, with or without a space between, and the security in quotes.
    let owner = line.len().checked_sub(2).filter(|&last| (at + 4..at + 6).contains(&last))?;
    let numbers = line.span(at + 4, owner);
    let mut numbers = numbers.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let owned = numbers.next().is_some_and(is_number)
        && numbers.next().is_some_and(is_number)
        && numbers.next().is_none();
    let secured = line.last().strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).is_some();
    if !owned || !secured {
        return None;
    }
    let known = month.resolve(context.clues.languages);
    let modified = known.and_then(|month| full((year, month, day), Some(clock)));
    if known.is_some() && modified.is_none() {
        return None;
    }
    let entry = ListEntry {
        size: Some(size),
        modified,
        owner: Some(line.bytes(line.span(at + 4, owner))),
        ..ListEntry::bare(line.raw(), line.bytes(name), EntryKind::File)
    };
    Some(Reading { entry, clues: Clues { languages: month.languages, ..Clues::LINE } })
}

/// The line above the files of a NonStop system.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    line.word(0) == b"File" && line.word(1) == b"Code" && line.word(2) == b"EOF"
}

/// OS-9: owner, date with the year first, time, attributes, sector, size and name.
///
/// ```text
///  Owner    Last modified  Attributes Sector Bytecount Name
///  0.0     01/02/13 0945   d-----wr      3C0    148724 name
/// ```
pub(super) fn parse_os9(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let mut owner = line.word(0).split(|&byte| byte == b'.');
    let owned =
        owner.next().is_some_and(is_number) && owner.next().is_some_and(is_number) && owner.next().is_none();
    let date = Numeric::parse(line.word(1), b"/")?;
    let clock = Clock::compact(line.word(2)).or_else(|| Clock::parse(line.word(2)))?;
    let attributes = line.word(3);
    let is_attribute = |(byte, letter): (&u8, &u8)| *byte == b'-' || byte == letter;
    let fits = attributes.len() == 8 && attributes.iter().zip(b"dsewrewr").all(is_attribute);
    let is_sector = !line.word(4).is_empty() && line.word(4).iter().all(u8::is_ascii_hexdigit);
    let is_count = !line.word(5).is_empty() && line.word(5).iter().all(u8::is_ascii_hexdigit);
    if !owned || !fits || !is_sector || !is_count {
        return None;
    }
    let (name, gaps) = name_behind(line, 5, Gap::Column, context)?;
    let kind = if attributes.starts_with(b"d") { EntryKind::Directory } else { EntryKind::File };
    let day = date.resolve(context.clues.orders, Some(Orders::YMD));
    let entry = ListEntry {
        size: digits(line.word(5), 1..=20).filter(|_| kind == EntryKind::File),
        modified: day.and_then(|day| full(day, Some(clock))),
        owner: Some(line.bytes(line.word(0))),
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { orders: date.orders(), gaps, ..Clues::LINE } })
}

/// The lines above the files of OS-9.
pub(super) fn is_os9_heading(line: &Line<'_>) -> bool {
    let titles =
        line.word(0) == b"Owner" && line.word(1) == b"Last" && line.last().eq_ignore_ascii_case(b"Name");
    let directory =
        line.word(0) == b"Directory" && line.word(1) == b"of" && Clock::parse(line.last()).is_some();
    titles || directory
}

/// Routers of Nortel: name, size, date, day of the week, time. The day of the week tells which number is which.
///
/// ```text
/// name       1014196  06/03/04  Thur.   10:20:03
/// ```
pub(super) fn parse_nortel(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(1), 1..=20)?;
    let date = Numeric::parse(line.word(2), b"/-")?.on_weekday(weekday_of(line.word(3))?)?;
    let clock = Clock::parse(line.word(4)).filter(|_| line.len() == 5)?;
    let day = date.resolve(context.clues.orders, None);
    let entry = ListEntry {
        size: Some(size),
        modified: day.and_then(|day| full(day, Some(clock))),
        ..ListEntry::bare(line.raw(), line.bytes(line.word(0)), EntryKind::File)
    };
    Some(Reading { entry, clues: Clues { orders: date.orders(), ..Clues::LINE } })
}

/// A day of the week, cut off anywhere behind its second letter.
fn weekday_of(word: &[u8]) -> Option<i64> {
    weekday(word)
}
