//! Every negative reply has exactly one sub-status, and one that is listed for its code.

use std::collections::VecDeque;

use wharf_codec::ReplyCode;
use wharf_session::{SubStatus, server::AuditEvent};

/// Holds the replies of a server machine against what it tells the log.
#[derive(Debug, Default)]
pub struct Refusals {
    /// Negative replies that were sent and not told of.
    untold: VecDeque<ReplyCode>,
}

impl Refusals {
    /// A reply is sent.
    pub fn sent(&mut self, code: ReplyCode) {
        if code.is_refusal() {
            self.untold.push_back(code);
        }
    }

    /// The log is told.
    ///
    /// # Panics
    /// When a negative reply is told of without its sub-status, another reply with one, or with one that is not listed
    /// for its code; or when it was not sent just before.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only what tells of a reply counts")]
    pub fn told(&mut self, event: &AuditEvent) {
        let (code, substatus, replied) = match event {
            AuditEvent::Replied { code, substatus, .. } => (*code, *substatus, true),
            AuditEvent::Announced { code, substatus } => (*code, Some(*substatus), true),
            AuditEvent::Transferred(record) => match record.code {
                Some(code) => (code, record.substatus, false),
                None => return,
            },
            AuditEvent::WouldRefuse { code, substatus, .. } => (*code, Some(*substatus), false),
            _ => return,
        };
        match substatus {
            Some(status) => {
                assert!(status.codes().contains(&code), "{code} with {status}");
                assert_eq!(SubStatus::from_number(status.number()), Some(status));
            }
            None => assert!(!code.is_refusal(), "{code} without a sub-status"),
        }
        if replied && code.is_refusal() {
            assert_eq!(self.untold.pop_front(), Some(code), "the log is told of another reply");
        }
    }

    /// Nothing more comes for now.
    ///
    /// # Panics
    /// When the log was not told of a negative reply.
    pub fn settled(&self) {
        assert!(self.untold.is_empty(), "negative replies without a sub-status: {:?}", self.untold);
    }
}
