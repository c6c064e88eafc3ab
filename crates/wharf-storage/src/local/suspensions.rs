//! Uploads that were cut and are on their way to being partials.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use wharf_types::VirtualPath;

use super::Shared;

/// An account, and what it calls the file.
type Key = (String, VirtualPath);

/// The suspensions under way.
///
/// A partial gets its name when its bytes are on the disk, which may take seconds. A client that comes back sooner would be
/// told that nothing arrived, and send all of it again; and of two cut uploads the later one has to win, however long
/// the earlier one takes.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    under_way: Mutex<Latest>,
}

/// The latest ones: each ends behind those before it.
#[derive(Debug, Default)]
struct Latest {
    /// Numbers given.
    count: u64,
    of: HashMap<Key, (u64, watch::Receiver<()>)>,
}

impl Suspensions {
    fn lock(&self) -> MutexGuard<'_, Latest> {
        // Each change of it is whole.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for those of `account` and `path` that have begun.
    pub(super) async fn over(&self, account: &str, path: &VirtualPath) {
        let latest = {
            let under_way = self.lock();
            if under_way.of.is_empty() {
                return;
            }
            under_way.of.get(&(account.to_owned(), path.clone())).map(|(_, latest)| latest.clone())
        };
        over(latest).await;
    }
}

async fn over(suspension: Option<watch::Receiver<()>>) {
    if let Some(mut suspension) = suspension {
        // Nothing is ever sent: it ends with its sender.
        let _ = suspension.changed().await;
    }
}

/// A suspension under way, until this is dropped.
#[derive(Debug)]
pub(super) struct Suspension {
    shared: Arc<Shared>,
    key: Key,
    number: u64,
    before: Option<watch::Receiver<()>>,
    /// Ends the waiting of others.
    _ends: watch::Sender<()>,
}

impl Suspension {
    /// Of the upload of `account` to `path`.
    pub(super) fn begin(shared: Arc<Shared>, account: &str, path: &VirtualPath) -> Self {
        let key = (account.to_owned(), path.clone());
        let (ends, latest) = watch::channel(());
        let (number, before) = {
            let mut under_way = shared.suspensions.lock();
            under_way.count += 1;
            let number = under_way.count;
            (number, under_way.of.insert(key.clone(), (number, latest)).map(|(_, before)| before))
        };
        Self { shared, key, number, before, _ends: ends }
    }

    /// Waits for those that began before it.
    pub(super) async fn turn(&mut self) {
        over(self.before.take()).await;
    }
}

impl Drop for Suspension {
    fn drop(&mut self) {
        let mut under_way = self.shared.suspensions.lock();
        if under_way.of.get(&self.key).is_some_and(|(latest, _)| *latest == self.number) {
            under_way.of.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tempfile::TempDir;
    use wharf_types::WriteMode;

    use super::*;
    use crate::{
        Sink, Storage,
        local::{LocalDisk, LocalOptions},
    };

    /// A disk, alice's part of it, and her upload to `path`, of which 100,000 bytes came.
    async fn uploading(path: &VirtualPath) -> (TempDir, LocalDisk, Arc<dyn Storage>, Box<dyn Sink>) {
        let dir = tempfile::tempdir().unwrap();
        let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
        let storage = disk.account("alice");
        let mut sink = storage.open_write(path, WriteMode::Replace).await.unwrap().sink;
        sink.write(vec![7; 100_000].into()).await.unwrap();
        (dir, disk, storage, sink)
    }

    fn path(name: &[u8]) -> VirtualPath {
        VirtualPath::root().resolve(name).unwrap()
    }

    #[tokio::test]
    async fn who_comes_back_while_a_cut_upload_is_being_kept_waits_for_it() {
        let path = path(b"f");
        let (_dir, disk, storage, sink) = uploading(&path).await;

        let slow = Suspension::begin(Arc::clone(&disk.shared), "alice", &path);
        let slower = Suspension::begin(Arc::clone(&disk.shared), "alice", &path);
        let mut size = storage.partial(&path);
        let mut rest = storage.open_write(&path, WriteMode::At(65_536));
        let mut rest_of_all = storage.open_write(&path, WriteMode::Append { continue_partial: true });
        assert!(poll!(&mut size).is_pending() && poll!(&mut rest).is_pending());
        assert!(poll!(&mut rest_of_all).is_pending());
        drop(rest_of_all);
        // Other accounts and other names do not.
        let other = VirtualPath::root().resolve(b"g").unwrap();
        assert_eq!(disk.account("bob").partial(&path).await, Ok(None));
        assert_eq!(storage.partial(&other).await, Ok(None));

        let mut suspending = sink.suspend();
        assert!(poll!(&mut suspending).is_pending());
        drop(slow);
        assert!(poll!(&mut size).is_pending() && poll!(&mut suspending).is_pending());
        // Its turn comes behind those before it, whose bytes are older.
        drop(slower);
        suspending.await.unwrap();
        assert_eq!(size.await, Ok(Some(98_304)));
        let rest = rest.await.unwrap();
        assert_eq!(rest.offset, 65_536);
        assert!(disk.shared.suspensions.lock().of.is_empty());
        // Its client has gone before the first byte: what is there stays there.
        drop(rest);
        assert_eq!(storage.partial(&path).await, Ok(Some(61_440)));
    }

    #[tokio::test]
    async fn nothing_that_was_cut_before_comes_up_behind_a_commit_or_a_new_name() {
        let (from, to) = (path(b"f.part"), path(b"f"));
        let (_dir, disk, storage, sink) = uploading(&from).await;
        let cut = || Suspension::begin(Arc::clone(&disk.shared), "alice", &from);

        let before = cut();
        let mut committing = sink.commit();
        assert!(poll!(&mut committing).is_pending());
        drop(before);
        committing.await.unwrap();

        let before = cut();
        let mut renaming = storage.rename(&from, &to);
        let mut removing = storage.remove_file(&from);
        assert!(poll!(&mut renaming).is_pending() && poll!(&mut removing).is_pending());
        drop(before);
        renaming.await.unwrap();
        removing.await.unwrap_err();
    }

    #[tokio::test]
    async fn a_suspension_is_told_from_its_first_moment_to_its_end() {
        let path = path(b"f");
        let (_dir, disk, storage, sink) = uploading(&path).await;
        let mut suspending = sink.suspend();
        assert_eq!(disk.shared.suspensions.lock().of.len(), 0);
        if poll!(&mut suspending).is_pending() {
            // As far as the client knows, all of it is there at once.
            assert_eq!(storage.partial(&path).await, Ok(Some(98_304)));
            suspending.await.unwrap();
        }
        assert!(disk.shared.suspensions.lock().of.is_empty());
    }
}
