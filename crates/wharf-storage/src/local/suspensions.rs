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
/// told that nothing arrived, and send all of it again.
#[derive(Debug, Default)]
pub(super) struct Suspensions {
    under_way: Mutex<HashMap<Key, UnderWay>>,
}

/// Of one account and path.
#[derive(Debug)]
struct UnderWay {
    count: usize,
    /// Gone when the last one is over.
    over: watch::Sender<()>,
}

impl Suspensions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, UnderWay>> {
        // Each change of the map is whole.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for those of `account` and `path` that have begun.
    pub(super) async fn over(&self, account: &str, path: &VirtualPath) {
        let waiting = {
            let under_way = self.lock();
            if under_way.is_empty() {
                return;
            }
            under_way.get(&(account.to_owned(), path.clone())).map(|under_way| under_way.over.subscribe())
        };
        if let Some(mut waiting) = waiting {
            // Nothing is ever sent: it ends with its sender.
            let _ = waiting.changed().await;
        }
    }
}

/// A suspension under way, until this is dropped.
#[derive(Debug)]
pub(super) struct Suspension {
    shared: Arc<Shared>,
    key: Key,
}

impl Suspension {
    /// Of the upload of `account` to `path`.
    pub(super) fn begin(shared: Arc<Shared>, account: &str, path: &VirtualPath) -> Self {
        let key = (account.to_owned(), path.clone());
        let begun = || UnderWay { count: 0, over: watch::Sender::new(()) };
        shared.suspensions.lock().entry(key.clone()).or_insert_with(begun).count += 1;
        Self { shared, key }
    }
}

impl Drop for Suspension {
    fn drop(&mut self) {
        let mut under_way = self.shared.suspensions.lock();
        let Some(entry) = under_way.get_mut(&self.key) else { return };
        entry.count = entry.count.saturating_sub(1);
        if entry.count == 0 {
            under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use wharf_types::WriteMode;

    use super::*;
    use crate::local::{LocalDisk, LocalOptions};

    #[tokio::test]
    async fn who_comes_back_while_a_cut_upload_is_being_kept_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
        let storage = disk.account("alice");
        let path = VirtualPath::root().resolve(b"f").unwrap();
        let mut sink = storage.open_write(&path, WriteMode::Replace).await.unwrap().sink;
        sink.write(vec![7; 100_000].into()).await.unwrap();

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

        sink.suspend().await.unwrap();
        drop(slow);
        assert!(poll!(&mut size).is_pending());
        drop(slower);
        assert_eq!(size.await, Ok(Some(98_304)));
        assert_eq!(rest.await.unwrap().offset, 65_536);
        assert!(disk.shared.suspensions.lock().is_empty());
    }

    #[tokio::test]
    async fn a_suspension_is_told_from_its_first_moment_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let disk = LocalDisk::open(dir.path(), LocalOptions::default()).unwrap();
        let storage = disk.account("alice");
        let path = VirtualPath::root().resolve(b"f").unwrap();
        let mut sink = storage.open_write(&path, WriteMode::Replace).await.unwrap().sink;
        sink.write(vec![7; 100_000].into()).await.unwrap();
        let mut suspending = sink.suspend();
        assert_eq!(disk.shared.suspensions.lock().len(), 0);
        if poll!(&mut suspending).is_pending() {
            // As far as the client knows, all of it is there at once.
            assert_eq!(storage.partial(&path).await, Ok(Some(98_304)));
            suspending.await.unwrap();
        }
        assert!(disk.shared.suspensions.lock().is_empty());
    }
}
