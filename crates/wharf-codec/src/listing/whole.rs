//! A listing as a whole: which format it has, and what its lines tell about each other.
//!
//! Every line is tried with every format, each of which insists on its own shape. The format that takes most lines is
//! the listing's; what the server calls its system only breaks ties. A line of another format is taken where no other
//! one fits as well. What one date or name shows (which number is the day, which language the months have, how wide a
//! column is) holds for all lines of its format, so that each line is read a second time with what all of them showed.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::format::Format;
use crate::listing::line::Line;
use crate::listing::month::Months;
use crate::listing::{ListItem, ListingHint, dos, headings};
use crate::text::is_text;

/// The items of a listing.
pub(super) fn items(text: &Bytes, hint: &ListingHint<'_>) -> Vec<ListItem> {
    let lines = Lines::new(text);
    let months = Months::default();
    let open = Context { now: hint.now, months: &months, clues: Clues::OPEN, sure: false };
    let survey = Survey::of(&lines, &open, hint);
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.seen(at) {
        let (item, used) = survey.item(&lines, at, line, &open);
        items.extend(item);
        at += used.max(1);
    }
    items
}

/// A line as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The line without its end.
    pub(super) raw: Bytes,
    /// Where it begins in the text.
    start: usize,
    /// Whether a blank line, or none, stands before it.
    pub(super) starts: bool,
}

/// The lines that are not blank.
pub(super) struct Lines {
    text: Bytes,
    seen: Vec<Seen>,
}

impl Lines {
    fn new(text: &Bytes) -> Self {
        // Some libraries begin every text with a mark of its byte order.
        let text = &text.slice(if text.starts_with(b"\xef\xbb\xbf") { 3.. } else { 0.. });
        let (mut seen, mut starts, mut start) = (Vec::new(), true, 0);
        for whole in text.split(|&byte| byte == b'\n') {
            let mut line = whole;
            while let Some(shorter) = line.strip_suffix(b"\r") {
                line = shorter;
            }
            let blank = line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
            if !blank {
                seen.push(Seen { raw: text.slice_ref(line), start, starts });
            }
            starts = blank;
            start += whole.len() + 1;
        }
        Self { text: text.clone(), seen }
    }

    pub(super) fn seen(&self, at: usize) -> Option<&Seen> {
        self.seen.get(at)
    }

    /// From the beginning of a line to the end of another, with the line ends between.
    pub(super) fn span(&self, first: usize, last: usize) -> Option<Bytes> {
        let (first, last) = (self.seen(first)?, self.seen(last)?);
        let end = last.start + last.raw.len();
        (first.start <= end && end <= self.text.len()).then(|| self.text.slice(first.start..end))
    }
}

/// What all lines show together.
struct Survey {
    clues: [Clues; Format::ALL.len()],
    /// The line from which on each format is known, by a heading or an entry.
    known: [usize; Format::ALL.len()],
    /// The listing's own.
    main: Option<Format>,
    /// The first line that `dir` may have written.
    dos: Option<usize>,
    /// Which formats take each line, by the line's number.
    takers: Vec<Formats>,
}

/// A set of formats.
#[derive(Clone, Copy, Debug, Default)]
struct Formats(u32);

impl Formats {
    const fn insert(&mut self, format: Format) {
        self.0 |= 1 << format as u32;
    }

    const fn has(self, format: Format) -> bool {
        self.0 >> format as u32 & 1 == 1
    }

    const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl Survey {
    fn of(lines: &Lines, open: &Context<'_>, hint: &ListingHint<'_>) -> Self {
        let mut survey = Self {
            clues: [Clues { lines: 0, ..Clues::OPEN }; Format::ALL.len()],
            known: [usize::MAX; Format::ALL.len()],
            main: None,
            dos: None,
            takers: Vec::with_capacity(lines.seen.len()),
        };
        let mut at = 0;
        while let Some(seen) = lines.seen(at) {
            let (raw, used) = joined(lines, at, open);
            let line = Line::new(&raw);
            let mut takers = Formats::default();
            if seen.raw.iter().copied().all(is_text) {
                let told = survey.clues.iter_mut().zip(&mut survey.known);
                for (format, (clues, known)) in Format::ALL.iter().zip(told) {
                    // An entry of more than one line is of the format that has such, and of no other.
                    if used > 1 && !format.joins() {
                        continue;
                    }
                    let reading = format.parse(&line, open);
                    if reading.is_some() || format.is_heading(&line) {
                        *known = at.min(*known);
                    }
                    if let Some(reading) = reading {
                        takers.insert(*format);
                        *clues = clues.and(reading.clues);
                    }
                }
            }
            survey.takers.push(takers);
            survey.takers.extend((1..used).map(|_| Formats::default()));
            at += used;
        }
        survey.dos = survey.takers.iter().position(|takers| takers.has(Format::Dos));
        let called = Format::called(hint.syst.unwrap_or_default());
        // Of equal ones the last wins, so that the order of the formats, from plain to special, breaks ties.
        survey.main = Format::ALL
            .iter()
            .copied()
            .filter(|format| survey.is_known(*format, usize::MAX - 1))
            .max_by_key(|format| (survey.votes(*format), called == Some(*format)));
        survey
    }

    /// How many lines a format takes.
    fn votes(&self, format: Format) -> usize {
        self.clues.get(format as usize).map_or(0, |clues| clues.lines)
    }

    /// Whether a format is known at a line.
    fn is_known(&self, format: Format, at: usize) -> bool {
        self.known.get(format as usize).is_some_and(|&known| known <= at)
    }

    /// What a line is, and how many lines it takes.
    fn item(&self, lines: &Lines, at: usize, seen: &Seen, open: &Context<'_>) -> (Option<ListItem>, usize) {
        let unparsed = Some(ListItem::Unparsed(seen.raw.clone()));
        if !seen.raw.iter().copied().all(is_text) {
            return (unparsed, 1);
        }
        let takers = self.takers.get(at).copied().unwrap_or_default();
        let chosen = match self.main {
            Some(main) if takers.count() == 0 || takers.has(main) => Some(main),
            // Two others fit as well: none of them is to be believed.
            _ if takers.count() == 1 => Format::ALL.iter().copied().find(|format| takers.has(*format)),
            _ => None,
        };
        let reading = chosen.and_then(|format| {
            let clues = self.clues.get(format as usize).copied().unwrap_or(Clues::OPEN);
            let context = Context { clues, sure: self.is_known(format, at), ..*open };
            let alone = || (seen.raw.clone(), 1);
            let (raw, used) = if format.joins() { joined(lines, at, &context) } else { alone() };
            Some((format.parse(&Line::new(&raw), &context)?, used))
        });
        match reading {
            Some((Reading { entry, .. }, used)) => (Some(ListItem::Entry(entry)), used),
            None if takers.count() == 0 && self.is_frame(lines, at) => (None, 1),
            None => (unparsed, 1),
        }
    }

    /// Whether a line belongs to what a server puts around entries: a heading, a sum.
    fn is_frame(&self, lines: &Lines, at: usize) -> bool {
        let Some(seen) = lines.seen(at) else { return false };
        let line = Line::new(&seen.raw);
        let next = lines.seen(at + 1).map(|next| &next.raw);
        let foreign = match self.dos {
            Some(first) if first < at => dos::is_foreign_sum(&line),
            Some(_) => dos::is_foreign_heading(&line),
            None => false,
        };
        headings::is_total(&line)
            || lines.seen.len() == 1 && headings::is_lone_sum(&line)
            || foreign
            || Format::ALL.iter().any(|format| self.is_known(*format, at) && format.is_heading(&line))
            || self.is_known(Format::Unix, usize::MAX - 1) && headings::is_of_ls(&line, seen.starts, next)
    }
}

/// The bytes of the entry that begins at a line, and how many lines it has: VMS breaks an entry behind a long name.
fn joined(lines: &Lines, at: usize, context: &Context<'_>) -> (Bytes, usize) {
    let Some(seen) = lines.seen(at) else { return (Bytes::new(), 1) };
    Format::joined(lines, at, context).unwrap_or_else(|| (seen.raw.clone(), 1))
}
