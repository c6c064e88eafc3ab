//! Members of a partitioned data set: with statistics of the editor, load modules, or the name alone below the heading.
//!
//! ```text
//!  Name     VV.MM   Created       Changed      Size  Init   Mod   Id
//! MEMBER1   01.03 2002/09/12 2024/01/31 09:37    11    11     0 USER01
//! MEMBER2
//!  Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode
//! LOADMOD   00B308 000411          00 FO                               31    ANY
//! ```
//!
//! `Size` counts lines, or bytes in memory, so that the size of the file is not known.

use crate::listing::clues::{Context, Reading};
use crate::listing::date::{Clock, digits, full, is_number};
use crate::listing::line::Line;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{EntryKind, ListEntry, ListTime};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let name = line.word(0);
    if !is_name(name) {
        return None;
    }
    let modified = match line.len() {
        1 if context.sure && is_bare(name) => None,
        5.. if is_module(line) => None,
        8 | 9 => Some(changed(line)?),
        _ => return None,
    };
    let entry = ListEntry { modified, ..ListEntry::bare(line.raw(), line.bytes(name), EntryKind::File) };
    Some(Reading::new(entry))
}

/// The line above the members.
pub(super) fn is_heading(line: &Line<'_>) -> bool {
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
        date.resolve(Orders::YMD, Some(Orders::YMD))
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

/// Up to eight capitals, digits and the three letters of nations, with no digit in front.
fn is_bare(word: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_uppercase() || b"@#$".contains(byte);
    word.first().is_some_and(is_letter)
        && word.len() <= 8
        && word.iter().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

fn is_name(word: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$-_".contains(byte);
    (1..=44).contains(&word.len()) && word.iter().all(is_letter)
}
