//! What is held against the machine's output.

use std::collections::VecDeque;

use bytes::BytesMut;
use wharf_codec::{
    Class, Command, CommandError, Leniency, Limits, LineError, LineFramer, ReplyCode, ReplyFramer, Verb,
};
use wharf_session::{
    TlsEvent,
    server::{AuditEvent, Output, ServerConfig},
};

use super::outside::Outside;
use crate::Refusals;

/// Reads both directions on its own and compares.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) most_unsent: usize,
    leniency: Leniency,
    framer: LineFramer,
    input: BytesMut,
    /// Commands without a completing reply, as the log shows them; `None` for a line that is no command.
    open: VecDeque<Option<String>>,
    replies: ReplyFramer,
    sent: BytesMut,
    /// Completing replies on the wire, and those that the log tells of.
    completions: usize,
    told: usize,
    refusals: Refusals,
    upgrading: bool,
    greeted: bool,
    closed: bool,
}

impl Judge {
    pub(super) fn new(cfg: &ServerConfig) -> Self {
        let huge = Limits {
            max_line: 1 << 20,
            max_discard: 1 << 20,
            max_reply_lines: 1 << 16,
            max_reply_bytes: 1 << 22,
        };
        Self {
            // What one step may add: a long reply, and answers to Telnet requests that fill the input.
            most_unsent: cfg.max_pending + 256 * 1024,
            leniency: cfg.leniency,
            framer: LineFramer::new(&cfg.limits),
            input: BytesMut::new(),
            open: VecDeque::new(),
            replies: ReplyFramer::new(&huge),
            sent: BytesMut::new(),
            completions: 0,
            told: 0,
            refusals: Refusals::default(),
            upgrading: cfg.implicit,
            greeted: false,
            closed: false,
        }
    }

    /// Bytes that the machine took.
    pub(super) fn taken(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        loop {
            let line = self.framer.next_line(&mut self.input);
            drop(self.framer.take_telnet_answers());
            let text = match line {
                Ok(None) => return,
                Ok(Some(line)) => match Command::parse(&line, &self.leniency) {
                    // The log does not repeat what is unknown: it may be a password in the wrong place.
                    Ok(Command::Unknown { .. }) | Err(_) => None,
                    Ok(command) => Some(command.to_string()),
                },
                Err(LineError::TooLong) => None,
                Err(LineError::Flooded) => {
                    self.open.push_back(None);
                    self.input.clear();
                    return;
                }
            };
            self.open.push_back(text);
        }
    }

    pub(super) fn tls(&mut self, event: &TlsEvent) {
        if matches!(event, TlsEvent::Established(_)) {
            self.upgrading = false;
        }
    }

    /// Looks at one output and returns how many bytes it sends.
    pub(super) fn output(&mut self, output: &Output) -> usize {
        if self.closed {
            let harmless = matches!(
                output,
                Output::Release(_) | Output::Withdraw(_) | Output::Event(_) | Output::Data(_) | Output::Abort
            );
            assert!(harmless, "behind the end: {output:?}");
        }
        match output {
            Output::Transmit(bytes) => {
                assert!(!self.upgrading, "clear bytes while TLS begins");
                self.transmitted(bytes);
                return bytes.len();
            }
            Output::UpgradeTls { .. } => self.upgrading = true,
            Output::Event(event) => {
                self.refusals.told(event);
                if let AuditEvent::Replied { command, code, .. } = event {
                    self.replied(command, *code);
                } else if let AuditEvent::Unanswered { command, .. } = event {
                    let open = self.open.pop_front().or_else(|| self.unfinished());
                    let same =
                        open.as_ref().is_some_and(|open| open.as_ref().is_none_or(|open| open == command));
                    assert!(same, "{command:?} is told to be unanswered, but open was {open:?}");
                }
            }
            Output::Close | Output::Abort => self.closed = true,
            Output::ClearTls
            | Output::Ask(_)
            | Output::Withdraw(_)
            | Output::Release(_)
            | Output::Data(_) => {}
        }
        0
    }

    /// What may be told of the last line, which has no end.
    fn unfinished(&mut self) -> Option<Option<String>> {
        if self.framer.is_idle() {
            return None;
        }
        // The first one may still be part of a Telnet sequence.
        let line = self.framer.next_line(&mut BytesMut::from(&b"\n\n"[..])).ok()??;
        let command = Command::parse(&line, &self.leniency);
        Some(Some(match command {
            Ok(command @ (Command::Pass(_) | Command::Acct(_))) => command.to_string(),
            Err(CommandError { verb: Some(verb @ (Verb::Pass | Verb::Acct)), .. }) => {
                format!("{} (malformed)", verb.name())
            }
            _ => "(unfinished)".to_owned(),
        }))
    }

    fn transmitted(&mut self, bytes: &[u8]) {
        self.sent.extend_from_slice(bytes);
        while let Some(reply) = self.replies.next_reply(&mut self.sent).expect("replies are well formed") {
            let code = reply.code();
            self.refusals.sent(code);
            if code.class() == Class::Preliminary {
                continue;
            }
            if !self.greeted {
                self.greeted = true;
                assert!([ReplyCode::SERVICE_READY, ReplyCode::SERVICE_NOT_AVAILABLE].contains(&code));
            } else if code != ReplyCode::SERVICE_NOT_AVAILABLE {
                self.completions += 1;
            }
        }
    }

    /// The log tells of each completing reply after it was sent.
    fn replied(&mut self, command: &str, code: ReplyCode) {
        if code != ReplyCode::SERVICE_NOT_AVAILABLE {
            self.told += 1;
            assert_eq!(self.told, self.completions, "a reply that the log does not know, at {command}");
        }
        assert!(!command.chars().any(char::is_control), "a control character in {command:?}");
        let answers = |open: &Option<String>| open.as_ref().is_none_or(|open| open == command);
        let passes = |open: &Option<String>| {
            matches!(open.as_deref(), Some("NOOP" | "STAT")) && open.as_deref() == Some(command)
        };
        if self.open.front().is_some_and(answers) {
            self.open.pop_front();
        } else if self.open.front().is_some_and(is_transfer) && self.open.get(1).is_some_and(passes) {
            self.open.remove(1);
        } else {
            panic!("a reply to {command:?}, but open are {:?}", self.open);
        }
        if code == ReplyCode::SECURITY_COMPLETE {
            assert!(self.open.is_empty() && self.framer.is_idle(), "234 with clear bytes behind AUTH");
        }
    }

    pub(super) fn at_the_end(&self, outside: &Outside) {
        self.refusals.settled();
        assert!(self.closed, "the peer is gone, and the session goes on");
        assert!(outside.jobs.is_empty(), "jobs are left open: {:?}", outside.jobs);
        assert!(outside.data.is_empty(), "data connections are left open: {:?}", outside.data);
    }
}

fn is_transfer(open: &Option<String>) -> bool {
    let verb = open.as_deref().and_then(|text| text.split(' ').next());
    verb.is_some_and(|verb| ["RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"].contains(&verb))
}
