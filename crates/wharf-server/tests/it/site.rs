//! The commands of SITE, copies and patterns on a real disk.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;
use wharf_server::{
    ControlPolicy, DataPolicy, FileErrorKind, LocalDisk, LocalOptions, MemoryDisk, VirtualHost,
};
use wharf_storage::fault::{FaultDisk, Faults};

use crate::{
    harness::{Harness, PASSWORD, path, sample, until},
    raw::{Raw, read_all},
};

async fn served(rmdir: bool) -> (Harness, TempDir) {
    let root = tempfile::tempdir().unwrap();
    let disk = LocalDisk::open(root.path(), LocalOptions::default()).unwrap();
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
        options.session.site_rmdir = rmdir;
    })
    .await;
    (harness, root)
}

fn mode(root: &TempDir, name: &str) -> u32 {
    std::fs::metadata(root.path().join(name)).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn modes_times_and_links_reach_the_disk() {
    // SEC-03
    let (harness, root) = served(false).await;
    std::fs::write(root.path().join("f"), "hello").unwrap();
    let mut raw = Raw::open(&harness).await;
    raw.ask("SITE CHMOD 640 f", 200).await;
    assert_eq!(mode(&root, "f"), 0o640);
    raw.ask("SITE CHMOD 6755 f", 504).await;
    raw.ask("MFF Modify=20200102030405;UNIX.mode=600; f", 213).await;
    assert_eq!(mode(&root, "f"), 0o600);
    assert_eq!(raw.ask("MDTM f", 213).await, "213 20200102030405");
    assert_eq!(raw.ask("SITE UMASK 077", 200).await, "200 Current UMASK is 077");
    raw.ask("SITE MKDIR a/b/c", 200).await;
    assert_eq!((mode(&root, "a"), mode(&root, "a/b/c")), (0o700, 0o700));
    raw.ask("SITE COPY f a/g", 200).await;
    assert_eq!(mode(&root, "a/g"), 0o600);
    raw.ask("SITE SYMLINK ../../f a/b/l", 200).await;
    assert_eq!(std::fs::read(root.path().join("a/b/l")).unwrap(), b"hello");
    // C1: never out of the root, whatever stands there.
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("canary"), "x").unwrap();
    symlink(outside.path(), root.path().join("out")).unwrap();
    for target in ["/etc/passwd", "out", "out/canary", "../../../etc/passwd"] {
        raw.ask(&format!("SITE SYMLINK {target} evil"), 550).await;
    }
    for line in
        ["SITE CHMOD 777 out/canary", "SITE CHMOD 777 out", "SITE COPY out/canary x", "HASH out/canary"]
    {
        raw.ask(line, 550).await;
    }
    raw.ask("SITE COPY f out/new", 550).await;
    raw.ask("SITE RMDIR a", 550).await;
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    assert!(!root.path().join("evil").exists());
    let free = raw.ask("AVBL", 213).await;
    assert!(free["213 ".len()..].parse::<u64>().unwrap() > 0);
    harness.ended().await;
}

#[tokio::test]
async fn copies_and_combinations_are_whole() {
    let (harness, root) = served(true).await;
    let (one, two) = (sample(700_001), sample(300_000));
    std::fs::write(root.path().join("one"), &one).unwrap();
    std::fs::write(root.path().join("two"), &two).unwrap();
    let mut raw = Raw::open(&harness).await;
    raw.ask("SITE CPFR one", 350).await;
    raw.ask("SITE CPTO copy", 250).await;
    assert!(std::fs::read(root.path().join("copy")).unwrap() == one);
    raw.ask("COMB copy one two", 250).await;
    assert!(std::fs::read(root.path().join("copy")).unwrap() == [&one[..], &one, &two].concat());
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["copy"]);
    // A part that is not there changes nothing, and leaves nothing.
    raw.ask("COMB copy none", 550).await;
    raw.ask("COMB new copy none", 550).await;
    // A thread removes what was given up.
    until(async || names() == ["copy"]).await;
    raw.ask("SITE MKDIR d/e", 200).await;
    raw.ask("SITE COPY copy d/e/f", 200).await;
    raw.ask("SITE COPY copy d", 550).await;
    raw.ask("SITE RMDIR d", 200).await;
    assert_eq!(names(), ["copy"]);
    harness.ended().await;
}

#[tokio::test]
async fn no_copy_is_larger_than_an_upload_may_be() {
    let disk = MemoryDisk::new();
    for name in ["one", "two", "three"] {
        disk.insert(&path(name), sample(400)).unwrap();
    }
    disk.insert(&path("large"), sample(1001)).unwrap();
    let harness = Harness::with(disk.clone(), |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.max_upload = Some(1000);
    })
    .await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("COMB both one two", 250).await;
    raw.ask("COMB both three", 552).await;
    raw.ask("COMB all both three", 552).await;
    raw.ask("SIZE all", 550).await;
    raw.ask("SITE CPFR large", 350).await;
    raw.ask("SITE CPTO larger", 552).await;
    raw.ask("SITE CPFR both", 350).await;
    raw.ask("SITE CPTO copy", 250).await;
    assert_eq!(disk.content(&path("both")).unwrap().len(), 800);
    harness.ended().await;
}

#[tokio::test]
async fn who_tells_of_the_own_account() {
    let (harness, _root) = served(false).await;
    let mut first = Raw::open(&harness).await;
    let second = Raw::open(&harness).await;
    let mut count = async || {
        first.say("SITE WHO");
        let mut lines = 0;
        loop {
            let line = first.hear().await.unwrap();
            if line.starts_with("211 ") {
                return lines;
            }
            lines += usize::from(line.starts_with(' ') && line.contains("from 127.0.0.1:"));
        }
    };
    assert_eq!(count().await, 2);
    drop(second);
    until(async || count().await == 1).await;
    harness.ended().await;
}

#[tokio::test]
async fn who_logs_in_again_is_told_of() {
    let (harness, _root) = served(false).await;
    let mut raw = Raw::open(&harness).await;
    // All at once: the answer comes with the commands.
    for line in ["REIN", "USER wharf", &format!("PASS {PASSWORD}")] {
        raw.say(line);
    }
    for code in [220, 331, 230] {
        raw.expect(code).await;
    }
    raw.say("SITE WHO");
    raw.hear().await.unwrap();
    assert!(raw.hear().await.unwrap().contains("from 127.0.0.1:"));
    harness.ended().await;
}

#[tokio::test]
async fn patterns_choose_what_is_listed() {
    // LST-02, C7
    let disk = MemoryDisk::new();
    for name in ["a.txt", "b.txt", ".c.txt", "d.bin", "[x]", "x", "sub/e.txt", "sub/f"] {
        disk.insert(&path(name), "x").unwrap();
    }
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await;
    let mut raw = Raw::open(&harness).await;
    for (argument, wanted) in [
        ("*.txt", "a.txt\r\nb.txt\r\n"),
        ("-a *.txt", ".c.txt\r\na.txt\r\nb.txt\r\n"),
        (".*", ".c.txt\r\n"),
        ("[ab].*", "a.txt\r\nb.txt\r\n"),
        // What stands under just that name comes first.
        ("[x]", "[x]\r\n"),
        ("sub/*.txt", "sub/e.txt\r\n"),
        ("/sub/?", "/sub/f\r\n"),
        ("none*", ""),
        ("{a,b}.txt*", ""),
    ] {
        let addr = raw.epsv().await;
        let data = raw.data(addr).await;
        raw.ask(&format!("NLST {argument}"), 150).await;
        assert_eq!(String::from_utf8(read_all(data).await).unwrap(), wanted, "{argument}");
        raw.expect(226).await;
    }
    let addr = raw.epsv().await;
    let data = raw.data(addr).await;
    raw.ask("LIST *.bin", 150).await;
    let listing = String::from_utf8(read_all(data).await).unwrap();
    assert!(listing.ends_with(" d.bin\r\n") && listing.lines().count() == 1, "{listing}");
    raw.expect(226).await;
    raw.epsv().await;
    raw.ask("NLST none/*", 550).await;
    harness.ended().await;
}

#[tokio::test]
async fn size_in_text_is_what_is_sent() {
    // XFR-04: SIZE, RETR and REST agree.
    let disk = MemoryDisk::new();
    disk.insert(&path("f"), "one\ntwo\r\nthree\n\r\n").unwrap();
    disk.insert(&path("large"), vec![b'\n'; 17 << 20]).unwrap();
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await;
    let mut raw = Raw::open(&harness).await;
    raw.ask("TYPE A", 200).await;
    let size: usize = raw.ask("SIZE f", 213).await["213 ".len()..].parse().unwrap();
    raw.ask("SIZE large", 550).await;
    for rest in [0, 5, size] {
        raw.ask(&format!("REST {rest}"), 350).await;
        let addr = raw.epsv().await;
        let data = raw.data(addr).await;
        raw.ask("RETR f", 150).await;
        assert_eq!(read_all(data).await.len(), size - rest);
        raw.expect(226).await;
    }
    harness.ended().await;
}

#[tokio::test]
async fn a_copy_that_fails_anywhere_changes_nothing() {
    // DAT-16: every call of storage fails once, in turn.
    let (disk, faults) = (MemoryDisk::new(), Faults::new());
    let harness = Harness::with(FaultDisk::new(disk.clone(), faults.clone()), |options| {
        options.session.policy.control = ControlPolicy::Allow;
        options.session.policy.data = DataPolicy::Allow;
    })
    .await;
    let mut raw = Raw::open(&harness).await;
    let content = |name: &str| disk.content(&path(name)).map(|content| content.to_vec());
    for (line, done) in [("SITE COPY one target", "1"), ("COMB target one two", "head12")] {
        for nth in 1.. {
            for (name, content) in [("target", "head"), ("one", "1"), ("two", "2")] {
                disk.insert(&path(name), content).unwrap();
            }
            let before = faults.calls();
            faults.fail_call(before + nth, FileErrorKind::NoSpace);
            raw.say(line);
            let (code, text) = raw.reply().await.unwrap();
            if code < 300 {
                assert_eq!(content("target"), Some(done.as_bytes().to_vec()), "{line} {nth} {text}");
            } else {
                assert_eq!(content("target"), Some(b"head".to_vec()), "{line} {nth} {text}");
                assert_eq!((content("one"), content("two")), (Some(b"1".to_vec()), Some(b"2".to_vec())));
            }
            if faults.calls() - before < nth {
                assert!(nth > 4, "{line}: {nth}");
                break;
            }
        }
    }
    harness.ended().await;
}

#[tokio::test]
async fn a_virtual_host_has_files_of_its_own() {
    // VH-01, VH-04
    let disk = MemoryDisk::new();
    for name in ["f", "one/f", "one/deep/f"] {
        disk.insert(&path(name), name).unwrap();
    }
    let harness = Harness::with(disk, |options| {
        options.session.policy.control = ControlPolicy::Allow;
        let mut host = VirtualHost::new(vec!["one.example".to_owned()]);
        host.root = Some("one".to_owned());
        host.greeting = Some("This is one".to_owned());
        options.session.hosts = vec![host];
    })
    .await;
    let mut raw = Raw::connect(&harness).await;
    assert_eq!(raw.ask("HOST one.example", 220).await, "220 This is one");
    raw.log_in().await;
    raw.ask("SIZE f", 213).await;
    assert_eq!(raw.ask("SIZE deep/f", 213).await, "213 10");
    raw.ask("SIZE ../one/f", 550).await;
    // A client that names no host has what it always had.
    let mut other = Raw::open(&harness).await;
    other.ask("SIZE one/deep/f", 213).await;
    harness.ended().await;
}
