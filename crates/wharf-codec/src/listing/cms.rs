//! CMS on z/VM: name and type of a file, record format and length, records, blocks, date, time, and where it is. A file
//! is fetched as `NAME.TYPE`.
//!
//! ```text
//! PROFILE  EXEC     V         65        107          2 2005-10-04 15:28:42 USER01
//! SOURCE   ASSEMBLE F         80         12          1  7/28/99   12:24:01 USER01
//! SUB               DIR        -          -          - 2005-10-04 15:28:42 -
//! ```

use bytes::{BufMut as _, BytesMut};

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let name = line.word(0);
    if !is_name(name) {
        return None;
    }
    if line.word(1) == b"DIR" && line.word(2) == b"-" {
        let at = (2..7).find(|&at| line.word(at) != b"-")?;
        return dated(line, at, ListEntry::bare(line.raw(), line.bytes(name), EntryKind::Directory), context);
    }
    let kind = line.word(1);
    // The mode, the disk that it is on, is not always told.
    let at = if matches!(line.word(2), [b'A'..=b'Z', b'0'..=b'9']) { 3 } else { 2 };
    let (length, records) =
        (digits::<u64>(line.word(at + 1), 1..=10)?, digits::<u64>(line.word(at + 2), 1..=10)?);
    let size = match line.word(at) {
        b"F" => Some(length.checked_mul(records)?),
        // Of records of different lengths only the longest is told.
        b"V" => None,
        _ => return None,
    };
    if !is_name(kind) || !is_number(line.word(at + 3)) {
        return None;
    }
    let mut whole = BytesMut::with_capacity(name.len() + 1 + kind.len());
    whole.put_slice(name);
    whole.put_u8(b'.');
    whole.put_slice(kind);
    let entry = ListEntry { size, ..ListEntry::bare(line.raw(), whole.freeze(), EntryKind::File) };
    dated(line, at + 4, entry, context)
}

/// Date and time, and a word or none behind them.
fn dated(line: &Line<'_>, at: usize, entry: ListEntry, context: &Context<'_>) -> Option<Reading> {
    let date = Numeric::parse(line.word(at), b"-/")?;
    let clock = Clock::parse(line.word(at + 1)).filter(|clock| clock.has_second())?;
    if line.len() > at + 3 {
        return None;
    }
    let day = date.resolve(context.clues.orders, Some(Orders::MDY));
    let entry = ListEntry { modified: day.and_then(|day| full(day, Some(clock))), ..entry };
    Some(Reading { entry, clues: Clues { orders: date.orders(), ..Clues::LINE } })
}

/// Up to eight letters, digits and a few signs.
fn is_name(word: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$+-_:".contains(byte);
    (1..=16).contains(&word.len()) && word.iter().all(is_letter)
}
