//! `dir` of DOS and Windows, as IIS and many servers on Windows send it.
//!
//! ```text
//! 01-02-24  03:04PM       <DIR>          name
//! 01-02-2024  15:04               12,345 name
//! 02.01.2024  15:04       <SYMLINKD>     name [C:\target]
//! ```

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, full, grouped, half_of_day, is_negative, is_number};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let date = Numeric::parse(line.word(0), b"-/.").map(|date| date.not_after(context.now));
    if date.is_none() && !Numeric::is_unset(line.word(0), b'-') {
        return None;
    }
    let (clock, twelve, at) = clock(line)?;
    let (word, rest) = (line.word(at), line.behind(at));
    // The size ends its column, one space before the name; a mark begins its column of fifteen.
    let (kind, size, name) = match kind(word) {
        Some(kind) => (kind, None, name_behind_mark(rest, 15_usize.saturating_sub(word.len()))),
        // Negative sizes grew beyond what the server can count.
        None => {
            let size = if is_negative(word) { None } else { Some(grouped(word)?) };
            (EntryKind::File, size, rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t"))?)
        }
    };
    // Some countries put spaces between the thousands: what looks like one more group may be one, unless the size ends
    // where its column does.
    let in_column = matches!(line.raw().len() - rest.len(), 38 | 40);
    if size.is_some() && word.len() <= 3 && !in_column && is_group(name) {
        return None;
    }
    let (name, target) = match kind {
        EntryKind::Symlink => split_target(name),
        EntryKind::File | EntryKind::Directory | EntryKind::Other => (name, None),
    };
    if name.trim_ascii().is_empty() {
        return None;
    }
    // With a clock of twelve hours it is the format of IIS, which has the month first whatever the country; `p. m.` is
    // no mark of its.
    let usual = match line.word(0).contains(&b'.') {
        true => Some(Orders::DMY),
        false => twelve.then_some(Orders::MDY),
    };
    let day = date.as_ref().and_then(|date| date.resolve(context.clues.orders, usual));
    let orders = date.map_or(Orders::ALL, |date| date.orders());
    let entry = ListEntry {
        size,
        modified: day.and_then(|day| full(day, Some(clock))),
        target: target.map(|target| line.bytes(target)),
        ..ListEntry::bare(line.raw(), line.bytes(name), kind)
    };
    Some(Reading { entry, clues: Clues { orders, ..Clues::LINE } })
}

/// What `dir` writes above and below: the volume, the directory, sums.
pub(super) fn is_frame(line: &Line<'_>) -> bool {
    let is = |at: usize, word: &[u8]| line.word(at).eq_ignore_ascii_case(word);
    let sum = is(1, b"File(s)") || is(1, b"Dir(s)");
    sum || is(0, b"Volume") && (is(1, b"in") || is(1, b"Serial")) || is(0, b"Directory") && is(1, b"of")
}

/// What stands above in other languages: an indented line that tells a drive or a serial number. It is to be asked only
/// above entries.
pub(super) fn is_foreign_heading(line: &Line<'_>) -> bool {
    let is_serial = |word: &[u8]| {
        let is_hex = |half: &[u8]| half.len() == 4 && half.iter().all(u8::is_ascii_hexdigit);
        word.split_at_checked(4)
            .is_some_and(|(high, low)| is_hex(high) && low.strip_prefix(b"-").is_some_and(is_hex))
    };
    let is_drive = |word: &[u8]| matches!(word, [b'A'..=b'Z'] | [b'A'..=b'Z', b':', ..]);
    let tells = is_serial(line.last()) || (1..line.len()).any(|at| is_drive(line.word(at)));
    line.raw().starts_with(b" ") && line.len() > 1 && tells
}

/// What stands below in other languages: an indented count of things, as in `2 Datei(en)`. It is to be asked only below
/// entries.
pub(super) fn is_foreign_sum(line: &Line<'_>) -> bool {
    line.raw().starts_with(b" ") && is_number(line.word(0)) && line.word(1).contains(&b'(')
}

/// The time of day, whether its clock has twelve hours, and the word behind it.
fn clock(line: &Line<'_>) -> Option<(Clock, bool, usize)> {
    let (word, next) = (line.word(1), line.word(2));
    let clock = Clock::parse(word)?;
    if half_of_day(word).is_some() {
        return Some((clock, true, 2));
    }
    match (half_of_day(next), next.strip_suffix(b".").and_then(half_of_day)) {
        (Some((b"", afternoon)), _) => Some((clock.twelve(afternoon)?, true, 3)),
        // Spanish: `p. m.`
        (None, Some((b"", afternoon))) if line.word(3) == b"m." => Some((clock.twelve(afternoon)?, false, 4)),
        _ => Some((clock, false, 2)),
    }
}

fn kind(word: &[u8]) -> Option<EntryKind> {
    let inner = word.strip_prefix(b"<")?.strip_suffix(b">")?;
    match &inner.to_ascii_uppercase()[..] {
        // French: `répertoire`.
        b"DIR" | b"REP" => Some(EntryKind::Directory),
        b"JUNCTION" | b"SYMLINK" | b"SYMLINKD" => Some(EntryKind::Symlink),
        _ => None,
    }
}

/// Three digits and a space.
fn is_group(name: &[u8]) -> bool {
    name.split_first_chunk::<3>()
        .is_some_and(|(group, rest)| group.iter().all(u8::is_ascii_digit) && rest.starts_with(b" "))
}

/// Spaces fill the column behind a mark; with fewer, all of them do.
fn name_behind_mark(rest: &[u8], width: usize) -> &[u8] {
    match rest.split_at_checked(width) {
        Some((blanks, name)) if !name.is_empty() && blanks.iter().all(|byte| *byte == b' ') => name,
        _ => rest.trim_ascii_start(),
    }
}

/// `name [target]`.
fn split_target(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let parts = text.strip_suffix(b"]").and_then(|inner| {
        let at = memchr::memmem::rfind(inner, b" [")?;
        Some((inner.get(..at)?, inner.get(at.checked_add(2)?..)?))
    });
    parts.map_or((text, None), |(name, target)| (name, Some(target)))
}
