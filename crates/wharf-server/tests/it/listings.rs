//! LIST, NLST, MLSD, STAT and MLST.

use wharf_client::{EntryKind, TlsMode};
use wharf_codec::{Facts, ListItem, ListingHint, TimeVal, parse_listing};
use wharf_server::{LocalDisk, LocalOptions, MemoryDisk};

use crate::{
    harness::{Harness, path},
    raw::{Raw, read_all},
};

fn disk() -> MemoryDisk {
    let disk = MemoryDisk::new();
    for (name, text) in [("a file", "12345"), (".hidden", "1"), ("dir/inner", "123"), ("caf\u{e9}", "")] {
        disk.insert(&path(name), text).unwrap();
    }
    disk
}

async fn listing(raw: &mut Raw, command: &str) -> Vec<u8> {
    let addr = raw.epsv().await;
    raw.say(command);
    let data = raw.protected_data(addr).await.unwrap();
    let text = raw.while_reading(read_all(data)).await;
    raw.expect(150).await;
    raw.expect(226).await;
    text
}

fn sorted(text: &[u8]) -> Vec<&[u8]> {
    assert!(text.is_empty() || text.ends_with(b"\r\n"), "{}", text.escape_ascii());
    let mut lines: Vec<&[u8]> =
        text.split(|b| *b == b'\n').filter_map(|line| line.strip_suffix(b"\r")).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn names() {
    // LST-02, LST-05, LST-06
    let harness = Harness::start(disk()).await;
    let mut raw = Raw::protected(&harness).await;
    let text = listing(&mut raw, "NLST").await;
    assert_eq!(sorted(&text), [&b"a file"[..], "caf\u{e9}".as_bytes(), b"dir"]);
    let text = listing(&mut raw, "NLST -a").await;
    assert_eq!(sorted(&text)[0], b".hidden");
    // The names work in RETR.
    assert_eq!(listing(&mut raw, "NLST dir").await, b"dir/inner\r\n");
    assert_eq!(listing(&mut raw, "NLST dir/inner").await, b"dir/inner\r\n");
    assert_eq!(listing(&mut raw, "NLST /dir/").await, b"/dir/inner\r\n");
    raw.epsv().await;
    raw.ask("NLST nowhere", 550).await;
    harness.ended().await;
}

#[tokio::test]
async fn long_lines_are_read_back() {
    // LST-03, LST-04
    let harness = Harness::start(disk()).await;
    let mut raw = Raw::protected(&harness).await;
    let hint = ListingHint { syst: None, now: TimeVal::new(1_790_000_000, 0) };
    let entries = |text: &[u8]| {
        let mut entries: Vec<_> = parse_listing(text, &hint)
            .into_iter()
            .map(|item| match item {
                ListItem::Entry(entry) => (entry.name.clone(), entry.kind, entry.size),
                ListItem::Unparsed(line) => panic!("{}", line.escape_ascii()),
            })
            .collect();
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        entries
    };
    let all = entries(&listing(&mut raw, "LIST").await);
    assert_eq!(all.len(), 3);
    assert_eq!(all[0], ("a file".into(), EntryKind::File, Some(5)));
    assert_eq!((&all[2].0[..], all[2].1), (&b"dir"[..], EntryKind::Directory));
    let one = entries(&listing(&mut raw, "LIST -l dir/inner").await);
    assert_eq!(one, [("inner".into(), EntryKind::File, Some(3))]);
    harness.ended().await;
}

#[tokio::test]
async fn facts_are_read_back() {
    // LST-08, LST-09, LST-12
    let harness = Harness::start(disk()).await;
    let mut client = harness.client(TlsMode::Explicit).await;
    let mut entries = client.list("").await.unwrap();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<&[u8]> = entries.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(names, [&b".hidden"[..], b"a file", "caf\u{e9}".as_bytes(), b"dir"]);
    assert_eq!((entries[1].kind, entries[1].size), (EntryKind::File, Some(5)));
    assert_eq!(entries[3].kind, EntryKind::Directory);
    assert!(entries[0].modified.is_some_and(|modified| modified.utc));
    assert_eq!(client.left_out(), 0);

    let mut raw = Raw::protected(&harness).await;
    for line in sorted(&listing(&mut raw, "MLSD dir").await) {
        let (facts, name) = Facts::parse_line(line).unwrap();
        assert_eq!((&name[..], facts.size), (&b"inner"[..], Some(3)));
    }
    raw.epsv().await;
    raw.ask("MLSD a file", 501).await;
    let entry = client.stat("a file").await.unwrap();
    assert_eq!((&entry.name[..], entry.size), (&b"a file"[..], Some(5)));
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_large_directories_and_odd_names_keep_their_lines() {
    // LST-23, CTL-07: thousands of lines on either connection, and a name that would break its line.
    let dir = tempfile::tempdir().unwrap();
    let count = 3_000;
    for number in 0..count {
        std::fs::write(dir.path().join(format!("file-{number:05}")), b"x").unwrap();
    }
    std::fs::write(dir.path().join("a\r\n226 fake"), b"x").unwrap();
    let harness = Harness::start(LocalDisk::open(dir.path(), LocalOptions::default()).unwrap()).await;
    let mut client = harness.client(TlsMode::Explicit).await;
    assert_eq!(client.list("").await.unwrap().len(), count);
    assert_eq!(client.names("").await.unwrap().len(), count);
    // Longer than a careful client takes in one reply.
    let mut raw = Raw::protected(&harness).await;
    raw.say("STAT /");
    let mut lines = 0;
    while let line = raw.hear().await.unwrap()
        && !line.starts_with("213 ")
    {
        assert!(!line.contains("fake"), "{line}");
        lines += usize::from(line.starts_with(" -rw"));
    }
    assert_eq!(lines, count);
    raw.ask("NOOP", 200).await;
    harness.ended().await;
}
