//! Who is logged in now.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

/// The sessions that are logged in, by their number.
#[derive(Debug, Default)]
pub(crate) struct Present {
    sessions: Mutex<BTreeMap<u64, Entry>>,
}

#[derive(Debug)]
struct Entry {
    account: String,
    peer: SocketAddr,
    since: Instant,
}

/// A session that is logged in, as long as this lives.
#[derive(Debug)]
pub(crate) struct Presence {
    present: Arc<Present>,
    session: u64,
}

impl Present {
    pub(crate) fn enter(self: &Arc<Self>, session: u64, account: &str, peer: SocketAddr) -> Presence {
        let entry = Entry { account: account.to_owned(), peer, since: Instant::now() };
        self.lock().insert(session, entry);
        Presence { present: Arc::clone(self), session }
    }

    /// A line for each session of `account`.
    pub(crate) fn of(&self, account: &str) -> Vec<String> {
        let line = |(session, entry): (&u64, &Entry)| {
            let seconds = entry.since.elapsed().as_secs();
            format!("{session} from {} for {seconds} seconds", entry.peer)
        };
        self.lock().iter().filter(|(_, entry)| entry.account == account).map(line).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        // Every change is one step.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.present.lock().remove(&self.session);
    }
}
