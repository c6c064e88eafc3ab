//! One control session: a task that owns the machine, the control connection, and the ends of everything that runs.

mod answers;
mod connections;
mod outputs;

use std::{
    collections::HashMap,
    future::poll_fn,
    mem,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinError, JoinSet},
    time::{Duration, Instant, sleep_until, timeout},
};
use wharf_session::{
    DataEvent, DataId, JobId, TlsEvent,
    server::{CommitTicket, Output, PeerInfo, Server as Machine, ServerConfig, TicketId},
};
use wharf_storage::Storage;
use wharf_transport::{ControlEvent, ControlStream, DataRole, NetStream, ServerTls};

use self::{
    answers::Answer,
    connections::{Connections, Heard, poll_heard},
    outputs::Stopping,
};
use crate::{
    access::AccessLog,
    audit::{Outcome, SessionAudit},
    files::Job,
    map,
    presence::Presence,
    server::{Shared, Stage},
};

/// How long a client that was sent its last reply may take to close. Closing over bytes that it still sends would
/// reset the connection, and could destroy that reply.
const LINGER: Duration = Duration::from_secs(1);
/// How long a client that is turned away may take to receive that.
const REFUSAL: Duration = Duration::from_secs(2);

/// How long a data connection that is given up may take to stop: it does so at its next turn.
const STOP: Duration = Duration::from_secs(1);

/// One control session.
pub(crate) struct Session {
    machine: Machine,
    config: Arc<ServerConfig>,
    /// TLS of the listener.
    tls: Option<ServerTls>,
    control: ControlStream,
    ends: PeerInfo,
    shared: Arc<Shared>,
    log: AccessLog,
    /// Whose data connections belong to this session: of the latest TLS session on the control connection.
    role: Option<DataRole>,
    storage: Option<Arc<dyn Storage>>,
    /// While it is logged in.
    presence: Option<Presence>,
    /// The question that is as long as a file, and how to end it.
    long: Option<(TicketId, AbortHandle)>,
    /// What storage opened and no data connection has taken yet; uploads stay here all the time.
    jobs: HashMap<JobId, Job>,
    /// Questions that are being answered, while there are some. They end with the session.
    answers: Option<JoinSet<Answer>>,
    /// While there are some.
    data: Option<Box<Connections>>,
    /// The data connection that was told to move bytes last, and where it stopped; apart, since idle sessions have none.
    stopping: Option<Box<Stopping>>,
    /// An upload that is to be stored, once it is sure that its client is there.
    to_commit: Option<(CommitTicket, JobId)>,
    /// A file or a listing begins to be sent; what the client is told of it goes out behind its first bytes.
    sending: bool,
    /// The client sends nothing more.
    gone: bool,
    over: bool,
}

impl Session {
    pub(crate) fn new(
        id: u64,
        machine: Machine,
        (config, tls): (Arc<ServerConfig>, Option<ServerTls>),
        stream: NetStream,
        ends: PeerInfo,
        shared: Arc<Shared>,
    ) -> Box<Self> {
        Box::new(Self {
            machine,
            config,
            tls,
            control: ControlStream::clear(stream),
            ends,
            shared,
            log: AccessLog::new(id, ends.peer),
            role: None,
            storage: None,
            presence: None,
            long: None,
            jobs: HashMap::new(),
            answers: None,
            data: None,
            stopping: None,
            to_commit: None,
            sending: false,
            gone: false,
            over: false,
        })
    }

    /// Serves the client to the end of the session.
    pub(crate) async fn run(mut self: Box<Self>, mut stage: watch::Receiver<Stage>) {
        self.log.opened(self.config.implicit);
        self.log.audit = self.shared.audit.as_ref().map(|log| {
            let (id, implicit) = (self.log.session, self.config.implicit);
            Box::new(SessionAudit::new(log.clone(), id, self.ends, implicit))
        });
        let mut serving = true;
        // Rings at the clock's time or before it: setting it anew for each clock that is later would cost more than to
        // look at the clocks once too often.
        let mut alarm = pin!(sleep_until(Instant::now()));
        let mut rings: Option<Instant> = None;
        loop {
            self.settle().await;
            if self.over {
                break;
            }
            let due = self.machine.poll_timeout().map(Instant::from_std);
            if due.is_some_and(|due| due <= Instant::now()) {
                // Looked at first, so that no flood of commands keeps the clocks from being heard.
                self.hear_progress();
                self.machine.handle_timeout(now());
                continue;
            }
            if let Some(due) = due.filter(|due| rings.is_none_or(|rings| *due < rings)) {
                alarm.as_mut().reset(due);
                rings = Some(due);
            }
            if mem::take(&mut self.sending) {
                // A small file is on its way, and its end too, before 150 wakes the client: it may then find all of
                // it there, where it would sleep once more for each part. A large one fills its socket first.
                tokio::task::yield_now().await;
            }
            tokio::select! {
                biased;
                // Cancel safe: the stage stays where it is.
                changed = stage.changed(), if serving => {
                    let over = *stage.borrow_and_update() == Stage::Over;
                    // A server that was dropped serves no longer either, and says nothing more.
                    serving = changed.is_ok() && !over;
                    self.machine.shutdown(now(), over);
                }
                // Cancel safe: an event that was not taken stays in its channel, a task that was not joined in its set.
                heard = poll_fn(|cx| poll_heard(&mut self.data, cx)) => match heard {
                    Heard::Event(id, event) => self.on_data(id, event),
                    Heard::Ended(ended) => {
                        unpanicked(ended);
                        if self.data.as_ref().is_some_and(|data| data.tasks.is_empty()) {
                            self.hear_progress();
                            self.data = None;
                        }
                    }
                },
                // Cancel safe, as above.
                answered = poll_fn(|cx| poll_answered(&mut self.answers, cx)) => self.on_answer(unpanicked(answered)),
                // Cancel safe: the stream keeps what it has read and what it has yet to send.
                event = self.control.progress(self.machine.wants_bytes()) => self.on_control(event),
                // Cancel safe: it stays set.
                () = alarm.as_mut(), if rings.is_some() => rings = None,
            }
        }
        // Rare, and larger than all the rest.
        Box::pin(self.end()).await;
    }

    /// Lets machine and driver tell each other everything until both are still.
    async fn settle(&mut self) {
        loop {
            self.feed();
            while self.perform_all() {
                // Rare, and larger than all the rest.
                Box::pin(self.hear_where_it_stopped()).await;
            }
            if let Some((ticket, job)) = self.to_commit.take() {
                self.commit_if_alive(ticket, job).await;
            }
            if self.machine.grant().is_none() {
                self.presence = None;
            }
            self.machine.handle_sent(now(), self.control.pending());
            if self.over {
                return;
            }
            match self.machine.poll_output() {
                Some(output) => self.perform(output),
                None if self.to_commit.is_none() => return,
                None => {}
            }
        }
    }

    /// Gives the machine the bytes that it wants.
    fn feed(&mut self) {
        if !self.control.buffer().is_empty() {
            self.judge_again();
        }
        while self.machine.wants_bytes() && !self.control.buffer().is_empty() {
            let bytes = self.control.buffer().split();
            let taken = self.machine.handle_bytes(now(), &bytes);
            if let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
                // Only a change of state in the middle leaves a rest.
                self.control.buffer().extend_from_slice(rest);
                break;
            }
        }
    }

    /// Tells the machine what the client's certificate is worth now, where that may have changed.
    fn judge_again(&mut self) {
        if let Some(DataRole::Server(tls)) = &self.role
            && let Some(verdict) = tls.judged_again()
        {
            self.machine.handle_client_certificate(now(), map::client_certificate(&verdict));
        }
    }

    /// Stores an upload, but not one whose client is gone: in clear, a client that was killed ends its file just as
    /// one that is done, and only its control connection tells them apart.
    async fn commit_if_alive(&mut self, ticket: CommitTicket, job: JobId) {
        // Lets the runtime hear what the system knows by now.
        tokio::task::yield_now().await;
        let mut seen = Vec::new();
        poll_fn(|cx| {
            while let Poll::Ready(event) = self.control.poll_progress(cx, true) {
                let last = matches!(event, ControlEvent::Eof { .. } | ControlEvent::Failed(_));
                seen.push(event);
                if last {
                    break;
                }
            }
            Poll::Ready(())
        })
        .await;
        for event in seen {
            self.on_control(event);
        }
        if self.machine.is_closed() {
            self.release(job);
            self.log.outcome(ticket.id(), Outcome::GivenUp);
        } else {
            self.commit(ticket, job);
        }
    }

    fn on_control(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::Read | ControlEvent::Flushed => {}
            ControlEvent::Secured(info) => {
                self.machine.handle_tls(now(), TlsEvent::Established(map::tls_info(&info)));
            }
            ControlEvent::SecureFailed(failure) => {
                self.machine.handle_tls(now(), TlsEvent::Failed(failure.to_string()));
                // The stream is of no more use.
                self.gone = true;
                self.over = true;
            }
            ControlEvent::Cleared => self.machine.handle_tls(now(), TlsEvent::Cleared),
            ControlEvent::CloseNotify => self.machine.handle_tls(now(), TlsEvent::CloseNotify),
            ControlEvent::Eof { .. } => {
                self.gone = true;
                self.machine.handle_eof(now());
            }
            ControlEvent::PlaintextAfterUpgrade => self.machine.handle_plaintext_after_auth(now()),
            ControlEvent::Closed => self.over = true,
            ControlEvent::Failed(error) => {
                tracing::debug!(%error, "a control connection broke");
                self.machine.handle_eof(now());
                self.gone = true;
                self.over = true;
            }
            _ => {}
        }
    }

    fn on_data(&mut self, id: DataId, event: DataEvent) {
        // What a connection says that was given up comes too late.
        if let Some(audit) = &mut self.log.audit
            && self.data.as_ref().is_some_and(|data| data.commands.contains_key(&id))
        {
            audit.data(id, &event);
        }
        if matches!(event, DataEvent::Finished { .. } | DataEvent::Failed(_)) {
            self.forget_data(id);
        }
        self.machine.handle_data(now(), id, event);
    }

    /// What data connections told by now, before the clocks are looked at.
    fn hear_progress(&mut self) {
        while let Some((id, event)) = self.data.as_mut().and_then(|data| data.told()) {
            self.on_data(id, event);
        }
    }

    /// The machine has ended: what it still says is done, uploads that were cut are kept, and the client may read its
    /// last reply.
    async fn end(mut self: Box<Self>) {
        while self.perform_all() {
            self.hear_where_it_stopped().await;
        }
        if let Some((ticket, job)) = self.to_commit.take() {
            self.release(job);
            self.log.outcome(ticket.id(), Outcome::GivenUp);
        }
        // What is being opened just now may hold the bytes of an earlier upload.
        let _ = timeout(LINGER, async {
            while self.answers.is_some() {
                let answered = poll_fn(|cx| poll_answered(&mut self.answers, cx)).await;
                self.on_answer(unpanicked(answered));
            }
        })
        .await;
        // Their sinks are free once the data connections are.
        if let Some(mut data) = self.data.take() {
            data.commands.clear();
            data.tasks.shutdown().await;
        }
        for job in self.jobs.keys().copied().collect::<Vec<_>>() {
            self.release(job);
        }
        if !self.gone {
            linger(&mut self.control).await;
        }
    }
}

/// The next answer; none ever where nothing is asked.
fn poll_answered(
    answers: &mut Option<JoinSet<Answer>>,
    cx: &mut Context<'_>,
) -> Poll<Result<Answer, JoinError>> {
    let Some(asked) = answers else { return Poll::Pending };
    let Poll::Ready(Some(answered)) = asked.poll_join_next(cx) else { return Poll::Pending };
    if asked.is_empty() {
        *answers = None;
    }
    Poll::Ready(answered)
}

/// Turns a client away.
pub(crate) async fn refuse(mut machine: Machine, stream: NetStream) {
    let mut control = ControlStream::clear(stream);
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Transmit(bytes) => control.queue(bytes),
            Output::Close => control.start_close(),
            Output::Abort
            | Output::Ask(_)
            | Output::ClearTls
            | Output::Data(_)
            | Output::Event(_)
            | Output::Release(_)
            | Output::UpgradeTls { .. }
            | Output::Withdraw(_) => {}
        }
    }
    let closed = async {
        while !matches!(control.progress(false).await, ControlEvent::Closed | ControlEvent::Failed(_)) {}
    };
    // Who does not take it is dropped.
    let _ = timeout(REFUSAL, closed).await;
}

/// Throws away what a client still sends behind its last reply, until it closes.
async fn linger(control: &mut ControlStream) {
    let gone = async {
        loop {
            let event = control.progress(true).await;
            control.buffer().clear();
            if let ControlEvent::Eof { .. } | ControlEvent::Failed(_) | ControlEvent::SecureFailed(_) = event
            {
                break;
            }
        }
    };
    // Who does not close in time is closed.
    let _ = timeout(LINGER, gone).await;
}

/// A panic of a task is one of its session.
fn unpanicked<T>(joined: Result<T, JoinError>) -> Option<T> {
    match joined {
        Ok(value) => Some(value),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Withdrawn.
            Err(_) => None,
        },
    }
}

/// The time, as the machine counts it; it follows tokio's clock, which tests can stop.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}
