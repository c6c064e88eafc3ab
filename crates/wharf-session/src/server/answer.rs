//! Replies of the server machine: a negative one cannot be made without saying why.

use wharf_codec::{Class, Reply, ReplyCode, TextLine};

use super::{AuditEvent, Server};
use crate::SubStatus;

/// A code that refuses nothing (1yz, 2yz, 3yz).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Good(ReplyCode);

macro_rules! good {
    ($($name:ident)*) => {
        impl Good {
            $(
                pub(super) const $name: Self = {
                    assert!(matches!(
                        ReplyCode::$name.class(),
                        Class::Preliminary | Class::Completion | Class::Intermediate
                    ));
                    Self(ReplyCode::$name)
                };
            )*
        }
    };
}

good! {
    FILE_STATUS_OKAY
    OKAY SUPERFLUOUS SYSTEM_STATUS FILE_STATUS HELP SYSTEM_TYPE SERVICE_READY CLOSING_CONTROL CLOSING_DATA
    PASSIVE_MODE LONG_PASSIVE_MODE EXTENDED_PASSIVE_MODE LOGGED_IN SECURITY_COMPLETE ACTION_COMPLETED DIGEST
    PATHNAME_CREATED
    LOGGED_IN_SECURED NEED_PASSWORD PENDING_INFORMATION
}

/// A reply, and what the log is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    reply: Reply,
    why: Option<SubStatus>,
}

impl Answer {
    /// A reply that refuses nothing.
    pub(super) fn good(code: Good, text: impl Into<TextLine>) -> Self {
        Self { reply: Reply::new(code.0, text), why: None }
    }

    /// The same in several lines.
    pub(super) fn lines<L: Into<TextLine>>(code: Good, lines: impl IntoIterator<Item = L>) -> Self {
        Self { reply: Reply::lines(code.0, lines), why: None }
    }

    /// A refusal with the usual code for that reason.
    pub(super) fn no(why: SubStatus, text: impl Into<TextLine>) -> Self {
        Self::no_as(why.code(), why, text)
    }

    /// A refusal with another of the codes that its reason may have.
    pub(super) fn no_as(code: ReplyCode, why: SubStatus, text: impl Into<TextLine>) -> Self {
        debug_assert!(why.codes().contains(&code), "{why} is not listed with {code}");
        Self { reply: Reply::new(code, text), why: Some(why) }
    }

    /// As it goes on the wire.
    pub(super) const fn reply(&self) -> &Reply {
        &self.reply
    }

    pub(super) fn code(&self) -> ReplyCode {
        self.reply.code()
    }

    /// Why not; `None` for a reply that refuses nothing.
    pub(super) const fn why(&self) -> Option<SubStatus> {
        self.why
    }
}

impl Server {
    /// Sends a reply that completes nothing (150, the greeting, 421); the log is told of a negative one.
    pub(super) fn send(&mut self, answer: &Answer) {
        self.transmit(answer.reply().to_bytes());
        if let Some(substatus) = answer.why() {
            self.event(AuditEvent::Announced { code: answer.code(), substatus });
        }
    }

    /// Completes the current command: exactly one such reply for each.
    pub(super) fn done(&mut self, answer: Answer) {
        self.transmit(answer.reply().to_bytes());
        let command = core::mem::take(&mut self.current);
        let path = self.meant.take();
        self.event(AuditEvent::Replied { command, code: answer.code(), substatus: answer.why(), path });
    }

    pub(super) fn done_with(&mut self, code: Good, text: &'static str) {
        self.done(Answer::good(code, text));
    }

    /// Completes the current command by refusing it.
    pub(super) fn no(&mut self, why: SubStatus, text: &'static str) {
        self.done(Answer::no(why, text));
    }

    /// The same with another of the codes that the reason may have.
    pub(super) fn no_as(&mut self, code: ReplyCode, why: SubStatus, text: &'static str) {
        self.done(Answer::no_as(code, why, text));
    }
}
