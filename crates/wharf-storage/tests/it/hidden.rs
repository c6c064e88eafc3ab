//! The names that belong to the storage, and what becomes of files under them.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::timeout;
use wharf_storage::{LocalDisk, LocalOptions};
use wharf_types::{FileErrorKind, Timestamp, WriteMode};

use super::{Disk, REPLACE, all_names, cut, fetch, kind, names, path, store};

/// Makes the file look as old as that.
fn age(file: &Path, by: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the age of a file is measured against the clock that dated it"
    )]
    let then = SystemTime::now() - by;
    File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

#[tokio::test]
async fn no_path_reaches_a_reserved_name() {
    for disk in Disk::kinds() {
        let alice = &disk.alice;
        cut(alice, "f", REPLACE, b"12345").await;
        let hidden = match &disk.directory {
            Some(directory) => all_names(directory.path()).remove(0),
            None => ".wharf-p-0".to_owned(),
        };
        store(alice, "g", REPLACE, b"g").await.unwrap();
        for name in [hidden.as_str(), ".wharf-", ".wharf-x/y"] {
            let at = path(name);
            assert_eq!(kind(alice.metadata(&at).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.partial(&at).await), FileErrorKind::NotFound);
            assert_eq!(kind(fetch(alice, name).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.list(&at).await.map(drop)), FileErrorKind::NotFound);
            assert_eq!(kind(alice.remove_file(&at).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.remove_directory(&at).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.rename(&at, &path("x")).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.set_modified(&at, Timestamp::default()).await), FileErrorKind::NotFound);
            assert_eq!(kind(alice.rename(&path("g"), &at).await), FileErrorKind::InvalidName);
            assert_eq!(kind(alice.make_directory(&at).await), FileErrorKind::InvalidName);
            for how in [REPLACE, WriteMode::Unique, WriteMode::At(3)] {
                assert_eq!(kind(store(alice, name, how, b"x").await), FileErrorKind::InvalidName);
            }
        }
        assert_eq!(names(alice, "/").await, [b"g"]);
    }
}

#[tokio::test]
async fn a_directory_with_nothing_but_partials_is_empty() {
    for disk in Disk::kinds() {
        disk.alice.make_directory(&path("d")).await.unwrap();
        cut(&disk.alice, "d/f", REPLACE, b"12345").await;
        disk.bob.remove_directory(&path("d")).await.unwrap();
    }
}

#[tokio::test]
async fn a_directory_with_an_upload_under_way_is_not_empty() {
    let disk = Disk::local();
    disk.alice.make_directory(&path("d")).await.unwrap();
    let mut opened = disk.alice.open_write(&path("d/f"), REPLACE).await.unwrap();
    assert_eq!(kind(disk.alice.remove_directory(&path("d")).await), FileErrorKind::DirectoryNotEmpty);
    opened.sink.write(Bytes::from_static(b"x")).await.unwrap();
    opened.sink.commit().await.unwrap();
    assert_eq!(fetch(&disk.alice, "d/f").await.unwrap(), b"x");
}

#[tokio::test]
async fn a_partial_expires() {
    let disk = Disk::local();
    let directory = disk.directory.as_ref().unwrap().path();
    cut(&disk.alice, "f", REPLACE, b"12345").await;
    age(&directory.join(&all_names(directory)[0]), Duration::from_secs(8 * 24 * 60 * 60));
    assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), None);
    assert_eq!(kind(store(&disk.alice, "f", WriteMode::At(3), b"x").await), FileErrorKind::InvalidOffset);
}

#[tokio::test]
async fn what_a_killed_process_left_behind_is_swept() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    for (name, hours) in [
        (".wharf-t-0000000000000001", 1),
        (".wharf-t-0000000000000002", 0),
        (".wharf-p-old", 24 * 8),
        (".wharf-p-young", 24),
        (".wharf-other", 24 * 365),
        ("f", 24 * 365),
    ] {
        fs::write(at(name), "x").unwrap();
        age(&at(name), Duration::from_secs(hours * 60 * 60));
    }
    // Somebody else writes this one, slowly.
    let slow = File::create(at(".wharf-t-0000000000000003")).unwrap();
    slow.lock().unwrap();
    age(&at(".wharf-t-0000000000000003"), Duration::from_secs(60 * 60));

    let alice = LocalDisk::open(directory.path(), LocalOptions::default()).unwrap().account("alice");
    store(&alice, "g", REPLACE, b"g").await.unwrap();
    let swept = async {
        while at(".wharf-p-old").exists() || at(".wharf-t-0000000000000001").exists() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), swept).await.expect("the sweep comes with the first upload");
    let left = [
        ".wharf-other",
        ".wharf-p-young",
        ".wharf-t-0000000000000002",
        ".wharf-t-0000000000000003",
        "f",
        "g",
    ];
    assert_eq!(all_names(directory.path()), left);
}
