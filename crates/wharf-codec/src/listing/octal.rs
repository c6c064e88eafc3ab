//! Numbers alone: mode in octal, owner, group, size, seconds since 1970, and the name.
//!
//! ```text
//! 0100644   500  101   12345    123456789       name
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::digits;
use crate::listing::line::Line;
use crate::listing::unix::name_and_target;
use crate::listing::{EntryKind, ListEntry, ListTime, Permissions, TimePrecision, TimeZone};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let word = line.word(0);
    if !(5..=7).contains(&word.len()) || !word.iter().all(|byte| (b'0'..=b'7').contains(byte)) {
        return None;
    }
    let mode = word.iter().fold(0_u32, |mode, digit| mode * 8 + u32::from(digit - b'0'));
    let kind = match mode >> 12 {
        0o10 => EntryKind::File,
        0o4 => EntryKind::Directory,
        0o12 => EntryKind::Symlink,
        0o1 | 0o2 | 0o6 | 0o14 => EntryKind::Other,
        _ => return None,
    };
    let number = |at: usize| digits::<u64>(line.word(at), 1..=20);
    let (_, _, size) = (number(1)?, number(2)?, number(3)?);
    let secs: i64 = digits(line.word(4), 1..=11)?;
    let (name, gaps) = name_behind(line, 4, Gap::Column, context)?;
    let (name, target) = name_and_target(name, kind, Some(size))?;
    let entry = ListEntry {
        size: Some(size).filter(|_| kind == EntryKind::File),
        modified: Some(ListTime { secs, precision: TimePrecision::Second, zone: TimeZone::Utc }),
        permissions: u16::try_from(mode & 0o7777).ok().map(Permissions),
        owner: Some(line.bytes(line.word(1))),
        group: Some(line.bytes(line.word(2))),
        target,
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { gaps, ..Clues::LINE } })
}
