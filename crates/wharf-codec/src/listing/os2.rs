//! OS/2: size, attributes, date, time, name. The month comes first, and years may count from 1900.
//!
//! ```text
//!     36611      A    04-23-103  10:57  name
//!         0 DIR       02-11-103  16:15  name
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{Clock, digits, full, half_of_day};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(0), 1..=20)?;
    let marks = (1..4).take_while(|&at| is_mark(line.word(at))).count();
    let directory = (1..=marks).any(|at| line.word(at) == b"DIR");
    let date = Numeric::parse(line.word(marks + 1), b"-")?;
    let clock = line.word(marks + 2);
    if half_of_day(clock).is_some() {
        return None;
    }
    let clock = Clock::parse(clock)?;
    let (name, gaps) = name_behind(line, marks + 2, Gap::Column, context)?;
    let day = date.resolve(context.clues.orders, Some(Orders::MDY));
    let kind = if directory { EntryKind::Directory } else { EntryKind::File };
    let entry = ListEntry {
        size: Some(size).filter(|_| !directory),
        modified: day.and_then(|day| full(day, Some(clock))),
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { orders: date.orders(), gaps, ..Clues::LINE } })
}

/// `DIR`, or letters for archive, read-only, hidden and system.
fn is_mark(word: &[u8]) -> bool {
    word == b"DIR" || !word.is_empty() && word.iter().all(|byte| matches!(byte, b'A' | b'R' | b'H' | b'S'))
}
