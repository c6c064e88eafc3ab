//! What holds for listings that nobody wrote down: lines made of parts, and lines of the corpus with something broken.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use wharf_codec::{EntryKind, ListEntry, ListItem, ListingHint, TimeVal, parse_listing};

/// 2024-03-01T12:00:00Z.
const NOW: i64 = 1_709_294_400;

fn parse(text: &[u8], syst: Option<&[u8]>) -> Vec<ListItem> {
    parse_listing(text, &ListingHint { syst, now: TimeVal::new(NOW, 0) })
}

fn only(text: &str) -> ListEntry {
    match &parse(text.as_bytes(), None)[..] {
        [ListItem::Entry(entry)] => entry.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn secs(text: &str) -> i64 {
    TimeVal::parse(text.as_bytes()).unwrap().secs()
}

/// A name that no format could take for something else.
fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_][a-zA-Z0-9_. +()-]{0,20}[a-zA-Z0-9_]"
        .prop_filter("an arrow parts links", |name| !name.contains("->"))
}

/// Names of May that mean May in one language and nothing in any other.
const MAY: &[&str] =
    &["May", "Mai", "mai.", "mayo", "maio", "magg", "mei", "maj", "touko", "máj", "май", "мая", "Μάι", "5月"];

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    texts.sort();
    texts.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

proptest! {
    // LST-22: owner, group, size, date and name of `ls`, whatever they are.
    #[test]
    fn lines_of_ls(
        prefix in select(vec!["", "  524301 ", "  524301   8 "]),
        mark in select(vec!["", "+", ".", "@"]),
        columns in select(vec!["1 alice staff", "1 1000 100", "1 alice", "12 Domain Users staff", "1 alice Domain Users"]),
        size in any::<u64>(),
        month in select(MAY),
        day in 1_u8..=31,
        day_first in any::<bool>(),
        year in 1980_i64..2024,
        name in name(),
    ) {
        let date = if day_first && month != "5月" { format!("{day:>2} {month}") } else { format!("{month} {day:>2}") };
        let entry = only(&format!("{prefix}-rw-r--r--{mark} {columns} {size} {date}  {year} {name}"));
        prop_assert_eq!((&entry.name[..], entry.kind, entry.size), (name.as_bytes(), EntryKind::File, Some(size)));
        let time = entry.modified.unwrap();
        prop_assert_eq!(time.secs, secs(&format!("{year:04}05{day:02}000000")));
    }

    // LST-22: all columns of `dir`, in both orders.
    #[test]
    fn lines_of_dir(
        year in 1980_i64..2024,
        (month, day) in (1_u8..=12, 1_u8..=28),
        (hour, minute) in (0_u8..24, 0_u8..60),
        short in any::<bool>(),
        size in prop::option::of(0_u64..1 << 50),
        name in name(),
    ) {
        let date = if short { format!("{month:02}-{day:02}-{:02}", year % 100) } else { format!("{month:02}-{day:02}-{year}") };
        let half = if hour < 12 { "AM" } else { "PM" };
        let clock = format!("{:02}:{minute:02}{half}", if hour % 12 == 0 { 12 } else { hour % 12 });
        let column = size.map_or_else(|| "      <DIR>         ".to_owned(), |size| format!("{size:>20}"));
        let entry = only(&format!("{date}  {clock} {column} {name}"));
        prop_assert_eq!((&entry.name[..], entry.size), (name.as_bytes(), size));
        let time = entry.modified.unwrap();
        prop_assert_eq!(time.secs, secs(&format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}00")));
    }

    // LST-20, LST-22: facts in any order, with and without the last semicolon.
    #[test]
    fn lines_of_facts(
        mut facts in Just(vec!["type=file", "Size=42", "modify=20230102030405", "UNIX.mode=0644", "x.other=y"]).prop_shuffle(),
        keep in 0_usize..3,
        closed in any::<bool>(),
        name in name(),
    ) {
        // A number at the end shows where the facts end.
        facts.retain(|fact| *fact != "Size=42");
        facts.truncate(2 + keep);
        facts.push("Size=42");
        let entry = only(&format!("{}{} {name}", facts.join(";"), if closed { ";" } else { "" }));
        prop_assert_eq!((&entry.name[..], entry.size), (name.as_bytes(), Some(42)));
        prop_assert_eq!(entry.kind, EntryKind::File);
    }

    // LST-22: entries of VMS on one line, two or three.
    #[test]
    fn lines_of_vms(
        stem in "[A-Z0-9_$-]{1,30}",
        version in 1_u16..=32_767,
        blocks in 0_u64..1 << 40,
        breaks in (any::<bool>(), any::<bool>()),
        directory in any::<bool>(),
    ) {
        let end = |broken| if broken { "\r\n          " } else { "  " };
        let word = if directory { format!("{stem}.DIR;1") } else { format!("{stem}.TXT;{version}") };
        let text = format!(
            "{word}{}{blocks}/{blocks}  2-MAR-2021 10:30:08.59  [GROUP,USER]{}(RWED,RWED,RE,)\r\n",
            end(breaks.0), end(breaks.1)
        );
        let entry = only(&text);
        if directory {
            prop_assert_eq!((&entry.name[..], entry.kind), (stem.as_bytes(), EntryKind::Directory));
        } else {
            prop_assert_eq!((&entry.name[..], entry.size), (word.as_bytes(), Some(blocks * 512)));
        }
        prop_assert_eq!(entry.modified.unwrap().secs, secs("20210302103008"));
        prop_assert_eq!(&entry.raw[..], text.trim_end().as_bytes());
    }

    // LST-22: with anything broken there is no panic, and what is an entry has a name out of its line.
    #[test]
    fn broken_listings(
        seed in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..8),
        syst in select(vec!["", "UNIX", "Windows_NT", "VMS", "MVS", "OS/400"]),
    ) {
        let texts = corpus();
        let mut text = seed.get(&texts).clone();
        for (place, byte, how) in cuts {
            let at = place.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => text.truncate(text.len().max(2) - 1),
            }
        }
        for item in parse(&text, Some(syst.as_bytes())) {
            if let ListItem::Entry(entry) = item {
                prop_assert!(!entry.name.is_empty());
                prop_assert!(text.windows(entry.raw.len()).any(|part| part == entry.raw));
            }
        }
    }
}

// LST-22: a listing of any size takes time in proportion to it, whatever is in it.
#[test]
fn nothing_takes_long() {
    let long = |unit: &str| unit.repeat((1 << 20) / unit.len());
    for text in [
        long(" -> "),
        format!("lrwxrwxrwx 1 a b 5 Jan 2 15:04 {}", long(" -> ")),
        format!("-rw-r--r-- 1 a b 5 Jan 2 15:04 {}", long("  ")),
        format!("type=file;{}", long("a=b;")),
        format!("type=OS.unix=slink:/{}", long("a ")),
        long("A;1\r\n"),
        long("a;1 (\r\n("),
        long("+"),
        long("-rw-r--r-- 1 ä 1 ö 1 ü 1 ä 1 ö 1\n"),
        format!("[{}", long("1 ")),
    ] {
        let _ = parse(text.as_bytes(), None);
    }
}
