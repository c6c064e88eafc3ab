//! Many at one time.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use wharf_types::WriteMode;

use super::{APPEND, Disk, REPLACE, all_names, fetch, names, path, store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_parallel_uploads_of_one_name_leave_exactly_one_of_them() {
    let disk = Disk::local();
    let mut tasks = Vec::new();
    for number in 0..64_u8 {
        let storage = Arc::clone(if number % 2 == 0 { &disk.alice } else { &disk.bob });
        tasks.push(tokio::spawn(async move {
            let mut opened = storage.open_write(&path("f"), REPLACE).await.unwrap();
            for _ in 0..4 {
                opened.sink.write(Bytes::from(vec![number; 10_000])).await.unwrap();
                tokio::task::yield_now().await;
            }
            opened.sink.commit().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let content = fetch(&disk.alice, "f").await.unwrap();
    assert_eq!(content.len(), 40_000);
    assert!(content.iter().all(|byte| *byte == content[0]));
    assert_eq!(all_names(disk.directory.as_ref().unwrap().path()), ["f"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_parallel_unique_uploads_are_all_there() {
    let disk = Disk::local();
    let mut tasks = Vec::new();
    for number in 0..1_000_u32 {
        let storage = Arc::clone(&disk.alice);
        tasks.push(tokio::spawn(async move {
            let mut opened = storage.open_write(&path("f"), WriteMode::Unique).await.unwrap();
            opened.sink.write(Bytes::from(number.to_string())).await.unwrap();
            opened.sink.commit().await.unwrap().path
        }));
    }
    let mut contents = HashSet::new();
    for task in tasks {
        let committed = String::from_utf8(task.await.unwrap().as_bytes().to_vec()).unwrap();
        contents.insert(fetch(&disk.alice, &committed).await.unwrap());
    }
    assert_eq!(contents.len(), 1_000);
    assert_eq!(names(&disk.alice, "/").await.len(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c9_parallel_appends_that_succeed_are_all_there() {
    for disk in Disk::kinds() {
        let mut tasks = Vec::new();
        for number in 0..40_u8 {
            let storage = Arc::clone(&disk.alice);
            tasks.push(tokio::spawn(async move {
                store(&storage, "f", APPEND, &[number; 100]).await.is_ok().then_some(number)
            }));
        }
        let mut expected = HashSet::new();
        for task in tasks {
            expected.extend(task.await.unwrap());
        }
        let content = fetch(&disk.alice, "f").await.unwrap();
        assert_eq!(content.len(), 100 * expected.len());
        assert_eq!(content.chunks(100).map(|chunk| chunk[0]).collect::<HashSet<_>>(), expected);
    }
}

/// How often another task has its turn while `work` goes on, on one thread.
async fn turns(work: impl Future<Output = ()>) -> usize {
    let turns = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    work.await;
    other.abort();
    turns.load(Ordering::Relaxed)
}

#[tokio::test]
async fn reading_without_waiting_gives_others_their_turn() {
    let Some(disk) = Disk::in_memory() else { return };
    let file = std::fs::File::create(disk.directory.as_ref().unwrap().path().join("f")).unwrap();
    file.set_len(64 << 20).unwrap();
    let mut opened = disk.alice.open_read(&path("f"), 0).await.unwrap();
    let turns = turns(async {
        let mut left = 64 << 20;
        while left > 0 {
            left -= opened.source.read(1 << 20).await.unwrap().len();
        }
    });
    assert!(turns.await >= 16);
}

#[tokio::test]
async fn listing_without_waiting_gives_others_their_turn() {
    let Some(disk) = Disk::in_memory() else { return };
    for number in 0..3_000 {
        std::fs::write(disk.directory.as_ref().unwrap().path().join(number.to_string()), "").unwrap();
    }
    let mut listing = disk.alice.list(&path("/")).await.unwrap();
    let turns = turns(async {
        let mut entries = 0;
        while let Some(batch) = listing.next_batch().await.unwrap() {
            entries += batch.len();
        }
        assert_eq!(entries, 3_000);
    });
    assert!(turns.await >= 2);
}
