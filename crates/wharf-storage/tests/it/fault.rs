//! Every call of an upload fails once, and nothing that was there is harmed.

use std::sync::Arc;

use bytes::Bytes;
use wharf_storage::{
    MemoryDisk, Storage, StorageProvider,
    fault::{FaultDisk, Faults},
};
use wharf_types::{FileError, FileErrorKind, Grant, WriteMode};

use super::{APPEND, Disk, REPLACE, cut, fetch, kind, names_at_rest, path, store};

const HOWS: [WriteMode; 3] = [REPLACE, APPEND, WriteMode::At(2)];

async fn upload(storage: &Arc<dyn Storage>, how: WriteMode) -> Result<u64, FileError> {
    let mut opened = storage.open_write(&path("f"), how).await?;
    for chunk in ["new", "er"] {
        opened.sink.write(Bytes::from(chunk)).await?;
    }
    Ok(opened.sink.commit().await?.bytes)
}

#[tokio::test]
async fn a_failure_at_any_call_leaves_the_old_file() {
    for how in HOWS {
        for failing in [FileErrorKind::NoSpace, FileErrorKind::QuotaExceeded, FileErrorKind::Io] {
            for nth in 1.. {
                let disk = Disk::local();
                store(&disk.alice, "f", REPLACE, b"old").await.unwrap();
                let faults = Faults::new();
                faults.fail_call(nth, failing);
                let faulty: Arc<dyn Storage> =
                    Arc::new(FaultDisk::new(Arc::clone(&disk.alice), faults.clone()));
                let result = upload(&faulty, how.clone()).await;
                if faults.calls() < nth {
                    assert!(result.is_ok() && nth == 5);
                    break;
                }
                assert_eq!(kind(result), failing);
                assert_eq!(fetch(&disk.alice, "f").await.unwrap(), b"old");
                assert_eq!(names_at_rest(disk.directory.as_ref().unwrap().path()).await, ["f"]);
            }
        }
    }
}

#[tokio::test]
async fn every_kind_of_call_can_fail() {
    let faults = Faults::new();
    let disk = MemoryDisk::new();
    disk.insert(&path("f"), "content").unwrap();
    let faulty = FaultDisk::new(disk, faults.clone());
    let grant = Grant::new("alice", "");
    faults.fail_call(1, FileErrorKind::Busy);
    assert_eq!(kind(faulty.open(&grant).await), FileErrorKind::Busy);
    let storage = faulty.open(&grant).await.unwrap();
    // The third call opens the file, the fourth reads.
    faults.fail_call(4, FileErrorKind::Io);
    assert_eq!(kind(fetch(&storage, "f").await), FileErrorKind::Io);
    let mut listing = storage.list(&path("/")).await.unwrap();
    faults.fail_call(faults.calls() + 1, FileErrorKind::Io);
    assert_eq!(kind(listing.next_batch().await), FileErrorKind::Io);
    let opened = storage.open_write(&path("f"), REPLACE).await.unwrap();
    faults.fail_call(faults.calls() + 1, FileErrorKind::NoSpace);
    assert_eq!(kind(opened.sink.suspend().await), FileErrorKind::NoSpace);
    assert_eq!(fetch(&storage, "f").await.unwrap(), b"content");
    assert_eq!(faulty.faults().calls(), faults.calls());
}

#[tokio::test]
async fn a_memory_disk_fills_up() {
    let alice = MemoryDisk::with_capacity(10).account("alice");
    store(&alice, "f", REPLACE, b"12345").await.unwrap();
    assert_eq!(kind(store(&alice, "g", REPLACE, b"123456").await), FileErrorKind::NoSpace);
    let mut opened = alice.open_write(&path("g"), REPLACE).await.unwrap();
    opened.sink.write(Bytes::from_static(b"123")).await.unwrap();
    assert!(opened.sink.write(Bytes::from_static(b"456")).await.is_err());
    assert_eq!(kind(opened.sink.commit().await), FileErrorKind::Io, "bytes are missing");
    assert_eq!(kind(fetch(&alice, "g").await), FileErrorKind::NotFound);
}

#[tokio::test]
async fn a_write_that_was_cut_is_never_committed() {
    let disk = Disk::local();
    let mut opened = disk.alice.open_write(&path("f"), REPLACE).await.unwrap();
    opened.sink.write(Bytes::from(vec![1; 5000])).await.unwrap();
    // Polled once: the work is on its way, or has not started.
    let mut write = Box::pin(opened.sink.write(Bytes::from(vec![2; 5000])));
    let polled = futures_poll(&mut write);
    drop(write);
    match polled {
        std::task::Poll::Pending => assert_eq!(kind(opened.sink.commit().await), FileErrorKind::Io),
        std::task::Poll::Ready(result) => result.unwrap(),
    }
    cut(&disk.alice, "f", REPLACE, b"12").await;
    assert_eq!(disk.alice.partial(&path("f")).await.unwrap(), Some(1));
}

fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(future).poll(&mut context)
}
