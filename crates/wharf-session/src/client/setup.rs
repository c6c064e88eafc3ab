//! The steps before a transfer command: protection, TYPE, the data connection, REST.

use std::net::SocketAddr;
use std::time::Instant;

use wharf_codec::{
    Class, Command, EpsvArgument, Format, HostPort, Reply, ReplyCode, Representation, parse_epsv, parse_pasv,
};

use super::operation::{OpError, OpId, TransferSpec, TransferType, TransferVerb, Waiting};
use super::output::Output;
use super::protect::Protected;
use super::transfer::{DataSide, Phase, ReplySide, Transfer, command_of};
use super::{Client, Running, job::Job};
use crate::contract::{DataCommand, DataFailure, DataId, PeerRule};

/// How the data connection comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Epsv,
    Pasv,
    /// The server dials.
    Active,
}

impl Client {
    pub(super) fn take_transfer(&mut self) -> Option<(OpId, Transfer)> {
        match self.running.take() {
            Some(Running { op, job: Job::Transfer(transfer) }) => Some((op, *transfer)),
            other => {
                self.running = other;
                None
            }
        }
    }

    /// The first of the steps that is needed.
    pub(super) fn prepare(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        if !transfer.spec.elsewhere && self.wants_protection() && !transfer.asked_protection {
            transfer.asked_protection = true;
            let step = self.start_protect(now);
            transfer.phase = Phase::Protect(step);
            return self.keep(op, transfer);
        }
        self.choose_type(now, op, transfer);
    }

    /// TYPE is sent only when it changes; MLSD does not care (LST-10).
    fn choose_type(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        match representation_of(&transfer.spec) {
            Some(wanted) if self.settings.representation != Some(wanted) => {
                self.send(now, &Command::Type(wanted));
                transfer.phase = Phase::Type;
                self.keep(op, transfer);
            }
            Some(_) | None => self.choose_mode(now, op, transfer),
        }
    }

    /// SIZE where it was asked for; it goes out with the rest where that is good.
    pub(super) fn ask_size(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        let wanted = transfer.spec.ask_size && transfer.spec.verb == TransferVerb::Retr;
        let Some(path) = transfer.spec.path.clone().filter(|_| wanted) else {
            return self.open_data(now, op, transfer);
        };
        self.send(now, &Command::Size(path));
        let method = self.passive_method();
        if !self.config.active && self.may_pair(&transfer, method) {
            return self.send_pair(now, op, transfer, method, Phase::Size);
        }
        transfer.phase = Phase::Size;
        self.keep(op, transfer);
    }

    /// The setup and the transfer command in one go; `first` is the reply that comes first.
    fn send_pair(&mut self, now: Instant, op: OpId, mut transfer: Transfer, method: Method, first: Phase) {
        let Some(command) = command_of(&transfer.spec) else {
            let error = OpError::PeerMisbehaved("the path cannot be sent".to_owned());
            return self.fail_transfer(op, &mut transfer, error);
        };
        let setup = if method == Method::Epsv { Command::Epsv(EpsvArgument::Any) } else { Command::Pasv };
        self.send(now, &setup);
        self.send(now, &command);
        transfer.method = method;
        transfer.paired = true;
        transfer.phase = first;
        self.keep(op, transfer);
    }

    fn passive_method(&self) -> Method {
        let epsv = self.peer.is_ipv6() || (self.config.use_epsv && !self.settings.epsv_failed);
        if epsv { Method::Epsv } else { Method::Pasv }
    }

    pub(super) fn open_data(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        if transfer.spec.elsewhere {
            return self.begin_elsewhere(now, op, transfer);
        }
        if self.config.active {
            transfer.method = Method::Active;
            let id = self.new_data(&mut transfer);
            transfer.phase = Phase::Opening;
            let command = DataCommand::Listen { id, peer: PeerRule::Only(self.peer.ip()) };
            self.outputs.push_back(Output::Data(command));
            self.timers.arm_data(now, self.config.timeouts.data_open, Waiting::DataOpen);
            return self.keep(op, transfer);
        }
        let method = self.passive_method();
        if self.may_pair(&transfer, method) {
            return self.send_pair(now, op, transfer, method, Phase::Setup);
        }
        if method == Method::Epsv {
            transfer.method = Method::Epsv;
            self.send(now, &Command::Epsv(EpsvArgument::Any));
            transfer.phase = Phase::Setup;
            return self.keep(op, transfer);
        }
        self.send_pasv(now, op, transfer);
    }

    pub(super) fn send_pasv(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        transfer.method = Method::Pasv;
        transfer.side = DataSide::Opening;
        self.send(now, &Command::Pasv);
        transfer.phase = Phase::Setup;
        self.keep(op, transfer);
    }

    /// Whether PASV is worth a try where EPSV did not work; if so, that is remembered (DAT-05).
    pub(super) fn falls_back(&mut self, transfer: &Transfer) -> bool {
        let falls_back =
            transfer.method == Method::Epsv && self.peer.is_ipv4() && self.facts.epsv != Some(true);
        if falls_back {
            self.settings.epsv_failed = true;
            self.facts.epsv = Some(false);
        }
        falls_back
    }

    fn new_data(&mut self, transfer: &mut Transfer) -> DataId {
        self.next_data += 1;
        let id = DataId(self.next_data);
        transfer.data = Some(id);
        transfer.side = DataSide::Opening;
        id
    }

    pub(super) fn on_setup_reply(
        &mut self,
        now: Instant,
        op: OpId,
        mut transfer: Transfer,
        phase: Phase,
        reply: Reply,
    ) {
        let code = reply.code();
        match phase {
            Phase::Protect(step) => match self.on_protect_reply(now, step, reply) {
                Protected::GoOn(step) => {
                    transfer.phase = Phase::Protect(step);
                    self.keep(op, transfer);
                }
                Protected::Done { accepted: false, reply } if self.config.require_data_tls => {
                    self.fail_transfer(op, &mut transfer, OpError::ProtectionRefused(reply));
                }
                Protected::Done { .. } => self.choose_type(now, op, transfer),
            },
            Phase::Type => {
                if !code.is_completion() {
                    return self.fail_transfer(op, &mut transfer, OpError::Refused(reply));
                }
                self.settings.representation = representation_of(&transfer.spec);
                self.choose_mode(now, op, transfer);
            }
            Phase::Mode => self.on_mode_reply(now, op, transfer, reply),
            Phase::Size => {
                self.learn_size(code);
                transfer.spec.expected = size_of(&reply).or(transfer.spec.expected);
                if transfer.paired {
                    transfer.phase = Phase::Setup;
                    self.await_next(now, true);
                    return self.keep(op, transfer);
                }
                self.open_data(now, op, transfer);
            }
            // The transfer had no connection to go by: once more, one by one.
            Phase::Unset(_) if code.is_refusal() => self.start_anew(now, op, transfer),
            Phase::Unset(refusal) => {
                let text = format!("after {refusal} a transfer was answered by {reply}");
                self.fail_transfer(op, &mut transfer, OpError::PeerMisbehaved(text));
            }
            Phase::Setup => match transfer.method {
                Method::Epsv => self.on_epsv_reply(now, op, transfer, reply),
                Method::Pasv => self.on_pasv_reply(now, op, transfer, reply),
                Method::Active if code.is_completion() => self.begin(now, op, transfer),
                Method::Active => self.fail_transfer(op, &mut transfer, OpError::Refused(reply)),
            },
            Phase::Rest(offset) => {
                if code.class() != Class::Intermediate && (offset > 0 || !code.is_refusal()) {
                    return self.fail_transfer(op, &mut transfer, refused_or_strange(reply));
                }
                self.settings.rest_pending = offset > 0;
                if let DataSide::Failed(failure) = transfer.side {
                    transfer.side = DataSide::Opening;
                    let error = OpError::Data { failure, reply: None };
                    return self.fail_transfer(op, &mut transfer, error);
                }
                self.send_transfer(now, op, transfer);
            }
            // Nothing was asked: the data connection is coming about.
            Phase::Opening => {
                if code == ReplyCode::SERVICE_NOT_AVAILABLE {
                    return self.fail_transfer(op, &mut transfer, OpError::Refused(reply));
                }
                let text = format!("a reply that nobody asked for: {reply}");
                self.fail_transfer(op, &mut transfer, OpError::PeerMisbehaved(text));
            }
            // Dealt with by the caller.
            Phase::Moving(_) | Phase::Draining(_) | Phase::Aborting { .. } => self.keep(op, transfer),
        }
    }

    fn on_epsv_reply(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        let code = reply.code();
        if code.is_completion()
            && let Some(port) = parse_epsv(reply.text()).filter(|port| *port != 0)
        {
            return self.dial(now, op, transfer, SocketAddr::new(self.peer.ip(), port));
        }
        if transfer.paired {
            return self.on_unset(now, op, transfer, reply);
        }
        let unusable = code.is_completion() || code.class() == Class::Permanent;
        if unusable && self.falls_back(&transfer) {
            return self.send_pasv(now, op, transfer);
        }
        self.fail_transfer(op, &mut transfer, refused_or_strange(reply));
    }

    fn on_pasv_reply(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        if reply.code().is_completion()
            && let Some(named) = parse_pasv(reply.text()).filter(|named| named.port() != 0)
        {
            // The server's own address, whatever the reply says: it might name somebody else (SEC-06).
            let to = if self.config.dangerous_trust_pasv_host {
                SocketAddr::V4(named)
            } else {
                SocketAddr::new(self.peer.ip(), named.port())
            };
            return self.dial(now, op, transfer, to);
        }
        if transfer.paired {
            return self.on_unset(now, op, transfer, reply);
        }
        self.fail_transfer(op, &mut transfer, refused_or_strange(reply));
    }

    /// There is no data connection for a transfer command that is out already.
    fn on_unset(&mut self, now: Instant, op: OpId, mut transfer: Transfer, reply: Reply) {
        if reply.code().is_refusal() {
            // The reply to the transfer command has to come first.
            transfer.phase = Phase::Unset(reply);
            self.await_next(now, true);
            return self.keep(op, transfer);
        }
        // The server waits for a connection to a place that it did not name.
        transfer.phase = Phase::Moving(ReplySide::Silent);
        self.begin_abort(now, op, transfer, refused_or_strange(reply));
    }

    fn dial(&mut self, now: Instant, op: OpId, mut transfer: Transfer, to: SocketAddr) {
        let id = self.new_data(&mut transfer);
        self.outputs.push_back(Output::Data(DataCommand::Dial { id, to, from: None }));
        self.timers.arm_data(now, self.config.timeouts.data_open, Waiting::DataOpen);
        // Until EPSV has worked once, the command waits for the connection, so that PASV can still be tried. Later
        // both go at once, which saves a round trip.
        if transfer.method == Method::Epsv && self.facts.epsv != Some(true) {
            transfer.phase = Phase::Opening;
            return self.keep(op, transfer);
        }
        self.begin(now, op, transfer);
    }

    /// The port of this side is open: the server has to hear of it.
    pub(super) fn on_listening(&mut self, now: Instant, op: OpId, mut transfer: Transfer, addr: SocketAddr) {
        let ip = if addr.ip().is_unspecified() { self.local.ip() } else { addr.ip() };
        let command = match SocketAddr::new(ip, addr.port()) {
            SocketAddr::V4(addr) => Command::Port(HostPort::V4(addr)),
            SocketAddr::V6(addr) => Command::Eprt(HostPort::V6(addr)),
        };
        self.timers.stop_data();
        self.send(now, &command);
        transfer.phase = Phase::Setup;
        self.keep(op, transfer);
    }

    /// REST where it is needed, and then the transfer command (XFR-08).
    pub(super) fn begin(&mut self, now: Instant, op: OpId, mut transfer: Transfer) {
        if transfer.method == Method::Active {
            self.timers.arm_data(now, self.config.timeouts.data_open, Waiting::DataOpen);
        }
        let offset = transfer.spec.offset;
        if transfer.paired {
            return self.send_transfer(now, op, transfer);
        }
        if offset > 0 || self.settings.rest_pending {
            self.send(now, &Command::Rest(offset));
            transfer.phase = Phase::Rest(offset);
            return self.keep(op, transfer);
        }
        self.send_transfer(now, op, transfer);
    }

    pub(super) fn on_data_timeout(&mut self, now: Instant, what: Waiting) {
        let Some((op, mut transfer)) = self.take_transfer() else { return };
        match transfer.phase {
            Phase::Opening => {
                self.drop_data(&transfer);
                transfer.data = None;
                let failure = DataFailure::Connect(what.to_string());
                self.on_data_failed(now, op, transfer, failure);
            }
            Phase::Protect(_)
            | Phase::Type
            | Phase::Mode
            | Phase::Size
            | Phase::Setup
            | Phase::Unset(_)
            | Phase::Rest(_)
            | Phase::Moving(_) => {
                self.begin_abort(now, op, transfer, OpError::TimedOut(what));
            }
            Phase::Draining(_) | Phase::Aborting { .. } => self.keep(op, transfer),
        }
    }
}

/// What TYPE a transfer needs, if any.
fn representation_of(spec: &TransferSpec) -> Option<Representation> {
    match spec.verb {
        TransferVerb::Mlsd => None,
        // LST-01: a listing is text.
        TransferVerb::List | TransferVerb::Nlst => Some(Representation::Ascii(Format::NonPrint)),
        TransferVerb::Retr | TransferVerb::Stor | TransferVerb::Appe | TransferVerb::Stou => {
            Some(match spec.representation {
                TransferType::Ascii => Representation::Ascii(Format::NonPrint),
                TransferType::Image => Representation::Image,
            })
        }
    }
}

/// The number in a 213 reply.
fn size_of(reply: &Reply) -> Option<u64> {
    let text = (reply.code() == ReplyCode::FILE_STATUS).then(|| reply.text().trim_ascii())?;
    core::str::from_utf8(text).ok()?.parse().ok()
}

fn refused_or_strange(reply: Reply) -> OpError {
    if reply.code().is_refusal() {
        OpError::Refused(reply)
    } else {
        OpError::PeerMisbehaved(format!("cannot use the reply {reply}"))
    }
}
