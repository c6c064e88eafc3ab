//! VxWorks: size, date, time and name; the mark of a directory is the last thing.
//!
//! ```text
//!   size          date       time       name
//! --------       ------     ------    --------
//!     2048    Feb-28-1998  05:23:30   name              <DIR>
//! ```

use alloc::vec::Vec;

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full};
use crate::listing::line::Line;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
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
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    let is = |words: [&[u8]; 4]| (0..4).all(|at| words.get(at).is_some_and(|word| line.word(at) == *word));
    line.len() == 4
        && (is([b"size", b"date", b"time", b"name"]) || is([b"--------", b"------", b"------", b"--------"]))
}
