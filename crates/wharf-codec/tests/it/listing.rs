//! Text of LIST.

use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{
    EntryKind, ListEntry, ListItem, ListLine, ListTime, ListingHint, Permissions, TimePrecision, TimeVal,
    TimeZone, encode_list_line, parse_listing,
};

/// 2024-03-01T12:00:00Z.
const NOW: i64 = 1_709_294_400;

fn parse(text: &[u8]) -> Vec<ListItem> {
    parse_listing(text, &ListingHint { syst: None, now: TimeVal::new(NOW, 0) })
}

fn entry(text: &str) -> ListEntry {
    match &parse(text.as_bytes())[..] {
        [ListItem::Entry(entry)] => entry.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn unparsed(text: &str) {
    assert_eq!(parse(text.as_bytes()), [ListItem::Unparsed(text.as_bytes().to_vec().into())], "{text}");
}

fn time(text: &str) -> i64 {
    TimeVal::parse(text.as_bytes()).unwrap().secs()
}

// LST-22
#[test]
fn unix_lines() {
    for (text, kind, name, size, secs) in [
        (
            "-rw-r--r--   1 owner    group    1234567 Jan 02 15:04 name",
            'f',
            "name",
            Some(1_234_567),
            "20240102150400",
        ),
        ("-rw-r--r-- 1 owner group 12 Jan  2  2023 a b  c ", 'f', "a b  c ", Some(12), "20230102000000"),
        ("-rw-r--r-- 1 owner group 12 Jan  2  2023  lead", 'f', " lead", Some(12), "20230102000000"),
        ("drwxr-xr-x+ 2 1000 100 4096 Dec 31 23:59 d", 'd', "d", None, "20231231235900"),
        ("drwxr-xr-x. 2 1000 100 4096 Feb 29 12:00 d", 'd', "d", None, "20240229120000"),
        // A server ahead of us: its tomorrow is not last year.
        ("-rw-r--r-- 1 o g 1 Mar  2 01:00 x", 'f', "x", Some(1), "20240302010000"),
        ("-rw-r--r-- 1 o g 1 Mar  3 01:00 x", 'f', "x", Some(1), "20230303010000"),
        ("-rw-r--r-- 1 owner 12 Jan 2 15:04 x", 'f', "x", Some(12), "20240102150400"),
        ("-rw-r--r-- owner group 12 Jan 2 15:04 x", 'f', "x", Some(12), "20240102150400"),
        ("-rw-r--r-- 1 owner Domain Users 12 Jan 2 15:04 x", 'f', "x", Some(12), "20240102150400"),
        ("-rw-r--r-- 1 o g 12 2 Jan 15:04 x", 'f', "x", Some(12), "20240102150400"),
        ("-rw-r--r-- 1 o g 12 2024-01-02 15:04 x", 'f', "x", Some(12), "20240102150400"),
        ("-rw-r--r-- 1 o g 12 2024-01-02 15:04:05.123456789 +0130 x", 'f', "x", Some(12), "20240102133405"),
        ("-rw-r--r-- 1 o g 12 Jan 2 15:04:05 2022 x", 'f', "x", Some(12), "20220102150405"),
        ("-rw-r--r-- 1 o g 12 Jan 2 15:04 2022", 'f', "2022", Some(12), "20240102150400"),
        ("-rw-r--r-- 1 o g 12 Jan 2 2023 Jan 2 2022", 'f', "Jan 2 2022", Some(12), "20230102000000"),
        ("crw-rw-rw- 1 root tty 5, 0 Jan 2 15:04 tty", 'o', "tty", None, "20240102150400"),
        ("brw-rw---- 1 root disk 8,1 Jan 2 15:04 sda1", 'o', "sda1", None, "20240102150400"),
        ("prw-r--r-- 1 o g 0 Jan 2 15:04 pipe", 'o', "pipe", None, "20240102150400"),
        ("drwxrwxrwt 1 o g 0 Jan 2 15:04 ..", 'd', "..", None, "20240102150400"),
    ] {
        let entry = entry(text);
        let letter = match entry.kind {
            EntryKind::File => 'f',
            EntryKind::Directory => 'd',
            EntryKind::Symlink => 'l',
            EntryKind::Other => 'o',
        };
        assert_eq!(letter, kind, "{text}");
        assert_eq!(entry.name, name, "{text}");
        assert_eq!(entry.size, size, "{text}");
        assert_eq!(entry.modified.unwrap().secs, time(secs), "{text}");
        assert_eq!(entry.raw, text);
    }
}

#[test]
fn owners_groups_and_bits() {
    let who = |text: &str| {
        let entry = entry(text);
        (entry.owner, entry.group)
    };
    let some = |name: &'static str| Some(name.into());
    assert_eq!(who("-rw-r--r-- 1 o g 12 Jan 2 15:04 x"), (some("o"), some("g")));
    assert_eq!(who("-rw-r--r-- 1 o 12 Jan 2 15:04 x"), (some("o"), None));
    assert_eq!(who("-rw-r--r-- o g 12 Jan 2 15:04 x"), (some("o"), some("g")));
    assert_eq!(who("-rw-r--r-- 1 o g h 12 Jan 2 15:04 x"), (None, None));
    assert_eq!(entry("-rwsr-Sr-T 1 o g 12 Jan 2 15:04 x").permissions, Some(Permissions(0o7744)));
    assert_eq!(entry("drwxrwxrwt 1 o g 12 Jan 2 15:04 x").permissions, Some(Permissions(0o1777)));
}

// LST-04
#[test]
fn precision_and_zone_are_told() {
    let time = |text: &str| {
        let ListTime { precision, zone, .. } = entry(text).modified.unwrap();
        (precision, zone)
    };
    use TimePrecision::{Day, Minute, Second};
    assert_eq!(time("-rw-r--r-- 1 o g 12 Jan 2 15:04 x"), (Minute, TimeZone::Unknown));
    assert_eq!(time("-rw-r--r-- 1 o g 12 Jan 2  2023 x"), (Day, TimeZone::Unknown));
    assert_eq!(time("-rw-r--r-- 1 o g 12 2024-01-02 15:04:05.1 +0000 x"), (Second, TimeZone::Utc));
    assert_eq!(time("+m1,\tx"), (Second, TimeZone::Utc));
}

#[test]
fn links_have_targets() {
    let link = |text: &str| {
        let entry = entry(text);
        assert_eq!(entry.kind, EntryKind::Symlink);
        (entry.name, entry.target)
    };
    assert_eq!(link("lrwxrwxrwx 1 o g 6 Jan 2 15:04 a -> target"), ("a".into(), Some("target".into())));
    assert_eq!(link("lrwxrwxrwx 1 o g 1 Jan 2 15:04 a -> b -> c"), ("a -> b".into(), Some("c".into())));
    assert_eq!(link("lrwxrwxrwx 1 o g 6 Jan 2 15:04 a"), ("a".into(), None));
    assert_eq!(link("01-02-24  03:04PM       <SYMLINKD>     a [C:\\b]"), ("a".into(), Some("C:\\b".into())));
}

// LST-22
#[test]
fn dos_lines() {
    for (text, name, size, secs) in [
        ("01-02-24  03:04PM       <DIR>          x", "x", None, "20240102150400"),
        ("01-02-24  03:04PM       <DIR>            two", "  two", None, "20240102150400"),
        ("01-02-24  03:04PM  <DIR>  x", "x", None, "20240102150400"),
        ("01-02-2024  12:00AM                12345 a b", "a b", Some(12_345), "20240102000000"),
        ("01-02-24  12:30PM                1,234  a", " a", Some(1_234), "20240102123000"),
        ("12/31/99  15:04                    0 x", "x", Some(0), "19991231150400"),
        ("31-12-99  15:04                    0 x", "x", Some(0), "19991231150400"),
        ("2024-01-02  15:04    7 x", "x", Some(7), "20240102150400"),
    ] {
        let entry = entry(text);
        assert_eq!((&entry.name[..], entry.size), (name.as_bytes(), size), "{text}");
        assert_eq!(entry.modified.unwrap().secs, time(secs), "{text}");
        assert_eq!(entry.kind, if size.is_some() { EntryKind::File } else { EntryKind::Directory }, "{text}");
    }
}

// LST-22
#[test]
fn eplf_lines() {
    let file = entry("+i8388621.48594,m825718503,r,s280,up644,\tdjb.html");
    assert_eq!((&file.name[..], file.kind, file.size), (&b"djb.html"[..], EntryKind::File, Some(280)));
    assert_eq!((file.modified.unwrap().secs, file.permissions), (825_718_503, Some(Permissions(0o644))));
    assert_eq!(entry("+i8388621.50690,m824255907,/,\t514").kind, EntryKind::Directory);
}

// LST-22, LST-06: unparsable lines are skipped, not fatal.
#[test]
fn doubtful_lines_stay_as_they_are() {
    for text in [
        "hello",
        "./sub:",
        "-rw-r--r--",
        "-rw-r--r-- 1 o g 12 Jan 2 15:04",
        "-rw-r--r-- 1 o g 12 Jan 2 15:04 ",
        "-rw-r--r-- 1 o g 12 Jan 32 15:04 x",
        "-rw-r--r-- 1 o g 12 Jan 2 25:04 x",
        "-rw-r--r-- 1 o g 99999999999999999999999 Jan 2 15:04 x",
        "-rwzr--r-- 1 o g 5 Jan 2 15:04 x",
        "13-32-24  03:04PM  <DIR>  x",
        "01-02-24  13:04PM  <DIR>  x",
        "01-02-24  03:04PM  12x  x",
        "01-02-24  03:04PM  <DIR>",
        "+i1,r,s1",
        "-rw-r--r-- 1 o g 5 Jan 2 15:04 a\rb",
        "total twelve",
    ] {
        unparsed(text);
    }
    assert_eq!(parse(b"total 12\r\n\r\n\n"), []);
}

// LST-03
#[test]
fn written_lines() {
    let line = ListLine {
        mode: 0o755,
        kind: EntryKind::File,
        links: 1,
        owner: b"owner",
        group: b"group",
        size: 1_234_567,
        modified: TimeVal::new(time("20240102150405"), 0),
        name: b"name",
        target: None,
    };
    let show = |line: &ListLine<'_>| {
        let mut dst = BytesMut::new();
        encode_list_line(line, TimeVal::new(NOW, 0), &mut dst)
            .then(|| String::from_utf8(dst.to_vec()).unwrap())
    };
    let is = |line: ListLine<'_>, text: &str| assert_eq!(show(&line).as_deref(), Some(text));
    is(line, "-rwxr-xr-x   1 owner    group    1234567 Jan 02 15:04 name");
    let old = TimeVal::new(time("20230102150405"), 0);
    is(ListLine { modified: old, ..line }, "-rwxr-xr-x   1 owner    group    1234567 Jan 02  2023 name");
    let future = TimeVal::new(NOW + 60, 0);
    is(ListLine { modified: future, ..line }, "-rwxr-xr-x   1 owner    group    1234567 Mar 01  2024 name");
    let link = ListLine { kind: EntryKind::Symlink, mode: 0o777, size: 1, target: Some(b"t"), ..line };
    is(link, "lrwxrwxrwx   1 owner    group          1 Jan 02 15:04 name -> t");
    let odd = ListLine { owner: b"a b", group: b"", mode: 0o7644, kind: EntryKind::Directory, ..line };
    is(odd, "drwSr-Sr-T   1 a_b      ?        1234567 Jan 02 15:04 name");
    // LST-23
    assert_eq!(show(&ListLine { name: b"a\nb", ..line }), None);
    assert_eq!(show(&ListLine { name: b"", ..line }), None);
}

proptest! {
    // LST-03, LST-22: what is written is read back.
    #[test]
    fn lines_come_back(
        mode in 0_u16..0o10000,
        kind in prop::sample::select(vec![EntryKind::File, EntryKind::Directory, EntryKind::Other]),
        size in any::<u64>(),
        ago in -400_i64 * 86_400..4_000 * 86_400,
        owner in "[a-z]{1,12}",
        name in "[^\r\n\0/]{1,20}",
    ) {
        prop_assume!(!name.trim_matches([' ', '\t']).is_empty());
        let modified = TimeVal::new(NOW - ago, 0);
        let line = ListLine {
            mode: mode.into(), kind, links: 3, owner: owner.as_bytes(), group: b"1000", size, modified,
            name: name.as_bytes(), target: None,
        };
        let mut dst = BytesMut::new();
        prop_assert!(encode_list_line(&line, TimeVal::new(NOW, 0), &mut dst));
        let items = parse(&dst);
        let [ListItem::Entry(entry)] = &items[..] else { panic!("{items:?}") };
        prop_assert_eq!(&entry.name[..], name.as_bytes());
        prop_assert_eq!((entry.kind, entry.permissions), (kind, Some(Permissions(mode))));
        prop_assert_eq!(entry.owner.as_deref(), Some(owner.as_bytes()));
        let read = entry.modified.unwrap();
        let unit = if read.precision == TimePrecision::Day { 86_400 } else { 60 };
        prop_assert_eq!(read.secs, modified.secs().div_euclid(unit) * unit);
    }

    #[test]
    fn no_listing_is_too_odd(text in prop::collection::vec(any::<u8>(), 0..200)) {
        for item in parse(&text) {
            if let ListItem::Entry(entry) = item {
                prop_assert!(!entry.name.is_empty());
            }
        }
    }

    #[test]
    fn no_line_is_too_odd(start in "[-dlbc+0-9][-rwxsStT]{9}", rest in "[ 0-9a-zA-Z:,.>-]{0,60}") {
        let _ = parse(format!("{start}{rest}").as_bytes());
    }

    #[test]
    fn no_date_is_too_odd(day in "[0-9/-]{6,10}", clock in "[0-9:]{3,8}(AM|PM)?", rest in "[ 0-9a-z<>DIR,]{0,30}") {
        let _ = parse(format!("{day} {clock} {rest}").as_bytes());
        let _ = parse(format!("-rw-r--r-- 1 o g 1 {day} {clock} {rest}").as_bytes());
    }
}
