//! How transfers go on and end: events of the data connection, the commit, ABOR.

use std::time::Instant;

use wharf_codec::ReplyCode;
use wharf_types::{FileError, FileErrorKind};

use super::{
    AuditEvent, CommitTicket, Output, Question, Server, Stale, TicketId, TransferRecord,
    answer::{Answer, Good},
    deflate::reply_to_fault,
    storage_reply::{reply_to, substatus_of},
    timers::Timer,
    transfer::Phase,
};
use crate::{
    SubStatus,
    contract::{CancelHow, DataCommand, DataEvent, DataFailure, DataId, EndMark, JobId, TlsVersion},
    mode::DataMode,
    policy::DataLevel,
};

const DID_NOT_COME_UP: &str =
    "The data connection did not come up; a firewall may block it, try passive mode (EPSV)";
const BROKE: &str = "The data connection broke";

/// The reply to a data connection that failed; `moving` says whether bytes were moving.
pub(super) fn reply_to_failure(failure: &DataFailure, moving: bool) -> Answer {
    match failure {
        DataFailure::NoPortFree(_) => {
            Answer::no(SubStatus::NoPortFree, "No port is free for data connections")
        }
        DataFailure::Connect(_) => Answer::no(SubStatus::DataRefused, DID_NOT_COME_UP),
        DataFailure::Tls(_) => Answer::no(SubStatus::DataTlsFailed, "TLS failed on the data connection"),
        DataFailure::NotResumed => Answer::no(
            SubStatus::NotResumed,
            "The data connection must resume the TLS session of the control connection (session reuse)",
        ),
        DataFailure::ClientCertificate(problem) => {
            Answer::no_as(ReplyCode::PROTOCOL_OR_TLS_REFUSED, problem.substatus(), problem.text())
        }
        DataFailure::Broken(_) => Answer::no(SubStatus::DataBroken, BROKE),
        DataFailure::Deflate(fault) => reply_to_fault(*fault),
        DataFailure::Storage(error) => match error.kind() {
            // After 150 a full disk is no matter of trying the command again (RFC 959 §5.4).
            FileErrorKind::NoSpace | FileErrorKind::QuotaExceeded | FileErrorKind::TooLarge if moving => {
                Answer::no_as(ReplyCode::STORAGE_EXCEEDED, substatus_of(error.kind()), error.kind().text())
            }
            // Where a text ends on the wire shows only in reading it (XFR-06).
            FileErrorKind::InvalidOffset => reply_to(error, ""),
            _ if moving => {
                Answer::no_as(ReplyCode::LOCAL_ERROR, substatus_of(error.kind()), error.kind().text())
            }
            FileErrorKind::Busy
            | FileErrorKind::Denied
            | FileErrorKind::DirectoryNotEmpty
            | FileErrorKind::Exists
            | FileErrorKind::InvalidName
            | FileErrorKind::Io
            | FileErrorKind::IsADirectory
            | FileErrorKind::NoSpace
            | FileErrorKind::NotADirectory
            | FileErrorKind::NotFound
            | FileErrorKind::NotRegular
            | FileErrorKind::QuotaExceeded
            | FileErrorKind::TooLarge
            | FileErrorKind::Unsupported
            | _ => reply_to(error, ""),
        },
    }
}

impl Server {
    /// What happened to a data connection; events of one that is forgotten are ignored.
    pub fn handle_data(&mut self, now: Instant, id: DataId, event: DataEvent) {
        if self.setup.as_ref().is_none_or(|setup| setup.id != id) {
            return;
        }
        match event {
            DataEvent::Listening(addr) => self.listening(now, id, addr),
            DataEvent::Connected { .. } => self.connected(now, id),
            DataEvent::HandshakeBegun => {
                if let Some(setup) = &mut self.setup {
                    setup.begun = true;
                }
                if self.not_answered_yet() {
                    self.early_client = Some(true);
                }
            }
            DataEvent::HandshakeLost => {
                if let Some(setup) = &mut self.setup {
                    setup.begun = false;
                }
                if self.not_answered_yet() {
                    // It may have been somebody else, and the client one that waits for its 150.
                    self.early_client = None;
                    self.early_hello_missed(now);
                }
            }
            DataEvent::Secured { tls, bound } => {
                let early = self.not_answered_yet();
                let version = tls.version;
                self.event(AuditEvent::DataSecured { tls, bound });
                if let Some(setup) = &mut self.setup {
                    setup.secured = true;
                    setup.bound = bound;
                    setup.ticket_unread = early && version == TlsVersion::V1_3;
                }
                self.advance_data(now);
            }
            DataEvent::Progress { bytes } => {
                if let Some(transfer) = &mut self.transfer {
                    transfer.bytes = bytes;
                    transfer.wire = bytes;
                    self.timers.set(Timer::DataStall, now + self.cfg.timeouts.data_stall);
                }
            }
            DataEvent::Finished { bytes, end } => self.finished(now, bytes, end),
            DataEvent::Failed(failure) => {
                let opening = self.transfer.as_ref().is_some_and(|transfer| transfer.phase == Phase::Opening);
                if self.transfer.is_none() || opening {
                    self.setup_failed(now, failure);
                } else {
                    self.transfer_failed(now, &failure, false);
                }
            }
        }
        self.run(now);
    }

    fn finished(&mut self, now: Instant, bytes: u64, end: EndMark) {
        // The data connection is used up (one setup serves one transfer).
        self.setup = None;
        self.timers.clear(Timer::DataStall);
        let Some(transfer) = &mut self.transfer else { return };
        transfer.bytes = bytes;
        let job = transfer.job;
        if !transfer.upload {
            self.out.push_back(Output::Release(JobId(job)));
            return self.transfer_done(now, Answer::good(Good::CLOSING_DATA, "Transfer complete"));
        }
        // In stream mode the end of the connection is the end of the file: an end that TLS did not announce may be
        // the work of whoever cut the line (TLS-24). A zlib stream has an end mark of its own, inside TLS.
        let cut = transfer.level == DataLevel::Private
            && transfer.mode == DataMode::Stream
            && end == EndMark::NoCloseNotify
            && self.cfg.strict_close;
        let short = transfer.allocated.is_some_and(|size| transfer.offset + bytes < size);
        if cut || short {
            self.out.push_back(Output::Release(JobId(job)));
            let answer = if cut {
                Answer::no(
                    SubStatus::DataCut,
                    "The data connection ended without close_notify; the file is not taken",
                )
            } else {
                Answer::no(SubStatus::TooFewBytes, "Fewer bytes came than ALLO said; the file is not taken")
            };
            return self.transfer_done(now, answer);
        }
        if transfer.length.is_some_and(|length| bytes > length) {
            self.out.push_back(Output::Release(JobId(job)));
            let text = "More bytes came than RANG chose; the file is not changed";
            return self.transfer_done(now, Answer::no(SubStatus::TooManyBytes, text));
        }
        let ticket = self.fresh_id();
        if let Some(transfer) = &mut self.transfer {
            transfer.phase = Phase::Committing { ticket };
        }
        self.out.push_back(Output::Ask(Question::Commit { ticket: CommitTicket(ticket), job: JobId(job) }));
    }

    /// The answer to [`Question::Commit`]: only now an upload is a success.
    ///
    /// # Errors
    /// [`Stale`] when the question is not open any more.
    pub fn answer_commit(
        &mut self,
        now: Instant,
        ticket: CommitTicket,
        answer: Result<(), FileError>,
    ) -> Result<(), Stale> {
        match &self.transfer {
            Some(transfer) if transfer.phase == (Phase::Committing { ticket: ticket.0 }) => {}
            _ => return self.answer_filled(now, &ticket, answer),
        }
        let reply = match answer {
            Ok(()) => {
                if let Some(transfer) = &self.transfer {
                    let path = transfer.path.clone();
                    self.settings.told_partials.retain(|(known, _)| *known != path);
                }
                Answer::good(Good::CLOSING_DATA, "Transfer complete, the file is stored")
            }
            Err(error) => reply_to_failure(&DataFailure::Storage(error), true),
        };
        self.transfer_done(now, reply);
        self.run(now);
        Ok(())
    }

    /// The data connection of a transfer failed; `ours` says that this machine gave it up, so that the driver must be told.
    pub(super) fn transfer_failed(&mut self, now: Instant, failure: &DataFailure, ours: bool) {
        self.event(AuditEvent::DataFailed(failure.clone()));
        let Some(transfer) = &self.transfer else { return };
        let job = JobId(transfer.job);
        // This machine gives up for one reason only.
        let reply = if ours && matches!(failure, DataFailure::Connect(_)) {
            Answer::no(SubStatus::DataTimeout, DID_NOT_COME_UP)
        } else if ours {
            Answer::no_as(ReplyCode::TRANSFER_ABORTED, SubStatus::DataTimeout, BROKE)
        } else {
            reply_to_failure(failure, transfer.phase == Phase::Running)
        };
        if ours {
            self.cancel_data(CancelHow::Abort);
        }
        self.setup = None;
        self.out.push_back(Output::Release(job));
        self.transfer_done(now, reply);
    }

    /// Whether no transfer on the data connection has its 150 yet.
    fn not_answered_yet(&self) -> bool {
        self.transfer
            .as_ref()
            .is_none_or(|transfer| transfer.phase == Phase::Opening || transfer.held.is_some())
    }

    /// No byte moved for too long.
    pub(super) fn data_stalled(&mut self, now: Instant) {
        self.transfer_failed(now, &DataFailure::Broken("no byte moved in time".to_owned()), true);
    }

    fn cancel_data(&mut self, how: CancelHow) {
        if let Some(setup) = self.setup.take()
            && setup.opened
        {
            self.out.push_back(Output::Data(DataCommand::Cancel { id: setup.id, how }));
        }
    }

    /// The one final reply of a transfer.
    fn transfer_done(&mut self, now: Instant, answer: Answer) {
        self.timers.clear(Timer::DataStall);
        self.timers.clear(Timer::DataOpen);
        self.timers.clear(Timer::EarlyHello);
        self.timers.clear(Timer::TicketRest);
        let Some(transfer) = self.transfer.take() else { return };
        self.last_activity = now;
        self.event(AuditEvent::Transferred(TransferRecord {
            code: Some(answer.code()),
            substatus: answer.why(),
            ..transfer.record(now)
        }));
        self.current = transfer.text;
        self.done(answer);
    }

    /// Storage said no before 150. The listener does not stay open (DAT-20).
    pub(super) fn transfer_refused(&mut self, answer: Answer) {
        if let Some(transfer) = self.transfer.take() {
            self.current = transfer.text;
            // There is no record that would tell it.
            self.meant = self.cfg.tell_paths.then_some(transfer.path);
            self.drop_setup();
            self.done(answer);
        }
    }

    /// Stops a running transfer with 426; one that is being committed goes on to its end.
    pub(super) fn abort_transfer(&mut self, now: Instant, why: SubStatus) {
        let Some(transfer) = &self.transfer else { return };
        if matches!(transfer.phase, Phase::Committing { .. }) {
            return;
        }
        let opening = transfer.phase == Phase::Opening;
        self.discard_data();
        let reply = Answer::no_as(ReplyCode::TRANSFER_ABORTED, why, "Transfer aborted");
        if opening {
            self.transfer_refused(reply);
        } else {
            self.transfer_done(now, reply);
        }
    }

    /// Withdraws or releases what the transfer holds, and its data connection. A commit that runs goes on to its end.
    pub(super) fn discard_data(&mut self) {
        let Some(transfer) = &self.transfer else { return };
        let job = transfer.job;
        match transfer.phase {
            Phase::Opening => self.out.push_back(Output::Withdraw(TicketId(job))),
            Phase::Connecting | Phase::Running => {
                self.cancel_data(CancelHow::Abort);
                self.out.push_back(Output::Release(JobId(job)));
            }
            Phase::Committing { .. } => {}
        }
    }

    /// ABOR's own reply, when its turn comes: whatever it could stop is stopped by then (DAT-18).
    pub(super) fn abor(&mut self) {
        self.drop_setup();
        self.done_with(Good::CLOSING_DATA, "Nothing is running any more");
    }
}
