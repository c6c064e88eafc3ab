//! What the machine asks for.

use std::sync::Arc;

use tokio::sync::mpsc;
use wharf_session::{
    DataCommand, DataEvent, DataFailure, DataId, Flow, JobId, TlsEvent,
    server::{Output, Question},
};
use wharf_transport::DataRole;
use wharf_types::FileErrorKind;

use super::{Session, Told, now};
use crate::{
    data::{DataTask, Opening, ToData},
    files::{Job, release},
    map,
};

impl Session {
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
            Output::Event(event) => {
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
                if let Some(audit) = &mut self.log.audit {
                    audit.data_moves(id);
                }
                match job {
                    Some(job) => self.tell_data(id, ToData::Start { job, form, mode }),
                    None => {
                        self.tell_data(id, ToData::Cancel);
                        let failure = DataFailure::Storage(FileErrorKind::Io.into());
                        self.machine.handle_data(now(), id, DataEvent::Failed(failure));
                    }
                }
            }
            DataCommand::Cancel { id, .. } => {
                if let Some(audit) = &mut self.log.audit {
                    audit.data_closed(id, None, "given up");
                }
                self.tell_data(id, ToData::Cancel);
                self.data.remove(&id);
            }
        }
    }

    fn open_data(&mut self, id: DataId, opening: Opening) {
        let (commands, heard) = mpsc::unbounded_channel();
        self.data.insert(id, commands);
        let task = DataTask {
            id,
            role: self.role.clone(),
            peer_role: self.shared.peer_tls.clone().map(DataRole::Peer),
            ratio: self.config.max_inflate_ratio,
            commands: heard,
            events: self.told.get_or_insert_with(Told::new).tell.clone(),
        };
        self.data_tasks.spawn(task.run(opening));
    }

    fn tell_data(&self, id: DataId, what: ToData) {
        if let Some(commands) = self.data.get(&id) {
            // A connection that has failed says so by itself.
            let _ = commands.send(what);
        }
    }
}
