//! Where the next data connection goes: PASV, EPSV, LPSV, PORT, EPRT, LPRT.

use std::{
    net::{IpAddr, SocketAddr, SocketAddrV4},
    time::Instant,
};

use wharf_codec::{EpsvArgument, HostPort, ReplyCode, encode_epsv, encode_lpsv, encode_pasv};

use super::{
    AuditEvent, Output, Server, Wait, Waiting,
    answer::{Answer, Good},
    timers::Timer,
    transfer::Phase,
};
use crate::{
    SubStatus,
    contract::{CancelHow, DataCommand, DataFailure, DataId, PeerRule, TicketPlan},
    policy::{ControlLevel, DataLevel},
};

/// How an address is told, or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// PORT and PASV (RFC 959).
    Plain,
    /// EPRT and EPSV (RFC 2428).
    Extended,
    /// LPRT and LPSV (RFC 1639).
    Long,
}

/// A data connection that was prepared. One setup serves one transfer.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) id: DataId,
    /// Where to dial, in active mode; nothing is dialled before a transfer command (no bounce by PORT alone).
    pub(super) dial: Option<SocketAddr>,
    /// Whether the driver knows of it.
    pub(super) opened: bool,
    pub(super) connected: bool,
    pub(super) securing: bool,
    /// The client's first TLS message is there.
    pub(super) begun: bool,
    pub(super) secured: bool,
    /// The client was given a ticket that it reads only when it closes: TLS 1.3, shaken hands before 150.
    pub(super) ticket_unread: bool,
    /// It resumed the TLS session of the control connection.
    pub(super) bound: bool,
    /// This side is the TLS client (SSCN, CPSV).
    pub(super) tls_client: bool,
    /// What went wrong before a transfer asked for it.
    pub(super) failed: Option<DataFailure>,
}

impl Setup {
    const fn new(id: DataId, tls_client: bool) -> Self {
        Self {
            id,
            dial: None,
            opened: false,
            connected: false,
            securing: false,
            begun: false,
            secured: false,
            ticket_unread: false,
            bound: false,
            tls_client,
            failed: None,
        }
    }
}

impl Server {
    /// Forgets the prepared data connection; a failed or replaced setup leaves nothing behind.
    pub(super) fn drop_setup(&mut self) {
        if let Some(setup) = self.setup.take() {
            self.timers.clear(Timer::DataOpen);
            if setup.opened && setup.failed.is_none() {
                self.out.push_back(Output::Data(DataCommand::Cancel { id: setup.id, how: CancelHow::Close }));
            }
        }
    }

    fn refused_by_epsv_all(&mut self) -> bool {
        if self.settings.epsv_all {
            self.drop_setup();
            self.no(SubStatus::OnlyEpsv, "EPSV ALL was said, only EPSV is taken");
        }
        self.settings.epsv_all
    }

    pub(super) fn pasv(&mut self, now: Instant) {
        if self.refused_by_epsv_all() {
            return;
        }
        if !self.ends.local.ip().to_canonical().is_ipv4() && self.cfg.public_ip.is_none() {
            self.drop_setup();
            return self.no_as(
                ReplyCode::CANNOT_OPEN_DATA,
                SubStatus::WrongFamily,
                "PASV cannot tell an IPv6 address, use EPSV",
            );
        }
        self.listen(now, Told::Plain, self.settings.sscn);
    }

    /// CPSV: PASV for a connection on which this side is the TLS client.
    pub(super) fn cpsv(&mut self, now: Instant) {
        if self.refused_by_epsv_all() || !self.may_be_tls_client() {
            return;
        }
        if self.settings.level == DataLevel::Clear {
            self.drop_setup();
            return self.no(SubStatus::ProtFirst, "PROT P comes first, CPSV is about TLS");
        }
        if !self.ends.local.ip().to_canonical().is_ipv4() && self.cfg.public_ip.is_none() {
            self.drop_setup();
            return self.no_as(
                ReplyCode::CANNOT_OPEN_DATA,
                SubStatus::WrongFamily,
                "CPSV cannot tell an IPv6 address, use SSCN ON and EPSV",
            );
        }
        self.listen(now, Told::Plain, true);
    }

    /// SSCN: whether this side is the TLS client on the data connections that are prepared from now on; without an
    /// argument, how that stands.
    pub(super) fn sscn(&mut self, on: Option<bool>) {
        if !self.may_be_tls_client() {
            return;
        }
        if let Some(on) = on {
            // What was prepared was for the other role.
            self.drop_setup();
            self.settings.sscn = on;
        }
        let text = if self.settings.sscn { "SSCN:CLIENT METHOD" } else { "SSCN:SERVER METHOD" };
        self.done_with(Good::OKAY, text);
    }

    /// Whether SSCN and CPSV make sense now; answers when not.
    fn may_be_tls_client(&mut self) -> bool {
        if self.tls.is_none() {
            self.no(SubStatus::TlsFirst, "AUTH TLS comes first");
        }
        self.tls.is_some()
    }

    pub(super) fn lpsv(&mut self, now: Instant) {
        if !self.refused_by_epsv_all() {
            self.listen(now, Told::Long, self.settings.sscn);
        }
    }

    pub(super) fn epsv(&mut self, now: Instant, argument: EpsvArgument) {
        let ours = if self.ends.local.ip().to_canonical().is_ipv4() { 1 } else { 2 };
        match argument {
            EpsvArgument::All => {
                self.settings.epsv_all = true;
                self.done_with(Good::OKAY, "Only EPSV from now on");
            }
            EpsvArgument::Family(family) if family != ours => {
                self.drop_setup();
                let text = format!("Network protocol not supported, use ({ours})");
                self.done(Answer::no(SubStatus::WrongFamily, text));
            }
            EpsvArgument::Any | EpsvArgument::Family(_) => {
                self.listen(now, Told::Extended, self.settings.sscn);
            }
        }
    }

    fn listen(&mut self, now: Instant, told: Told, tls_client: bool) {
        self.drop_setup();
        let id = DataId(self.fresh_id());
        let peer = if self.cfg.dangerous_foreign_data {
            PeerRule::Any
        } else {
            PeerRule::Only(self.ends.peer.ip().to_canonical())
        };
        self.setup = Some(Setup { opened: true, ..Setup::new(id, tls_client) });
        self.out.push_back(Output::Data(DataCommand::Listen { id, peer }));
        self.timers.set(Timer::DataOpen, now + self.cfg.timeouts.data_open);
        self.wait(Wait::Listen { id, told });
    }

    /// The driver opened the port.
    pub(super) fn listening(&mut self, now: Instant, id: DataId, addr: SocketAddr) {
        let told = match self.waiting.take() {
            Some(Waiting { text, what: Wait::Listen { id: waited, told } }) if waited == id => {
                self.current = text;
                told
            }
            other => {
                self.waiting = other;
                return;
            }
        };
        self.last_activity = now;
        self.timers.set(Timer::DataOpen, now + self.cfg.timeouts.data_open);
        if told == Told::Extended {
            return self.done(Answer::good(Good::EXTENDED_PASSIVE_MODE, encode_epsv(addr.port())));
        }
        let ip = match (self.cfg.public_ip, self.ends.local.ip().to_canonical()) {
            (Some(ip), IpAddr::V4(_)) | (None, IpAddr::V4(ip)) => ip,
            (_, IpAddr::V6(ip)) if told == Told::Long => {
                let addr = SocketAddr::new(ip.into(), addr.port());
                return self.done(Answer::good(Good::LONG_PASSIVE_MODE, encode_lpsv(addr)));
            }
            (Some(ip), IpAddr::V6(_)) => ip,
            (None, IpAddr::V6(_)) => {
                self.drop_setup();
                return self.no_as(ReplyCode::CANNOT_OPEN_DATA, SubStatus::WrongFamily, "Use EPSV");
            }
        };
        let addr = SocketAddrV4::new(ip, addr.port());
        if told == Told::Long {
            self.done(Answer::good(Good::LONG_PASSIVE_MODE, encode_lpsv(addr.into())));
        } else {
            self.done(Answer::good(Good::PASSIVE_MODE, encode_pasv(addr)));
        }
    }

    /// PORT, EPRT and LPRT. A refused one forgets the former setup as well (no stale target).
    pub(super) fn active(&mut self, target: HostPort, told: Told) {
        if self.refused_by_epsv_all() {
            return;
        }
        self.drop_setup();
        if !self.cfg.active {
            return self.no(SubStatus::SwitchedOff, "Active mode is off here, use PASV or EPSV");
        }
        let ours_is_v4 = self.ends.local.ip().to_canonical().is_ipv4();
        let Some(to) = target.socket_addr().filter(|to| to.is_ipv4() == ours_is_v4) else {
            let reply = match told {
                Told::Plain => Answer::no_as(
                    ReplyCode::BAD_PARAMETER,
                    SubStatus::WrongFamily,
                    "PORT tells IPv4 addresses only, use EPRT",
                ),
                Told::Extended => {
                    let list = if ours_is_v4 { 1 } else { 2 };
                    let text = format!("Network protocol not supported, use ({list})");
                    Answer::no(SubStatus::WrongFamily, text)
                }
                Told::Long => {
                    let list = if ours_is_v4 { 4 } else { 6 };
                    let text = format!("Supported address families are ({list})");
                    Answer::no_as(ReplyCode::FAMILY_NOT_SUPPORTED, SubStatus::WrongFamily, text)
                }
            };
            return self.done(reply);
        };
        if !self.cfg.dangerous_foreign_data && !self.ends.same_host(to.ip()) {
            return self.no(SubStatus::ForeignAddress, "Data connections go to your own address only");
        }
        if to.port() < 1024 {
            return self.no(SubStatus::LowPort, "Data connections go to ports from 1024 up");
        }
        let id = DataId(self.fresh_id());
        self.setup = Some(Setup { dial: Some(to), ..Setup::new(id, self.settings.sscn) });
        self.done_with(Good::OKAY, "Noted");
    }

    /// Where an active connection leaves from, if the system lets it: the port below the control port (RFC 959 §5.2),
    /// so 20, and 989 with implicit TLS.
    pub(super) fn active_source(&self) -> SocketAddr {
        SocketAddr::new(self.ends.local.ip(), self.ends.local.port().saturating_sub(1))
    }

    /// Somebody is there.
    pub(super) fn connected(&mut self, now: Instant, id: DataId) {
        let Some(setup) = self.setup.as_mut().filter(|setup| setup.id == id) else { return };
        setup.connected = true;
        match &self.transfer {
            Some(transfer) if transfer.phase != Phase::Opening && transfer.held.is_none() => {
                self.advance_data(now)
            }
            // Some clients shake hands before they send the command, or before they have its 150 (TLS-33).
            _ if self.settings.level == DataLevel::Private && self.control != ControlLevel::Clear => {
                self.secure_setup(TicketPlan::Unknown);
            }
            _ => {}
        }
    }

    pub(super) fn secure_setup(&mut self, tickets: TicketPlan) {
        // The other side has to be ready for it, so a TLS client begins behind 150.
        let may = |setup: &&mut Setup| setup.connected && !setup.secured && !setup.tls_client;
        if let Some(setup) = self.setup.as_mut().filter(may) {
            setup.securing = true;
            self.out.push_back(Output::Data(DataCommand::Secure { id: setup.id, tickets }));
        }
    }

    /// The data connection failed while no transfer used it.
    pub(super) fn setup_failed(&mut self, now: Instant, failure: DataFailure) {
        self.event(AuditEvent::DataFailed(failure.clone()));
        match self.waiting.take() {
            Some(Waiting { text, what: Wait::Listen { .. } }) => {
                self.current = text;
                self.last_activity = now;
                self.setup = None;
                self.timers.clear(Timer::DataOpen);
                self.no(SubStatus::NoPortFree, "No port is free for data connections, try again later");
            }
            other => {
                self.waiting = other;
                if let Some(setup) = &mut self.setup {
                    setup.failed = Some(failure);
                }
            }
        }
    }

    /// Nobody came in time.
    pub(super) fn data_open_timed_out(&mut self, now: Instant) {
        if self.transfer.is_some() {
            return self.transfer_failed(now, &DataFailure::Connect("nobody came in time".to_owned()), true);
        }
        if let Some(Waiting { what: Wait::Listen { .. }, .. }) = &self.waiting {
            let id = self.setup.as_ref().map(|setup| setup.id);
            if let Some(id) = id {
                self.out.push_back(Output::Data(DataCommand::Cancel { id, how: CancelHow::Close }));
            }
            return self
                .setup_failed(now, DataFailure::NoPortFree("the port did not open in time".to_owned()));
        }
        self.drop_setup();
    }
}
