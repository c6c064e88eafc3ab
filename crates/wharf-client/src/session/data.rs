//! The data connection of one operation, as a row of steps that the machine asks for.

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::{Duration, timeout};
use wharf_session::{DataCommand, DataEvent, DataId};
use wharf_transport::{
    BoxFuture, DataChannel, DataFailure, DataRole, DataTlsInfo, Net, PassivePool, TicketPlan,
};

use super::pump::{Moved, Pump};
use super::{DataReport, map};

/// The data connection of one operation.
pub(super) struct Data<'a> {
    id: Option<DataId>,
    stage: Stage<'a>,
    pump: Option<Pump<'a>>,
    /// Bytes go to the application: what has arrived is hers, whatever becomes of the transfer.
    receives: bool,
    /// A download that the machine has forgotten.
    forgotten: Option<BoxFuture<'a, Step>>,
    /// Bytes so far, counted where they move.
    moved: Arc<AtomicU64>,
    role: Option<DataRole>,
    net: Arc<dyn Net>,
    pool: PassivePool,
    local: Option<IpAddr>,
    report: DataReport,
}

enum Stage<'a> {
    /// No data connection.
    None,
    /// A step runs.
    Busy(BoxFuture<'a, Step>),
    /// The next step is awaited.
    Ready(Box<DataChannel>),
}

/// How a step ended.
enum Step {
    Listening(Result<(SocketAddr, DataChannel), wharf_session::DataFailure>),
    Connected(DataChannel, Result<SocketAddr, DataFailure>),
    Secured(DataChannel, Result<DataTlsInfo, DataFailure>),
    Moved(Moved),
}

impl<'a> Data<'a> {
    pub(super) fn new(
        pump: Pump<'a>,
        role: Option<DataRole>,
        net: Arc<dyn Net>,
        pool: PassivePool,
        local: Option<IpAddr>,
    ) -> Self {
        Self {
            id: None,
            stage: Stage::None,
            receives: matches!(pump, Pump::Receive { .. } | Pump::Store { .. }),
            forgotten: None,
            pump: Some(pump),
            moved: Arc::default(),
            role,
            net,
            pool,
            local,
            report: DataReport::default(),
        }
    }

    pub(super) fn report(mut self) -> DataReport {
        self.report.started = self.pump.is_none();
        self.report.moved = self.moved.load(Ordering::Relaxed);
        self.report
    }

    /// Carries out what the machine asks for. What makes no sense in the present stage is left: the machine has
    /// forgotten that connection already.
    pub(super) fn command(&mut self, command: DataCommand) {
        match command {
            DataCommand::Listen { id, peer } => {
                self.id = Some(id);
                let pool = self.pool.clone();
                let local = self.local.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                self.stage = Stage::Busy(Box::pin(async move {
                    Step::Listening(match pool.listen(local).await {
                        Ok(listener) => {
                            let addr = listener.local_addr();
                            Ok((addr, DataChannel::passive(listener, map::peer_rule(peer))))
                        }
                        Err(error) => Err(wharf_session::DataFailure::NoPortFree(error.to_string())),
                    })
                }));
            }
            DataCommand::Dial { id, to, from } => {
                self.id = Some(id);
                self.connect(DataChannel::active(Arc::clone(&self.net), to, from));
            }
            DataCommand::Secure { id, .. } if self.id == Some(id) => {
                if let (Stage::Ready(channel), Some(role)) = (self.take(), self.role.clone()) {
                    self.stage = Stage::Busy(Box::pin(async move {
                        let mut channel = *channel;
                        let result = channel.secure(&role, TicketPlan::None).await;
                        Step::Secured(channel, result)
                    }));
                }
            }
            DataCommand::Start { id, form, mode, .. } if self.id == Some(id) => {
                if let (Stage::Ready(channel), Some(pump)) = (self.take(), self.pump.take()) {
                    let moving = pump.run(channel.into_stream(), form, mode, Arc::clone(&self.moved));
                    self.stage = Stage::Busy(Box::pin(async move { Step::Moved(moving.await) }));
                }
            }
            DataCommand::Cancel { id, .. } if self.id == Some(id) => {
                // Dropping it closes it; an upload in clear is reset, so that it cannot pass for whole.
                self.id = None;
                let stage = self.take();
                if let Stage::Busy(step) = stage
                    && self.receives
                    && self.pump.is_none()
                {
                    self.forgotten = Some(step);
                }
            }
            DataCommand::Secure { .. }
            | DataCommand::SecureAsClient { .. }
            | DataCommand::Start { .. }
            | DataCommand::Cancel { .. } => {}
        }
    }

    fn take(&mut self) -> Stage<'a> {
        core::mem::replace(&mut self.stage, Stage::None)
    }

    fn connect(&mut self, mut channel: DataChannel) {
        self.stage = Stage::Busy(Box::pin(async move {
            let result = channel.connect().await;
            Step::Connected(channel, result)
        }));
    }

    /// The next event; never, while no step runs.
    ///
    /// # Cancel safety
    ///
    /// The step is kept here and goes on with the next call.
    pub(super) async fn next(&mut self) -> (DataId, DataEvent) {
        let step = match &mut self.stage {
            Stage::Busy(step) => step.await,
            Stage::None | Stage::Ready(_) => pending().await,
        };
        self.stage = Stage::None;
        let Some(id) = self.id else { return pending().await };
        (id, self.after(step))
    }

    fn after(&mut self, step: Step) -> DataEvent {
        match step {
            Step::Listening(Ok((addr, channel))) => {
                self.connect(channel);
                DataEvent::Listening(addr)
            }
            Step::Listening(Err(failure)) => DataEvent::Failed(failure),
            Step::Connected(channel, Ok(peer)) => {
                self.stage = Stage::Ready(Box::new(channel));
                DataEvent::Connected { peer }
            }
            Step::Secured(channel, Ok(info)) => {
                self.stage = Stage::Ready(Box::new(channel));
                let tls = map::tls_info(&info.tls);
                self.report.tls = Some(info.tls);
                DataEvent::Secured { tls, bound: info.bound }
            }
            Step::Connected(_, Err(failure)) | Step::Secured(_, Err(failure)) => {
                self.report.wrong_certificate = matches!(failure, DataFailure::CertificateMismatch);
                DataEvent::Failed(map::data_failure(failure))
            }
            Step::Moved(Moved::Whole { bytes, end }) => {
                DataEvent::Finished { bytes, end: map::end_mark(end) }
            }
            Step::Moved(Moved::Broken(text)) => DataEvent::Failed(wharf_session::DataFailure::Broken(text)),
            Step::Moved(Moved::Deflate(fault)) => {
                DataEvent::Failed(wharf_session::DataFailure::Deflate(fault))
            }
            Step::Moved(Moved::Local(error)) => {
                self.report.local = Some(error);
                DataEvent::Failed(map::storage_failure())
            }
            Step::Moved(Moved::TooLarge(limit)) => {
                self.report.too_large = Some(limit);
                DataEvent::Failed(map::storage_failure())
            }
        }
    }

    /// Gives the application what has arrived of a download that the server broke off: its reply may have come ahead
    /// of its last bytes. Not for longer than `bound`.
    pub(super) async fn wind_down(&mut self, bound: Duration) {
        if let Some(step) = self.forgotten.take()
            && let Ok(Step::Moved(Moved::Local(error))) = timeout(bound, step).await
        {
            self.report.local = Some(error);
        }
    }

    /// How many bytes have moved, for the machine's clocks.
    pub(super) fn progress(&self) -> Option<(DataId, DataEvent)> {
        let bytes = self.moved.load(Ordering::Relaxed);
        self.id.filter(|_| bytes > 0).map(|id| (id, DataEvent::Progress { bytes }))
    }
}
