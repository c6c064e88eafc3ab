//! Connect:Enterprise: flags, the protocol that brought it, its type, the mailbox, size, number, date and name.
//!
//! ```text
//! -C--E-----FTP B BOX1       18128       41 Aug 12 13:56 NAME
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::digits;
use crate::listing::line::Line;
use crate::listing::unix_date::UnixDate;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let (flags, protocol) = line.word(0).split_at_checked(10)?;
    let is_flag = |byte: &u8| *byte == b'-' || byte.is_ascii_uppercase();
    let is_protocol = (2..=4).contains(&protocol.len()) && protocol.iter().all(u8::is_ascii_uppercase);
    let is_type = matches!(line.word(1), [b'A'..=b'Z']);
    if !flags.starts_with(b"-") || !flags.iter().all(is_flag) || !is_protocol || !is_type {
        return None;
    }
    let (size, _) = (digits(line.word(3), 1..=20)?, digits::<u64>(line.word(4), 1..=20)?);
    let date = UnixDate::parse(line, 5, context)?;
    let (name, gaps) = name_behind(line, 4 + date.words, Gap::Single, context)?;
    let entry = ListEntry {
        size: Some(size),
        modified: date.time,
        owner: Some(line.bytes(line.word(2))),
        ..ListEntry::bare(line.raw(), name, EntryKind::File)
    };
    Some(Reading { entry, clues: Clues { gaps, ..date.clues } })
}
