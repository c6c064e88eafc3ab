//! Data sets of z/OS (MVS).
//!
//! ```text
//! Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname
//! WORK01 3390   2024/01/02  1   15  FB      80 27920  PO  NAME.OF.LIBRARY
//! WORK02 3390   2024/01/02  213000  U        0 27998  PS  NAME.OF.FILE
//! Migrated                                                OLD.NAME
//! ARCIVE Not Direct Access Device                         OLDER.NAME
//! V00001 Tape                                             TAPE.NAME
//! Pseudo Directory                                        LEVEL
//! ```
//!
//! `Referred` is the day of the last use, not of a change, and `Used` counts tracks: neither time nor size is known.

use crate::listing::clues::{Context, Reading};
use crate::listing::date::{digits, is_number};
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
        9 | 10 => dataset(line),
        _ => None,
    }?;
    Some(Reading::new(ListEntry::bare(line.raw(), line.bytes(name), kind)))
}

/// A line with all its columns; extents and tracks may have grown into one.
fn dataset(line: &Line<'_>) -> Option<EntryKind> {
    let referred = line.word(2);
    let dated = referred == b"**NONE**"
        || referred.len() == 10 && referred.get(4) == Some(&b'/') && Numeric::parse(referred, b"/").is_some();
    let at = line.len() - 6;
    // A count that found no room shows as signs.
    let is_count = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_digit)
            && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'+')
            || word == b"+++++"
    };
    let counted = (3..=at).all(|at| is_count(line.word(at)));
    let is_length = |word: &[u8]| is_number(word) || word == b"X";
    let recorded =
        is_record_format(line.word(at + 1)) && is_length(line.word(at + 2)) && is_number(line.word(at + 3));
    if !is_volume(line.word(0)) || !is_unit(line.word(1)) || !dated || !counted || !recorded {
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

/// Members of a partitioned data set: with statistics of the editor, load modules, or the name alone below the heading.
///
/// ```text
///  Name     VV.MM   Created       Changed      Size  Init   Mod   Id
/// MEMBER1   01.03 2002/09/12 2024/01/31 09:37    11    11     0 USER01
/// MEMBER2
///  Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode
/// LOADMOD   00B308 000411          00 FO                               31    ANY
/// ```
///
/// `Size` counts lines, or bytes in memory, so that the size of the file is not known.
pub(super) mod member {
    use super::{Context, EntryKind, Line, ListEntry, Numeric, Reading, digits, is_number};
    use crate::listing::ListTime;
    use crate::listing::date::{Clock, full};

    pub(in crate::listing) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
        let name = line.word(0);
        if !is_name(name) {
            return None;
        }
        let modified = match line.len() {
            1 if context.sure && name.len() <= 8 && !name.iter().any(u8::is_ascii_lowercase) => None,
            5.. if is_module(line) => None,
            8 | 9 => Some(changed(line)?),
            _ => return None,
        };
        let entry = ListEntry { modified, ..ListEntry::bare(line.raw(), line.bytes(name), EntryKind::File) };
        Some(Reading::new(entry))
    }

    /// The line above the members.
    pub(in crate::listing) fn is_heading(line: &Line<'_>) -> bool {
        let (second, third) = (line.word(1), line.word(2));
        line.word(0) == b"Name" && (second == b"VV.MM" || second == b"Size" && third == b"TTR")
    }

    /// Version, days of creation and change with a time of day, three counts and who it was.
    fn changed(line: &Line<'_>) -> Option<ListTime> {
        let (version, modification) = line.word(1).split_at_checked(2)?;
        let is_version = is_number(version)
            && modification.strip_prefix(b".").is_some_and(|rest| rest.len() == 2 && is_number(rest));
        let day = |at: usize| {
            let word = line.word(at);
            let marks = word.get(4) == Some(&b'/') || word.get(2) == Some(&b'/');
            let date = Numeric::parse(word, b"/").filter(|_| marks)?;
            date.resolve(crate::listing::numeric::Orders::YMD, Some(crate::listing::numeric::Orders::YMD))
        };
        let counted = (5..8).all(|at| is_number(line.word(at)));
        if !is_version || day(2).is_none() || !counted {
            return None;
        }
        full(day(3)?, Some(Clock::parse(line.word(4))?))
    }

    /// Size and place in hexadecimal digits, then among others the authorisation, and the modes of addressing.
    fn is_module(line: &Line<'_>) -> bool {
        let is_hex = |word: &[u8]| (6..=8).contains(&word.len()) && word.iter().all(u8::is_ascii_hexdigit);
        let authorised = (3..5).any(|at| digits::<u8>(line.word(at), 2..=2).is_some());
        let is_mode = |word: &[u8]| matches!(word, b"24" | b"31" | b"64" | b"ANY" | b"MIN");
        is_hex(line.word(1))
            && is_hex(line.word(2))
            && authorised
            && is_mode(line.last())
            && is_mode(line.word(line.len() - 2))
    }

    fn is_name(word: &[u8]) -> bool {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$-_".contains(byte);
        (1..=44).contains(&word.len()) && word.iter().all(is_letter)
    }
}
