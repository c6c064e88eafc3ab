//! No account leaves its root, and no special file holds anybody up.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::fs::{CWD, Mode, RenameFlags, mkfifoat, renameat_with};
use tokio::time::timeout;
use wharf_storage::{Durability, LocalDisk, LocalOptions, Storage};
use wharf_types::{FileErrorKind, FileKind, Timestamp};

use super::{Disk, REPLACE, all_names, fetch, kind, local, names, path, store};

/// A root with `inside`, and a directory beside it that holds `secret`.
struct Yard {
    directory: tempfile::TempDir,
    alice: Arc<dyn Storage>,
}

impl Yard {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["root/inside", "outside"] {
            fs::create_dir_all(directory.path().join(name)).unwrap();
            fs::write(directory.path().join(name).join("secret"), name).unwrap();
        }
        let alice = local(&directory.path().join("root")).account("alice");
        Self { directory, alice }
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn assert_outside_is_unchanged(&self) {
        assert_eq!(all_names(&self.at("outside")), ["secret"]);
        assert_eq!(fs::read(self.at("outside/secret")).unwrap(), b"outside");
    }
}

#[tokio::test]
async fn c2_links_are_followed_inside_and_nowhere_else() {
    // XFR-15
    let yard = Yard::new();
    let outside = yard.at("outside");
    symlink("inside", yard.at("root/near")).unwrap();
    symlink("../inside/secret", yard.at("root/inside/up")).unwrap();
    for (name, target) in [
        ("absolute", outside.as_path()),
        ("relative", Path::new("../outside")),
        ("climbing", Path::new("inside/../../outside")),
        ("proc", Path::new("/proc/self/root")),
        ("loop", Path::new("loop")),
    ] {
        symlink(target, yard.at("root").join(name)).unwrap();
    }
    assert_eq!(fetch(&yard.alice, "near/secret").await.unwrap(), b"root/inside");
    assert_eq!(fetch(&yard.alice, "inside/up").await.unwrap(), b"root/inside");
    for link in ["absolute", "relative", "climbing", "proc", "loop"] {
        let below = format!("{link}/secret");
        let made = path(format!("{link}/made"));
        assert_eq!(kind(yard.alice.metadata(&path(link)).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(fetch(&yard.alice, &below).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.list(&path(link)).await.map(drop)), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(store(&yard.alice, &below, REPLACE, b"x").await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.make_directory(&made).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.remove_file(&path(&below)).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.remove_directory(&made).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.rename(&path("inside"), &made).await), FileErrorKind::Denied, "{link}");
        let times = yard.alice.set_modified(&path(&below), Timestamp::from_secs(0)).await;
        assert_eq!(kind(times), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.partial(&path(&below)).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.set_mode(&path(&below), 0o777).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.set_mode(&path(link), 0o777).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.remove_tree(&made).await), FileErrorKind::Denied, "{link}");
        assert_eq!(kind(yard.alice.available(&path(link)).await), FileErrorKind::Denied, "{link}");
        let inside = path("inside/secret");
        assert_eq!(
            kind(yard.alice.make_link(&path(&below), &path("l")).await),
            FileErrorKind::Denied,
            "{link}"
        );
        assert_eq!(kind(yard.alice.make_link(&inside, &made).await), FileErrorKind::Denied, "{link}");
    }
    yard.assert_outside_is_unchanged();
}

#[tokio::test]
async fn c2_a_write_never_follows_the_last_link() {
    let yard = Yard::new();
    symlink("inside/secret", yard.at("root/link")).unwrap();
    assert_eq!(kind(store(&yard.alice, "link", REPLACE, b"x").await), FileErrorKind::Denied);
    let moved = yard.alice.rename(&path("inside/secret"), &path("link")).await;
    assert_eq!(kind(moved), FileErrorKind::Denied);
    let times = yard.alice.set_modified(&path("link"), Timestamp::from_secs(0)).await;
    assert_eq!(kind(times), FileErrorKind::Denied);
    // The link itself can be renamed and removed.
    yard.alice.rename(&path("link"), &path("other")).await.unwrap();
    yard.alice.remove_file(&path("other")).await.unwrap();
    assert_eq!(fetch(&yard.alice, "inside/secret").await.unwrap(), b"root/inside");
}

#[tokio::test]
async fn listings_show_where_links_lead() {
    let yard = Yard::new();
    symlink("inside", yard.at("root/directory")).unwrap();
    symlink("inside/secret", yard.at("root/file")).unwrap();
    symlink("../outside", yard.at("root/out")).unwrap();
    symlink("nowhere", yard.at("root/void")).unwrap();
    let mut listing = yard.alice.list(&path("/")).await.unwrap();
    let mut entries = listing.next_batch().await.unwrap().unwrap();
    assert_eq!(listing.next_batch().await.unwrap(), None);
    assert_eq!(listing.next_batch().await.unwrap(), None);
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.name.as_slice(), entry.metadata.kind)).collect();
    assert_eq!(
        kinds,
        [
            (&b"directory"[..], FileKind::Directory),
            (b"file", FileKind::File),
            (b"inside", FileKind::Directory),
            (b"out", FileKind::DanglingLink),
            (b"void", FileKind::DanglingLink),
        ]
    );
    // Two names of one object say so (LST-16).
    assert_eq!(entries[0].metadata.identity, entries[2].metadata.identity);
    assert_ne!(entries[0].metadata.identity, entries[1].metadata.identity);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_a_directory_that_turns_into_a_link_leads_nowhere() {
    let yard = Yard::new();
    symlink("../outside", yard.at("root/link")).unwrap();
    let (directory, link) = (yard.at("root/inside"), yard.at("root/link"));
    let done = Arc::new(AtomicBool::new(false));
    let swapping = Arc::clone(&done);
    let swapper = std::thread::spawn(move || {
        let mut swaps = 0_u32;
        while !swapping.load(Ordering::Relaxed) {
            renameat_with(CWD, &directory, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            swaps += 1;
        }
        swaps
    });
    let mut reached = 0;
    let mode = || fs::metadata(yard.at("outside/secret")).unwrap().permissions().mode();
    let before = mode();
    for round in 0..4000_u32 {
        match round % 9 {
            0 | 1 => {
                if let Ok(content) = fetch(&yard.alice, "inside/secret").await {
                    assert_eq!(content, b"root/inside");
                    reached += 1;
                }
            }
            2 => drop(store(&yard.alice, "inside/new", REPLACE, b"x").await),
            3 => drop(yard.alice.make_directory(&path(format!("inside/d{round}"))).await),
            4 => drop(yard.alice.set_mode(&path("inside/secret"), 0o600 | round & 0o77).await),
            5 => {
                let made = path(format!("inside/l{round}"));
                drop(yard.alice.make_link(&path("inside/secret"), &made).await);
                drop(yard.alice.remove_file(&made).await);
            }
            6 => drop(yard.alice.remove_tree(&path(format!("inside/d{}", round - 3))).await),
            7 => {
                if let Ok(mut opened) = yard.alice.open_read(&path("inside/secret"), 0).await
                    && let Ok(mut copy) = yard.alice.open_write(&path("inside/new"), REPLACE).await
                {
                    copy.sink.take_from(&mut *opened.source).await.unwrap();
                    drop(copy.sink.commit().await);
                }
            }
            _ => {
                drop(yard.alice.remove_file(&path("inside/new")).await);
                drop(yard.alice.rename(&path("inside/new"), &path("inside/newer")).await);
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    assert!(swapper.join().unwrap() > 100 && reached > 0);
    assert_eq!(mode(), before);
    yard.assert_outside_is_unchanged();
}

#[tokio::test]
async fn c3_special_files_are_shown_and_never_opened() {
    let disk = Disk::local();
    let directory = disk.directory.as_ref().unwrap().path();
    mkfifoat(CWD, directory.join("fifo"), Mode::RWXU).unwrap();
    let _socket = UnixListener::bind(directory.join("socket")).unwrap();
    for name in ["fifo", "socket"] {
        assert_eq!(disk.alice.metadata(&path(name)).await.unwrap().kind, FileKind::Special);
        let read = timeout(Duration::from_secs(5), fetch(&disk.alice, name)).await;
        assert_eq!(kind(read.expect("it waits for the other end")), FileErrorKind::NotRegular);
        let written = timeout(Duration::from_secs(5), store(&disk.alice, name, REPLACE, b"x")).await;
        assert_eq!(kind(written.expect("it waits for the other end")), FileErrorKind::NotRegular);
    }
    assert_eq!(names(&disk.alice, "/").await, [&b"fifo"[..], b"socket"]);
}

#[tokio::test]
async fn modes_follow_the_umask_and_the_file_that_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let options = LocalOptions { umask: 0o027, durability: Durability::Full, ..LocalOptions::default() };
    let alice = LocalDisk::open(directory.path(), options).unwrap().account("alice");
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode() & 0o7777;
    store(&alice, "f", REPLACE, b"x").await.unwrap();
    alice.make_directory(&path("d")).await.unwrap();
    assert_eq!((mode("f"), mode("d")), (0o640, 0o750));
    fs::set_permissions(directory.path().join("f"), fs::Permissions::from_mode(0o4604)).unwrap();
    store(&alice, "f", REPLACE, b"y").await.unwrap();
    assert_eq!(mode("f"), 0o604);
    assert_eq!(alice.metadata(&path("f")).await.unwrap().mode, 0o604);
}

#[tokio::test]
async fn every_durability_commits() {
    for durability in ["full", "data", "off"] {
        let directory = tempfile::tempdir().unwrap();
        let durability: Durability = durability.parse().unwrap();
        let options = LocalOptions { durability, ..LocalOptions::default() };
        let alice = LocalDisk::open(directory.path(), options).unwrap().account("alice");
        alice.make_directory(&path("d")).await.unwrap();
        store(&alice, "d/f", REPLACE, b"x").await.unwrap();
        alice.rename(&path("d/f"), &path("g")).await.unwrap();
        alice.remove_directory(&path("d")).await.unwrap();
        assert_eq!(all_names(directory.path()), ["g"]);
        alice.remove_file(&path("g")).await.unwrap();
    }
    assert!("FULL".parse::<Durability>().is_err());
}

#[tokio::test]
async fn a_listing_with_links_gives_each_name_once() {
    for disk in [Some(Disk::local()), Disk::in_memory()].into_iter().flatten() {
        let root = disk.directory.as_ref().unwrap().path();
        for number in 0..600 {
            let name = root.join(number.to_string());
            match number % 100 {
                0 => symlink("/etc/passwd", name).unwrap(),
                1 => symlink("nowhere", name).unwrap(),
                2 => symlink("3", name).unwrap(),
                _ => fs::write(name, "file").unwrap(),
            }
        }
        let mut listing = disk.alice.list(&path("/")).await.unwrap();
        let mut found = std::collections::HashMap::new();
        while let Some(batch) = listing.next_batch().await.unwrap() {
            for entry in batch {
                let number: u32 = std::str::from_utf8(&entry.name).unwrap().parse().unwrap();
                assert_eq!(found.insert(number, entry.metadata.kind), None);
            }
        }
        for number in 0..600 {
            let expected = if number % 100 < 2 { FileKind::DanglingLink } else { FileKind::File };
            assert_eq!(found.get(&number), Some(&expected), "{number}");
        }
    }
}
