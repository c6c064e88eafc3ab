//! Which command a reply belongs to.

use std::time::Instant;

use wharf_codec::{Class, Reply, ReplyCode};

use super::job::{Job, Running};
use super::operation::{Outcome, Waiting};
use super::output::{Event, LostReason, Output};
use super::{Client, Life};

impl Client {
    pub(super) fn on_reply(&mut self, now: Instant, reply: Reply) {
        self.outputs.push_back(Output::Event(Event::Received(reply.clone())));
        if self.life == Life::Greeting {
            return self.on_greeting(reply);
        }
        self.pipeline.on_reply(now);
        self.timers.stop_lost();
        if self.pipeline.owes() {
            if !self.takes_as_late_abort_reply(reply.code()) {
                self.settings.late_abort_reply = false;
                self.on_owed_reply(now, reply);
            }
            return;
        }
        let Some(Running { op, job }) = self.running.take() else { return self.on_stray(reply) };
        if !job.is_moving() && self.takes_as_late_abort_reply(reply.code()) {
            return self.go_on(op, job);
        }
        // Replies come in order: what is behind the next one cannot belong to an ABOR before it.
        self.settings.late_abort_reply = false;
        // 1yz says "wait" to everything but a transfer, where it means more.
        if reply.code().class() == Class::Preliminary && !matches!(job, Job::Transfer(_)) {
            self.timers.arm_reply(now, self.config.timeouts.reply, Waiting::Reply);
            return self.go_on(op, job);
        }
        self.timers.stop_reply();
        match job {
            Job::Secure(step) => self.on_secure_reply(now, op, step, reply),
            Job::Login(login) => self.on_login_reply(now, op, login, reply),
            Job::Command(command) => self.on_command_reply(now, op, command, reply),
            Job::Transfer(transfer) => self.on_transfer_reply(now, op, *transfer, reply),
            Job::Quit => {
                self.finish(op, Ok(Outcome::Done(reply)));
                self.close();
            }
            // It ends with the last reply that was owed.
            Job::Flush => self.go_on(op, Job::Flush),
        }
    }

    fn on_greeting(&mut self, reply: Reply) {
        match reply.code().class() {
            // 120: the service is ready later. The deadline stays, so that nobody drips for ever.
            Class::Preliminary => {}
            Class::Completion => {
                self.timers.stop_reply();
                self.life = Life::Open;
                self.outputs.push_back(Output::Event(Event::Greeting(reply)));
            }
            Class::Transient | Class::Permanent => self.lose(LostReason::TurnedAway(reply)),
            Class::Intermediate | Class::Protected => {
                self.lose(LostReason::PeerMisbehaved(format!("the greeting is {reply}")));
            }
        }
    }

    /// A reply though nothing was asked.
    fn on_stray(&mut self, reply: Reply) {
        let code = reply.code();
        if code == ReplyCode::SERVICE_NOT_AVAILABLE {
            return self.lose(LostReason::ServiceClosing(reply));
        }
        if self.takes_as_late_abort_reply(code) {
            return;
        }
        // Out of step: taking it for the answer to the next command would be worse than ending here.
        self.lose(LostReason::PeerMisbehaved(format!("a reply that nobody asked for: {reply}")));
    }
}
