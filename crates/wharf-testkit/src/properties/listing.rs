//! Listings.

use bytes::BytesMut;
use wharf_codec::{FactSelection, Facts, ListItem, ListingHint, TimeVal, parse_listing};

/// LIST and MLSx text in every known format: no entry without its line, each line an entry or kept as it was, and
/// facts that are written the way they were read (LST-20, LST-22).
///
/// # Panics
/// On a finding.
pub fn listing(data: &[u8]) {
    let hint = ListingHint { syst: Some(b"UNIX Type: L8"), now: TimeVal::new(1_704_300_000, 0) };
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').map(without_cr).collect();
    let items = parse_listing(data, &hint);
    assert!(items.len() <= lines.len(), "more entries than lines");
    let mut left = lines.iter();
    for item in &items {
        let raw = match item {
            ListItem::Entry(entry) => {
                assert!(!entry.name.is_empty(), "an entry without a name");
                assert!(!entry.name.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                let name = &entry.name[..];
                assert!(entry.raw.windows(name.len()).any(|part| part == name), "a name out of nowhere");
                &entry.raw
            }
            ListItem::Unparsed(raw) => raw,
        };
        assert!(left.any(|line| line == raw), "an item that is no line, or not in its place");
    }
    for line in lines {
        facts_settle(line);
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
