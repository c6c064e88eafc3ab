//! `ls -l` and what resembles it, Macintosh servers and Windows CE among them.
//!
//! ```text
//! -rw-r--r--   1 owner    group     1234 Jan 02 15:04 name
//! drwxr-xr-x   2 owner    group     4096 Jan  2  2023 name
//!  12345 4 -rw-r--r--+ 1 1000 100   1234 2. Okt. 2023 name
//! lrwxrwxrwx   1 owner    group        6 2024-01-02 15:04 name -> target
//! crw-rw-rw-   1 root     tty       5, 0 Jan  2 15:04 name
//! -------r--         326  1391972  1392298 Nov 22  1995 name
//! drwxrwxr-x               folder        2 May 10  1996 name
//! ```

use bytes::Bytes;
use memchr::memmem;

use crate::listing::clues::{Clues, Context, Gap, Reading, name_behind};
use crate::listing::date::{digits, grouped, is_negative, is_number};
use crate::listing::line::Line;
use crate::listing::unix_date::UnixDate;
use crate::listing::{EntryKind, ListEntry, Permissions};

pub(super) fn parse(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    if is_unknown(line) {
        return parse_unknown(line, context);
    }
    let (at, mode) = mode(line).or_else(|| forks(line))?;
    // The size is the number right before the first thing that is a date.
    let (size_at, size, date) = (at + 1..line.len()).find_map(|size_at| {
        let size = size(line.word(size_at), mode.letter)?;
        Some((size_at, size, UnixDate::parse(line, size_at + 1, context)?))
    })?;
    let (name, gaps) = name_behind(line, size_at + date.words, date.gap, context)?;
    let before = line.words(at + 1..size_at);
    let before = match before.split_last() {
        // Major and minor number of a device.
        Some((word, before)) if word.ends_with(b",") => before,
        _ => &before[..],
    };
    // One number too many: then it is not certain which one is the size.
    if before.len() >= 4 && before.last().is_some_and(|word| is_number(word)) {
        return None;
    }
    let (owner, group) = owner_and_group(before, line.word(size_at));
    let (name, target) = name_and_target(name, mode.kind, size)?;
    let entry = ListEntry {
        size: size.filter(|_| mode.kind == EntryKind::File),
        modified: date.time,
        permissions: Some(mode.permissions),
        owner: owner.map(|owner| line.bytes(owner)),
        group: group.map(|group| line.bytes(group)),
        target,
        ..ListEntry::bare(line.raw(), name, mode.kind)
    };
    Some(Reading { entry, clues: Clues { gaps, ..date.clues } })
}

/// `ls -l` on systems without dates: link count, owner and group as numbers, size, and a name without blanks, so that no
/// date can hide in it.
///
/// ```text
/// -rw-r--r-- 1 0 0 100 services
/// lrwxrwxrwx 1 0 0 20 resolv.conf -> /var/run/resolv.conf
/// ```
pub(super) fn parse_undated(line: &Line<'_>) -> Option<Reading> {
    let (0, mode) = mode(line)? else { return None };
    let link = mode.kind == EntryKind::Symlink && line.len() == 8 && line.word(6) == b"->";
    let numbers = (1..5).all(|at| is_number(line.word(at)));
    if !numbers || !(link || line.len() == 6) {
        return None;
    }
    let size = digits(line.word(4), 1..=20);
    let (name, target) = name_and_target(line.bytes(line.from(5)), mode.kind, size)?;
    let entry = ListEntry {
        size: size.filter(|_| mode.kind == EntryKind::File),
        permissions: Some(mode.permissions),
        owner: Some(line.bytes(line.word(2))),
        group: Some(line.bytes(line.word(3))),
        target,
        ..ListEntry::bare(line.raw(), name, mode.kind)
    };
    Some(Reading::new(entry))
}

/// `?????????? ? ? ? ? ? name`: what `ls` was not allowed to ask. The first sign may be the letter of its kind.
fn is_unknown(line: &Line<'_>) -> bool {
    line.word(0).get(1..) == Some(b"?????????") && (1..6).all(|at| line.word(at) == b"?")
}

/// Name and kind alone.
fn parse_unknown(line: &Line<'_>, context: &Context<'_>) -> Option<Reading> {
    let kind = match line.word(0).first()? {
        b'?' => EntryKind::Other,
        letter => kind(*letter)?,
    };
    let (name, gaps) = name_behind(line, 5, Gap::Single, context)?;
    Some(Reading { entry: ListEntry::bare(line.raw(), name, kind), clues: Clues { gaps, ..Clues::LINE } })
}

/// A file of a Macintosh whose mode lost its letter: `rw-rw-rw- 0 12 12`, by the sizes of both forks and their sum.
fn forks(line: &Line<'_>) -> Option<(usize, Mode)> {
    let whole = [b"-", line.word(0)].concat();
    let mode = Mode::parse(&whole).filter(|_| whole.len() == 10)?;
    is_sum(line.word(1), line.word(2), line.word(3)).then_some((0, mode))
}

/// Whether a line could be one of `ls`, by its mode.
pub(super) fn has_mode(line: &Line<'_>) -> bool {
    mode(line).is_some()
}

/// Kind and permissions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    letter: u8,
    pub(super) kind: EntryKind,
    pub(super) permissions: Permissions,
}

impl Mode {
    /// `drwxr-xr-x`, perhaps with a mark for access lists or the like, and with a link count that found no room.
    pub(super) fn parse(word: &[u8]) -> Option<Self> {
        let (&letter, rest) = word.split_first()?;
        // HylaFAX does not tell what all others may do, and some small servers lose the last letter.
        if matches!(rest.len(), 6 | 8) {
            let mut whole = [b'-'; 9];
            whole.iter_mut().zip(rest).for_each(|(place, letter)| *place = *letter);
            return Some(Self { letter, kind: kind(letter)?, permissions: permissions(&whole)? });
        }
        let (mode, rest) = rest.split_first_chunk::<9>()?;
        let count = rest.strip_prefix(b"+").unwrap_or(rest);
        if !matches!(rest, [] | [b'+' | b'.' | b'@']) && digits::<u32>(count, 1..=6).is_none() {
            return None;
        }
        Some(Self { letter, kind: kind(letter)?, permissions: permissions(mode)? })
    }
}

/// The mode, and which word it is: an inode and a number of blocks may stand in front of it.
fn mode(line: &Line<'_>) -> Option<(usize, Mode)> {
    let at = (0..2).take_while(|&at| is_blocks(line.word(at))).count();
    Some((at, Mode::parse(line.word(at))?))
}

fn is_blocks(word: &[u8]) -> bool {
    word.len() <= 20 && (is_number(word) || is_rounded(word))
}

const fn kind(letter: u8) -> Option<EntryKind> {
    Some(match letter {
        // Contiguous files, and those that moved to a tape (`m` and `M` of Cray's DMF), are files.
        // Plan 9 marks what is only appended to.
        b'-' | b'a' | b'C' | b'm' | b'M' => EntryKind::File,
        b'd' => EntryKind::Directory,
        b'l' => EntryKind::Symlink,
        b'b' | b'c' | b'p' | b's' | b'D' | b'P' | b'n' | b'w' => EntryKind::Other,
        _ => return None,
    })
}

/// `rwxrwxrwx` with `s`, `S`, `t`, `T` and, for locking, `l` and `L`.
fn permissions(mode: &[u8; 9]) -> Option<Permissions> {
    let mut bits = 0;
    for (at, &letter) in mode.iter().enumerate() {
        let (place, bit) = (at % 3, 0o400_u16 >> at);
        let special = 0o4000_u16 >> (at / 3);
        bits |= match (place, letter) {
            (_, b'-') => 0,
            (0, b'r') | (1, b'w') | (2, b'x') => bit,
            (2, b's') if at < 8 => bit | special,
            (2, b'S' | b'l' | b'L') if at < 8 => special,
            (2, b't') if at == 8 => bit | special,
            (2, b'T') if at == 8 => special,
            _ => return None,
        };
    }
    Some(Permissions(bits))
}

/// A size in bytes; devices have none, or `major,minor` as one word, or both in one number (`0x3000002`). Rounded sizes (`1.5K`) are sizes, but not known, and
/// so are those that grew into the column of the group.
#[expect(clippy::option_option, reason = "no size and not a size are two things")]
fn size(word: &[u8], letter: u8) -> Option<Option<u64>> {
    match letter {
        b'b' | b'c' => {
            let plain = word.iter().all(|byte| byte.is_ascii_digit() || *byte == b',');
            let hex = word.strip_prefix(b"0x").is_some_and(|rest| rest.iter().all(u8::is_ascii_hexdigit));
            (plain || hex).then_some(None)
        }
        _ if is_number(word) => digits(word, 1..=20).map(Some),
        // BSD, with `-h`.
        _ if word.ends_with(b"B") && is_number(word.get(..word.len() - 1)?) => {
            digits(word.get(..word.len() - 1)?, 1..=4).map(Some)
        }
        // Negative ones grew beyond what the server can count.
        _ if is_rounded(word) || is_grown_together(word) || is_negative(word) => Some(None),
        _ => grouped(word).map(Some),
    }
}

/// `33.5k`, `4M`.
fn is_rounded(word: &[u8]) -> bool {
    let Some((unit, number)) = word.split_last() else { return false };
    let mut parts = number.splitn(2, |&byte| matches!(byte, b'.' | b','));
    matches!(unit.to_ascii_uppercase(), b'K' | b'M' | b'G' | b'T' | b'P' | b'E') && parts.all(is_number)
}

/// `group123456`: letters, then at least one digit.
fn is_grown_together(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic) && word.last().is_some_and(u8::is_ascii_digit)
}

/// What stands between mode and size: link count, owner, group, of which servers leave out some. When a name holds a
/// space nobody can tell whose it is, and neither is told.
fn owner_and_group<'a>(words: &[&'a [u8]], size: &[u8]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    match words {
        // Macintosh: the sizes of both forks, and then their sum; or the word for a directory.
        [data, resource] if is_sum(data, resource, size) => (None, None),
        [b"folder"] => (None, None),
        [_, owner, group] => (Some(owner), Some(group)),
        [count, owner] if is_number(count) => (Some(owner), None),
        [owner, group] => (Some(owner), Some(group)),
        [owner] if !is_number(owner) => (Some(owner), None),
        _ => (None, None),
    }
}

fn is_sum(first: &[u8], second: &[u8], sum: &[u8]) -> bool {
    let number = |word| digits::<u64>(word, 1..=18);
    number(first).zip(number(second)).is_some_and(|(first, second)| number(sum) == Some(first + second))
}

/// Parts a link from its target. A directory's name cannot hold the `/` that `ls -F` puts behind it.
pub(super) fn name_and_target(
    name: Bytes,
    kind: EntryKind,
    size: Option<u64>,
) -> Option<(Bytes, Option<Bytes>)> {
    let (name, target) = match kind {
        EntryKind::Symlink => split_link(&name, size)?,
        EntryKind::Directory => match name.strip_suffix(b"/") {
            Some(shorter) if !shorter.is_empty() => (name.slice_ref(shorter), None),
            _ => (name, None),
        },
        EntryKind::File | EntryKind::Other => (name, None),
    };
    (!name.is_empty()).then_some((name, target))
}

/// `name -> target`. The size of a link is the length of its target, which tells which arrow is meant if there are
/// several; if it does not, nobody can tell.
fn split_link(text: &Bytes, size: Option<u64>) -> Option<(Bytes, Option<Bytes>)> {
    const ARROW: &[u8] = b" -> ";
    let parts = |at: usize| {
        let target = text.slice(at + ARROW.len()..);
        (text.slice(..at), Some(target).filter(|target| !target.is_empty()))
    };
    let Some(first) = memmem::find(text, ARROW) else {
        // Behind the arrow is no name.
        return (!text.starts_with(b"-> ")).then(|| (text.clone(), None));
    };
    if memmem::rfind(text, ARROW) == Some(first) {
        return Some(parts(first));
    }
    let fits = |at: &usize| Some((text.len() - at - ARROW.len()) as u64) == size;
    memmem::find_iter(text, ARROW).find(fits).map(parts)
}
