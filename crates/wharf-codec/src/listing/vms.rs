//! VMS: `NAME.TYPE;VERSION`, then size, date, owner and protection in any order, perhaps on the lines below.
//!
//! ```text
//! Directory DISK$A:[USER]
//!
//! README.TXT;1        2/4     21-APR-1998 11:01:17  [GROUP,USER]  (RWED,RWED,RE,)
//! A_VERY_LONG_NAME.TXT;12
//!                   155      2-JUL-2003 10:30:13.64
//! SUB.DIR;1             1      2-JUL-2003 10:30     [GROUP,USER]  (RWE,RWE,RE,RE)
//!
//! Total of 3 files, 158 blocks.
//! ```

use bytes::Bytes;

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::month::Languages;
use crate::listing::unix_date::day_month_year;
use crate::listing::whole::Lines;
use crate::listing::{EntryKind, ListEntry};

/// Bytes in a block. Only whole blocks are told, so that a size may be up to 511 bytes too large.
const BLOCK: u64 = 512;

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let (name, kind) = name(line.word(0))?;
    let mut entry = ListEntry::bare(line.raw(), line.bytes(name), kind);
    // Of a file that may not be looked at nothing but the name is told.
    if is_denied(line) {
        return Some(Reading::new(entry));
    }
    let mut columns = Columns { languages: Languages::ALL, ..Columns::default() };
    let mut at = 1;
    while at < line.len() {
        at = columns.take(line, at, context)?;
    }
    let (day, dated) = (columns.day, columns.dated);
    if !dated {
        return None;
    }
    entry.modified = day.and_then(|day| full(day, columns.clock));
    if day.is_some() && entry.modified.is_none() {
        return None;
    }
    entry.size =
        columns.blocks.and_then(|blocks| blocks.checked_mul(BLOCK)).filter(|_| kind == EntryKind::File);
    entry.owner = columns.owner.map(|owner| line.bytes(owner));
    Some(Reading { entry, clues: Clues { languages: columns.languages, ..Clues::LINE } })
}

/// Whether an error stands where the columns would.
fn is_denied(line: &Line<'_>) -> bool {
    let is_refusal =
        |word: &[u8]| word.eq_ignore_ascii_case(b"insufficient") || word.eq_ignore_ascii_case(b"no");
    line.word(1).starts_with(b"%") || is_refusal(line.word(1)) && line.word(2) == b"privilege"
}

/// The name without the end that only marks a directory; of files the version belongs to the name.
fn name(word: &[u8]) -> Option<(&[u8], EntryKind)> {
    let at = memchr::memrchr(b';', word).filter(|&at| at > 0)?;
    let (name, version) = (word.get(..at)?, word.get(at + 1..)?);
    if version.len() > 5 || !is_number(version) || name.contains(&b';') {
        return None;
    }
    match name.split_last_chunk::<4>() {
        Some((shorter, end)) if end.eq_ignore_ascii_case(b".DIR") && !shorter.is_empty() => {
            Some((shorter, EntryKind::Directory))
        }
        _ => Some((word, EntryKind::File)),
    }
}

/// What stands behind the name, each at most once.
struct Columns<'a> {
    blocks: Option<u64>,
    sized: bool,
    day: Option<(i64, u8, u8)>,
    dated: bool,
    clock: Option<Clock>,
    owner: Option<&'a [u8]>,
    protected: bool,
    languages: Languages,
}

impl Default for Columns<'_> {
    fn default() -> Self {
        Self {
            blocks: None,
            sized: false,
            day: None,
            dated: false,
            clock: None,
            owner: None,
            protected: false,
            languages: Languages::ALL,
        }
    }
}

impl<'a> Columns<'a> {
    /// Takes the column that begins at a word; returns the first word behind it.
    fn take(&mut self, line: &Line<'a>, at: usize, context: &Context<'_>) -> Option<usize> {
        let word = line.word(at);
        let once = |taken: &mut bool| (!core::mem::replace(taken, true)).then_some(());
        match word.first()? {
            b'[' => {
                let end = closing(line, at, b']')?;
                let owner = line.span(at, end);
                self.owner.replace(owner).is_none().then_some(end + 1)
            }
            b'(' => {
                once(&mut self.protected)?;
                let end = closing(line, at, b')')?;
                let letters = line.span(at, end).iter().all(|byte| b"(RWED, )".contains(byte));
                letters.then_some(end + 1)
            }
            b'0'..=b'9' => {
                if let Some((day, month, year)) = day_month_year(word, b"-", context) {
                    once(&mut self.dated)?;
                    self.languages = month.languages;
                    self.day = month.resolve(context.clues.languages).map(|month| (year, month, day));
                    self.clock = Clock::parse(line.word(at + 1));
                    return Some(at + 1 + usize::from(self.clock.is_some()));
                }
                once(&mut self.sized)?;
                let mut parts = word.split(|&byte| byte == b'/');
                let (used, allocated) = (parts.next()?, parts.next().unwrap_or(b"0"));
                let (used, rounded) = without_unit(used);
                if parts.next().is_some() || !is_number(without_unit(allocated).0) {
                    return None;
                }
                self.blocks = Some(digits(used, 1..=18)?).filter(|_| !rounded);
                Some(at + 1)
            }
            // The number of blocks found no room.
            b'*' if word.iter().all(|byte| *byte == b'*') => {
                once(&mut self.sized)?;
                Some(at + 1)
            }
            // An owner with a name of its own.
            letter if letter.is_ascii_alphabetic() && self.owner.is_none() => {
                self.owner = Some(word);
                Some(at + 1)
            }
            _ => None,
        }
    }
}

/// A number of blocks, or one of bytes with its unit: then it is rounded.
fn without_unit(word: &[u8]) -> (&[u8], bool) {
    let units = [&b"KB"[..], b"MB", b"GB", b"TB"];
    units.iter().find_map(|unit| word.strip_suffix(*unit)).map_or((word, false), |number| (number, true))
}

/// The word that ends with a bracket, from a word on.
fn closing(line: &Line<'_>, at: usize, bracket: u8) -> Option<usize> {
    (at..line.len().min(at + 4)).find(|&at| line.word(at).last() == Some(&bracket))
}

/// `Directory DISK:[USER]`, the sums at the end, and `%DIRECT-W-NOFILES, no files found`.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    let directory = line.word(0) == b"Directory" && line.len() == 2 && line.word(1).contains(&b'[');
    let total = line.word(0) == b"Total" || line.word(0) == b"Grand" && line.word(1) == b"total";
    let files = (1..8)
        .any(|at| matches!(line.word(at), b"file" | b"files" | b"file," | b"files," | b"file." | b"files."));
    let none = line.word(0).starts_with(b"%") && line.raw().ends_with(b" no files found");
    directory || total && files || none
}

/// The lines of an entry that has more than one: the columns went below a long name, or did not fit beside it.
pub(super) fn joined(lines: &Lines, at: usize, context: &Context<'_>) -> Option<(Bytes, usize)> {
    let first = &lines.seen(at)?.raw;
    name(Line::new(first).word(0))?;
    if is_denied(&Line::new(first)) {
        return None;
    }
    let mut whole = parse(&Line::new(first), context).map(|_| (first.clone(), 1));
    for more in 1..3 {
        let Some(next) = lines.seen(at + more) else { break };
        let below = match next.raw.first() {
            Some(b' ' | b'\t' | b'(' | b'[') => true,
            // Some servers do not indent the size.
            Some(byte) => byte.is_ascii_digit() && !next.raw.contains(&b';') && whole.is_none(),
            None => false,
        };
        if !below || next.starts || name(Line::new(&next.raw).word(0)).is_some() {
            break;
        }
        let both = lines.span(at, at + more)?;
        if parse(&Line::new(&both), context).is_some() {
            whole = Some((both, more + 1));
        }
    }
    whole
}
