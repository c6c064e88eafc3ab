//! Commands that move no file.

use std::time::Instant;

use bytes::{BufMut as _, Bytes, BytesMut};
use wharf_codec::{
    Class, Command, DataDirection, EpsvArgument, Line, ProtectionLevel, Reply, ReplyCode, Structure, Text,
    Token, TransferMode, Verb,
};

use super::job::Job;
use super::operation::{ApiMisuse, OpError, OpId, Operation, Outcome, TransferSpec, TransferVerb, Waiting};
use super::output::{Output, ServerFacts};
use super::{Client, Life, Settings};

/// A command that waits for its reply.
#[derive(Debug)]
pub(super) struct CommandJob {
    /// What it is, as far as it was understood.
    command: Option<Command>,
    /// The older form of it that has not been tried yet.
    older: Option<Command>,
}

impl Client {
    /// Whether an operation makes sense now.
    pub(super) fn check(&self, operation: &Operation) -> Result<(), ApiMisuse> {
        let may_login = self.facts.tls.is_some() || self.config.clear_login;
        match operation {
            Operation::Secure { .. } if self.facts.tls.is_some() => Err(ApiMisuse::AlreadySecure),
            Operation::Login { .. } if !may_login => Err(ApiMisuse::ClearLogin),
            Operation::Command(command) => check_alone(command, may_login),
            Operation::Raw(line) => {
                self.understood(line).map_or(Ok(()), |command| check_alone(&command, may_login))
            }
            Operation::SetUp(command) => check_set_up(command),
            Operation::Transfer(spec) => check_transfer(spec),
            Operation::Secure { .. }
            | Operation::Login { .. }
            | Operation::Flush
            | Operation::Abort
            | Operation::Quit => Ok(()),
        }
    }

    /// What a raw line asks for; `None` when that is the server's to know.
    fn understood(&self, line: &Text) -> Option<Command> {
        Command::parse(&Line::new(line.as_bytes().to_vec()), &self.config.leniency).ok()
    }

    pub(super) fn start_command(&mut self, now: Instant, op: OpId, command: Command) {
        self.send(now, &command);
        let older = older_form(&command);
        self.go_on(op, Job::Command(CommandJob { command: Some(command), older }));
    }

    pub(super) fn start_raw(&mut self, now: Instant, op: OpId, line: Text) {
        let command = self.understood(&line);
        // The line goes out as it was typed, but for what its own encoding would hide: 0xFF is doubled.
        let mut wire = BytesMut::new();
        for byte in line.as_bytes() {
            wire.put_u8(*byte);
            if *byte == 0xff {
                wire.put_u8(0xff);
            }
        }
        wire.put_slice(b"\r\n");
        let shown = match &command {
            Some(command) => command.to_string(),
            // Half a PASS is a secret too.
            None if looks_secret(line.as_bytes()) => "***".to_owned(),
            None => line.to_string(),
        };
        self.transmit(now, shown, wire);
        self.go_on(op, Job::Command(CommandJob { command, older: None }));
    }

    pub(super) fn on_command_reply(&mut self, now: Instant, op: OpId, job: CommandJob, reply: Reply) {
        let code = reply.code();
        if matches!(job.command, Some(Command::Size(_))) {
            self.learn_size(code);
        }
        if let Some(older) = job.older
            && matches!(code, ReplyCode::UNRECOGNIZED | ReplyCode::NOT_IMPLEMENTED)
        {
            // CTL-27: only these two say that the verb itself is unknown.
            self.send(now, &older);
            return self.go_on(op, Job::Command(CommandJob { command: job.command, older: None }));
        }
        if code.class() == Class::Completion
            && let Some(command) = &job.command
        {
            self.take_effect(command);
        }
        let result = if code.is_refusal() { Err(OpError::Refused(reply)) } else { Ok(Outcome::Done(reply)) };
        self.finish(op, result);
        if self.life == Life::Clearing {
            self.timers.arm_reply(now, self.config.timeouts.tls, Waiting::Tls);
        }
    }

    /// A server that has no SIZE is not asked again and again; one that has it may not list it.
    pub(super) fn learn_size(&mut self, code: ReplyCode) {
        match code {
            ReplyCode::FILE_STATUS => self.facts.size = Some(true),
            ReplyCode::UNRECOGNIZED | ReplyCode::NOT_IMPLEMENTED => self.facts.size = Some(false),
            // Said of one file.
            _ => {}
        }
    }

    /// Keeps track of what a command changed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other commands change nothing that is kept here")]
    fn take_effect(&mut self, command: &Command) {
        match command {
            Command::Type(representation) => self.settings.representation = Some(*representation),
            Command::Mode(mode) => self.settings.deflate = *mode == TransferMode::Deflate,
            Command::Prot(level) => self.facts.data_protected = *level == ProtectionLevel::Private,
            Command::Rest(offset) => self.settings.rest_pending = *offset > 0,
            Command::Pass(_) | Command::Acct(_) => self.facts.logged_in = true,
            Command::Ccc if self.facts.tls.is_some() => self.end_tls(),
            Command::Rein => {
                let tls = self.facts.tls.take();
                self.settings = Settings::default();
                self.facts = ServerFacts { tls, ..ServerFacts::default() };
                if self.facts.tls.is_some() {
                    self.end_tls();
                }
            }
            _ => {}
        }
    }

    /// The server ends TLS and the connection goes on in clear (RFC 4217 §5, §13).
    fn end_tls(&mut self) {
        self.life = Life::Clearing;
        self.outputs.push_back(Output::ClearTls);
    }
}

/// Commands that are part of an operation would leave the machine with a wrong idea of the session.
fn check_alone(command: &Command, may_login: bool) -> Result<(), ApiMisuse> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the table of verbs knows which others move files")]
    match command {
        Command::User(_) | Command::Pass(_) | Command::Acct(_) if !may_login => Err(ApiMisuse::ClearLogin),
        Command::Auth(_)
        | Command::Abor
        | Command::Quit
        | Command::Pasv
        | Command::Epsv(_)
        | Command::Port(_)
        | Command::Eprt(_)
        | Command::Lpsv
        | Command::Cpsv
        | Command::Spsv
        | Command::Lprt(_)
        | Command::Mic(_)
        | Command::Conf(_)
        | Command::Enc(_) => Err(ApiMisuse::NotAlone),
        Command::Mode(mode) if *mode != TransferMode::Stream => Err(ApiMisuse::NotAlone),
        Command::Stru(structure) if *structure != Structure::File => Err(ApiMisuse::NotAlone),
        other => {
            let moves = other.verb().is_some_and(|verb| verb.info().direction != DataDirection::None);
            if moves { Err(ApiMisuse::NotAlone) } else { Ok(()) }
        }
    }
}

/// What concerns a data connection, and nothing else.
fn check_set_up(command: &Command) -> Result<(), ApiMisuse> {
    let fits = matches!(
        command,
        Command::Pasv
            | Command::Epsv(EpsvArgument::Any)
            | Command::Cpsv
            | Command::Port(_)
            | Command::Eprt(_)
            | Command::Sscn(Some(_))
    );
    if fits { Ok(()) } else { Err(ApiMisuse::NotAlone) }
}

fn check_transfer(spec: &TransferSpec) -> Result<(), ApiMisuse> {
    let needs_path = matches!(spec.verb, TransferVerb::Retr | TransferVerb::Stor | TransferVerb::Appe);
    if needs_path && spec.path.is_none() {
        return Err(ApiMisuse::NoPath);
    }
    if spec.offset > 0 && !matches!(spec.verb, TransferVerb::Retr | TransferVerb::Stor) {
        return Err(ApiMisuse::NoOffset);
    }
    Ok(())
}

/// The form with an X in front that older servers know (RFC 1123 §4.1.3.1).
fn older_form(command: &Command) -> Option<Command> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no older form")]
    let (verb, argument) = match command {
        Command::Cwd(path) => ("XCWD", path.as_bytes()),
        Command::Cdup => ("XCUP", &b""[..]),
        Command::Mkd(path) => ("XMKD", path.as_bytes()),
        Command::Rmd(path) => ("XRMD", path.as_bytes()),
        Command::Pwd => ("XPWD", &b""[..]),
        _ => return None,
    };
    let verb = Token::new(Bytes::from_static(verb.as_bytes())).ok()?;
    let argument = Text::copy_from(argument).ok()?;
    Some(Command::Unknown { verb, argument })
}

fn looks_secret(line: &[u8]) -> bool {
    let verb = line.trim_ascii_start().split(u8::is_ascii_whitespace).next().unwrap_or_default();
    matches!(Verb::from_bytes(verb), Some(Verb::Pass | Verb::Acct))
}
