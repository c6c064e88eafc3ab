//! HP NonStop (Guardian): name, code, size, date, time, owner and security; an `O` marks a file that is open.
//!
//! ```text
//! File         Code             EOF  Last Modification    Owner  RWEP
//! ALV           101             2522 27-Aug-02 13:57:10 155,106 "nnnn"
//! TACLCSTM   O  101              101  4-Mar-01 23:50:06 244, 10 "oooo"
//! ```

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::unix_date::day_month_year;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let name = line.word(0);
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"#$-_.".contains(byte)) {
        return None;
    }
    let at = if line.word(1).first().is_some_and(u8::is_ascii_digit) { 1 } else { 2 };
    let open = at == 1 || line.word(1).len() <= 2 && line.word(1).iter().all(u8::is_ascii_uppercase);
    let code = line.word(at);
    // Marks of what the file is part of: `A`, `L`, `P`, `+`.
    let marks =
        code.iter().rev().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'+').count().min(2);
    let code = code.get(..code.len() - marks).unwrap_or_default();
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
