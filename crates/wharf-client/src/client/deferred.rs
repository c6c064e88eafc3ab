//! What goes out with the next command instead of waiting for a reply of its own.

use std::collections::VecDeque;

use wharf_codec::{Command, Pathname, Reply};
use wharf_session::client::{LostReason, OpError, OpId, Operation, Outcome};
use wharf_transport::BoxFuture;

use super::transfer::same_size;
use super::{Client, arguments, commands};
use crate::Error;
use crate::session::{Failure, Pump};

/// Commands that were left for later, and what came of them.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    /// The application wants it so.
    on: bool,
    waiting: VecDeque<Late>,
    /// Went out and may not have arrived: to be sent again, one by one.
    again: VecDeque<Late>,
    failures: Vec<Error>,
    replies: Vec<(OpId, Result<Reply, OpError>)>,
}

#[derive(Debug)]
struct Late {
    op: OpId,
    command: Command,
    check: Check,
}

/// What the reply is good for.
#[derive(Debug)]
enum Check {
    /// Nothing depends on it.
    None,
    /// So many bytes were sent.
    Size { what: String, sent: u64 },
}

/// Whether an operation failed because the server loses commands that come together.
pub(super) fn is_lost(failure: &Failure) -> bool {
    matches!(failure, Failure::Op(OpError::Lost(LostReason::Pipelined)))
}

impl Client {
    /// Lets what need not be known at once go out with the next command, which saves a round trip for each file: the
    /// time of a file ([`set_modified`](Self::set_modified)), and the comparison of sizes behind an upload in clear.
    /// What fails then shows in [`late_failures`](Self::late_failures). It has no effect while the server has not
    /// shown that it answers commands that come together.
    pub fn defer(&mut self, on: bool) {
        self.deferred.on = on;
    }

    /// What failed of the things that were [deferred](Self::defer), since this was asked last.
    #[must_use]
    pub fn late_failures(&mut self) -> Vec<Error> {
        core::mem::take(&mut self.deferred.failures)
    }

    /// Sends what was [deferred](Self::defer), and waits for its replies.
    ///
    /// # Errors
    /// When the connection fails; what the server refuses is in [`late_failures`](Self::late_failures).
    pub async fn flush(&mut self) -> Result<(), Error> {
        if !self.session.machine().has_posted() {
            return Ok(());
        }
        let done = self.session.run(Operation::Flush, Pump::None).await;
        self.hear();
        match done.result {
            Ok(_) => Ok(()),
            Err(failure) if is_lost(&failure) => self.recover().await,
            Err(failure) => Err(self.session.error("what was deferred", failure, done.data)),
        }
    }

    /// Removes files (DELE), several at a time where the server can; the results stand in the order of the paths.
    ///
    /// # Errors
    /// When the connection fails; refusals are in the results.
    pub async fn delete_all<P: AsRef<[u8]>>(
        &mut self,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<Vec<Result<(), Error>>, Error> {
        self.run_all(paths, Command::Dele).await
    }

    /// Makes directories (MKD), several at a time where the server can; the results stand in the order of the paths.
    ///
    /// # Errors
    /// As [`delete_all`](Self::delete_all).
    pub async fn mkdir_all<P: AsRef<[u8]>>(
        &mut self,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<Vec<Result<(), Error>>, Error> {
        self.run_all(paths, Command::Mkd).await
    }

    async fn run_all<P: AsRef<[u8]>>(
        &mut self,
        paths: impl IntoIterator<Item = P>,
        command: fn(Pathname) -> Command,
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let mut results = Vec::new();
        let mut commands = VecDeque::new();
        for path in paths {
            // A name that cannot be sent is nothing for the server.
            commands.push_back(arguments::path(path).map(command));
        }
        if commands.len() > 3 {
            self.try_together().await?;
        }
        while let Some(next) = commands.pop_front() {
            let next = match next {
                Ok(next) => next,
                Err(error) => {
                    results.push(Err(error));
                    continue;
                }
            };
            let mut together = vec![next];
            if self.session.machine().may_post() {
                while together.len() < AT_A_TIME && matches!(commands.front(), Some(Ok(_))) {
                    together.extend(commands.pop_front().and_then(Result::ok));
                }
            }
            self.run_some(together, &mut results).await?;
        }
        Ok(results)
    }

    /// Finds out whether the server answers commands that come together, by two that do nothing.
    async fn try_together(&mut self) -> Result<(), Error> {
        if !self.session.machine().may_try() {
            return Ok(());
        }
        for _ in 0..2 {
            if self.session.post(Command::Noop).is_err() {
                break;
            }
        }
        let tried = self.flush().await;
        self.deferred.replies.clear();
        tried
    }

    /// Runs a few commands at a time; the ones that get no answer so get it one by one.
    async fn run_some(
        &mut self,
        commands: Vec<Command>,
        results: &mut Vec<Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut posted = Vec::new();
        if commands.len() > 1 {
            self.flush().await?;
            for command in &commands {
                posted.push(self.session.post(command.clone()).ok());
            }
            let done = self.session.run(Operation::Flush, Pump::None).await;
            self.hear();
            match done.result {
                Ok(_) => {}
                Err(failure) if is_lost(&failure) => self.recover().await?,
                Err(failure) => return Err(self.session.error("several commands", failure, done.data)),
            }
        }
        for (at, command) in commands.into_iter().enumerate() {
            let what = command.to_string();
            let answer = posted.get(at).copied().flatten().and_then(|op| {
                let at = self.deferred.replies.iter().position(|(known, _)| *known == op)?;
                self.deferred.replies.swap_remove(at).1.ok()
            });
            let reply = match answer {
                // By itself an older form of the command is tried as well (CTL-27).
                Some(reply) if !commands::is_unknown(&reply) => reply,
                Some(_) | None => self.command(command).await?,
            };
            let refused = reply.code().is_refusal();
            results.push(if refused { Err(Error::Refused { command: what, reply }) } else { Ok(()) });
        }
        self.deferred.replies.clear();
        Ok(())
    }

    /// Whether the time of a file will be set with the next command.
    pub(super) fn set_later(&mut self, command: &Command) -> bool {
        self.deferred.on && self.post_late(command.clone(), Check::None)
    }

    /// Whether the size of a file will be compared with the next command.
    pub(super) fn check_later(&mut self, path: &[u8], sent: u64, what: &str) -> bool {
        let Ok(path) = arguments::path(path) else { return false };
        self.deferred.on && self.post_late(Command::Size(path), Check::Size { what: what.to_owned(), sent })
    }

    fn post_late(&mut self, command: Command, check: Check) -> bool {
        match self.session.post(command.clone()) {
            Ok(op) => {
                self.deferred.waiting.push_back(Late { op, command, check });
                true
            }
            Err(_) => false,
        }
    }

    /// Takes what has come of posted commands.
    pub(super) fn hear(&mut self) {
        if self.session.machine().loses_commands() {
            self.memory.learn(|record| record.no_pipeline = true);
        }
        for (op, result) in self.session.answers() {
            let late = self.deferred.waiting.iter().position(|late| late.op == op);
            let late = late.and_then(|at| self.deferred.waiting.remove(at));
            let reply = match result {
                Ok(Outcome::Done(reply)) | Err(OpError::Refused(reply)) => Ok(reply),
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            match (late, reply) {
                (Some(late), Ok(reply)) => self.judge(&late, &reply),
                (Some(late), Err(OpError::Lost(LostReason::Pipelined))) => {
                    self.deferred.again.push_back(late)
                }
                // The operation that it went with tells the same.
                (Some(_), Err(_)) => {}
                (None, reply) => self.deferred.replies.push((op, reply)),
            }
        }
    }

    fn judge(&mut self, late: &Late, reply: &Reply) {
        if let Check::Size { what, sent } = &late.check
            && let Some(size) = commands::size_of(reply)
            && let Err(error) = same_size(what, *sent, size)
        {
            self.deferred.failures.push(error);
        }
    }

    /// The server loses commands that come together: another connection, on which they go one by one, and everything
    /// again that was not answered.
    pub(super) fn recover(&mut self) -> BoxFuture<'_, Result<(), Error>> {
        // Boxed, since what it does may be interrupted in the same way.
        Box::pin(async move {
            self.session.say("the server loses commands that come together: connecting anew, one at a time");
            self.memory.learn(|record| record.no_pipeline = true);
            let highest = self.session.control_version().unwrap_or(self.options.max_version);
            self.reconnect(highest).await?;
            while let Some(late) = self.deferred.again.pop_front() {
                let reply = self.command(late.command.clone()).await?;
                self.judge(&late, &reply);
            }
            Ok(())
        })
    }
}

/// Commands that go out together; the machine takes a few more, which leaves room for what was deferred.
const AT_A_TIME: usize = 10;
