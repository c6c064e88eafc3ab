//! From bytes to commands: framing, look-ahead, order.

use std::time::Instant;

use wharf_codec::{Command, CommandError, CommandErrorKind, LineError, Verb, is_foreign_protocol};

use super::{
    AuditEvent, CloseReason, Link, Output, Server, Wait,
    answer::{Answer, Good},
    timers::Timer,
};
use crate::SubStatus;

/// The verbs that prepare a data connection.
const SETUPS: [Verb; 8] =
    [Verb::Cpsv, Verb::Eprt, Verb::Epsv, Verb::Lprt, Verb::Lpsv, Verb::Pasv, Verb::Port, Verb::Spsv];

/// A line that waits for its turn.
#[derive(Debug)]
pub(super) struct Queued {
    /// For the log: secrets masked, odd bytes escaped.
    pub(super) text: String,
    pub(super) command: Result<Command, BadLine>,
}

#[derive(Debug)]
pub(super) enum BadLine {
    TooLong,
    Flood,
    Syntax(CommandError),
}

impl Queued {
    pub(super) const fn is_auth(&self) -> bool {
        matches!(self.command, Ok(Command::Auth(_)))
    }

    pub(super) const fn is_flood(&self) -> bool {
        matches!(self.command, Err(BadLine::Flood))
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.command, Err(BadLine::Syntax(error)) if error.kind == CommandErrorKind::Empty)
    }

    /// Whether its argument is nobody else's business.
    pub(super) fn is_secret(&self) -> bool {
        let verb = match &self.command {
            Ok(command) => command.verb(),
            Err(BadLine::Syntax(error)) => error.verb,
            Err(BadLine::TooLong | BadLine::Flood) => None,
        };
        matches!(verb, Some(Verb::Pass | Verb::Acct))
    }
}

impl Server {
    pub(super) const MAX_INPUT: usize = 64 * 1024;

    /// Takes bytes from the peer, and says how many; the driver keeps the rest.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) -> usize {
        if !self.wants_bytes() {
            return 0;
        }
        let taken = bytes.len().min(Self::MAX_INPUT - self.input.len());
        self.input.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        self.last_activity = now;
        if !self.first_line_seen && self.framer.is_idle() && is_foreign_protocol(&self.input) {
            self.close_foreign(now);
            return taken;
        }
        self.run(now);
        taken
    }

    /// The driver still holds `pending` bytes of output; above a bound the machine stops to produce more.
    pub fn handle_sent(&mut self, now: Instant, pending: usize) {
        self.unsent = pending;
        self.run(now);
    }

    fn close_foreign(&mut self, now: Instant) {
        self.event(AuditEvent::ForeignProtocol);
        self.close(now, CloseReason::Injection);
    }

    /// Cuts lines off the input, a bounded number ahead.
    ///
    /// Nothing behind AUTH is looked at before AUTH was answered: what arrives in clear must never be understood as
    /// if it had come under TLS (RFC 4217 §4.2, TLS-04).
    fn fill(&mut self) {
        if !self.first_line_seen && self.input[..] == [0x16] {
            // What may be the first byte of a TLS record waits for the second (CTL-23).
            return;
        }
        // Nothing is read behind AUTH, nor behind a flood, which would be found again each time.
        let last = |queued: &Queued| queued.is_auth() || queued.is_flood();
        while self.lines.len() < self.cfg.look_ahead && !self.lines.back().is_some_and(last) {
            let Some(queued) = self.next_queued() else { return };
            if queued.is_flood() {
                // Whatever follows is part of it.
                self.input.clear();
            }
            self.lines.push_back(queued);
        }
    }

    /// Cuts the next line off the input, if it is there to its end.
    pub(super) fn next_queued(&mut self) -> Option<Queued> {
        let line = self.framer.next_line(&mut self.input);
        let answers = self.framer.take_telnet_answers();
        if !answers.is_empty() {
            self.transmit(answers);
        }
        Some(match line {
            Ok(None) => return None,
            Ok(Some(line)) => match Command::parse(&line, &self.cfg.leniency) {
                // A word that is no command may be a password sent at the wrong moment: it is not logged.
                Ok(command @ Command::Unknown { .. }) => {
                    Queued { text: "(unknown)".to_owned(), command: Ok(command) }
                }
                Ok(command) => Queued { text: command.to_string(), command: Ok(command) },
                Err(error) => Queued {
                    text: format!("{} (malformed)", error.verb.map_or("?", Verb::name)),
                    command: Err(BadLine::Syntax(error)),
                },
            },
            Err(error) => Queued {
                text: "(a line that is too long)".to_owned(),
                command: Err(if error == LineError::TooLong { BadLine::TooLong } else { BadLine::Flood }),
            },
        })
    }

    /// Does what can be done now. Called after everything that may have changed something.
    pub(super) fn run(&mut self, now: Instant) {
        while self.link == Link::Open {
            self.fill();
            self.act_on_abort(now);
            if self.link != Link::Open || self.backlog() > self.cfg.max_pending {
                break;
            }
            if self.is_idle() {
                if self.draining {
                    self.say_goodbye(now);
                    break;
                }
                let Some(queued) = self.lines.pop_front() else { break };
                self.execute(now, queued);
            } else if self.transfer.is_some() && self.waiting.is_none() && self.next_is_immediate() {
                let Some(queued) = self.lines.pop_front() else { break };
                self.answer_at_once(queued);
            } else if !self.ask_for_lines() {
                break;
            }
        }
        self.arm_idle();
    }

    fn arm_idle(&mut self) {
        if self.link == Link::Open && self.is_idle() {
            self.timers
                .set(Timer::Idle, self.last_activity + self.settings.idle.unwrap_or(self.cfg.timeouts.idle));
        } else {
            self.timers.clear(Timer::Idle);
        }
    }

    fn next_is_immediate(&self) -> bool {
        matches!(
            self.lines.front().map(|queued| &queued.command),
            Some(Ok(Command::Noop | Command::Stat(None)))
        )
    }

    /// NOOP and STAT while a transfer runs (RFC 959 §4.1.3).
    fn answer_at_once(&mut self, queued: Queued) {
        self.current = queued.text;
        if matches!(queued.command, Ok(Command::Noop)) {
            self.done_with(Good::OKAY, "A transfer is in progress");
        } else {
            self.status();
        }
    }

    /// ABOR ends what runs from wherever it stands in the queue; its own reply keeps its place.
    fn act_on_abort(&mut self, now: Instant) {
        if !self.lines.iter().any(|queued| matches!(queued.command, Ok(Command::Abor))) {
            return;
        }
        if self.transfer.is_some() {
            self.abort_transfer(now, SubStatus::TransferAborted);
        } else {
            self.cut_waiting(now);
            self.cut_lines(now);
        }
    }

    fn execute(&mut self, now: Instant, queued: Queued) {
        self.current = queued.text;
        let first = !core::mem::replace(&mut self.first_line_seen, true);
        if queued.command.is_err() {
            // RNTO comes right behind RNFR or not at all (XFR-13).
            self.settings.rename_from = None;
            self.settings.copy_from = None;
        }
        if let Err(BadLine::Syntax(CommandError { verb: Some(verb), .. })) = &queued.command
            && SETUPS.contains(verb)
        {
            // No stale target: a client that fails to name a new one does not mean the old one (DAT-02).
            self.drop_setup();
        }
        match queued.command {
            Ok(command) => self.dispatch(now, command),
            Err(BadLine::Syntax(error)) if first && error.kind == CommandErrorKind::ForeignProtocol => {
                self.close_foreign(now);
            }
            Err(BadLine::Syntax(error)) => {
                self.forget_replaced(error.verb);
                let (why, text) = match error.kind {
                    CommandErrorKind::BadCharacter => {
                        (SubStatus::BadCharacter, "A name may not hold NUL or CR")
                    }
                    CommandErrorKind::MissingArgument => (SubStatus::BadArgument, "An argument is missing"),
                    CommandErrorKind::UnexpectedArgument => {
                        (SubStatus::BadArgument, "There may be no argument")
                    }
                    CommandErrorKind::NumberTooLarge => (SubStatus::BadArgument, "The number is too large"),
                    CommandErrorKind::NotSupportedValue => {
                        (SubStatus::ValueUnsupported, "That value is not supported")
                    }
                    CommandErrorKind::BadArgument => (SubStatus::BadArgument, "The argument is malformed"),
                    CommandErrorKind::Empty
                    | CommandErrorKind::BadVerb
                    | CommandErrorKind::ForeignProtocol
                    | _ => (SubStatus::UnknownCommand, "Command not understood"),
                };
                self.bad_command(now, Answer::no(why, text));
            }
            Err(BadLine::TooLong) => {
                self.bad_command(now, Answer::no(SubStatus::LineTooLong, "The line is too long"));
            }
            Err(BadLine::Flood) => {
                self.no(SubStatus::EndlessLine, "A line without end; closing");
                self.close(now, CloseReason::Abuse);
            }
        }
    }

    /// What a malformed command was to replace does not outlive it: nobody means the former target of a PORT that was
    /// refused (DAT-02), nor the offset before a REST that was.
    fn forget_replaced(&mut self, verb: Option<Verb>) {
        if matches!(verb, Some(Verb::Eprt | Verb::Epsv | Verb::Lprt | Verb::Lpsv | Verb::Pasv | Verb::Port)) {
            self.drop_setup();
        }
        if matches!(verb, Some(Verb::Rang | Verb::Rest)) {
            self.settings.rest = 0;
            self.settings.range = None;
        }
    }

    /// Answers a command that makes no sense, and ends the session of a client that sends nothing else.
    pub(super) fn bad_command(&mut self, now: Instant, answer: Answer) {
        self.bad_commands += 1;
        let budget =
            self.cfg.max_bad_commands.saturating_mul(if self.settings.grant.is_some() { 10 } else { 1 });
        if self.bad_commands > budget {
            self.no(SubStatus::TooManyBadCommands, "Too many bad commands; closing");
            self.close(now, CloseReason::Abuse);
        } else {
            self.done(answer);
        }
    }

    /// Asks for the next lines of a listing on the control connection, when the last ones are sent.
    fn ask_for_lines(&mut self) -> bool {
        let id = self.next_id + 1;
        let Some(super::Waiting { what: Wait::Lines { job, ticket: ticket @ None }, .. }) = &mut self.waiting
        else {
            return false;
        };
        *ticket = Some(id);
        let job = crate::JobId(*job);
        self.next_id = id;
        self.out.push_back(Output::Ask(super::Question::Lines { ticket: super::LinesTicket(id), job }));
        true
    }
}
