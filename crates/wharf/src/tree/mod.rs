//! Trees of files, over as many connections as are worth it.

mod claims;
mod fetch;
mod pool;
mod queue;
mod send;

use wharf_client::Client;

use crate::failure::Failure;
use crate::progress::Console;

pub(crate) use self::fetch::{FetchJob, FetchTree};
pub(crate) use self::pool::run;
pub(crate) use self::send::{SendJob, SendTree};

/// Copying a tree, one directory or file at a time. Several connections do so at once, in turns of one task.
pub(crate) trait Work {
    /// A directory, or a file.
    type Job;

    /// Whether what [`run`](Self::run) began is certain only behind [`settle`](Self::settle), or the next command.
    const LATE: bool;

    /// Bytes of a file, 0 where that is not known; `None` for a directory.
    fn size(job: &Self::Job) -> Option<u64>;

    /// Does the job, and returns what there is in a directory.
    async fn run(&self, client: &mut Client, job: &Self::Job) -> Result<Vec<Self::Job>, Failure>;

    /// Waits for what was left for later.
    async fn settle(&self, client: &mut Client) -> Result<(), Failure>;

    /// Tells the user that this one could not be done, while the others go on.
    fn failed(&self, job: &Self::Job, failure: &Failure);

    /// The failure that ends all, with the name of what it was met at.
    fn end(&self, job: &Self::Job, failure: Failure) -> Failure;

    /// Whether the whole makes no sense without this one.
    fn is_root(job: &Self::Job) -> bool;

    /// Something about the connections, for those who want to hear more.
    fn detail(&self, text: &str, warning: bool);
}

fn tell(console: &Console, text: &str, warning: bool) {
    if warning {
        console.note(&format!("warning: {text}"));
    } else {
        console.detail(text);
    }
}
