//! One control connection: the machine, its driver, and the data connections that come and go.
//!
//! One task owns all of it, the caller's: operations are driven inside the futures that the caller awaits. Where such
//! a future is dropped, the machine still knows what runs, and the next call stops it first.

mod data;
mod map;
mod pump;
mod start;

use std::io;
use std::sync::Arc;

use tokio::time::{Duration, Instant, sleep_until, timeout};
use wharf_codec::{Command, Escaped, Reply, ReplyCode};
use wharf_session::TlsEvent;
use wharf_session::client::{
    ApiMisuse, Client as Machine, Event, LostReason, OpError, OpId, Operation, Outcome, Output,
};
use wharf_transport::{
    ClientControlTls, ControlEvent, ControlStream, DataRole, Net, PassivePool, TlsFailure, TlsInfo,
    TlsVersion,
};

use self::data::Data;
pub(crate) use self::map::lacks_resumption;
pub(crate) use self::pump::Pump;
use crate::options::{WireLine, WireLog};

/// How long a goodbye may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

/// How long the last bytes of a download may take that the server broke off.
const LAST_BYTES: Duration = Duration::from_millis(500);

/// A control connection and everything that belongs to it.
pub(crate) struct Session {
    machine: Machine,
    control: ControlStream,
    tls: Option<ClientControlTls>,
    net: Arc<dyn Net>,
    pool: PassivePool,
    log: Option<WireLog>,
    greeting: Reply,
    tls_info: Option<TlsInfo>,
    /// The version that the control connection has, or had before it went back to clear text.
    control_version: Option<TlsVersion>,
    /// TLS of the last data connection.
    data_tls: Option<TlsInfo>,
    /// What the machine was told about in words, as it happened.
    tls_failure: Option<TlsFailure>,
    network_failure: Option<io::Error>,
    lost: Option<LostReason>,
    /// This side has closed the connection.
    closed: bool,
    /// Commands that wait for something to go out with, or for their replies.
    posted: Vec<OpId>,
    /// What came of them.
    answers: Vec<(OpId, Result<Outcome, OpError>)>,
}

/// What became of a data connection, beyond what the machine needs to know.
#[derive(Debug, Default)]
pub(crate) struct DataReport {
    /// Bytes taken from the source or off the wire.
    pub(crate) moved: u64,
    /// Whether bytes were about to move: the source has been read from then.
    pub(crate) started: bool,
    /// What it agreed on, if it came that far.
    pub(crate) tls: Option<TlsInfo>,
    /// Reading or writing on this side failed.
    pub(crate) local: Option<io::Error>,
    /// More came than is taken.
    pub(crate) too_large: Option<u64>,
    /// The certificate was another one than on the control connection.
    pub(crate) wrong_certificate: bool,
}

/// Why an operation brought nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    Op(OpError),
    Misuse(ApiMisuse),
}

/// How an operation ended.
pub(crate) struct Done {
    pub(crate) result: Result<Outcome, Failure>,
    pub(crate) data: DataReport,
}

impl Session {
    /// Runs one operation to its end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the operation in the machine; the next call stops it first.
    pub(crate) async fn run(&mut self, operation: Operation, pump: Pump<'_>) -> Done {
        self.settle().await;
        let op = match self.machine.start(now(), operation) {
            Ok(op) => op,
            Err(misuse) => {
                return Done { result: Err(Failure::Misuse(misuse)), data: DataReport::default() };
            }
        };
        let mut data = self.data(pump);
        let result = self.drive(Some(op), &mut data).await;
        if matches!(&result, Err(OpError::Refused(_))) {
            data.wind_down(LAST_BYTES).await;
        }
        let report = data.report();
        if let Some(tls) = &report.tls {
            self.data_tls = Some(tls.clone());
        }
        Done { result: result.map_err(Failure::Op), data: report }
    }

    /// Leaves a command to go out with the next operation; what comes of it is among the [answers](Self::answers).
    pub(crate) fn post(&mut self, command: Command) -> Result<OpId, ApiMisuse> {
        let op = self.machine.post(command)?;
        self.posted.push(op);
        Ok(op)
    }

    /// What has come of posted commands.
    pub(crate) fn answers(&mut self) -> Vec<(OpId, Result<Outcome, OpError>)> {
        core::mem::take(&mut self.answers)
    }

    /// Brings the connection back in step when an earlier future was dropped.
    pub(crate) async fn settle(&mut self) {
        let changing = !self.machine.wants_bytes() && !self.machine.is_closed();
        if !self.machine.is_busy() && !changing {
            return;
        }
        let abort = self.machine.start(now(), Operation::Abort).ok();
        let mut data = self.data(Pump::None);
        // Whatever comes of it: the next operation tells when the connection is lost.
        let _ = self.drive(abort, &mut data).await;
    }

    fn data<'a>(&self, pump: Pump<'a>) -> Data<'a> {
        let role = self.tls.clone().map(DataRole::Client);
        let local = self.control.local_addr().ok().map(|addr| addr.ip());
        Data::new(pump, role, Arc::clone(&self.net), self.pool.clone(), local)
    }

    /// Drives the machine until `op` is finished; without one, until nothing runs and the greeting has come.
    async fn drive(&mut self, op: Option<OpId>, data: &mut Data<'_>) -> Result<Outcome, OpError> {
        let mut finished = None;
        loop {
            self.feed();
            while let Some(output) = self.machine.poll_output() {
                let Some((id, result)) = self.perform(output, data) else { continue };
                if let Some(at) = self.posted.iter().position(|posted| *posted == id) {
                    self.posted.remove(at);
                    self.answers.push((id, result));
                } else if op.is_none() || op == Some(id) {
                    finished = Some(result);
                }
            }
            if let Some(result) = finished.take()
                && !self.machine.is_busy()
            {
                return result;
            }
            if let Some(reason) = &self.lost {
                return Err(OpError::Lost(reason.clone()));
            }
            if op.is_none() && !self.machine.is_busy() && self.machine.wants_bytes() && self.greeted() {
                return Ok(Outcome::Done(self.greeting.clone()));
            }
            let due = self.machine.poll_timeout().map(Instant::from_std);
            tokio::select! {
                biased;
                // Cancel safe: the stream keeps what it has read and what it has yet to send.
                event = self.control.progress(self.machine.wants_bytes()) => self.on_control(event),
                // Cancel safe: the step that runs is kept in `data`.
                (id, event) = data.next() => self.machine.handle_data(now(), id, event),
                // Cancel safe: a clock has no state.
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    // The bytes are counted where they move; here the machine hears of them, just in time.
                    if let Some((id, event)) = data.progress() {
                        self.machine.handle_data(now(), id, event);
                    }
                    self.machine.handle_timeout(now());
                }
            }
        }
    }

    fn greeted(&self) -> bool {
        self.greeting.code() != ReplyCode::SERVICE_READY_IN
    }

    /// Gives the machine the bytes that it wants.
    fn feed(&mut self) {
        while self.machine.wants_bytes() && !self.control.buffer().is_empty() {
            let bytes = self.control.buffer().split();
            let taken = self.machine.handle_bytes(now(), &bytes);
            if let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
                // Only a change of state in the middle leaves a rest.
                self.control.buffer().extend_from_slice(rest);
                break;
            }
        }
    }

    fn perform(&mut self, output: Output, data: &mut Data<'_>) -> Option<(OpId, Result<Outcome, OpError>)> {
        match output {
            Output::Transmit(bytes) => self.control.queue(bytes),
            Output::UpgradeTls { .. } => {
                let begun = match &self.tls {
                    Some(tls) => self.control.upgrade_client(tls).map_err(|error| error.to_string()),
                    None => Err("TLS is switched off".to_owned()),
                };
                if let Err(text) = begun {
                    self.machine.handle_tls(now(), TlsEvent::Failed(text));
                }
            }
            Output::ClearTls => self.control.downgrade(),
            Output::Data(command) => data.command(command),
            Output::Close => self.control.start_close(),
            Output::Event(event) => return self.on_event(event),
        }
        None
    }

    fn on_event(&mut self, event: Event) -> Option<(OpId, Result<Outcome, OpError>)> {
        match event {
            Event::Greeting(reply) => self.greeting = reply,
            Event::Sent(line) => self.note(|| WireLine::Sent(line)),
            Event::Received(reply) => self.log_reply(&reply),
            Event::Finished { op, result } => return Some((op, result)),
            Event::Lost(reason) => self.lost = Some(reason),
            _ => {}
        }
        None
    }

    fn on_control(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::Read | ControlEvent::Flushed => {}
            ControlEvent::Secured(info) => {
                self.note(|| WireLine::Note(describe(&info, "control connection")));
                let told = map::tls_info(&info);
                self.control_version = Some(info.version);
                self.tls_info = Some(info);
                self.machine.handle_tls(now(), TlsEvent::Established(told));
            }
            ControlEvent::SecureFailed(failure) => {
                let text = failure.to_string();
                self.tls_failure = Some(failure);
                self.machine.handle_tls(now(), TlsEvent::Failed(text));
            }
            ControlEvent::Cleared => {
                self.tls_info = None;
                self.machine.handle_tls(now(), TlsEvent::Cleared);
            }
            ControlEvent::CloseNotify => self.machine.handle_tls(now(), TlsEvent::CloseNotify),
            ControlEvent::PlaintextAfterUpgrade => {
                let text = "clear bytes stood behind the reply that began TLS".to_owned();
                self.machine.handle_tls(now(), TlsEvent::Failed(text));
            }
            ControlEvent::Failed(error) => match error.downcast::<TlsFailure>() {
                // With TLS 1.3 a server that does not take this side's certificate says so behind the handshake.
                Ok(failure) => {
                    let text = failure.to_string();
                    self.tls_failure = Some(failure);
                    self.machine.handle_tls(now(), TlsEvent::Failed(text));
                }
                Err(error) => {
                    self.network_failure = Some(error);
                    self.machine.handle_eof(now());
                }
            },
            ControlEvent::Eof { .. } | ControlEvent::Closed => self.machine.handle_eof(now()),
            _ => {}
        }
    }

    /// Flushes and closes, within a bound; nothing the second time.
    pub(crate) async fn close(&mut self) {
        if core::mem::replace(&mut self.closed, true) {
            return;
        }
        self.control.start_close();
        let closed = async {
            loop {
                if let ControlEvent::Closed | ControlEvent::Failed(_) | ControlEvent::SecureFailed(_) =
                    self.control.progress(false).await
                {
                    break;
                }
            }
        };
        // A peer that does not listen any more is no concern of this side.
        let _ = timeout(GOODBYE, closed).await;
        self.machine.handle_eof(now());
    }

    fn note(&self, line: impl FnOnce() -> WireLine) {
        if let Some(log) = &self.log {
            log(line());
        }
    }

    fn log_reply(&self, reply: &Reply) {
        let Some(log) = &self.log else { return };
        let code = reply.code().get();
        let mut lines = reply.text_lines().peekable();
        while let Some(line) = lines.next() {
            let mark = if lines.peek().is_some() { '-' } else { ' ' };
            log(WireLine::Received(format!("{code}{mark}{}", Escaped(line))));
        }
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(crate) fn greeting(&self) -> &Reply {
        &self.greeting
    }

    pub(crate) fn tls_info(&self) -> Option<&TlsInfo> {
        self.tls_info.as_ref()
    }

    pub(crate) fn data_tls(&self) -> Option<&TlsInfo> {
        self.data_tls.as_ref()
    }

    /// The version that the control connection has, or had before it went back to clear text.
    pub(crate) fn control_version(&self) -> Option<TlsVersion> {
        self.control_version
    }

    /// A note for the log of the conversation.
    pub(crate) fn say(&self, text: &str) {
        self.note(|| WireLine::Note(text.to_owned()));
    }

    /// How many data connections can still resume the session of the control connection.
    pub(crate) fn tickets(&self) -> Option<usize> {
        self.control_version?;
        self.tls.as_ref().map(ClientControlTls::tickets_in_stock)
    }

    /// The address of the server.
    pub(crate) fn peer_ip(&self) -> Option<std::net::IpAddr> {
        self.control.peer_addr().ok().map(|addr| addr.ip())
    }

    /// Whether the server is this very machine, so that clear text does not leave it.
    pub(crate) fn is_loopback(&self) -> bool {
        self.control.peer_addr().is_ok_and(|addr| addr.ip().is_loopback())
    }
}

/// The time, as the machine counts it; it follows tokio's clock, which tests can stop.
pub(super) fn now() -> std::time::Instant {
    Instant::now().into_std()
}

pub(super) fn describe(info: &TlsInfo, what: &str) -> String {
    let resumed = if info.resumed { ", session resumed" } else { "" };
    format!("{what}: {} with {}{resumed}", info.version, info.cipher)
}
