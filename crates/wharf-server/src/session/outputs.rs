//! What the machine asks for.

use std::sync::Arc;

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use wharf_session::{
    DataCommand, DataEvent, DataFailure, DataId, Flow, JobId, TlsEvent,
    server::{AuditEvent, Output, Question, TransferRecord},
};
use wharf_transport::DataRole;
use wharf_types::FileErrorKind;

use super::{STOP, Session, connections::Connections, now};
use crate::{
    data::{DataTask, Moving, Opening, ToData},
    files::{Job, release},
    map,
};

/// Bytes of a transfer that may be given up, of which the machine hears only now and then.
pub(super) enum Stopping {
    /// This data connection was told to move bytes last.
    Moving(DataId),
    /// It was given up. Its data connection will tell, once it has stopped.
    Asked(DataId, oneshot::Receiver<u64>),
    /// So many.
    At(u64),
}

impl Session {
    /// Does what the machine asks: all of it (`false`), or up to where a transfer was given up (`true`), for which
    /// [`hear_where_it_stopped`](Self::hear_where_it_stopped) has to wait before the rest.
    pub(super) fn perform_all(&mut self) -> bool {
        loop {
            if let Some(Stopping::Asked(..)) = self.stopping.as_deref() {
                return true;
            }
            let Some(output) = self.machine.poll_output() else { return false };
            self.perform(output);
        }
    }

    /// Waits until a data connection that was given up moves nothing more: what is told of it has to hold.
    pub(super) async fn hear_where_it_stopped(&mut self) {
        let Some(Stopping::Asked(id, tells)) = self.stopping.take().map(|stopping| *stopping) else { return };
        // One that has ended by itself just now has told so.
        let mut most = timeout(STOP, tells).await.ok().and_then(Result::ok).unwrap_or_default();
        while let Some((of, event)) = self.data.as_mut().and_then(|data| data.told()) {
            if let DataEvent::Progress { bytes } | DataEvent::Finished { bytes, .. } = &event
                && of == id
            {
                most = most.max(*bytes);
            } else {
                self.on_data(of, event);
            }
        }
        self.stopping = Some(Box::new(Stopping::At(most)));
    }

    /// A transfer is over: of one that was given up, all bytes count.
    fn correct(&mut self, record: &mut TransferRecord) {
        if let Some(Stopping::At(bytes)) = self.stopping.take().as_deref() {
            let bytes = *bytes;
            record.bytes = record.bytes.max(bytes);
            record.wire = record.wire.map(|wire| wire.max(bytes));
        }
    }

    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::Transmit(bytes) => self.control.queue(bytes),
            Output::UpgradeTls { host } => self.upgrade(host.as_deref()),
            Output::ClearTls => self.control.downgrade(),
            Output::Ask(Question::Commit { ticket, job }) => self.to_commit = Some((ticket, job)),
            Output::Ask(Question::Login { ticket, user, password, secured, certificate, host, root }) => {
                self.login(ticket, (user, Some(password)), secured, certificate, (host, root));
            }
            Output::Ask(Question::Certified { ticket, user, certificate, host, root }) => {
                self.login(ticket, (user, None), true, Some(certificate), (host, root));
            }
            Output::Ask(Question::File { ticket, op }) => self.file(ticket, op),
            Output::Ask(Question::Lines { ticket, job }) => self.lines(ticket, job),
            Output::Ask(Question::Sessions { ticket }) => self.sessions(ticket),
            // What is long ends here; another answer will find no question, and what it opened is given up then.
            Output::Withdraw(id) => {
                if let Some((_, task)) = self.long.take_if(|(long, _)| *long == id) {
                    task.abort();
                }
            }
            Output::Release(job) => self.release(job),
            Output::Data(command) => self.data_command(command),
            Output::Event(mut event) => {
                if let AuditEvent::Transferred(record) = &mut event {
                    self.correct(record);
                }
                if let Some(counters) = &self.shared.counters {
                    counters.note(&event);
                }
                self.log.note(event);
            }
            Output::Close => self.control.start_close(),
            Output::Abort => self.over = true,
        }
    }

    fn upgrade(&mut self, host: Option<&str>) {
        let begun = match &self.tls {
            Some(tls) => {
                // A ticket key for each TLS session of the control connection: tickets from before REIN are worthless.
                let tls = tls.control(host);
                let begun = self.control.upgrade_server(&tls).map_err(|error| error.to_string());
                self.role = Some(DataRole::Server(tls));
                begun
            }
            None => Err("there is no certificate".to_owned()),
        };
        if let Err(text) = begun {
            self.machine.handle_tls(now(), TlsEvent::Failed(text));
        }
    }

    /// Ends a job; a file being received keeps its bytes. Its session need not wait for that, the server's end does.
    pub(super) fn release(&mut self, job: JobId) {
        if let Some(job) = self.jobs.remove(&job) {
            self.shared.tasks.spawn(release(job, self.log.session));
        }
    }

    fn data_command(&mut self, command: DataCommand) {
        match command {
            DataCommand::Listen { id, peer } => {
                let opening = Opening::Passive {
                    local: self.ends.local.ip(),
                    rule: map::peer_rule(peer),
                    pool: self.shared.pool.clone(),
                };
                self.open_data(id, opening);
            }
            DataCommand::Dial { id, to, from } => {
                self.open_data(id, Opening::Active { to, from, net: Arc::clone(&self.shared.net) });
            }
            DataCommand::Secure { id, tickets } => {
                self.tell_data(id, ToData::Secure(map::ticket_plan(tickets)));
            }
            DataCommand::SecureAsClient { id } => self.tell_data(id, ToData::SecureAsClient),
            DataCommand::Start { id, flow: flow @ (Flow::Send(job) | Flow::Receive(job)), form, mode } => {
                self.sending = matches!(flow, Flow::Send(_));
                let job = match self.jobs.get(&job) {
                    // The session holds on to it, for the commit.
                    Some(Job::Sink(sink)) => Some(Job::Sink(Arc::clone(sink))),
                    _ => self.jobs.remove(&job),
                };
                match job {
                    Some(job) => {
                        if let Some(audit) = &mut self.log.audit {
                            audit.data_moves(id);
                        }
                        self.stopping = Some(Box::new(Stopping::Moving(id)));
                        self.tell_data(id, ToData::Start(Box::new(Moving { job, form, mode })));
                    }
                    None => {
                        self.cancel_data(id);
                        let failure = DataFailure::Storage(FileErrorKind::Io.into());
                        self.machine.handle_data(now(), id, DataEvent::Failed(failure));
                    }
                }
            }
            DataCommand::Cancel { id, .. } => {
                if let Some(audit) = &mut self.log.audit {
                    audit.data_closed(id, None, "given up");
                }
                self.cancel_data(id);
            }
        }
    }

    fn cancel_data(&mut self, id: DataId) {
        let (asks, tells) = oneshot::channel();
        self.tell_data(id, ToData::Cancel(asks));
        self.forget_data(id);
        let moves = |stopping: &Stopping| matches!(stopping, Stopping::Moving(moving) if *moving == id);
        if self.stopping.as_deref().is_some_and(moves) {
            self.stopping = Some(Box::new(Stopping::Asked(id, tells)));
        }
    }

    fn open_data(&mut self, id: DataId, opening: Opening) {
        let (commands, heard) = mpsc::unbounded_channel();
        let data = self.data.get_or_insert_with(Connections::new);
        data.commands.insert(id, commands);
        let task = DataTask {
            id,
            role: self.role.clone(),
            peer_role: self.shared.peer_tls.clone().map(DataRole::Peer),
            ratio: self.config.max_inflate_ratio,
            commands: heard,
            events: data.tell.clone(),
        };
        data.tasks.spawn(task.run(opening));
    }

    /// A data connection that has ended, or is given up, is told nothing more.
    pub(super) fn forget_data(&mut self, id: DataId) {
        if let Some(data) = &mut self.data {
            data.commands.remove(&id);
        }
    }

    fn tell_data(&self, id: DataId, what: ToData) {
        if let Some(commands) = self.data.as_ref().and_then(|data| data.commands.get(&id)) {
            // A connection that has failed says so by itself.
            let _ = commands.send(what);
        }
    }
}
