//! NetWare: the rights of the trustee in brackets, the owner, size, date and name.
//!
//! ```text
//! d [RWCEAFMS] supervisor            512       Jan 16 18:53    name
//! -[R----F--]  1 rhesus           214059       Oct 20  2023    name
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{digits, is_number};
use crate::listing::line::Line;
use crate::listing::unix_date::UnixDate;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let (&letter, rest) = line.word(0).split_first()?;
    let kind = match letter {
        b'-' => EntryKind::File,
        b'd' => EntryKind::Directory,
        _ => return None,
    };
    let (rights, at) = if rest.is_empty() { (line.word(1), 1) } else { (rest, 0) };
    let rights = rights.strip_prefix(b"[")?.strip_suffix(b"]")?;
    if rights.is_empty() || rights.len() > 12 || !rights.iter().all(|byte| b"RWCEAFMSXI-_".contains(byte)) {
        return None;
    }
    let (size_at, size, date) = (at + 1..line.len()).find_map(|size_at| {
        let size: u64 = digits(line.word(size_at), 1..=20)?;
        Some((size_at, size, UnixDate::parse(line, size_at + 1, context)?))
    })?;
    let (name, gaps) = name_behind(line, size_at + date.words, Gap::Column, context)?;
    let owner = match line.words(at + 1..size_at)[..] {
        [owner] => Some(line.bytes(owner)),
        [count, owner] if is_number(count) => Some(line.bytes(owner)),
        _ => None,
    };
    let entry = ListEntry {
        size: Some(size).filter(|_| kind == EntryKind::File),
        modified: date.time,
        owner,
        ..ListEntry::bare(line.raw(), name, kind)
    };
    Some(Reading { entry, clues: Clues { gaps, ..date.clues } })
}
