//! Listings to read and to write: long, of several kinds of entries, and always the same.

use wharf_codec::{EntryKind, FactType, Facts, ListLine, PermFact, TimeVal};

/// Entries of a listing.
pub(crate) const ENTRIES: usize = 1000;

/// The time of day of everything here: 2024-01-03.
pub(crate) const NOW: i64 = 1_704_300_000;

/// One entry, from which its lines are made.
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) name: String,
    pub(crate) target: Option<String>,
    pub(crate) size: u64,
    pub(crate) modified: i64,
}

/// Files for the most part, each tenth a directory, each twenty-fifth a link; half of them older than half a year.
pub(crate) fn entries() -> Vec<Entry> {
    (0..ENTRIES).map(entry).collect()
}

fn entry(index: usize) -> Entry {
    let number = index as u64;
    // Spreads sizes from few digits to many, and times over two years.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let size = (spread >> 24) >> (number % 30);
    let modified = NOW - i64::from((spread >> 38) as u32) % (2 * 365 * 86_400);
    let (kind, name, target) = match index {
        _ if index % 25 == 24 => {
            (EntryKind::Symlink, format!("latest-{index}"), Some(format!("../releases/{index}")))
        }
        _ if index % 10 == 9 => (EntryKind::Directory, format!("directory {index}"), None),
        _ => (EntryKind::File, format!("report-{index:05}.tar.gz"), None),
    };
    Entry { kind, name, target, size, modified }
}

impl Entry {
    pub(crate) fn line(&self) -> ListLine<'_> {
        ListLine {
            mode: if self.kind == EntryKind::Directory { 0o755 } else { 0o644 },
            kind: self.kind,
            links: 1,
            owner: b"owner",
            group: b"group",
            size: self.size,
            modified: TimeVal::new(self.modified, 0),
            name: self.name.as_bytes(),
            target: self.target.as_ref().map(String::as_bytes),
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        let directory = self.kind == EntryKind::Directory;
        Facts {
            kind: if directory { FactType::Dir } else { FactType::File },
            size: (!directory).then_some(self.size),
            modify: Some(TimeVal::new(self.modified, 0)),
            perm: Some(PermFact::from_letters(if directory { b"cdeflmp" } else { b"adfrw" })),
            unique: Some(format!("{:016x}", self.size.rotate_left(17)).into()),
            unix_mode: Some(if directory { 0o755 } else { 0o644 }),
            ..Facts::default()
        }
    }
}
