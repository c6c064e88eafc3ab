//! A listing on the control connection: STAT with a path (LST-24).

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use wharf_types::FileError;

use super::{LinesTicket, Output, Server, Stale, TicketId, Wait, Waiting, answer::Good};
use crate::JobId;

impl Server {
    /// The answer to [`Question::Lines`](super::Question::Lines): lines without their ends; none means the end.
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more.
    pub fn answer_lines(
        &mut self,
        now: Instant,
        ticket: LinesTicket,
        answer: Result<Vec<Bytes>, FileError>,
    ) -> Result<(), Stale> {
        let (text, job) = match self.waiting.take() {
            Some(Waiting { text, what: Wait::Lines { job, ticket: Some(open) } }) if open == ticket.0 => {
                (text, job)
            }
            other => {
                self.waiting = other;
                return Err(Stale);
            }
        };
        self.last_activity = now;
        self.current = text;
        // The reply has begun with 213 and must end with it: what broke off says so in its text.
        let (lines, end) = match answer {
            Ok(lines) => (lines, "End of status"),
            Err(_) => (Vec::new(), "A local error ended the listing here, it is not whole"),
        };
        if lines.is_empty() {
            self.out.push_back(Output::Release(JobId(job)));
            self.done_with(Good::FILE_STATUS, end);
        } else {
            let mut bytes = BytesMut::new();
            for line in lines.iter().filter(|line| !line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0))) {
                // The space keeps a name from looking like the last line (CTL-07).
                bytes.put_u8(b' ');
                for b in line {
                    bytes.put_u8(*b);
                    if *b == 0xff {
                        bytes.put_u8(0xff);
                    }
                }
                bytes.put_slice(b"\r\n");
            }
            self.transmit(bytes.freeze());
            self.wait(Wait::Lines { job, ticket: None });
        }
        self.run(now);
        Ok(())
    }

    /// Ends a listing that runs before its end. Its reply has begun, and until it has ended a client takes whatever
    /// follows, be it a 421, for one of its lines (RFC 959 §4.2).
    pub(super) fn cut_lines(&mut self, now: Instant) {
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::Lines { job, ticket } }) => {
                if let Some(ticket) = ticket {
                    self.out.push_back(Output::Withdraw(TicketId(ticket)));
                }
                self.out.push_back(Output::Release(JobId(job)));
                self.current = text;
                self.last_activity = now;
                self.done_with(Good::FILE_STATUS, "The listing was ended here, it is not whole");
            }
            other => self.waiting = other,
        }
    }
}
