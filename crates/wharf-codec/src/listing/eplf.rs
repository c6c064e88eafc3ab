//! Easily parsed LIST format: `+facts TAB name`, as publicfile and anftpd send it.
//!
//! ```text
//! +i8388621.48594,m825718503,r,s280,up644,<TAB>name
//! ```

use bytes::Bytes;

use crate::listing::date::digits;
use crate::listing::{EntryKind, ListEntry, ListTime, Permissions, TimePrecision, TimeZone};

pub(super) fn parse(raw: &Bytes) -> Option<ListEntry> {
    let text = raw.strip_prefix(b"+")?;
    let (facts, rest) = text.split_at_checked(memchr::memchr(b'\t', text)?)?;
    let name = rest.strip_prefix(b"\t").filter(|name| !name.is_empty())?;
    let mut entry = ListEntry {
        name: raw.slice_ref(name),
        kind: EntryKind::Other,
        size: None,
        modified: None,
        permissions: None,
        owner: None,
        group: None,
        target: None,
        raw: raw.clone(),
    };
    for fact in facts.split(|&byte| byte == b',') {
        match fact {
            b"/" => entry.kind = EntryKind::Directory,
            b"r" => entry.kind = EntryKind::File,
            [b's', size @ ..] => entry.size = digits(size, 1..=20),
            [b'm', secs @ ..] => {
                entry.modified = digits(secs, 1..=18).map(|secs| ListTime {
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
    Some(entry)
}
