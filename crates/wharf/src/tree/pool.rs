//! Connections that share one tree.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use wharf_client::{Client, ErrorClass, Twin};

use super::Work;
use super::queue::{Queue, Ticket};
use crate::failure::Failure;

/// Why a connection stops before all is done.
enum End {
    /// Nothing goes on.
    All(Failure),
    /// This connection is of no use any more; the others go on.
    Lost(Failure),
}

type Worker<'a> = Pin<Box<dyn Future<Output = Result<(), End>> + 'a>>;

/// Does the jobs and all that they lead to, over at most so many connections: this one, and others like it that are
/// made when enough waits. They end with the last job; this one stays.
///
/// All of them are one future: dropping it stops every transfer at once.
pub(crate) async fn run<W: Work>(
    work: &W,
    client: &mut Client,
    most: usize,
    jobs: Vec<W::Job>,
) -> Result<(), Failure> {
    let queue = Queue::new(most);
    queue.add(jobs, W::size);
    let twin = client.twin();
    let mut lost = None;
    let mut workers = FuturesUnordered::<Worker<'_>>::new();
    workers.push(Box::pin(serve(work, &queue, client)));
    loop {
        let ended = poll_fn(|context| {
            loop {
                match workers.poll_next_unpin(context) {
                    // Whatever came to wait has come while they were polled.
                    Poll::Pending if queue.may_open() => workers.push(Box::pin(join(work, &queue, &twin))),
                    ended @ (Poll::Ready(_) | Poll::Pending) => return ended,
                }
            }
        });
        match ended.await {
            None => break,
            Some(Ok(())) => {}
            Some(Err(End::All(failure))) => return Err(failure),
            Some(Err(End::Lost(failure))) => {
                work.detail(&format!("a connection was lost: {failure}"), false);
                lost = Some(failure);
            }
        }
    }
    match lost {
        Some(failure) if !queue.is_empty() => Err(failure),
        _ => Ok(()),
    }
}

/// One more connection. That it cannot be had is no failure: the others do the work.
async fn join<W: Work>(work: &W, queue: &Queue<W::Job>, twin: &Twin) -> Result<(), End> {
    let connected = tokio::select! {
        biased;
        () = queue.finished() => return Ok(()),
        connected = twin.connect() => connected,
    };
    match connected {
        Ok(mut client) => {
            serve(work, queue, &mut client).await?;
            // All is done: a goodbye that fails changes nothing.
            let _ = client.quit().await;
        }
        Err(error) => {
            queue.lose();
            // Another certificate is worth knowing of; that a server takes no more connections is not.
            let odd = error.class() == ErrorClass::Certificate;
            work.detail(&format!("no further connection: {error}"), odd);
        }
    }
    Ok(())
}

/// Works as long as there is something to do.
async fn serve<W: Work>(work: &W, queue: &Queue<W::Job>, client: &mut Client) -> Result<(), End> {
    // The last file, as long as it is not certain: what it left for later goes out with the next command.
    let mut late = None;
    while let Some(ticket) = queue.next().await {
        match work.run(client, &ticket.job).await {
            Ok(found) => {
                queue.add(found, W::size);
                if W::LATE && W::size(&ticket.job).is_some() {
                    late = Some(ticket);
                }
            }
            Err(failure) if is_lost(client, &failure).await => {
                let failure = work.end(&ticket.job, failure);
                lose(work, queue, late, Some(ticket), &failure);
                return Err(End::Lost(failure));
            }
            Err(failure) if failure.ends_all() || W::is_root(&ticket.job) => {
                return Err(End::All(work.end(&ticket.job, failure)));
            }
            Err(failure) => work.failed(&ticket.job, &failure),
        }
        // A server that is near may have answered all the while: the other connections get their turn.
        tokio::task::yield_now().await;
        // What is late is made certain before this one may have to wait, and while others are there to do it once more.
        // From here to the next ticket nobody else gets a turn, unless it is.
        if queue.is_empty() {
            match work.settle(client).await {
                Ok(()) => late = None,
                Err(failure) if is_lost(client, &failure).await => {
                    lose(work, queue, late, None, &failure);
                    return Err(End::Lost(failure));
                }
                Err(failure) => return Err(End::All(failure)),
            }
        }
        queue.done();
    }
    Ok(())
}

/// What was not done goes back, once; the last connection leaves it there, and its end is that of all. A file that is
/// not certain goes back as well.
fn lose<W: Work>(
    work: &W,
    queue: &Queue<W::Job>,
    late: Option<Ticket<W::Job>>,
    undone: Option<Ticket<W::Job>>,
    failure: &Failure,
) {
    late.into_iter().for_each(|ticket| queue.give_back(ticket));
    match undone {
        Some(ticket) if ticket.again && queue.has_others() => work.failed(&ticket.job, failure),
        Some(ticket) => queue.give_back(Ticket { again: true, ..ticket }),
        None => {}
    }
    queue.lose();
    queue.done();
}

/// Whether the failure is about the connection, and not about what was done over it.
async fn is_lost(client: &mut Client, failure: &Failure) -> bool {
    let (Some(error), false) = (failure.remote(), failure.is_refusal()) else { return false };
    if error.reply().is_some_and(|reply| reply.code().get() == 421) {
        return true;
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about the file, or end all")]
    match error.class() {
        ErrorClass::Network | ErrorClass::Timeout | ErrorClass::Login => true,
        // A server that went away cuts the data connection first.
        ErrorClass::Data => client.abort().await.is_err(),
        _ => false,
    }
}
