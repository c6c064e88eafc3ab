//! `dir` of DOS, as IIS and many servers on Windows send it.
//!
//! ```text
//! 01-02-24  03:04PM       <DIR>          name
//! 01-02-2024  15:04               12345 name
//! ```

use bytes::Bytes;

use crate::listing::date::{clock, digits, full};
use crate::listing::{EntryKind, ListEntry, ListTime};

pub(super) fn parse(raw: &Bytes) -> Option<ListEntry> {
    let (day, rest) = word(raw)?;
    let (time, rest) = word(rest)?;
    let modified = date_and_time(day, time)?;
    let (what, rest) = word(rest)?;
    // The size ends its column, one space before the name; a mark begins its column of fifteen.
    let (kind, size, name) = match what {
        b"<DIR>" => (EntryKind::Directory, None, name_behind_mark(rest)),
        b"<JUNCTION>" | b"<SYMLINK>" | b"<SYMLINKD>" => (EntryKind::Symlink, None, name_behind_mark(rest)),
        _ => (EntryKind::File, Some(size(what)?), rest.strip_prefix(b" ")?),
    };
    let (name, target) = match name.strip_suffix(b"]").and_then(|inner| {
        let at = memchr::memmem::rfind(inner, b" [")?;
        Some((inner.get(..at)?, inner.get(at.checked_add(2)?..)?))
    }) {
        Some((name, target)) if kind == EntryKind::Symlink => (name, Some(raw.slice_ref(target))),
        _ => (name, None),
    };
    if name.is_empty() {
        return None;
    }
    Some(ListEntry {
        name: raw.slice_ref(name),
        kind,
        size,
        modified: Some(modified),
        permissions: None,
        owner: None,
        group: None,
        target,
        raw: raw.clone(),
    })
}

/// The next word, leading spaces left out, and the rest.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = text.iter().position(|&byte| byte != b' ')?;
    let text = text.get(start..)?;
    text.split_at_checked(memchr::memchr(b' ', text)?)
}

/// Ten spaces fill the column behind `<DIR>`; with fewer, all of them do.
fn name_behind_mark(rest: &[u8]) -> &[u8] {
    match rest.strip_prefix(b"          ") {
        Some(name) if !name.is_empty() => name,
        _ => rest.trim_ascii_start(),
    }
}

/// Digits, perhaps with commas between the thousands.
fn size(word: &[u8]) -> Option<u64> {
    let mut groups = word.split(|&byte| byte == b',');
    let first = groups.next()?;
    let mut size: u64 = digits(first, 1..=20)?;
    for group in groups {
        size = size.checked_mul(1_000)?.checked_add(digits(group, 3..=3)?)?;
    }
    Some(size)
}

/// `MM-DD-YY`, `MM-DD-YYYY` or `YYYY-MM-DD`, and a clock of twelve or of 24 hours.
fn date_and_time(day: &[u8], time: &[u8]) -> Option<ListTime> {
    let mut parts = day.split(|&byte| matches!(byte, b'-' | b'/'));
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day): (i64, u8, u8) = if first.len() == 4 {
        (digits(first, 4..=4)?, digits(second, 2..=2)?, digits(third, 2..=2)?)
    } else {
        let year = match third.len() {
            2 => digits::<i64>(third, 2..=2).map(|year| if year < 70 { 2000 + year } else { 1900 + year })?,
            _ => digits(third, 4..=4)?,
        };
        let (month, day) = (digits(first, 1..=2)?, digits(second, 1..=2)?);
        // The day first: some servers follow the country they stand in.
        if month > 12 { (year, day, month) } else { (year, month, day) }
    };
    let half = |suffix: &[u8; 2]| {
        let (hours, end) = time.split_last_chunk::<2>()?;
        end.eq_ignore_ascii_case(suffix).then_some(hours)
    };
    let clock = match (half(b"AM"), half(b"PM")) {
        (None, None) => clock(time)?,
        (morning, evening) => {
            let (hour, minute, second) = clock(morning.or(evening)?)?;
            let hour = match hour {
                12 => 0,
                1..12 => hour,
                _ => return None,
            };
            (hour + if evening.is_some() { 12 } else { 0 }, minute, second)
        }
    };
    full(year, month, day, Some(clock))
}
