//! VShell: size, date and name; directories end with a slash.
//!
//! ```text
//! 206876  Apr 04, 2000 21:06 name
//! 0  Dec 12, 2002 02:13 name/
//! ```

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::digits;
use crate::listing::line::Line;
use crate::listing::unix_date::UnixDate;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let size = digits(line.word(0), 1..=20)?;
    if !line.word(2).ends_with(b",") {
        return None;
    }
    let date = UnixDate::parse(line, 1, context).filter(|date| date.words == 4)?;
    let (name, gaps) = name_behind(line, 4, Gap::Single, context)?;
    let entry = match name.strip_suffix(b"/") {
        Some(b"") => return None,
        Some(shorter) => ListEntry::bare(line.raw(), name.slice_ref(shorter), EntryKind::Directory),
        None => ListEntry { size: Some(size), ..ListEntry::bare(line.raw(), name, EntryKind::File) },
    };
    Some(Reading { entry: ListEntry { modified: date.time, ..entry }, clues: Clues { gaps, ..date.clues } })
}
