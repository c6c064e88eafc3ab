//! Cut uploads.

use bytes::Bytes;
use wharf_types::{FileErrorKind, Timestamp, WriteMode};

use super::{APPEND, Disk, REPLACE, cut, fetch, kind, names, path, store};

const CONTINUE: WriteMode = WriteMode::Append { continue_partial: true };

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 % 251) as u8).collect()
}

#[tokio::test]
async fn only_its_uploader_sees_a_partial() {
    // XFR-16
    for disk in Disk::kinds() {
        store(&disk.alice, "f", REPLACE, b"old").await.unwrap();
        cut(&disk.alice, "f", REPLACE, &content(10_000)).await;
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), Some(8192));
        assert_eq!(disk.bob.partial(&path("f")).await.unwrap(), None);
        assert_eq!(disk.alice.partial(&path("g")).await.unwrap(), None);
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"old");
        assert_eq!(disk.alice.metadata(&path("f")).await.unwrap().size, 3);
        assert_eq!(names(&disk.alice, "/").await, [b"f"]);
        assert_eq!(
            kind(store(&disk.bob, "f", WriteMode::At(8192), b"x").await),
            FileErrorKind::InvalidOffset
        );
    }
}

#[tokio::test]
async fn a_partial_is_continued_at_an_offset() {
    // XFR-16
    for disk in Disk::kinds() {
        let whole = content(20_000);
        cut(&disk.alice, "f", REPLACE, &whole[..10_000]).await;
        let offset = disk.alice.partial(&path("f")).await.unwrap().unwrap();
        cut(&disk.alice, "f", WriteMode::At(offset), &whole[offset as usize..15_000]).await;
        let beyond = disk.alice.open_write(&path("f"), WriteMode::At(15_001)).await.map(drop);
        assert_eq!(kind(beyond), FileErrorKind::InvalidOffset);
        let opened = disk.alice.open_write(&path("f"), WriteMode::At(12_345)).await.unwrap();
        assert_eq!(opened.offset, 12_345);
        let mut sink = opened.sink;
        sink.write(Bytes::copy_from_slice(&whole[12_345..])).await.unwrap();
        assert_eq!(sink.commit().await.unwrap().bytes, 20_000);
        assert_eq!(fetch(&disk.bob, "f").await.unwrap(), whole);
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_append_continues_only_when_asked_to_and_at_the_length_that_was_told() {
    // XFR-16
    for disk in Disk::kinds() {
        let whole = content(9_000);
        store(&disk.alice, "f", REPLACE, b"old").await.unwrap();
        cut(&disk.alice, "f", REPLACE, &whole[..6_000]).await;
        disk.next_tick();
        assert_eq!(store(&disk.bob, "f", CONTINUE, b"!").await.unwrap(), 4, "not his own");
        cut(&disk.alice, "f", REPLACE, &whole[..6_000]).await;
        let told = disk.alice.partial(&path("f")).await.unwrap().unwrap();
        let opened = disk.alice.open_write(&path("f"), CONTINUE).await.unwrap();
        assert_eq!(opened.offset, told);
        let mut sink = opened.sink;
        sink.write(Bytes::copy_from_slice(&whole[told as usize..])).await.unwrap();
        sink.commit().await.unwrap();
        assert_eq!(fetch(&disk.alice, "f").await.unwrap(), whole);

        cut(&disk.alice, "f", REPLACE, &whole[..6_000]).await;
        assert_eq!(store(&disk.alice, "f", APPEND, b"!").await.unwrap(), 9_001);
    }
}

#[tokio::test]
async fn a_partial_ends_with_the_next_commit_removal_or_rename() {
    for disk in Disk::kinds() {
        let alice = &disk.alice;
        let gone = async || alice.partial(&path("f")).await.unwrap().is_none();
        cut(alice, "f", REPLACE, b"12345").await;
        assert_eq!(alice.partial(&path("f")).await.unwrap(), Some(4));
        store(alice, "f", REPLACE, b"new").await.unwrap();
        assert!(gone().await);

        cut(alice, "f", REPLACE, b"12345").await;
        disk.next_tick();
        store(&disk.bob, "f", REPLACE, b"bob's is newer").await.unwrap();
        assert!(gone().await);

        cut(alice, "f", REPLACE, b"12345").await;
        alice.remove_file(&path("f")).await.unwrap();
        assert!(gone().await);
        cut(alice, "f", REPLACE, b"12345").await;
        alice.remove_file(&path("f")).await.unwrap();
        assert_eq!(kind(alice.remove_file(&path("f")).await), FileErrorKind::NotFound);

        store(alice, "g", REPLACE, b"g").await.unwrap();
        cut(alice, "f", REPLACE, b"12345").await;
        alice.rename(&path("g"), &path("f")).await.unwrap();
        assert!(gone().await);
        cut(alice, "f", REPLACE, b"12345").await;
        alice.rename(&path("f"), &path("g")).await.unwrap();
        assert!(gone().await);
    }
}

#[tokio::test]
async fn c9_there_is_one_partial_and_an_upload_takes_it() {
    for disk in Disk::kinds() {
        cut(&disk.alice, "f", REPLACE, &content(10_000)).await;
        let first = disk.alice.open_write(&path("f"), WriteMode::At(8192)).await.unwrap();
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), None, "it is being written");
        let second = disk.alice.open_write(&path("f"), WriteMode::At(8192)).await.map(drop);
        assert_eq!(kind(second), FileErrorKind::InvalidOffset);
        let mut fresh = disk.alice.open_write(&path("f"), REPLACE).await.unwrap();
        fresh.sink.write(Bytes::from_static(b"123")).await.unwrap();
        first.sink.suspend().await.unwrap();
        fresh.sink.suspend().await.unwrap();
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), Some(2), "the last one stays");
        if let Some(directory) = &disk.directory {
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }
}

#[tokio::test]
async fn an_upload_without_a_byte_leaves_the_partial_that_is_there() {
    for disk in Disk::kinds() {
        cut(&disk.alice, "f", REPLACE, b"12345").await;
        let opened = disk.alice.open_write(&path("f"), REPLACE).await.unwrap();
        opened.sink.suspend().await.unwrap();
        assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), Some(4));
    }
}

#[tokio::test]
async fn a_time_that_was_set_makes_no_old_partial_newer() {
    let disk = Disk::local();
    cut(&disk.alice, "f", REPLACE, b"12345").await;
    disk.next_tick();
    store(&disk.bob, "f", REPLACE, b"newer").await.unwrap();
    disk.bob.set_modified(&path("f"), Timestamp::from_secs(1)).await.unwrap();
    assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), None);
}

#[tokio::test]
async fn a_partial_moves_with_its_directory() {
    for disk in Disk::kinds() {
        disk.alice.make_directory(&path("d")).await.unwrap();
        cut(&disk.alice, "d/f", REPLACE, b"12345").await;
        disk.alice.rename(&path("d"), &path("e")).await.unwrap();
        assert_eq!(disk.alice.partial(&path("e/f")).await.unwrap(), Some(4));
    }
}

#[tokio::test]
async fn a_cut_append_goes_on_only_with_what_it_was_added_to() {
    for disk in Disk::kinds() {
        let (alice, whole) = (&disk.alice, content(60_000));
        store(alice, "f", REPLACE, &whole[..10_000]).await.unwrap();
        // Less than a block came: what was committed is not asked for again, nor cut off.
        cut(alice, "f", APPEND, &whole[10_000..10_100]).await;
        assert_eq!(alice.partial(&path("f")).await.unwrap(), None);
        assert_eq!(alice.open_write(&path("f"), CONTINUE).await.unwrap().offset, 10_000);

        cut(alice, "f", APPEND, &whole[10_000..30_000]).await;
        let told = alice.partial(&path("f")).await.unwrap().unwrap();
        assert!((10_000..30_000).contains(&told));
        cut(alice, "f", CONTINUE, &whole[told as usize..50_000]).await;
        let told = alice.partial(&path("f")).await.unwrap().unwrap() as usize;
        assert!(told > 30_000, "cut twice, and both are there");
        store(alice, "f", CONTINUE, &whole[told..]).await.unwrap();
        assert_eq!(fetch(alice, "f").await.unwrap(), whole);

        // While it goes on, somebody else adds something: neither of both is lost.
        let mut sink = alice.open_write(&path("f"), APPEND).await.unwrap().sink;
        sink.write(content(50_000).into()).await.unwrap();
        store(&disk.bob, "f", APPEND, b"bob's").await.unwrap();
        disk.next_tick();
        sink.write(content(50_000).into()).await.unwrap();
        sink.suspend().await.unwrap();
        assert_eq!(alice.partial(&path("f")).await.unwrap(), None);
        assert_eq!(alice.open_write(&path("f"), CONTINUE).await.unwrap().offset, 60_005);
        assert!(fetch(alice, "f").await.unwrap().ends_with(b"bob's"));

        // The same behind the look at it.
        cut(alice, "f", APPEND, &content(50_000)).await;
        let mut sink = alice.open_write(&path("f"), CONTINUE).await.unwrap().sink;
        sink.write(Bytes::from_static(b"more")).await.unwrap();
        store(&disk.bob, "f", APPEND, b" too").await.unwrap();
        assert_eq!(kind(sink.commit().await), FileErrorKind::Busy);
        assert!(fetch(alice, "f").await.unwrap().ends_with(b"bob's too"));

        // Nothing stood there, and now something does.
        cut(alice, "g", APPEND, &content(50_000)).await;
        assert!(alice.partial(&path("g")).await.unwrap().is_some());
        store(&disk.bob, "g", REPLACE, b"bob's").await.unwrap();
        assert_eq!(alice.open_write(&path("g"), CONTINUE).await.unwrap().offset, 5);
    }
}
