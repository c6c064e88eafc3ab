//! Facts of `MLSD` ([RFC 3659](https://www.rfc-editor.org/rfc/rfc3659) §7), as servers write them that do not keep to the
//! grammar: without the last semicolon, with a space behind each, or without the one in front of the name.
//!
//! ```text
//! type=file;size=1234;modify=20240102150405;UNIX.mode=0644; name
//! Type=OS.unix=slink:/target;Perm=r; name
//! ```

use crate::facts::Fact;
use crate::listing::clues::Reading;
use crate::listing::date::{Clock, digits, full};
use crate::listing::line::Line;
use crate::listing::{EntryKind, ListEntry, ListTime, Permissions, TimePrecision, TimeZone};
use crate::time::TimeVal;

pub(super) fn parse(line: &Line<'_>) -> Option<Reading> {
    // Some servers indent the lines, as those of MLST are. A line without any fact is legal, but anything could be such a
    // line.
    let text = line.raw().strip_prefix(b" ").unwrap_or(line.raw());
    let (facts, name) = split(text)?;
    if name.is_empty() {
        return None;
    }
    let mut entry = ListEntry::bare(line.raw(), line.bytes(name), EntryKind::Other);
    let mut kind = None;
    for (fact, value) in each(facts) {
        match Fact::from_name(fact) {
            Some(Fact::Type) if kind.is_none() => kind = Some(value),
            Some(Fact::Size) if entry.size.is_none() => entry.size = digits(value, 1..=20),
            Some(Fact::Modify) if entry.modified.is_none() => entry.modified = moment(value),
            Some(Fact::UnixMode) if entry.permissions.is_none() => entry.permissions = mode(value),
            Some(Fact::UnixOwner) if entry.owner.is_none() => entry.owner = Some(line.bytes(value)),
            Some(Fact::UnixGroup) if entry.group.is_none() => entry.group = Some(line.bytes(value)),
            Some(
                Fact::Type
                | Fact::Size
                | Fact::Modify
                | Fact::UnixMode
                | Fact::UnixOwner
                | Fact::UnixGroup
                | Fact::Create
                | Fact::Perm
                | Fact::Unique,
            )
            | None => {}
        }
    }
    let (kind, target) = match kind {
        Some(value) => kind_of(value),
        None if entry.size.is_some() => (EntryKind::File, None),
        None => (EntryKind::Other, None),
    };
    entry.kind = kind;
    entry.target = target.map(|target| line.bytes(target));
    if kind != EntryKind::File {
        entry.size = None;
    }
    Some(Reading::new(entry))
}

/// Parts the facts from the name.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    let mut known = false;
    let mut seen: [Option<Fact>; 9] = [None; 9];
    // One fact after the other, as long as there are any.
    loop {
        let rest = text.get(at..)?;
        let Some(fact) = next(rest) else { break };
        if let Some(kind) = fact.kind {
            // A fact that was there already belongs to the name.
            if at > 0 && seen.contains(&Some(kind)) {
                break;
            }
            known = true;
            if let Some(place) = seen.get_mut(kind as usize) {
                *place = Some(kind);
            }
        } else if text.get(..at).is_some_and(|before| before.ends_with(b" ")) {
            // Behind a space, only what is known for sure is not the name.
            break;
        }
        at += fact.length;
        // The last one may lack its semicolon, and then a space ends it, unless its value may hold one.
        if !fact.closed {
            let name = text.get(at + 1..)?;
            let free = matches!(fact.kind, None | Some(Fact::Unique | Fact::UnixOwner | Fact::UnixGroup));
            if free && memchr::memmem::find(name, b"; ").is_some()
                || next(name).is_some_and(|fact| fact.kind.is_some())
            {
                return None;
            }
            break;
        }
        if let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(b" "))
            && next(rest)
                .is_some_and(|fact| fact.closed && fact.kind.is_some_and(|kind| !seen.contains(&Some(kind))))
        {
            at += 1;
        }
    }
    let (facts, name) = text.split_at_checked(at).filter(|_| known)?;
    match name.strip_prefix(b" ") {
        Some(name) => Some((facts, name)),
        // The space is missing: then the name must not look like one more fact.
        None => {
            (facts.ends_with(b";") && !name.contains(&b'=') && !name.contains(&b';')).then_some((facts, name))
        }
    }
}

/// A fact at the beginning of some text.
struct Found {
    kind: Option<Fact>,
    /// With its semicolon, if it has one.
    length: usize,
    closed: bool,
}

/// Reads `name=value;`, or `name=value` in front of a space.
fn next(text: &[u8]) -> Option<Found> {
    let equals = text.iter().take(64).position(|byte| *byte == b'=')?;
    let (name, rest) = text.split_at_checked(equals)?;
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if name.is_empty() || !name.iter().all(is_token) {
        return None;
    }
    let kind = Fact::from_name(name);
    let value = rest.get(1..)?;
    let end = memchr::memchr2(b';', b' ', value)?;
    let closed = value.get(end) == Some(&b';');
    // The target of a link may hold spaces.
    let is_link = kind == Some(Fact::Type) && kind_of(value.get(..end)?).1.is_some();
    let (end, closed) = match memchr::memchr(b';', value) {
        Some(later) if !closed && is_link && value.get(later + 1).is_some() => (later, true),
        _ => (end, closed),
    };
    let value = value.get(..end)?;
    let fits = match kind {
        // A negative one grew beyond what the server can count.
        Some(Fact::Size) => value.strip_prefix(b"-").unwrap_or(value).iter().all(u8::is_ascii_digit),
        Some(Fact::Modify | Fact::Create) => value.first().is_none_or(u8::is_ascii_digit),
        Some(Fact::Perm) => value.iter().all(u8::is_ascii_alphabetic),
        Some(Fact::Type) => !value.is_empty(),
        Some(Fact::Unique | Fact::UnixMode | Fact::UnixOwner | Fact::UnixGroup) | None => true,
    };
    fits.then_some(Found { kind, length: equals + 1 + end + usize::from(closed), closed })
}

/// The facts, each as name and value.
fn each(facts: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    facts.split(|&byte| byte == b';').filter_map(|fact| {
        let fact = fact.trim_ascii_start();
        let (name, value) = fact.split_at_checked(memchr::memchr(b'=', fact)?)?;
        Some((name, value.strip_prefix(b"=")?))
    })
}

/// What a value of `type` means, and where a link points.
fn kind_of(value: &[u8]) -> (EntryKind, Option<&[u8]>) {
    let lower = value.to_ascii_lowercase();
    match &lower[..] {
        b"file" => return (EntryKind::File, None),
        b"dir" | b"cdir" | b"pdir" => return (EntryKind::Directory, None),
        _ => {}
    }
    let system =
        lower.strip_prefix(b"os.unix=").or_else(|| lower.strip_prefix(b"os.unix:")).unwrap_or(&lower);
    let is_link = [&b"slink"[..], b"symlink", b"link"]
        .iter()
        .any(|word| system.strip_prefix(*word).is_some_and(|rest| rest.is_empty() || rest.starts_with(b":")));
    if !is_link {
        return (EntryKind::Other, None);
    }
    let colon = value.len() - system.len() + memchr::memchr(b':', system).unwrap_or(system.len());
    (EntryKind::Symlink, value.get(colon + 1..).filter(|target| !target.is_empty()))
}

/// A time with its second or, as a few servers leave it out, without.
fn moment(value: &[u8]) -> Option<ListTime> {
    let value = value.strip_suffix(b"Z").unwrap_or(value);
    if let Some(time) = TimeVal::parse(value) {
        return Some(ListTime { secs: time.secs(), precision: TimePrecision::Second, zone: TimeZone::Utc });
    }
    let (day, clock) = value.split_at_checked(8)?;
    let (year, rest) = day.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let day = (digits(year, 4..=4)?, digits(month, 2..=2)?, digits(day, 2..=2)?);
    Some(ListTime { zone: TimeZone::Utc, ..full(day, Some(Clock::compact(clock)?))? })
}

/// Octal digits, of a whole `st_mode` or of its permissions.
fn mode(value: &[u8]) -> Option<Permissions> {
    let digits = core::str::from_utf8(value).ok().filter(|text| !text.starts_with('+'))?;
    let mode = u32::from_str_radix(digits, 8).ok()?;
    u16::try_from(mode & 0o7777).ok().map(Permissions)
}
