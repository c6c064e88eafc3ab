//! What the lines of a listing tell about each other.

use bytes::Bytes;

use crate::listing::ListEntry;
use crate::listing::line::Line;
use crate::listing::month::{Languages, Months};
use crate::listing::numeric::Orders;
use crate::time::TimeVal;

/// What a listing shows as a whole, gathered from all its lines of one format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clues {
    /// In which orders day, month and year may stand, so that every date exists.
    pub(super) orders: Orders,
    /// In which languages every month is a month.
    pub(super) languages: Languages,
    /// The fewest blanks in front of a name.
    pub(super) gaps: Gaps,
    /// How many lines have a time of day and something like a mark for its half behind it, and how many have only the
    /// time, from a clock of 24 hours.
    pub(super) halves: (usize, usize),
    /// How many lines have something like a time of day behind the year, and how many have not.
    pub(super) timed_years: (usize, usize),
    /// Whether a size has digits beyond 9, so that all are hexadecimal.
    pub(super) hexadecimal: bool,
    /// How many lines were taken.
    pub(super) lines: usize,
}

impl Clues {
    /// Nothing is known yet: everything is possible.
    pub(super) const OPEN: Self = Self {
        orders: Orders::ALL,
        languages: Languages::ALL,
        gaps: Gaps::OPEN,
        halves: (0, 0),
        timed_years: (0, 0),
        hexadecimal: false,
        lines: 0,
    };

    /// One line, nothing else told.
    pub(super) const LINE: Self = Self { lines: 1, ..Self::OPEN };

    /// What both tell.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            orders: self.orders.and(other.orders),
            languages: self.languages.and(other.languages),
            gaps: self.gaps.and(other.gaps),
            halves: (self.halves.0 + other.halves.0, self.halves.1 + other.halves.1),
            timed_years: (self.timed_years.0 + other.timed_years.0, self.timed_years.1 + other.timed_years.1),
            hexadecimal: self.hexadecimal || other.hexadecimal,
            lines: self.lines + other.lines,
        }
    }
}

/// What a line is read by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) now: TimeVal,
    /// Names of months that were looked up.
    pub(super) months: &'a Months,
    pub(super) clues: Clues,
    /// Whether the format is known from headings or other lines, so that lines of little shape may be taken.
    pub(super) sure: bool,
}

/// A line that was understood, and what it tells about the others.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) entry: ListEntry,
    pub(super) clues: Clues,
}

impl Reading {
    pub(super) const fn new(entry: ListEntry) -> Self {
        Self { entry, clues: Clues::LINE }
    }
}

/// How the blanks between the columns and the name are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// One space; more only if at least three lines agree on more.
    Single,
    /// The same behind a year. Where one space stands in front of it, its column may have a space of its own behind it:
    /// times are one letter longer than years.
    Year,
    /// A column: the fewest blanks of all lines.
    Column,
}

/// The fewest blanks, for each way to take them, and how many lines told of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gaps {
    single: usize,
    lines: usize,
    year: usize,
    column: usize,
}

impl Gaps {
    pub(super) const OPEN: Self = Self { single: usize::MAX, lines: 0, year: usize::MAX, column: usize::MAX };

    fn and(self, other: Self) -> Self {
        Self {
            single: self.single.min(other.single),
            lines: self.lines + other.lines,
            year: self.year.min(other.year),
            column: self.column.min(other.column),
        }
    }
}

/// The name behind a word, up to the end of the line, and what the blanks in front of it tell. Blanks beyond the gap
/// belong to the name.
pub(super) fn name_behind(
    line: &Line<'_>,
    at: usize,
    gap: Gap,
    context: &Context<'_>,
) -> Option<(Bytes, Gaps)> {
    let rest = line.behind(at);
    let blanks = rest.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
    let listing = context.clues.gaps;
    let told = Gaps { single: blanks, lines: 1, ..Gaps::OPEN };
    let single = if listing.lines < 3 { 1 } else { listing.single.min(blanks) };
    let (width, gaps) = match gap {
        Gap::Single => (single, told),
        Gap::Year => (single.max(listing.year.min(blanks).min(2)), Gaps { year: blanks, ..told }),
        Gap::Column => (listing.column.min(blanks), Gaps { column: blanks, ..Gaps::OPEN }),
    };
    let name = rest.get(width.max(1)..).filter(|_| blanks > 0 && blanks < rest.len())?;
    Some((line.bytes(name), gaps))
}
