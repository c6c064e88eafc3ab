//! Easily parsed LIST format: `+facts TAB name`, as publicfile and anftpd send it.
//!
//! ```text
//! +i8388621.48594,m825718503,r,s280,up644,<TAB>name
//! ```

use crate::listing::clues::{Context, Reading};
use crate::listing::date::{digits, is_number};
use crate::listing::line::Line;
use crate::listing::{EntryKind, ListEntry, ListTime, Permissions, TimePrecision, TimeZone};

pub(super) fn parse(line: &Line<'_>, _: &Context<'_>) -> Option<Reading> {
    let text = line.raw().strip_prefix(b"+")?;
    let (facts, rest) = text.split_at_checked(memchr::memchr(b'\t', text)?)?;
    let name = rest.strip_prefix(b"\t").filter(|name| !name.is_empty())?;
    // Facts that nobody knows are left out, but one at least has to be known.
    let is_known = |fact: &[u8]| match fact {
        b"/" | b"r" | [b'i' | b'u', _, ..] => true,
        [b's' | b'm', number @ ..] => is_number(number),
        _ => false,
    };
    if facts.contains(&b' ') || !facts.split(|&byte| byte == b',').any(is_known) {
        return None;
    }
    let mut entry = ListEntry::bare(line.raw(), line.bytes(name), EntryKind::Other);
    for fact in facts.split(|&byte| byte == b',') {
        match fact {
            b"/" => entry.kind = EntryKind::Directory,
            b"r" => entry.kind = EntryKind::File,
            [b's', size @ ..] => entry.size = digits(size, 1..=20),
            [b'm', secs @ ..] => {
                // Within the years that a date can be written for.
                entry.modified = digits(secs, 1..=11).map(|secs| ListTime {
                    secs,
                    precision: TimePrecision::Second,
                    zone: TimeZone::Utc,
                });
            }
            [b'u', b'p', mode @ ..] => {
                let octal =
                    core::str::from_utf8(mode).ok().and_then(|mode| u16::from_str_radix(mode, 8).ok());
                entry.permissions = octal.filter(|&mode| mode <= 0o7777).map(Permissions);
            }
            _ => {}
        }
    }
    if entry.kind != EntryKind::File {
        entry.size = None;
    }
    Some(Reading::new(entry))
}
