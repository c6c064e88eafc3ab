//! IBM i (AS/400): owner, size, date, time, type of object and name. In which order day, month and year stand is a
//! setting of the job; members of a file have neither size nor date.
//!
//! ```text
//! QSYS            77824 02/23/00 15:09:55 *DIR       name/
//! QSECOFR          1024 02/23/00 15:09:55 *STMF      name
//! QSECOFR                                 *MEM       FILE.FILE/MEMBER.MBR
//! ```

use crate::listing::clues::{Clues, Context, Reading};
use crate::listing::date::{Clock, digits, full};
use crate::listing::line::Line;
use crate::listing::numeric::Numeric;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let owner = line.word(0);
    let starts = owner.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"$#@".contains(byte));
    if !starts
        || owner.len() > 10
        || !owner.iter().all(|byte| byte.is_ascii_alphanumeric() || b"$#@_.".contains(byte))
    {
        return None;
    }
    let (size, date, clock, at) = if line.word(1) == b"*MEM" {
        (None, None, None, 1)
    } else {
        let (size, date) =
            (digits(line.word(1), 1..=20)?, Numeric::parse(line.word(2), b"/-.")?.not_after(context.now));
        (Some(size), Some(date), Some(Clock::parse(line.word(3))?), 4)
    };
    let kind = line.word(at).strip_prefix(b"*").filter(|kind| is_type(kind))?;
    // The types differ in length, and names begin below each other.
    let name = line.bytes(line.from(at + 1).trim_ascii_end());
    let (name, slash) = match name.strip_suffix(b"/") {
        Some(shorter) => (name.slice_ref(shorter), true),
        None => (name, false),
    };
    if name.is_empty() {
        return None;
    }
    let kind = kind_of(kind, slash);
    let day = date.as_ref().and_then(|date| date.resolve(context.clues.orders, None));
    let entry = ListEntry {
        size: size.filter(|_| kind == EntryKind::File),
        modified: day.and_then(|day| full(day, clock)),
        owner: Some(line.bytes(owner)),
        ..ListEntry::bare(line.raw(), name, kind)
    };
    let orders = date.map_or(Clues::OPEN.orders, |date| date.orders());
    Some(Reading { entry, clues: Clues { orders, ..Clues::LINE } })
}

fn is_type(word: &[u8]) -> bool {
    (2..=9).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase)
}

fn kind_of(word: &[u8], slash: bool) -> EntryKind {
    match word {
        b"DIR" | b"DDIR" | b"LIB" | b"FLR" => EntryKind::Directory,
        b"SYMLNK" => EntryKind::Symlink,
        _ if slash => EntryKind::Directory,
        b"STMF" | b"DSTMF" | b"FILE" | b"MEM" | b"DOC" | b"SAVF" | b"USRSPC" => EntryKind::File,
        _ => EntryKind::Other,
    }
}
