//! Ranges, copies inside storage, permission bits, links, whole trees.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use bytes::Bytes;
use wharf_storage::MemoryDisk;
use wharf_types::{FileErrorKind, WriteMode};

use super::{APPEND, Disk, REPLACE, all_names, cut, fetch, kind, local, names, path, store};

const fn within(start: u64, length: u64) -> WriteMode {
    WriteMode::Within { start, length }
}

#[tokio::test]
async fn a_range_is_replaced_and_nothing_else() {
    // XFR-21
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"0123456789").await.unwrap();
        assert_eq!(store(&disk.alice, "f", within(2, 3), b"abc").await.unwrap(), 10);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"01abc56789");
        assert_eq!(store(&disk.alice, "f", within(8, 4), b"wxyz").await.unwrap(), 12);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"01abc567wxyz");
        let opened = disk.alice.open_write(&path("f"), within(12, 1)).await.unwrap();
        assert_eq!(opened.offset, 12);
        drop(opened);
        let beyond = disk.alice.open_write(&path("f"), within(13, 1)).await;
        assert_eq!(kind(beyond), FileErrorKind::InvalidOffset);
        assert_eq!(store(&disk.alice, "new", within(0, 2), b"x").await.unwrap(), 1);
        // A cut one leaves no partial: it is no beginning of anything.
        cut(&disk.alice, "f", within(0, 5), b"no").await;
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), None);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"01abc567wxyz");
        if let Some(directory) = &disk.directory {
            assert_eq!(all_names(directory.path()), ["f", "new"]);
        }
    }
}

#[tokio::test]
async fn a_sink_takes_all_of_a_source() {
    let large: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, &large).await.unwrap();
        store(&disk.alice, "g", REPLACE, b"head").await.unwrap();
        for (target, how, offset) in [("copy", REPLACE, 0), ("tail", REPLACE, 7_000_001), ("g", APPEND, 0)] {
            let mut opened = disk.alice.open_read(&path("f"), offset).await.unwrap();
            let mut to = disk.alice.open_write(&path(target), how).await.unwrap();
            let taken = to.sink.take_from(&mut *opened.source).await.unwrap();
            assert_eq!(taken, large.len() as u64 - offset);
            to.sink.commit().await.unwrap();
        }
        assert!(fetch(&disk.alice, "copy").await.unwrap() == large);
        assert!(fetch(&disk.alice, "tail").await.unwrap() == large[7_000_001..]);
        assert!(fetch(&disk.alice, "g").await.unwrap() == [b"head", &large[..]].concat());
    }
    // From one kind of storage to the other: byte by byte.
    let (disk, memory) = (Disk::local(), MemoryDisk::new());
    store(&disk.alice, "f", REPLACE, &large).await.unwrap();
    let other = memory.account("alice");
    let mut opened = disk.alice.open_read(&path("f"), 0).await.unwrap();
    let mut to = other.open_write(&path("f"), REPLACE).await.unwrap();
    to.sink.take_from(&mut *opened.source).await.unwrap();
    to.sink.commit().await.unwrap();
    assert!(fetch(&other, "f").await.unwrap() == large);
    let mut opened = other.open_read(&path("f"), 0).await.unwrap();
    let mut to = disk.alice.open_write(&path("back"), REPLACE).await.unwrap();
    to.sink.take_from(&mut *opened.source).await.unwrap();
    to.sink.commit().await.unwrap();
    assert!(fetch(&disk.alice, "back").await.unwrap() == large);
}

#[tokio::test]
async fn a_source_that_shrinks_is_not_copied() {
    let disk = Disk::local();
    let root = disk.directory.as_ref().unwrap().path();
    fs::write(root.join("f"), vec![1; 100_000]).unwrap();
    let mut opened = disk.alice.open_read(&path("f"), 0).await.unwrap();
    fs::write(root.join("f"), b"short").unwrap();
    let mut to = disk.alice.open_write(&path("copy"), REPLACE).await.unwrap();
    assert_eq!(kind(to.sink.take_from(&mut *opened.source).await), FileErrorKind::Busy);
    assert!(kind(to.sink.commit().await) == FileErrorKind::Io);
    assert_eq!(all_names(root), ["f"]);
}

#[tokio::test]
async fn permission_bits_are_set_and_kept() {
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"x").await.unwrap();
        disk.alice.make_directory(&path("d")).await.unwrap();
        for (name, mode) in [("f", 0o640), ("f", 0o600), ("d", 0o700)] {
            disk.alice.set_mode(&path(name), mode).await.unwrap();
            assert_eq!(disk.alice.metadata(&path(name)).await.unwrap().mode, mode);
        }
        // Bits beyond the nine never reach the disk.
        disk.alice.set_mode(&path("f"), 0o6600).await.unwrap();
        assert_eq!(disk.alice.metadata(&path("f")).await.unwrap().mode, 0o600);
        store(&disk.alice, "f", REPLACE, b"y").await.unwrap();
        assert_eq!(disk.alice.metadata(&path("f")).await.unwrap().mode, 0o600);
        assert_eq!(kind(disk.alice.set_mode(&path("g"), 0o644).await), FileErrorKind::NotFound);

        assert_eq!(disk.alice.umask(None).await.unwrap(), 0o022);
        assert_eq!(disk.alice.umask(Some(0o077)).await.unwrap(), 0o077);
        store(&disk.alice, "own", REPLACE, b"x").await.unwrap();
        disk.alice.make_directory(&path("e")).await.unwrap();
        assert_eq!(disk.alice.metadata(&path("own")).await.unwrap().mode, 0o600);
        assert_eq!(disk.alice.metadata(&path("e")).await.unwrap().mode, 0o700);
        // It is the matter of one session.
        store(&disk.bob, "other", REPLACE, b"x").await.unwrap();
        assert_eq!(disk.bob.metadata(&path("other")).await.unwrap().mode, 0o644);
    }
}

#[tokio::test]
async fn permission_bits_of_what_a_link_leads_to_stay() {
    // C2
    let (disk, outside) = (Disk::local(), tempfile::tempdir().unwrap());
    let root = disk.directory.as_ref().unwrap().path();
    let canary = outside.path().join("canary");
    fs::write(&canary, "x").unwrap();
    fs::set_permissions(&canary, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&canary, root.join("out")).unwrap();
    fs::write(root.join("f"), "x").unwrap();
    fs::set_permissions(root.join("f"), fs::Permissions::from_mode(0o000)).unwrap();
    symlink("f", root.join("in")).unwrap();
    symlink(outside.path(), root.join("way")).unwrap();
    for name in ["out", "in", "way", "way/canary"] {
        assert_eq!(kind(disk.alice.set_mode(&path(name), 0o777).await), FileErrorKind::Denied, "{name}");
    }
    assert_eq!(fs::metadata(&canary).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(root.join("f")).unwrap().permissions().mode() & 0o777, 0);
    disk.alice.set_mode(&path("f"), 0o444).await.unwrap();
    assert_eq!(fs::metadata(root.join("f")).unwrap().permissions().mode() & 0o777, 0o444);
}

#[tokio::test]
async fn links_stay_below_the_root() {
    // C1, C2
    let (disk, outside) = (Disk::local(), tempfile::tempdir().unwrap());
    let root = disk.directory.as_ref().unwrap().path();
    symlink(outside.path(), root.join("way")).unwrap();
    for name in ["d", "d/e", "x"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    symlink("../x", root.join("d/sideways")).unwrap();
    fs::write(root.join("x/f"), "content").unwrap();
    disk.alice.make_link(&path("x/f"), &path("d/e/l")).await.unwrap();
    assert_eq!(fs::read_link(root.join("d/e/l")).unwrap().to_str(), Some("../../x/f"));
    assert_eq!(fetch(&disk.alice, "d/e/l").await.unwrap(), b"content");
    for (target, link, wanted) in [
        ("x/f", "d/e/l", FileErrorKind::Exists),
        ("none", "l", FileErrorKind::NotFound),
        ("way", "l", FileErrorKind::Denied),
        ("way/f", "l", FileErrorKind::Denied),
        ("x/f", "way/l", FileErrorKind::Denied),
        // Beneath the root, but `..` of its text would not mean what the account means.
        ("x/f", "d/sideways/l", FileErrorKind::Denied),
        ("x/f", "/", FileErrorKind::Exists),
        ("x/f", ".wharf-x", FileErrorKind::InvalidName),
    ] {
        assert_eq!(kind(disk.alice.make_link(&path(target), &path(link)).await), wanted, "{target} {link}");
    }
    assert!(all_names(outside.path()).is_empty());
}

#[tokio::test]
async fn a_tree_goes_with_all_below_it() {
    for disk in Disk::kinds() {
        for name in ["d", "d/a", "d/a/b", "keep"] {
            disk.alice.make_directory(&path(name)).await.unwrap();
        }
        for name in ["d/f", "d/a/g", "d/a/b/h", "keep/f"] {
            store(&disk.alice, name, REPLACE, b"x").await.unwrap();
        }
        cut(&disk.alice, "d/a/cut", REPLACE, &[7; 100]).await;
        assert_eq!(kind(disk.alice.remove_tree(&path("keep/f")).await), FileErrorKind::NotADirectory);
        assert_eq!(kind(disk.alice.remove_tree(&path("/")).await), FileErrorKind::Denied);
        assert_eq!(kind(disk.alice.remove_tree(&path("none")).await), FileErrorKind::NotFound);
        disk.alice.remove_tree(&path("d")).await.unwrap();
        assert_eq!(names(&disk.alice, "/").await, [b"keep"]);
        assert_eq!(fetch(&disk.alice, "keep/f").await.unwrap(), b"x");
    }
}

#[tokio::test]
async fn removing_a_tree_follows_no_link_and_spares_uploads() {
    // C2, C8
    let (disk, outside) = (Disk::local(), tempfile::tempdir().unwrap());
    let root = disk.directory.as_ref().unwrap().path();
    fs::write(outside.path().join("canary"), "x").unwrap();
    for name in ["d", "d/deep", "inside"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    fs::write(root.join("inside/f"), "x").unwrap();
    symlink(outside.path(), root.join("d/out")).unwrap();
    symlink("../../inside", root.join("d/deep/in")).unwrap();
    symlink("d", root.join("link")).unwrap();
    assert_eq!(kind(disk.alice.remove_tree(&path("link")).await), FileErrorKind::NotADirectory);
    let mut running = disk.bob.open_write(&path("d/deep/upload"), REPLACE).await.unwrap();
    running.sink.write(Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(kind(disk.alice.remove_tree(&path("d")).await), FileErrorKind::Busy);
    running.sink.commit().await.unwrap();
    disk.alice.remove_tree(&path("d")).await.unwrap();
    assert!(!root.join("d").exists());
    assert_eq!(all_names(outside.path()), ["canary"]);
    assert_eq!(fs::read(root.join("inside/f")).unwrap(), b"x");
    // Many names in one directory, deeper than a stack would bear.
    let mut at = root.join("t");
    fs::create_dir(&at).unwrap();
    for number in 0..1_000 {
        fs::write(at.join(number.to_string()), "").unwrap();
    }
    for _ in 0..200 {
        at.push("d");
        fs::create_dir(&at).unwrap();
    }
    disk.alice.remove_tree(&path("t")).await.unwrap();
    assert!(!root.join("t").exists());
}

#[tokio::test]
async fn free_space_is_told_where_it_is_known() {
    let disk = Disk::local();
    assert!(disk.alice.available(&path("/")).await.unwrap() > 0);
    assert_eq!(kind(disk.alice.available(&path("none")).await), FileErrorKind::NotFound);
    let memory = MemoryDisk::with_capacity(100).account("alice");
    store(&memory, "f", REPLACE, &[0; 40]).await.unwrap();
    assert_eq!(memory.available(&path("/")).await.unwrap(), 60);
    assert_eq!(kind(memory.available(&path("f")).await), FileErrorKind::NotADirectory);
    let endless = MemoryDisk::new().account("alice");
    assert_eq!(kind(endless.available(&path("/")).await), FileErrorKind::Unsupported);
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("f"), "x").unwrap();
    assert_eq!(
        kind(local(root.path()).account("a").available(&path("f")).await),
        FileErrorKind::NotADirectory
    );
}
