//! RETR, STOR, STOU, APPE and the listings: from the command to the first byte.

use std::time::{Duration, Instant};

use wharf_codec::{Escaped, Pathname, ReplyCode, Representation};
use wharf_types::{FileError, FileOp, VirtualPath, WriteMode};

use super::{
    FileAnswer, FileTicket, Output, Question, Server,
    answer::{Answer, Good},
    storage_reply::reply_to,
    timers::Timer,
};
use crate::{
    SubStatus,
    contract::{DataCommand, Flow, Form, JobId, TicketPlan, TlsVersion},
    mode::DataMode,
    policy::{Action, DataLevel, Verdict, decide},
};

/// What a transfer is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Storage opens what is sent or received.
    Opening,
    /// 150 is said; the data connection comes, and is secured.
    Connecting,
    /// Bytes move.
    Running,
    /// The upload is being made durable: the point of no return.
    Committing { ticket: u64 },
}

/// A transfer command that has not got its final reply. Everything it depends on was copied when it was accepted.
#[derive(Debug)]
pub(super) struct Transfer {
    /// The command, for the log.
    pub(super) text: String,
    pub(super) verb: &'static str,
    pub(super) path: VirtualPath,
    pub(super) job: u64,
    pub(super) phase: Phase,
    pub(super) upload: bool,
    pub(super) form: Form,
    pub(super) mode: DataMode,
    pub(super) level: DataLevel,
    /// Whether the data connection proved to be of this session's client, once bytes move under TLS.
    pub(super) bound: Option<bool>,
    pub(super) began: Instant,
    pub(super) bytes: u64,
    /// Bytes of the connection, as far as they were told.
    pub(super) wire: u64,
    /// Where an upload begins in the file.
    pub(super) offset: u64,
    /// The most bytes that RANG lets move.
    pub(super) length: Option<u64>,
    /// What ALLO said the file will be.
    pub(super) allocated: Option<u64>,
    /// 150, held back until a handshake that began before the command is done.
    pub(super) held: Option<Answer>,
    /// Until when it waits behind a ticket.
    pub(super) rest: Option<Instant>,
    /// The length of the own partial that APPE must go on from.
    pub(super) told: Option<u64>,
}

impl Server {
    pub(super) fn rest(&mut self, offset: u64) {
        // A refused offset does not bring back the one before it.
        self.settings.rest = 0;
        self.settings.range = None;
        // Offsets of files are signed on every system: none wraps around.
        if i64::try_from(offset).is_err() {
            return self.no(SubStatus::BadArgument, "The number is too large");
        }
        self.settings.rest = offset;
        let text = format!("The next transfer begins at {offset}");
        self.done(Answer::good(Good::PENDING_INFORMATION, text));
    }

    /// Resolves the name of a transfer command. One that fails here uses up what was prepared for it, like any other
    /// (XFR-07, DAT-20).
    pub(super) fn resolve_transfer(&mut self, name: &[u8]) -> Option<VirtualPath> {
        let path = self.resolve_bytes(name);
        if path.is_none() {
            self.settings.rest = 0;
            self.settings.range = None;
            self.drop_setup();
        }
        path
    }

    /// A name that ends in a slash is that of a directory: a file of the same name without it is not what was asked for.
    fn names_directory(&mut self, name: &Pathname, code: ReplyCode) -> bool {
        let directory = name.as_bytes().ends_with(b"/");
        if directory {
            self.settings.rest = 0;
            self.settings.range = None;
            self.drop_setup();
            self.no_as(code, SubStatus::NameIsDirectory, "A name that ends in / is that of a directory");
        }
        directory
    }

    pub(super) fn retr(&mut self, now: Instant, path: &Pathname) {
        if self.names_directory(path, ReplyCode::FILE_UNAVAILABLE) {
            return;
        }
        let rest = core::mem::take(&mut self.settings.rest);
        let range = self.settings.range.take();
        let Some(path) = self.resolve_transfer(path.as_bytes()) else { return };
        if let Some((start, end)) = range {
            if self.refused_range() {
                return;
            }
            let length = Some((end - start).saturating_add(1));
            return self.begin(now, "RETR", FileOp::Read { path, offset: start, length }, Form::Image);
        }
        let (offset, form) = match self.settings.representation {
            Representation::Ascii(_) => (0, Form::Ascii { skip: rest }),
            Representation::Ebcdic(_) | Representation::Image | Representation::Local(_) => {
                (rest, Form::Image)
            }
        };
        self.begin(now, "RETR", FileOp::Read { path, offset, length: None }, form);
    }

    pub(super) fn stor(&mut self, now: Instant, path: &Pathname) {
        if self.names_directory(path, ReplyCode::NAME_NOT_ALLOWED) {
            return;
        }
        let Some(path) = self.resolve_transfer(path.as_bytes()) else { return };
        self.upload(now, "STOR", path, WriteMode::Replace);
    }

    pub(super) fn appe(&mut self, now: Instant, path: &Pathname) {
        if self.names_directory(path, ReplyCode::NAME_NOT_ALLOWED) {
            return;
        }
        let Some(path) = self.resolve_transfer(path.as_bytes()) else { return };
        self.settings.range = None;
        // A cut upload is a beginning of bytes: a text, whose line ends are changed, does not go on with it.
        let told = !matches!(self.settings.representation, Representation::Ascii(_))
            && self.settings.told_partials.iter().any(|(known, _)| *known == path);
        self.upload(now, "APPE", path, WriteMode::Append { continue_partial: told });
    }

    pub(super) fn stou(&mut self, now: Instant, hint: Option<&Pathname>) {
        let path = match hint {
            Some(hint) => {
                let Some(path) = self.resolve_transfer(hint.as_bytes()) else { return };
                path
            }
            None => self.settings.cwd.clone(),
        };
        let ranged = self.settings.range.take().is_some();
        if core::mem::take(&mut self.settings.rest) > 0 || ranged {
            self.drop_setup();
            return self.no(SubStatus::WrongOrder, "STOU makes a new file, REST and RANG do not apply");
        }
        self.upload(now, "STOU", path, WriteMode::Unique);
    }

    fn upload(&mut self, now: Instant, verb: &'static str, path: VirtualPath, how: WriteMode) {
        let rest = core::mem::take(&mut self.settings.rest);
        if let Some((start, end)) = self.settings.range.take() {
            if !self.refused_range() {
                let how = WriteMode::Within { start, length: (end - start).saturating_add(1) };
                self.begin(now, verb, FileOp::Write { path, how }, Form::Image);
            }
            return;
        }
        let ascii = matches!(self.settings.representation, Representation::Ascii(_));
        if rest > 0 && ascii {
            self.drop_setup();
            return self.no(SubStatus::BadOffset, "An upload goes on in TYPE I only");
        }
        let how = if rest > 0 { WriteMode::At(rest) } else { how };
        let form = if ascii { Form::Ascii { skip: 0 } } else { Form::Image };
        self.begin(now, verb, FileOp::Write { path, how }, form);
    }

    /// A range is one of bytes: in a text it would begin and end inside lines that are longer on the wire.
    fn refused_range(&mut self) -> bool {
        let refused = matches!(self.settings.representation, Representation::Ascii(_));
        if refused {
            self.drop_setup();
            self.no(SubStatus::BadOffset, "RANG applies in TYPE I only");
        }
        refused
    }

    /// Everything that can be checked before 150: protection, a place for the data to go, permission, the file.
    pub(super) fn begin(&mut self, now: Instant, verb: &'static str, op: FileOp, form: Form) {
        let allocated = self.settings.allocated.take();
        let level = self.settings.level;
        let policy = self.policy();
        if matches!(decide(&policy, &self.view(), Action::MoveData(level)), Verdict::Refuse(_)) {
            // The port is closed before the client hears why.
            self.drop_setup();
        }
        if !self.permits(&policy, Action::MoveData(level)) {
            return;
        }
        let Some(setup) = &self.setup else {
            return self.no(SubStatus::DataNotPrepared, "Use PASV, EPSV, PORT or EPRT first");
        };
        if let Some(failure) = &setup.failed {
            let reply = super::transfer_end::reply_to_failure(failure, false);
            self.drop_setup();
            return self.done(reply);
        }
        if (setup.securing || setup.secured) && level == DataLevel::Clear {
            self.drop_setup();
            return self.no(SubStatus::ProtChanged, "PROT changed behind the connection; PASV again");
        }
        let upload = matches!(op, FileOp::Write { .. });
        let path = op.path().clone();
        let told = if let FileOp::Write { how: WriteMode::Append { continue_partial: true }, .. } = &op {
            self.settings.told_partials.iter().rev().find(|(known, _)| *known == path).map(|(_, n)| *n)
        } else {
            None
        };
        let length = if let FileOp::Read { length, .. } = op {
            length
        } else if let FileOp::Write { how: WriteMode::Within { length, .. }, .. } = op {
            Some(length)
        } else {
            None
        };
        let Some(id) = self.ask_storage(op) else {
            self.drop_setup();
            return self.no(SubStatus::AccessRule, "Permission denied");
        };
        // The record of the transfer tells it.
        self.meant = None;
        self.transfer = Some(Box::new(Transfer {
            text: core::mem::take(&mut self.current),
            verb,
            path,
            job: id,
            phase: Phase::Opening,
            upload,
            form,
            mode: self.data_mode(),
            level,
            bound: None,
            began: now,
            bytes: 0,
            wire: 0,
            offset: 0,
            length,
            held: None,
            rest: None,
            allocated: allocated.filter(|_| {
                matches!(self.settings.representation, Representation::Image) && length.is_none()
            }),
            told,
        }));
        self.timers.clear(Timer::DataOpen);
        if level == DataLevel::Private {
            // The client may shake hands without waiting for 150.
            self.secure_setup(TicketPlan::Unknown);
        }
    }

    /// The one way to storage: asks when the account may, and gives the ticket's number.
    pub(super) fn ask_storage(&mut self, op: FileOp) -> Option<u64> {
        let grant = self.settings.grant.as_ref()?;
        grant.allows(&op).ok()?;
        let id = self.fresh_id();
        self.out.push_back(Output::Ask(Question::File { ticket: FileTicket(id), op }));
        Some(id)
    }

    /// Storage opened the file or listing, or did not.
    pub(super) fn transfer_opened(&mut self, now: Instant, answer: Result<FileAnswer, FileError>) {
        self.last_activity = now;
        let (size, name, offset) = match answer {
            Ok(FileAnswer::Opened { size, path, offset }) => (size, path, offset),
            Ok(_) => {
                return self.transfer_refused(Answer::no(
                    SubStatus::InternalError,
                    "A local error ended the action",
                ));
            }
            Err(error) => {
                let verb = self.transfer.as_ref().map_or("", |transfer| transfer.verb);
                return self.transfer_refused(reply_to(&error, verb));
            }
        };
        let Some(transfer) = &mut self.transfer else { return };
        if transfer.told.is_some_and(|told| told != offset) {
            let job = JobId(transfer.job);
            self.out.push_back(Output::Release(job));
            return self.transfer_refused(Answer::no(
                SubStatus::PartialChanged,
                "The cut upload changed since its length was told; ask SIZE again",
            ));
        }
        transfer.offset = offset;
        transfer.phase = Phase::Connecting;
        transfer.began = now;
        let reply = match transfer.verb {
            "STOU" => {
                if let Some(name) = name {
                    transfer.path = name;
                }
                let name = transfer.path.file_name().unwrap_or_default();
                let mut text = b"FILE: ".to_vec();
                text.extend_from_slice(name);
                Answer::good(Good::FILE_STATUS_OKAY, text)
            }
            "RETR" => {
                let kind = if transfer.form == Form::Image { "BINARY" } else { "ASCII" };
                let shown = Escaped(transfer.path.as_bytes());
                let text = match (size, &transfer.form) {
                    (Some(size), Form::Image) => {
                        let left = size.saturating_sub(offset).min(transfer.length.unwrap_or(u64::MAX));
                        format!("Opening {kind} mode data connection for {shown} ({left} bytes)")
                    }
                    _ => format!("Opening {kind} mode data connection for {shown}"),
                };
                Answer::good(Good::FILE_STATUS_OKAY, text)
            }
            _ if transfer.upload => Answer::good(Good::FILE_STATUS_OKAY, "Ready to receive"),
            _ => Answer::good(Good::FILE_STATUS_OKAY, "Here comes the listing"),
        };
        let (level, upload) = (transfer.level, transfer.upload);
        let wait = if level == DataLevel::Private { self.wait_for_hello(upload) } else { None };
        if let Some(wait) = wait {
            // A client that does not wait for 150 reads its ticket when it closes, and it may close right after 150:
            // the ticket goes first. A handshake that fails needs no 150 at all.
            if let Some(transfer) = &mut self.transfer {
                transfer.held = Some(reply);
            }
            self.timers.set(Timer::EarlyHello, now + wait);
        } else {
            if level == DataLevel::Private {
                // Whoever begins now has waited for 150, and may never read a ticket behind an upload.
                self.secure_setup(ticket_plan(upload));
            }
            self.send(&reply);
        }
        self.timers.set(Timer::DataOpen, now + self.cfg.timeouts.data_open);
        // What failed between the command and here is said now.
        if let Some(failure) = self.setup.as_mut().and_then(|setup| setup.failed.take()) {
            return self.transfer_failed(now, &failure, false);
        }
        self.advance_data(now);
    }

    /// How long 150 waits for a handshake, if at all: for one that has begun already, for a client that is known not to
    /// wait for 150, and at the first upload to see which kind of client this is.
    fn wait_for_hello(&self, upload: bool) -> Option<Duration> {
        let setup = self.setup.as_ref().filter(|setup| !setup.tls_client)?;
        if setup.begun {
            let long = self.handshake_took.min(self.cfg.timeouts.early_hello * 4) * 2;
            return Some(long.max(self.cfg.timeouts.early_hello));
        }
        // In active mode nobody can begin before the server has dialled.
        match self.early_client {
            _ if setup.dial.is_some() => None,
            Some(true) => Some(self.cfg.timeouts.early_hello),
            // With TLS 1.2 it makes no difference.
            None if upload && self.tls.as_ref().is_some_and(|tls| tls.version == TlsVersion::V1_3) => {
                Some(self.round_trips(self.cfg.timeouts.first_hello))
            }
            Some(false) | None => None,
        }
    }

    /// About two round trips, within bounds.
    fn round_trips(&self, least: Duration) -> Duration {
        let most = self.cfg.timeouts.early_hello;
        self.handshake_took.clamp(least.min(most), most)
    }

    /// A client that was known not to wait for 150 seems to wait for it this time.
    pub(super) fn early_hello_missed(&mut self, now: Instant) {
        let Some(transfer) = &mut self.transfer else { return };
        let upload = transfer.upload;
        if let Some(reply) = transfer.held.take() {
            self.timers.clear(Timer::EarlyHello);
            self.secure_setup(ticket_plan(upload));
            self.send(&reply);
            self.advance_data(now);
        }
    }

    /// Takes the data connection one step on: dial, secure, start.
    pub(super) fn advance_data(&mut self, now: Instant) {
        let (from, rest) = (self.active_source(), self.round_trips(self.cfg.timeouts.ticket_rest));
        let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.phase == Phase::Connecting)
        else {
            return;
        };
        let Some(setup) = &mut self.setup else { return };
        if let Some(to) = setup.dial.filter(|_| !setup.opened) {
            setup.opened = true;
            self.out.push_back(Output::Data(DataCommand::Dial { id: setup.id, to, from: Some(from) }));
        } else if !setup.connected {
            // It will come, or its time will be up.
        } else if transfer.level == DataLevel::Private && !setup.secured {
            if !setup.securing {
                setup.securing = true;
                let (id, tickets) = (setup.id, ticket_plan(transfer.upload));
                self.out.push_back(Output::Data(if setup.tls_client {
                    DataCommand::SecureAsClient { id }
                } else {
                    DataCommand::Secure { id, tickets }
                }));
            }
        } else if transfer.upload
            && transfer.held.is_some()
            && setup.ticket_unread
            && transfer.rest.is_none_or(|rest| now < rest)
        {
            // Where the ticket came behind the last byte that the client sends, its system would answer with a reset, and
            // throw away what is not sent yet.
            let until = *transfer.rest.get_or_insert(now + rest);
            self.timers.clear(Timer::EarlyHello);
            self.timers.set(Timer::TicketRest, until);
        } else {
            transfer.phase = Phase::Running;
            transfer.bound = setup.secured.then_some(setup.bound);
            let held = transfer.held.take();
            let job = JobId(transfer.job);
            let flow = if transfer.upload { Flow::Receive(job) } else { Flow::Send(job) };
            let (id, form, mode) = (setup.id, transfer.form.clone(), transfer.mode);
            self.timers.clear(Timer::EarlyHello);
            self.timers.clear(Timer::TicketRest);
            if let Some(reply) = held {
                self.send(&reply);
            }
            self.out.push_back(Output::Data(DataCommand::Start { id, flow, form, mode }));
            self.timers.clear(Timer::DataOpen);
            self.timers.set(Timer::DataStall, now + self.cfg.timeouts.data_stall);
        }
    }
}

const fn ticket_plan(upload: bool) -> TicketPlan {
    if upload { TicketPlan::Upload } else { TicketPlan::Download }
}
