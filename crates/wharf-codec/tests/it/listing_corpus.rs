//! Listings of many formats (`tests/corpus`), each with what is in it.
//!
//! Beside `NAME.txt`, the text as it came, stands `NAME.want`: a line `now TIME`, perhaps a line `syst TEXT`, then one line
//! for each item, `KIND SIZE TIME NAME`, and ` => TARGET` behind the name of a link that has one. KIND is `f`, `d`, `l` or
//! `o`; SIZE and TIME are `-` where they are not known. `?` is a line that is not understood. `\xNN`, `\t` and `\\` stand
//! for bytes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use wharf_codec::{
    Civil, EntryKind, ListEntry, ListItem, ListTime, ListingHint, TimePrecision, TimeVal, TimeZone,
    civil_from_unix, parse_listing,
};

/// What servers of every kind say of themselves.
const SYSTEMS: &[&str] = &[
    "UNIX Type: L8",
    "Windows_NT",
    "MS-DOS",
    "OS/2 Operating System",
    "OS/400 is the remote operating system. The TCP/IP version is \"V5R3M0\".",
    "NETWARE",
    "VxWorks",
    "z/VM",
    "VMS OpenVMS V8.3",
    "MVS is the operating system of this server.",
    "NONSTOP",
    "OS-9",
    "MACOS",
    "TOPS20",
    "",
];

/// Here the other lines tell how wide a column is, in which order a date stands, or that there is one.
const NEED_EACH_OTHER: &[&str] = &[
    "netware",
    "os9-hexadecimal",
    "unix-croatian",
    "unix-long-iso",
    "unix-numeric-dates",
    "unix-swapped-iso",
    "unix-wide-gap",
    "vms",
];

struct Sample {
    name: String,
    text: Vec<u8>,
    syst: Option<String>,
    now: TimeVal,
    want: Vec<String>,
}

impl Sample {
    fn parse(&self, syst: Option<&str>) -> Vec<ListItem> {
        parse_listing(&self.text, &ListingHint { syst: syst.map(str::as_bytes), now: self.now })
    }
}

fn corpus() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let want = std::fs::read_to_string(path.with_extension("want")).unwrap();
        let mut lines = want.lines().peekable();
        let now = lines.next().unwrap().strip_prefix("now ").unwrap();
        let syst = lines.next_if(|line| line.starts_with("syst "));
        samples.push(Sample {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            text: std::fs::read(&path).unwrap(),
            syst: syst.map(|line| line["syst ".len()..].to_owned()),
            now: TimeVal::parse(now.as_bytes()).unwrap(),
            want: lines.map(str::to_owned).collect(),
        });
    }
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

/// An item as a line of the expectation.
fn show(item: &ListItem) -> String {
    let ListItem::Entry(entry) = item else { return "?".to_owned() };
    let kind = match entry.kind {
        EntryKind::File => 'f',
        EntryKind::Directory => 'd',
        EntryKind::Symlink => 'l',
        EntryKind::Other => 'o',
    };
    let size = entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let time = entry.modified.map_or_else(|| "-".to_owned(), moment);
    let mut line = format!("{kind} {size} {time} {}", escaped(&entry.name));
    if let Some(target) = &entry.target {
        write!(line, " => {}", escaped(target)).unwrap();
    }
    line
}

fn moment(time: ListTime) -> String {
    let Civil { year, month, day, hour, minute, second } = civil_from_unix(time.secs);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    match time.precision {
        TimePrecision::Day => {}
        TimePrecision::Minute => write!(text, "T{hour:02}:{minute:02}").unwrap(),
        TimePrecision::Second => write!(text, "T{hour:02}:{minute:02}:{second:02}").unwrap(),
    }
    if time.zone == TimeZone::Utc {
        text.push('Z');
    }
    text
}

fn escaped(name: &[u8]) -> String {
    let (inner, blanks) = name.split_at(name.trim_ascii_end().len());
    let mut text = String::new();
    for chunk in inner.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\").replace('\t', "\\t"));
        chunk.invalid().iter().for_each(|byte| write!(text, "\\x{byte:02x}").unwrap());
    }
    blanks.iter().for_each(|byte| write!(text, "\\x{byte:02x}").unwrap());
    text
}

// LST-22: every format of the corpus, every line right.
#[test]
fn each_listing_is_understood() {
    let mut wrong = Vec::new();
    let (mut lines, samples) = (0, corpus());
    for sample in &samples {
        let items = sample.parse(sample.syst.as_deref());
        let got: Vec<String> = items.iter().map(show).collect();
        lines += sample.text.split(|byte| *byte == b'\n').filter(|line| line.len() > 1).count();
        if got != sample.want {
            for at in 0..got.len().max(sample.want.len()) {
                let (got, want) = (got.get(at), sample.want.get(at));
                if got != want {
                    wrong.push(format!("{}, {}:\n   got {got:?}\n  want {want:?}", sample.name, at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(samples.len() >= 25 && lines >= 300, "{} listings, {lines} lines", samples.len());
}

/// Whether an item claims nothing that the expectation does not: it may know less.
fn harmless(item: &ListItem, want: &str) -> bool {
    let shown = show(item);
    if shown == "?" || shown == want {
        return true;
    }
    // The time alone may be left out.
    let mut parts: Vec<&str> = want.splitn(4, ' ').collect();
    if let Some(time) = parts.get_mut(2) {
        *time = "-";
    }
    parts.join(" ") == shown
}

// LST-22: the answer to SYST is a hint, and a wrong one makes no wrong entry.
#[test]
fn a_wrong_system_makes_no_wrong_entry() {
    for sample in corpus() {
        for system in SYSTEMS.iter().map(|system| Some(*system)).chain([None]) {
            let items = sample.parse(system);
            for (item, want) in items.iter().zip(&sample.want) {
                assert!(harmless(item, want), "{} as {system:?}: {} for {want}", sample.name, show(item));
            }
            assert_eq!(items.len(), sample.want.len(), "{} as {system:?}", sample.name);
        }
    }
}

// LST-22: a line that stands alone, whatever the system, may lose what the others told of it, but it is not taken for another.
#[test]
fn a_line_alone_is_no_other_entry() {
    for sample in corpus() {
        if NEED_EACH_OTHER.contains(&&sample.name[..]) {
            continue;
        }
        let whole: Vec<ListEntry> = entries(&sample.parse(sample.syst.as_deref()));
        let lines = sample.text.split(|byte| *byte == b'\n');
        for (line, system) in
            lines.flat_map(|line| SYSTEMS.iter().step_by(4).map(move |system| (line, system)))
        {
            let items = parse_listing(line, &ListingHint { syst: Some(system.as_bytes()), now: sample.now });
            for alone in entries(&items) {
                let same = whole.iter().find(|entry| entry.raw == alone.raw);
                let same = same.unwrap_or_else(|| panic!("{}: {alone:?}", sample.name));
                let alone = ListEntry { modified: same.modified.and(alone.modified), ..alone };
                let knows = alone.modified.is_none() || alone.modified == same.modified;
                assert!(knows, "{}: {alone:?}", sample.name);
                assert_eq!(
                    ListEntry { modified: None, ..alone },
                    ListEntry { modified: None, ..same.clone() }
                );
            }
        }
    }
}

fn entries(items: &[ListItem]) -> Vec<ListEntry> {
    let entry = |item: &ListItem| match item {
        ListItem::Entry(entry) => Some(entry.clone()),
        ListItem::Unparsed(_) => None,
    };
    items.iter().filter_map(entry).collect()
}

// LST-22: of two formats in one listing, each line is read as its own or not at all.
#[test]
fn mixtures_make_no_wrong_entry() {
    let mut samples = corpus();
    // Where names begin shows only if all lines agree; and a word below the heading of members is a member.
    const AGREEING: &[&str] = &[
        "nothing",
        "unix-aix",
        "unix-half-or-name",
        "unix-twelve-hours",
        "unix-wide-gap",
        "unix-year-and-time",
        "unix-year-or-time",
    ];
    samples.retain(|sample| !AGREEING.contains(&&sample.name[..]));
    let family = |sample: &Sample| sample.name.split('-').next().unwrap_or_default().to_owned();
    let alone: HashMap<&String, Vec<ListEntry>> =
        samples.iter().map(|sample| (&sample.name, entries(&sample.parse(None)))).collect();
    // One of each family stands for it.
    let mut others: Vec<&Sample> = samples.iter().collect();
    others.dedup_by_key(|sample| family(sample));
    for first in &samples {
        for second in others.iter().filter(|second| family(second) != family(first)) {
            let text = [&first.text[..], b"\r\n", &second.text[..]].concat();
            let items = parse_listing(&text, &ListingHint { syst: None, now: first.now });
            let known: Vec<&ListEntry> = alone[&first.name].iter().chain(&alone[&second.name]).collect();
            for entry in entries(&items) {
                let same = known.iter().any(|other| {
                    other.raw == entry.raw
                        && other.name == entry.name
                        && other.kind == entry.kind
                        && other.size == entry.size
                        && other.target == entry.target
                        && (entry.modified.is_none() || other.modified == entry.modified)
                });
                assert!(same, "{} and {}: {entry:?}", first.name, second.name);
            }
        }
    }
}

// LST-22: what comes cut off is understood as far as it goes, and nothing panics.
#[test]
fn a_listing_cut_anywhere_keeps_its_whole_lines() {
    for sample in corpus() {
        let whole = entries(&sample.parse(None));
        for cut in (0..sample.text.len()).step_by(37) {
            let items = parse_listing(&sample.text[..cut], &ListingHint { syst: None, now: sample.now });
            // The line that was cut may be one more, by what is left of it.
            assert!(entries(&items).len() <= whole.len() + 1, "{} at {cut}", sample.name);
        }
    }
}
