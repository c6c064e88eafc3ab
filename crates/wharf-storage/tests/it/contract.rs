//! What every back end does alike.

use bytes::Bytes;
use wharf_storage::{LocalDisk, LocalOptions, MemoryDisk, StorageProvider};
use wharf_types::{FileErrorKind, FileKind, Grant, Timestamp, WriteMode};

use super::{APPEND, Disk, REPLACE, fetch, fetch_from, kind, local, names, names_at_rest, path, store};

#[tokio::test]
async fn nothing_is_visible_before_the_commit() {
    for disk in Disk::kinds() {
        let mut opened = disk.alice.open_write(&path("f"), REPLACE).await.unwrap();
        opened.sink.write(Bytes::from_static(b"whole")).await.unwrap();
        assert_eq!(kind(disk.alice.metadata(&path("f")).await), FileErrorKind::NotFound);
        assert!(names(&disk.alice, "/").await.is_empty());
        let committed = opened.sink.commit().await.unwrap();
        assert_eq!((committed.path, committed.bytes), (path("f"), 5));
        assert_eq!(fetch(&disk.bob, "f").await.unwrap(), b"whole");

        let mut opened = disk.alice.open_write(&path("f"), REPLACE).await.unwrap();
        opened.sink.write(Bytes::from_static(b"never")).await.unwrap();
        drop(opened);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"whole");
        if let Some(directory) = &disk.directory {
            assert_eq!(names_at_rest(directory.path()).await, ["f"]);
        }
    }
}

#[tokio::test]
async fn reading_starts_at_the_offset() {
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"0123456789").await.unwrap();
        assert_eq!(fetch_from(&disk.alice, "f", 7).await.unwrap(), b"789");
        assert_eq!(fetch_from(&disk.alice, "f", 10).await.unwrap(), b"");
        for offset in [11, 1 << 40, u64::MAX] {
            assert_eq!(kind(fetch_from(&disk.alice, "f", offset).await), FileErrorKind::InvalidOffset);
        }
        let opened = disk.alice.open_read(&path("f"), 4).await.unwrap();
        assert_eq!((opened.source.len(), opened.metadata.size), (Some(6), 10));
    }
}

#[tokio::test]
async fn writing_at_an_offset_keeps_what_is_before_and_ends_where_it_ends() {
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"0123456789").await.unwrap();
        assert_eq!(store(&disk.alice, "f", WriteMode::At(4), b"ab").await.unwrap(), 6);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"0123ab");
        assert_eq!(store(&disk.alice, "f", WriteMode::At(6), b"c").await.unwrap(), 7);
        assert_eq!(store(&disk.alice, "f", WriteMode::At(0), b"new").await.unwrap(), 3);
        assert_eq!(kind(store(&disk.alice, "f", WriteMode::At(4), b"x").await), FileErrorKind::InvalidOffset);
        assert_eq!(kind(store(&disk.alice, "g", WriteMode::At(1), b"x").await), FileErrorKind::InvalidOffset);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"new");
    }
}

#[tokio::test]
async fn appending_creates_and_adds() {
    for disk in Disk::kinds() {
        assert_eq!(store(&disk.alice, "f", APPEND, b"one").await.unwrap(), 3);
        assert_eq!(store(&disk.alice, "f", APPEND, b"two").await.unwrap(), 6);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"onetwo");
    }
}

#[tokio::test]
async fn an_append_to_a_file_that_changed_meanwhile_is_busy() {
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"base").await.unwrap();
        let mut late = disk.alice.open_write(&path("f"), APPEND).await.unwrap();
        assert_eq!(late.offset, 4);
        late.sink.write(Bytes::from_static(b"late")).await.unwrap();
        store(&disk.bob, "f", APPEND, b"early").await.unwrap();
        assert_eq!(kind(late.sink.commit().await), FileErrorKind::Busy);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"baseearly");
    }
}

#[tokio::test]
async fn unique_names_are_made_beside_the_wish_or_inside_a_directory() {
    // XFR-11
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"old").await.unwrap();
        disk.alice.make_directory(&path("d")).await.unwrap();
        for (wish, parent, start) in [("f", "/", "f."), ("d", "d", "file."), ("/", "/", "file.")] {
            let opened = disk.alice.open_write(&path(wish), WriteMode::Unique).await.unwrap();
            assert_eq!(opened.path.parent().unwrap(), path(parent));
            assert!(opened.path.file_name().unwrap().starts_with(start.as_bytes()), "{:?}", opened.path);
            let committed = opened.sink.commit().await.unwrap();
            assert_eq!(committed.path, opened.path);
            assert!(disk.alice.metadata(&committed.path).await.unwrap().is_file());
        }
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"old");
    }
}

#[tokio::test]
async fn c9_a_unique_name_that_was_taken_is_not_replaced() {
    for disk in Disk::kinds() {
        let opened = disk.alice.open_write(&path("f"), WriteMode::Unique).await.unwrap();
        let name = String::from_utf8(opened.path.as_bytes().to_vec()).unwrap();
        store(&disk.bob, &name, REPLACE, b"bob's").await.unwrap();
        assert_eq!(kind(opened.sink.commit().await), FileErrorKind::Exists);
        assert_eq!(fetch(&disk.alice, &name).await.unwrap(), b"bob's");
    }
}

#[tokio::test]
async fn directories_are_made_listed_and_removed_when_empty() {
    for disk in Disk::kinds() {
        let alice = &disk.alice;
        alice.make_directory(&path("d")).await.unwrap();
        assert_eq!(kind(alice.make_directory(&path("d")).await), FileErrorKind::Exists);
        assert_eq!(kind(alice.make_directory(&path("a/b")).await), FileErrorKind::NotFound);
        store(alice, "d/f", REPLACE, b"x").await.unwrap();
        assert_eq!(names(alice, "/").await, [b"d"]);
        assert_eq!(names(alice, "d").await, [b"f"]);
        assert_eq!(kind(alice.list(&path("d/f")).await.map(drop)), FileErrorKind::NotADirectory);
        assert_eq!(kind(alice.list(&path("e")).await.map(drop)), FileErrorKind::NotFound);
        assert_eq!(kind(alice.metadata(&path("d/f/g")).await), FileErrorKind::NotADirectory);
        assert_eq!(kind(alice.remove_directory(&path("d")).await), FileErrorKind::DirectoryNotEmpty);
        assert_eq!(kind(alice.remove_directory(&path("d/f")).await), FileErrorKind::NotADirectory);
        assert_eq!(kind(alice.remove_file(&path("d")).await), FileErrorKind::IsADirectory);
        assert_eq!(kind(fetch(alice, "d").await), FileErrorKind::IsADirectory);
        assert_eq!(kind(store(alice, "d", REPLACE, b"x").await), FileErrorKind::IsADirectory);
        alice.remove_file(&path("d/f")).await.unwrap();
        assert_eq!(kind(alice.remove_file(&path("d/f")).await), FileErrorKind::NotFound);
        alice.remove_directory(&path("d")).await.unwrap();
        assert!(names(alice, "/").await.is_empty());
        assert_eq!(alice.metadata(&path("/")).await.unwrap().kind, FileKind::Directory);
        assert_eq!(kind(alice.remove_directory(&path("/")).await), FileErrorKind::Denied);
        assert_eq!(kind(alice.rename(&path("/"), &path("x")).await), FileErrorKind::Denied);
        assert_eq!(kind(alice.make_directory(&path("/")).await), FileErrorKind::Exists);
    }
}

#[tokio::test]
async fn a_rename_replaces_files_and_never_directories() {
    for disk in Disk::kinds() {
        let alice = &disk.alice;
        store(alice, "f", REPLACE, b"f").await.unwrap();
        store(alice, "g", REPLACE, b"g").await.unwrap();
        for name in ["d", "e"] {
            alice.make_directory(&path(name)).await.unwrap();
        }
        store(alice, "d/x", REPLACE, b"x").await.unwrap();
        alice.rename(&path("f"), &path("g")).await.unwrap();
        assert_eq!(fetch(alice, "g").await.unwrap(), b"f");
        assert_eq!(kind(alice.rename(&path("f"), &path("h")).await), FileErrorKind::NotFound);
        for (from, to) in [("g", "e"), ("d", "e"), ("d", "g")] {
            assert_eq!(
                kind(alice.rename(&path(from), &path(to)).await),
                FileErrorKind::Exists,
                "{from} {to}"
            );
        }
        assert_eq!(kind(alice.rename(&path("d"), &path("d/d")).await), FileErrorKind::InvalidName);
        alice.rename(&path("d"), &path("e/d")).await.unwrap();
        assert_eq!(fetch(alice, "e/d/x").await.unwrap(), b"x");
        alice.rename(&path("g"), &path("g")).await.unwrap();
        assert_eq!(names(alice, "/").await, [b"e", b"g"]);
    }
}

#[tokio::test]
async fn times_are_set_and_told() {
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"x").await.unwrap();
        for to in [Timestamp::from_secs(1_000_000_000), Timestamp { secs: 1_234_567_890, nanos: 5_000 }] {
            let stored = disk.alice.set_modified(&path("f"), to).await.unwrap();
            assert_eq!(stored, to);
            assert_eq!(disk.alice.metadata(&path("f")).await.unwrap().modified, stored);
        }
        let absent = disk.alice.set_modified(&path("g"), Timestamp::from_secs(0)).await;
        assert_eq!(kind(absent), FileErrorKind::NotFound);
    }
}

#[tokio::test]
async fn names_are_bytes() {
    for disk in Disk::kinds() {
        let odd: [&[u8]; 5] = [b"\xff\xfe", b" lead and trail ", b"\x01\x1b[31m", b"...", &[b'n'; 255]];
        for name in odd {
            let opened = disk.alice.open_write(&path(name), REPLACE).await.unwrap();
            opened.sink.commit().await.unwrap();
            assert_eq!(names(&disk.alice, "/").await, [name]);
            disk.alice.remove_file(&path(name)).await.unwrap();
        }
        let long = disk.alice.open_write(&path([b'n'; 256]), REPLACE).await.map(drop);
        assert_eq!(kind(long), FileErrorKind::InvalidName);
    }
}

#[tokio::test]
async fn c8_large_directories_come_in_batches() {
    for disk in Disk::kinds() {
        let mut expected = Vec::new();
        for number in 0..600 {
            let name = format!("f{number:04}");
            let opened = disk.alice.open_write(&path(&name), REPLACE).await.unwrap();
            opened.sink.commit().await.unwrap();
            expected.push(name.into_bytes());
        }
        assert_eq!(names(&disk.alice, "/").await, expected);
    }
}

#[tokio::test]
async fn a_grant_opens_its_root() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("cameras")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), directory.path().join("out")).unwrap();
    let disk = local(directory.path());
    for (root, stored_at) in [
        ("", directory.path().to_owned()),
        ("cameras", directory.path().join("cameras")),
        (elsewhere.path().to_str().unwrap(), elsewhere.path().to_owned()),
    ] {
        let storage = disk.open(&Grant::new("alice", root)).await.unwrap();
        store(&storage, "f", REPLACE, b"x").await.unwrap();
        assert_eq!(std::fs::read(stored_at.join("f")).unwrap(), b"x");
    }
    for (root, expected) in [
        ("..", FileErrorKind::Denied),
        ("cameras/../..", FileErrorKind::Denied),
        ("out", FileErrorKind::Denied),
        ("absent", FileErrorKind::NotFound),
        ("cameras/f", FileErrorKind::NotADirectory),
    ] {
        assert_eq!(kind(disk.open(&Grant::new("alice", root)).await), expected, "{root}");
    }
    let beside = disk.account_in("alice", elsewhere.path()).unwrap();
    assert_eq!(fetch(&beside, "f").await.unwrap(), b"x");

    let memory = MemoryDisk::new();
    let storage = memory.open(&Grant::new("alice", "cameras/7")).await.unwrap();
    store(&storage, "f", REPLACE, b"x").await.unwrap();
    assert_eq!(memory.content(&path("cameras/7/f")).unwrap(), "x");
    memory.insert(&path("cameras/7/g/h"), "y").unwrap();
    assert_eq!(fetch(&storage, "g/h").await.unwrap(), b"y");
}

#[test]
fn a_root_has_to_be_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    for root in [file, directory.path().join("absent")] {
        assert!(LocalDisk::open(&root, LocalOptions::default()).is_err());
    }
}
