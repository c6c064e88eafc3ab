//! Data sets of z/OS (MVS).
//!
//! ```text
//! Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname
//! WORK01 3390   2024/01/02  1   15  FB      80 27920  PO  NAME.OF.LIBRARY
//! WORK02 3390   2024/01/02  213000  U        0 27998  PS  NAME.OF.FILE
//! WORK03+3390   2024/01/02 59 88500  FB      80 27920  PS  ON.TWO.VOLUMES
//! Migrated                                                OLD.NAME
//! ARCIVE Not Direct Access Device                         OLDER.NAME
//! V00001 Tape                                             TAPE.NAME
//! Pseudo Directory                                        LEVEL
//! ```
//!
//! `Referred` is the day of the last use, not of a change, and `Used` counts tracks: neither time nor size is known.

use crate::listing::clues::{Context, Reading};
use crate::listing::date::is_number;
use crate::listing::line::Line;
use crate::listing::numeric::Numeric;
use crate::listing::{EntryKind, ListEntry};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let name = line.last();
    // Data sets have names in capitals; without any other sign nothing else is taken.
    let known = context.sure || !name.iter().any(u8::is_ascii_lowercase);
    let kind = match line.len() {
        _ if !is_name(name) => None,
        2 if line.word(0) == b"Migrated" && known => Some(EntryKind::File),
        2 if matches!(line.word(0), b"VSAM") && context.sure => Some(EntryKind::File),
        2 if matches!(line.word(0), b"GDG" | b"ALIAS" | b"PATH") && context.sure => Some(EntryKind::Other),
        3 if line.word(0) == b"Pseudo" && line.word(1) == b"Directory" && known => Some(EntryKind::Directory),
        3 if is_volume(line.word(0)) && line.word(1) == b"Tape" && known => Some(EntryKind::File),
        4 if is_volume(line.word(0)) && line.word(1) == b"Not" && line.word(2) == b"Mounted" && known => {
            Some(EntryKind::File)
        }
        4 if is_volume(line.word(0)) && is_unit(line.word(1)) && line.word(2) == b"Tape" && known => {
            Some(EntryKind::File)
        }
        4 if is_volume(line.word(0)) && is_unit(line.word(1)) => {
            kind_of(line.word(2)).filter(|_| line.word(2) == b"VSAM")
        }
        6 if is_volume(line.word(0))
            && line.words(1..5) == [&b"Not"[..], b"Direct", b"Access", b"Device"] =>
        {
            Some(EntryKind::File)
        }
        8..=10 => dataset(line),
        _ => None,
    }?;
    Some(Reading::new(ListEntry::bare(line.raw(), line.bytes(name), kind)))
}

/// A line with all its columns; extents and tracks may have grown into one, and so may the volume and the unit of a data
/// set on more volumes than one.
fn dataset(line: &Line<'_>) -> Option<EntryKind> {
    let whole = line.word(0);
    let (volume, unit, next) = match memchr::memchr(b'+', whole) {
        Some(plus) if plus + 1 < whole.len() => (whole.get(..plus)?, whole.get(plus + 1..)?, 1),
        _ => (whole, line.word(1), 2),
    };
    let referred = line.word(next);
    let dated = referred == b"**NONE**"
        || referred.len() == 10 && referred.get(4) == Some(&b'/') && Numeric::parse(referred, b"/").is_some();
    let at = line.len().checked_sub(6).filter(|&at| at > next)?;
    // A count that found no room shows as signs.
    let is_count = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_digit)
            && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'+')
            || word == b"+++++"
    };
    let counted = (next + 1..=at).all(|at| is_count(line.word(at)));
    let is_length = |word: &[u8]| is_number(word) || word == b"X";
    let recorded =
        is_record_format(line.word(at + 1)) && is_length(line.word(at + 2)) && is_number(line.word(at + 3));
    if !is_volume(volume) || !is_unit(unit) || !dated || !counted || !recorded {
        return None;
    }
    kind_of(line.word(at + 4))
}

fn kind_of(organisation: &[u8]) -> Option<EntryKind> {
    Some(match organisation {
        b"PO" | b"PO-E" | b"POU" | b"PDSE" | b"PDS" | b"LIBRARY" => EntryKind::Directory,
        b"PS" | b"PS-E" | b"PS-L" | b"PSU" | b"DA" | b"DAU" | b"IS" | b"ISU" | b"VS" | b"VSAM" => {
            EntryKind::File
        }
        b"HFS" | b"ZFS" | b"GDG" | b"NONE" | b"PATH" | b"?" => EntryKind::Other,
        _ => return None,
    })
}

/// `Volume Unit Referred ...`.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
    line.word(0) == b"Volume" && line.word(1) == b"Unit" && line.last() == b"Dsname"
}

fn is_volume(word: &[u8]) -> bool {
    let word = word.strip_suffix(b"+").unwrap_or(word);
    (1..=6).contains(&word.len())
        && word
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"@#$*-".contains(byte))
}

fn is_unit(word: &[u8]) -> bool {
    (1..=8).contains(&word.len()) && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// `FB`, `VBA`, `U`; `NONE` and `?` where nothing was written yet.
fn is_record_format(word: &[u8]) -> bool {
    let letters = (1..=5).contains(&word.len())
        && word.first().is_some_and(|byte| b"FVUD".contains(byte))
        && word.iter().all(|byte| b"FVUDBAMST".contains(byte));
    letters || matches!(word, b"NONE" | b"?" | b"**")
}

/// Qualifiers with dots between, perhaps in quotes, which make the name absolute.
fn is_name(word: &[u8]) -> bool {
    let inner = word.strip_prefix(b"'").and_then(|word| word.strip_suffix(b"'")).unwrap_or(word);
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$-_".contains(byte);
    (1..=64).contains(&inner.len())
        && inner.split(|&byte| byte == b'.').all(|part| !part.is_empty() && part.iter().all(is_letter))
}
