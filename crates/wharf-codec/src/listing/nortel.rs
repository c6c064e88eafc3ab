//! Routers of Nortel: name, size, date, day of the week, time. The day of the week tells which number is which.
//!
//! ```text
//! name       1014196  06/03/04  Thur.   10:20:03
//! ```

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full};
use crate::listing::line::Line;
use crate::listing::numeric::Numeric;
use crate::listing::unix_date::weekday;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(1), 1..=20)?;
    let date = Numeric::parse(line.word(2), b"/-")?.on_weekday(weekday(line.word(3))?)?;
    let clock = Clock::parse(line.word(4)).filter(|_| line.len() == 5)?;
    let day = date.resolve(context.clues.orders, None);
    let entry = ListEntry {
        size: Some(size),
        modified: day.and_then(|day| full(day, Some(clock))),
        ..ListEntry::bare(line.raw(), line.bytes(line.word(0)), EntryKind::File)
    };
    Some(Reading { entry, clues: Clues { orders: date.orders(), ..Clues::LINE } })
}
