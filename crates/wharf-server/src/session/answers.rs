//! Questions to the outside, and their answers.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::{sync::Mutex, task::JoinSet};
use wharf_auth::{AuthError, Credentials};
use wharf_codec::{Secret, UserName};
use wharf_session::{
    JobId,
    server::{CommitTicket, FileAnswer, FileTicket, LinesTicket, LoginAnswer, LoginTicket, SessionsTicket},
};
use wharf_storage::{Storage, StorageProvider};
use wharf_types::{ClientIdentity, FileError, FileErrorKind, FileOp, Grant};

use super::{Session, now, unpanicked};
use crate::{
    audit::Outcome,
    files::{self, Job},
    listing::Listing,
    long,
};

/// An answer on its way back to the machine.
pub(super) enum Answer {
    Login(LoginTicket, Login),
    File(FileTicket, Result<(FileAnswer, Option<Job>), FileError>),
    Lines(LinesTicket, JobId, Box<Listing>, Result<Vec<Bytes>, FileError>),
    Commit(CommitTicket, Result<(), FileError>),
}

pub(super) enum Login {
    Accepted(Grant, Arc<dyn Storage>),
    Refused,
    Unavailable(String),
}

impl Session {
    /// Has a login judged; without a password by the certificate alone.
    pub(super) fn login(
        &mut self,
        ticket: LoginTicket,
        (user, password): (UserName, Option<Secret>),
        secured: bool,
        certificate: Option<Arc<ClientIdentity>>,
        (host, root): (Option<String>, Option<String>),
    ) {
        let (auth, storage) = (Arc::clone(&self.shared.auth), Arc::clone(&self.shared.storage));
        let peer = self.ends.peer.ip();
        self.ask(async move {
            let (user, host) = (user.as_bytes(), host.as_deref());
            let (given, certificate) = (password.as_ref().map(Secret::expose), certificate.as_deref());
            let password = given.unwrap_or_default();
            let who = Credentials { user, password, peer, host, secured, certificate };
            let judged = match given {
                Some(_) => auth.authenticate(&who).await,
                None => auth.authenticate_certificate(&who).await,
            };
            Answer::Login(ticket, log_in(judged, &*storage, root.as_deref()).await)
        });
    }

    pub(super) fn file(&mut self, ticket: FileTicket, op: FileOp) {
        // The answer may come at once: what the data connection told before has to count before it.
        self.hear_progress();
        let (Some(storage), Some(grant)) = (self.storage.clone(), self.machine.grant().cloned()) else {
            let denied = Err(FileErrorKind::Denied.into());
            self.on_answer(Some(Answer::File(ticket, denied)));
            return;
        };
        if op.is_long() {
            // It changes nothing before it is committed, and ends with the session.
            let (id, shared, max) = (ticket.id(), Arc::clone(&self.shared), self.config.max_upload);
            let task = self.asked().spawn(async move {
                Answer::File(ticket, long::perform(&*storage, op, &shared.digests, max).await)
            });
            self.long = Some((id, task));
            return;
        }
        let (key, max) = (self.config.unique_key, self.config.max_upload);
        // What changes a file runs to its end even when the session ends.
        let doing = async move {
            let opened = files::perform(&*storage, op, grant, key).await?;
            Ok(files::bounded(opened, max).await)
        };
        self.ask_to_the_end(doing, |done| Answer::File(ticket, done));
    }

    pub(super) fn lines(&mut self, ticket: LinesTicket, job: JobId) {
        if let Some(Job::Listing(mut listing)) = self.jobs.remove(&job) {
            self.ask(async move {
                let lines = listing.lines().await;
                Answer::Lines(ticket, job, listing, lines)
            });
        } else {
            // No such listing: the machine hears of its end, and would hear of a wrong ticket in vain.
            let _ = self.machine.answer_lines(now(), ticket, Ok(Vec::new()));
        }
    }

    pub(super) fn commit(&mut self, ticket: CommitTicket, job: JobId) {
        let sink = match self.jobs.remove(&job) {
            Some(Job::Sink(sink)) => sink,
            Some(Job::Filled(sink)) => Arc::new(Mutex::new(Some(sink))),
            Some(Job::Listing(_) | Job::Source(_)) | None => {
                let missing = Err(FileErrorKind::Io.into());
                self.on_answer(Some(Answer::Commit(ticket, missing)));
                return;
            }
        };
        // The point of no return: it runs to its end even when the session ends.
        self.ask_to_the_end(files::commit(sink), |done| Answer::Commit(ticket, done));
    }

    /// Has a question answered: at once where nothing is waited for, which spares a task, else beside the session.
    fn ask(&mut self, answer: impl Future<Output = Answer> + Send + 'static) {
        let mut answer = Box::pin(answer);
        match self.at_once(answer.as_mut()) {
            Some(answer) => self.on_answer(Some(answer)),
            None => drop(self.asked().spawn(answer)),
        }
    }

    /// As [`ask`](Self::ask), for what goes on when the session ends.
    fn ask_to_the_end<T: Send + 'static>(
        &mut self,
        doing: impl Future<Output = Result<T, FileError>> + Send + 'static,
        answer: impl FnOnce(Result<T, FileError>) -> Answer + Send + 'static,
    ) {
        let mut doing = Box::pin(doing);
        if let Some(done) = self.at_once(doing.as_mut()) {
            return self.on_answer(Some(answer(done)));
        }
        let doing = self.shared.tasks.spawn(doing);
        self.asked().spawn(async move {
            answer(unpanicked(doing.await).unwrap_or_else(|| Err(FileErrorKind::Io.into())))
        });
    }

    /// What comes without waiting. What does not come is polled again, by the task that then waits for it.
    ///
    /// Nothing comes at once when the session is closed: the log has yet to be told that there will be no answer, and
    /// hears of an outcome behind that only.
    fn at_once<F: Future>(&self, future: Pin<&mut F>) -> Option<F::Output> {
        if self.machine.is_closed() {
            return None;
        }
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn asked(&mut self) -> &mut JoinSet<Answer> {
        self.answers.get_or_insert_with(JoinSet::new)
    }

    /// Who is here of the same account.
    pub(super) fn sessions(&mut self, ticket: SessionsTicket) {
        let account = self.machine.grant().map(|grant| grant.account.as_str()).unwrap_or_default();
        let lines = self.shared.present.of(account);
        // It was asked just now.
        let _ = self.machine.answer_sessions(now(), ticket, lines);
    }

    /// A stale answer is dropped, with what it opened.
    pub(super) fn on_answer(&mut self, answer: Option<Answer>) {
        let Some(answer) = answer else { return };
        match answer {
            Answer::Login(ticket, login) => {
                let (answer, storage) = match login {
                    Login::Accepted(grant, storage) => {
                        let (session, peer) = (self.log.session, self.ends.peer);
                        // Whoever was here before REIN leaves first: both have the number of this session.
                        self.presence = None;
                        self.presence = Some(self.shared.present.enter(session, &grant.account, peer));
                        (LoginAnswer::Accept(grant), Some(storage))
                    }
                    Login::Refused => (LoginAnswer::Refuse, None),
                    Login::Unavailable(cause) => {
                        self.log.unavailable(&cause);
                        (LoginAnswer::Unavailable, None)
                    }
                };
                // No byte needs to have come since the question was asked.
                self.judge_again();
                if self.machine.answer_login(now(), ticket, answer).is_ok() {
                    self.storage = storage;
                }
            }
            Answer::File(ticket, Ok((answer, opened))) => {
                let (id, job) = (ticket.id(), ticket.job());
                if let Some(opened) = opened {
                    self.jobs.insert(job, opened);
                }
                let continues = matches!(answer, FileAnswer::Opened { offset: 1.., .. });
                let opens = matches!(answer, FileAnswer::Opened { .. });
                if self.machine.answer_file(now(), ticket, Ok(answer)).is_err() {
                    self.log.outcome(id, if opens { Outcome::GivenUp } else { Outcome::Done });
                    if continues {
                        // It may hold the bytes of an earlier upload.
                        self.release(job);
                    } else {
                        self.jobs.remove(&job);
                    }
                }
            }
            Answer::File(ticket, Err(error)) => {
                self.log.storage(&error);
                let (id, failed) = (ticket.id(), Outcome::Failed(error.to_string()));
                // A question that was withdrawn needs no answer.
                if self.machine.answer_file(now(), ticket, Err(error)).is_err() {
                    self.log.outcome(id, failed);
                }
            }
            Answer::Lines(ticket, job, listing, lines) => {
                self.jobs.insert(job, Job::Listing(listing));
                if self.machine.answer_lines(now(), ticket, lines).is_err() {
                    self.jobs.remove(&job);
                }
            }
            Answer::Commit(ticket, done) => {
                if let Err(error) = &done {
                    self.log.storage(error);
                }
                let id = ticket.id();
                let outcome = match &done {
                    Ok(()) => Outcome::Done,
                    Err(error) => Outcome::Failed(error.to_string()),
                };
                // A session that ended meanwhile has nobody to tell but the log; the file is stored all the same.
                if self.machine.answer_commit(now(), ticket, done).is_err() {
                    self.log.outcome(id, outcome);
                }
            }
        }
    }
}

async fn log_in(
    judged: Result<Grant, AuthError>,
    storage: &dyn StorageProvider,
    root: Option<&str>,
) -> Login {
    match judged.map(|grant| below(grant, root)) {
        Ok(grant) => match storage.open(&grant).await {
            Ok(storage) => Login::Accepted(grant, storage),
            Err(error) => {
                Login::Unavailable(format!("the root of {} cannot be opened: {error}", grant.account))
            }
        },
        Err(AuthError::Unavailable(cause)) => Login::Unavailable(cause),
        Err(AuthError::Refused | _) => Login::Refused,
    }
}

/// Puts a relative root of an account below the directory of its virtual host.
fn below(mut grant: Grant, root: Option<&str>) -> Grant {
    if let Some(root) = root.filter(|_| !grant.root.starts_with('/')) {
        grant.root = match grant.root.as_str() {
            "" => root.to_owned(),
            inside => format!("{}/{inside}", root.trim_end_matches('/')),
        };
    }
    grant
}
