//! Servers of old for Windows and DOS, with the name in front: SuperTCP, Chameleon, and what `dir` shows.
//!
//! ```text
//! INSTALL         <DIR>           11-16-94        17:16
//! README.TXT            1045      05-20-95        11:01  A
//! NETWORK         <DIR>      Nov 16 1994 17:16   drw-
//! README.TXT           1,045 Nov 16 1994 11:01   -rwa
//! ```

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full, grouped};
use crate::listing::line::Line;
use crate::listing::numeric::Numeric;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let (name, word) = (line.word(0), line.word(1));
    // The names of DOS have neither blanks nor these.
    if line.raw().first() == Some(&b' ') || name.iter().any(|byte| b"\"*/:;<=>?[\\]|".contains(byte)) {
        return None;
    }
    let kind = if word.eq_ignore_ascii_case(b"<DIR>") { EntryKind::Directory } else { EntryKind::File };
    let size = if kind == EntryKind::File { Some(grouped(word)?) } else { None };
    let (day, clues, at) = match Numeric::parse(line.word(2), b"-/").map(|date| date.not_after(context.now)) {
        Some(date) => {
            (date.resolve(context.clues.orders, None), Clues { orders: date.orders(), ..Clues::LINE }, 3)
        }
        None => {
            let month = context.months.find(line.word(2))?;
            let day: u8 = digits(line.word(3), 1..=2).filter(|day| (1..=31).contains(day))?;
            let year = digits(line.word(4), 4..=4)?;
            let known = month.resolve(context.clues.languages);
            (known.map(|month| (year, month, day)), Clues { languages: month.languages, ..Clues::LINE }, 5)
        }
    };
    let clock = Clock::parse(line.word(at))?;
    let marks = line.word(at + 1);
    let marked = line.len() == at + 1 || line.len() == at + 2 && is_marks(marks, kind);
    if !marked {
        return None;
    }
    let modified = day.and_then(|day| full(day, Some(clock)));
    if day.is_some() && modified.is_none() {
        return None;
    }
    let entry = ListEntry { size, modified, ..ListEntry::bare(line.raw(), line.bytes(name), kind) };
    Some(Reading { entry, clues })
}

/// Letters for attributes, or `drw-` and the like.
fn is_marks(word: &[u8], kind: EntryKind) -> bool {
    let letters = !word.is_empty() && word.len() <= 4 && word.iter().all(|byte| b"ARHSarhs".contains(byte));
    let mode = word.split_first().is_some_and(|(first, rest)| {
        let directory = *first == b'd';
        (directory || *first == b'-')
            && directory == (kind == EntryKind::Directory)
            && rest.len() == 3
            && rest.iter().all(|byte| b"rwahs-".contains(byte))
    });
    letters || mode
}
