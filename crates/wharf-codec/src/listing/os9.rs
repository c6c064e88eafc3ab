//! OS-9: owner, date with the year first, time, attributes, sector, size and name. Old systems count bytes in hexadecimal
//! digits.
//!
//! ```text
//!  Owner    Last modified  Attributes Sector Bytecount Name
//!  0.0     01/02/13 0945   d-----wr      3C0    148724 name
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
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
    let count = line.word(5);
    let hexadecimal = count.iter().any(u8::is_ascii_alphabetic);
    let size = match context.clues.hexadecimal || hexadecimal {
        true => core::str::from_utf8(count).ok().and_then(|count| u64::from_str_radix(count, 16).ok()),
        false => digits(count, 1..=20),
    };
    let kind = if attributes.starts_with(b"d") { EntryKind::Directory } else { EntryKind::File };
    let day = date.resolve(context.clues.orders, Some(Orders::YMD));
    let entry = ListEntry {
        size: size.filter(|_| kind == EntryKind::File),
        modified: day.and_then(|day| full(day, Some(clock))),
        owner: Some(line.bytes(line.word(0))),
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { orders: date.orders(), gaps, hexadecimal, ..Clues::LINE } })
}

/// The lines above the files of OS-9.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    let titles =
        line.word(0) == b"Owner" && line.word(1) == b"Last" && line.last().eq_ignore_ascii_case(b"Name");
    let directory =
        line.word(0) == b"Directory" && line.word(1) == b"of" && Clock::parse(line.last()).is_some();
    let underlined =
        line.len() == 6 && line.words(0..6).iter().all(|word| word.iter().all(|&byte| byte == b'-'));
    titles || directory || underlined
}
