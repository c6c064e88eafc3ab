//! `ls -l` and what resembles it.
//!
//! ```text
//! -rw-r--r--   1 owner    group     1234 Jan 02 15:04 name
//! drwxr-xr-x   2 owner    group     4096 Jan  2  2023 name
//! lrwxrwxrwx   1 owner    group        6 2024-01-02 15:04 name -> target
//! crw-rw-rw-   1 root     tty       5, 0 Jan  2 15:04 name
//! ```

use alloc::vec::Vec;

use bytes::Bytes;
use memchr::memmem;

use crate::listing::date::{clock, digits, full, month, recent};
use crate::listing::{EntryKind, ListEntry, ListTime, ListingHint, Permissions};

/// A word of a line, and where it ends.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a [u8],
    end: usize,
}

pub(super) fn parse(raw: &Bytes, hint: &ListingHint<'_>) -> Option<ListEntry> {
    let (&letter, rest) = raw.split_first()?;
    let kind = match letter {
        b'-' => EntryKind::File,
        b'd' => EntryKind::Directory,
        b'l' => EntryKind::Symlink,
        b'b' | b'c' | b'p' | b's' | b'D' => EntryKind::Other,
        _ => return None,
    };
    let (mode, rest) = rest.split_first_chunk::<9>()?;
    let permissions = permissions(mode)?;
    // A mark for access lists or the like.
    let after_mode = match rest {
        [b'+' | b'.' | b'@', after @ ..] => after,
        _ => rest,
    };
    let words = words(after_mode, raw.len().checked_sub(after_mode.len())?);
    // The size is the number right before the first thing that is a date.
    let (at, size, used, modified) = (1..words.len()).find_map(|at| {
        let size = size(words.get(at.checked_sub(1)?)?.text, letter)?;
        let (modified, used) = date(words.get(at..)?, hint)?;
        Some((at, size, used, modified))
    })?;
    let last = words.get(at.checked_add(used)?.checked_sub(1)?)?;
    let name = raw.slice(last.end..);
    let name = name.slice_ref(name.strip_prefix(b" ")?);
    let before = words.get(..at.checked_sub(1)?)?;
    let before = match before.split_last() {
        // Major and minor number of a device.
        Some((word, before)) if word.text.ends_with(b",") => before,
        _ => before,
    };
    let (owner, group) = owner_and_group(before, raw);
    let (name, target) = match kind {
        EntryKind::Symlink => split_link(&name, size),
        EntryKind::File | EntryKind::Directory | EntryKind::Other => (name, None),
    };
    if name.is_empty() {
        return None;
    }
    Some(ListEntry {
        name,
        kind,
        size: size.filter(|_| kind == EntryKind::File),
        modified: Some(modified),
        permissions: Some(permissions),
        owner,
        group,
        target,
        raw: raw.clone(),
    })
}

fn words(text: &[u8], offset: usize) -> Vec<Word<'_>> {
    let mut end = offset;
    let mut words = Vec::new();
    for word in text.split(|&byte| byte == b' ') {
        end += word.len();
        if !word.is_empty() {
            words.push(Word { text: word, end });
        }
        end += 1;
        // Link count, owner, group, size and date fit in these, however many spaces names have.
        if words.len() == 16 {
            break;
        }
    }
    words
}

/// `rwxrwxrwx` with `s`, `S`, `t`, `T` and, for locking, `l` and `L`.
fn permissions(mode: &[u8; 9]) -> Option<Permissions> {
    let mut bits = 0;
    for (at, &letter) in mode.iter().enumerate() {
        let (place, bit) = (at % 3, 0o400_u16 >> at);
        let special = 0o4000_u16 >> (at / 3);
        bits |= match (place, letter) {
            (_, b'-') => 0,
            (0, b'r') | (1, b'w') | (2, b'x') => bit,
            (2, b's') if at < 8 => bit | special,
            (2, b'S' | b'l' | b'L') if at < 8 => special,
            (2, b't') if at == 8 => bit | special,
            (2, b'T') if at == 8 => special,
            _ => return None,
        };
    }
    Some(Permissions(bits))
}

/// A size in bytes; devices have none, or `major,minor` as one word.
#[expect(clippy::option_option, reason = "no size and not a size are two things")]
fn size(word: &[u8], letter: u8) -> Option<Option<u64>> {
    match letter {
        b'b' | b'c' => word.iter().all(|byte| byte.is_ascii_digit() || *byte == b',').then_some(None),
        _ => digits(word, 1..=20).map(Some),
    }
}

/// The date at the beginning of some words, and how many it takes.
fn date(words: &[Word<'_>], hint: &ListingHint<'_>) -> Option<(ListTime, usize)> {
    let word = |at: usize| words.get(at).map_or(&b""[..], |word| word.text);
    if let Some((year, month, day)) = iso(word(0)) {
        let time = full(year, month, day, Some(clock(word(1))?))?;
        let zone = word(2);
        let offset = match zone.first() {
            // `--full-time` tells the zone, so that the time is known for sure.
            Some(b'+' | b'-') if zone.len() == 5 => digits::<i64>(zone.get(1..3)?, 2..=2)
                .zip(digits::<i64>(zone.get(3..)?, 2..=2))
                .map(|(hours, minutes)| {
                    (hours * 3_600 + minutes * 60) * if zone.starts_with(b"-") { -1 } else { 1 }
                }),
            _ => None,
        };
        return Some(match offset {
            Some(offset) if word(1).len() > 5 => {
                (ListTime { secs: time.secs - offset, zone: super::TimeZone::Utc, ..time }, 3)
            }
            _ => (time, 2),
        });
    }
    let (month, day) = match month(word(0)) {
        Some(month) => (month, digits(word(1), 1..=2)?),
        None => (month(word(1))?, digits(word(0).strip_suffix(b".").unwrap_or_else(|| word(0)), 1..=2)?),
    };
    if let Some(year) = digits(word(2), 4..=4) {
        return Some((full(year, month, day, None)?, 3));
    }
    let clock = clock(word(2))?;
    match digits(word(3), 4..=4) {
        // Only `ls -T` shows seconds, and always with the year; else four digits are the name of a file.
        Some(year) if clock.2.is_some() => Some((full(year, month, day, Some(clock))?, 4)),
        _ => Some((recent(month, day, clock, hint.now)?, 3)),
    }
}

/// `YYYY-MM-DD`.
fn iso(word: &[u8]) -> Option<(i64, u8, u8)> {
    let mut parts = word.split(|&byte| byte == b'-');
    let date = (digits(parts.next()?, 4..=4)?, digits(parts.next()?, 2..=2)?, digits(parts.next()?, 2..=2)?);
    parts.next().is_none().then_some(date)
}

/// What stands between mode and size: link count, owner, group, of which servers leave out some. When a name holds a
/// space nobody can tell whose it is, and neither is told.
fn owner_and_group(words: &[Word<'_>], raw: &Bytes) -> (Option<Bytes>, Option<Bytes>) {
    let bytes = |word: &Word<'_>| Some(raw.slice_ref(word.text));
    let is_count = |word: &Word<'_>| word.text.iter().all(u8::is_ascii_digit);
    match words {
        [_, owner, group] => (bytes(owner), bytes(group)),
        [count, owner] if is_count(count) => (bytes(owner), None),
        [owner, group] => (bytes(owner), bytes(group)),
        [owner] if !is_count(owner) => (bytes(owner), None),
        _ => (None, None),
    }
}

/// `name -> target`. The size of a link is the length of its target, which tells which arrow is meant if there are
/// several.
fn split_link(text: &Bytes, size: Option<u64>) -> (Bytes, Option<Bytes>) {
    const ARROW: &[u8] = b" -> ";
    let fits = |at: &usize| Some((text.len() - at - ARROW.len()) as u64) == size;
    let at = memmem::find_iter(text, ARROW).find(fits).or_else(|| memmem::find(text, ARROW));
    match at {
        Some(at) => (text.slice(..at), Some(text.slice(at + ARROW.len()..))),
        None => (text.clone(), None),
    }
}
