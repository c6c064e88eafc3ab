//! Listings.

use bytes::BytesMut;
use wharf_codec::{
    EntryKind, FactSelection, Facts, ListEntry, ListItem, ListingHint, TimeVal, civil_from_unix,
    parse_listing,
};

/// What servers say of themselves; which one is a matter of the text, so that a seed always means the same.
const SYSTEMS: [Option<&[u8]>; 6] = [
    Some(b"UNIX Type: L8"),
    None,
    Some(b"Windows_NT"),
    Some(b"VMS OpenVMS V8.3"),
    Some(b"MVS is the operating system of this server."),
    Some(b"OS/400 is the remote operating system."),
];

/// LIST and MLSx text in every known format: no entry without its lines, each line in one item at most and in its place,
/// names that stand in their lines, times that can be shown, and facts that are written the way they were read (LST-20,
/// LST-22).
///
/// # Panics
/// On a finding.
pub fn listing(data: &[u8]) {
    let syst = SYSTEMS.get(data.len() % SYSTEMS.len()).copied().flatten();
    let hint = ListingHint { syst, now: TimeVal::new(1_704_300_000, 0) };
    // A mark of byte order in front of all is no part of a line.
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(without_cr).collect();
    let items = parse_listing(data, &hint);
    assert!(items.len() <= lines.len(), "more entries than lines");
    let mut left = lines.iter();
    for item in &items {
        let raw = match item {
            ListItem::Entry(entry) => {
                check(entry);
                &entry.raw
            }
            ListItem::Unparsed(raw) => raw,
        };
        let mut parts = raw.split(|byte| *byte == b'\n').map(without_cr);
        let first = parts.next().unwrap_or_default();
        assert!(left.any(|line| *line == first), "an item that is no line, or not in its place");
        for part in parts {
            let next = left.find(|line| !line.is_empty());
            assert_eq!(next.copied(), Some(part), "an entry of lines that do not follow each other");
        }
    }
    for line in lines {
        facts_settle(line);
    }
}

/// What holds for every entry.
fn check(entry: &ListEntry) {
    let name = &entry.name[..];
    let stands = |part: &[u8]| entry.raw.windows(part.len()).any(|window| window == part);
    assert!(!name.is_empty(), "an entry without a name");
    assert!(!name.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    // The two words of a name on z/VM are shown apart.
    let in_parts = || name.split(|byte| *byte == b'.').all(|part| !part.is_empty() && stands(part));
    assert!(stands(name) || in_parts(), "a name out of nowhere");
    assert!(entry.size.is_none() || entry.kind == EntryKind::File, "a size of what is no file");
    assert!(entry.target.is_none() || entry.kind == EntryKind::Symlink, "a target of what is no link");
    if let Some(time) = entry.modified {
        let year = civil_from_unix(time.secs).year;
        assert!((0..=9999).contains(&year), "a time that no date shows");
    }
}

fn without_cr(mut line: &[u8]) -> &[u8] {
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}

/// What was read of a line of facts is written and read to the same again.
fn facts_settle(line: &[u8]) {
    let Ok((facts, name)) = Facts::parse_line(line) else { return };
    let mut written = BytesMut::new();
    if facts.encode(&FactSelection::all(), &name, &mut written) {
        let (again, same_name) = Facts::parse_line(&written).expect("what was written can be read");
        assert_eq!(same_name, name);
        let mut settled = BytesMut::new();
        assert!(again.encode(&FactSelection::all(), &same_name, &mut settled));
        assert_eq!(settled, written);
    }
}
