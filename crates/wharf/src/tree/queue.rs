//! What is left to do of a tree.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use tokio::sync::Notify;

/// So many files wait before files come first: a listing more would only grow the queue.
const ENOUGH: usize = 64;
/// So many bytes are worth a connection, however few files they are in.
const WORTH: u64 = 4 << 20;

/// A directory or file, and what has become of it so far.
pub(super) struct Ticket<J> {
    pub(super) job: J,
    /// Bytes of a file, 0 where that is not known; `None` for a directory.
    pub(super) size: Option<u64>,
    /// A connection was lost over it.
    pub(super) again: bool,
}

/// Directories and files in the order in which they are done, shared by the connections of one task.
pub(super) struct Queue<J> {
    left: RefCell<Left<J>>,
    /// Tickets that are being worked on.
    busy: Cell<usize>,
    /// Connections that work, or are about to.
    open: Cell<usize>,
    /// The most connections.
    most: usize,
    /// No more connections are made: one was refused, or lost.
    full: Cell<bool>,
    changed: Notify,
}

struct Left<J> {
    folders: Vec<Ticket<J>>,
    files: VecDeque<Ticket<J>>,
    /// Of the files.
    bytes: u64,
}

impl<J> Queue<J> {
    /// For one connection, which is there, and at most so many.
    pub(super) fn new(most: usize) -> Self {
        let left = Left { folders: Vec::new(), files: VecDeque::new(), bytes: 0 };
        Self {
            left: RefCell::new(left),
            busy: Cell::new(0),
            open: Cell::new(1),
            most,
            full: Cell::new(false),
            changed: Notify::new(),
        }
    }

    /// More to do: files behind those that wait, and directories before those that wait, in the order given.
    pub(super) fn add(&self, jobs: Vec<J>, size: fn(&J) -> Option<u64>) {
        let mut left = self.left.borrow_mut();
        let before = left.folders.len();
        for job in jobs {
            let ticket = Ticket { size: size(&job), job, again: false };
            match ticket.size {
                Some(bytes) => {
                    left.bytes = left.bytes.saturating_add(bytes);
                    left.files.push_back(ticket);
                }
                None => left.folders.push(ticket),
            }
        }
        // The last one is the next one.
        left.folders[before..].reverse();
        drop(left);
        self.changed.notify_waiters();
    }

    /// What a lost connection left undone. A file comes last: where it is to blame, the others are done before.
    pub(super) fn give_back(&self, ticket: Ticket<J>) {
        let mut left = self.left.borrow_mut();
        match ticket.size {
            Some(bytes) => {
                left.bytes = left.bytes.saturating_add(bytes);
                left.files.push_back(ticket);
            }
            None => left.folders.push(ticket),
        }
        drop(left);
        self.changed.notify_waiters();
    }

    /// The next one to do, waiting for it as long as there may be one; whoever takes it says [`done`](Self::done).
    pub(super) async fn next(&self) -> Option<Ticket<J>> {
        loop {
            let changed = self.changed.notified();
            if let Some(ticket) = self.take() {
                self.busy.set(self.busy.get() + 1);
                return Some(ticket);
            }
            if self.is_done() {
                return None;
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<Ticket<J>> {
        let mut left = self.left.borrow_mut();
        // With one connection each directory is done before the next is listed.
        let enough = if self.most == 1 { 1 } else { ENOUGH };
        if left.files.len() < enough
            && let Some(folder) = left.folders.pop()
        {
            return Some(folder);
        }
        let file = left.files.pop_front()?;
        left.bytes = left.bytes.saturating_sub(file.size.unwrap_or(0));
        Some(file)
    }

    pub(super) fn done(&self) {
        self.busy.set(self.busy.get().saturating_sub(1));
        self.changed.notify_waiters();
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let left = self.left.borrow();
        left.folders.is_empty() && left.files.is_empty()
    }

    fn is_done(&self) -> bool {
        self.is_empty() && self.busy.get() == 0
    }

    /// Returns when there is nothing to do any more.
    pub(super) async fn finished(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_done() {
                return;
            }
            changed.await;
        }
    }

    /// Counts one more connection if what waits is worth it: a handful of small files is not.
    pub(super) fn may_open(&self) -> bool {
        let open = self.open.get();
        if self.full.get() || open >= self.most {
            return false;
        }
        let left = self.left.borrow();
        let files = left.files.len();
        let worth = WORTH.saturating_mul(open as u64);
        let more = files > 2 * open || (files > open && left.bytes >= worth);
        if more {
            self.open.set(open + 1);
        }
        more
    }

    /// One connection less, and no more to come.
    pub(super) fn lose(&self) {
        self.open.set(self.open.get().saturating_sub(1));
        self.full.set(true);
        self.changed.notify_waiters();
    }

    /// Whether another connection than the caller's is there, or may come.
    pub(super) fn has_others(&self) -> bool {
        self.open.get() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odd numbers are directories.
    fn size(job: &u64) -> Option<u64> {
        job.is_multiple_of(2).then_some(*job)
    }

    fn order(most: usize) -> Vec<u64> {
        let queue = Queue::new(most);
        queue.add(vec![2, 1, 4, 3], size);
        std::iter::from_fn(|| queue.take()).map(|ticket| ticket.job).collect()
    }

    #[test]
    fn files_before_directories_with_one_connection_alone() {
        assert_eq!(order(1), [2, 4, 1, 3]);
        assert_eq!(order(2), [1, 3, 2, 4]);
    }

    #[test]
    fn a_handful_is_not_worth_a_connection() {
        let queue = Queue::new(4);
        queue.add(vec![2, 4], size);
        assert!(!queue.may_open());
        queue.add(vec![6], size);
        assert!(queue.may_open() && !queue.may_open());
        queue.add(vec![WORTH * 2], size);
        assert!(queue.may_open() && !queue.may_open());
        queue.add((10..100).map(|number| number * 2).collect(), size);
        assert!(queue.may_open() && !queue.may_open(), "no more than four");
        queue.lose();
        assert!(!queue.may_open(), "no other one for one that was lost");
    }
}
