//! One data connection: a task of its own, told what to do by its session, telling what happened.

use std::{
    future::pending,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use wharf_session::{DataEvent, DataFailure, DataId, DataMode, DeflateFault, EndMark, Form};
use wharf_transport::{
    DataChannel, DataRole, DataStream, Net, PassivePool, PeerRule, SharedTicketPlan, TicketPlan,
};
use wharf_types::FileErrorKind;

use crate::{
    files::{Job, unkept},
    map,
    pump::{Meter, Outgoing, receive, receive_inflated, send_image, send_listing, send_text},
};

/// How long a client may take to close its half after a download. It has everything by then.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the final reply of an upload waits at most for the client to close the connection. Everything has come
/// by then, so nothing depends on it.
const FAREWELL: Duration = Duration::from_millis(250);

/// What a data connection tells its session. Channels take room for 32 at once: what is large in them is kept apart, so
/// that making one for a transfer costs little.
pub(crate) type News = (DataId, Box<DataEvent>);

/// What the session asks of a data connection. Closing the channel of it ends the data connection.
pub(crate) enum ToData {
    Secure(TicketPlan),
    /// The TLS client is this side, towards another server.
    SecureAsClient,
    Start(Box<Moving>),
    /// Gives it up; who asks hears how many bytes had moved, once none moves any more.
    Cancel(oneshot::Sender<u64>),
}

/// How the connection comes about.
pub(crate) enum Opening {
    Passive { local: IpAddr, rule: PeerRule, pool: PassivePool },
    Active { to: SocketAddr, from: Option<SocketAddr>, net: Arc<dyn Net> },
}

/// The task's side of a data connection.
pub(crate) struct DataTask {
    pub(crate) id: DataId,
    pub(crate) role: Option<DataRole>,
    /// What takes its place where this side is the TLS client.
    pub(crate) peer_role: Option<DataRole>,
    /// How many bytes are taken for each one of an upload in MODE Z.
    pub(crate) ratio: Option<u32>,
    pub(crate) commands: mpsc::UnboundedReceiver<ToData>,
    pub(crate) events: mpsc::UnboundedSender<News>,
}

/// How far a data connection is.
#[derive(Clone, Copy)]
enum State {
    Waiting,
    Connected,
    Secured,
}

/// What moves, and how.
pub(crate) struct Moving {
    pub(crate) job: Job,
    pub(crate) form: Form,
    pub(crate) mode: DataMode,
}

/// It was given up; nothing more is reported.
struct GivenUp;

impl DataTask {
    pub(crate) async fn run(mut self, opening: Opening) {
        let (stream, moving) = match self.open(opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(failure)) => return self.tell(DataEvent::Failed(failure)),
            Err(GivenUp) => return,
        };
        if let Some(event) = self.transfer(stream, moving).await {
            self.tell(event);
        }
    }

    fn tell(&self, event: DataEvent) {
        // A session that is gone needs no news.
        let _ = self.events.send((self.id, Box::new(event)));
    }

    /// From the port or the address to the stream that carries the bytes.
    async fn open(&mut self, opening: Opening) -> Result<Result<(DataStream, Moving), DataFailure>, GivenUp> {
        let mut channel = match opening {
            Opening::Passive { local, rule, pool } => match pool.listen(local).await {
                Ok(listener) => {
                    self.tell(DataEvent::Listening(listener.local_addr()));
                    DataChannel::passive(listener, rule)
                }
                Err(error) => return Ok(Err(map::no_port(&error))),
            },
            Opening::Active { to, from, net } => DataChannel::active(net, to, from),
        };
        let mut state = State::Waiting;
        let mut plan: Option<SharedTicketPlan> = None;
        let mut begun = false;
        loop {
            tokio::select! {
                biased;
                // Cancel safe: a command that was not told stays in the channel.
                command = self.commands.recv() => match command {
                    None | Some(ToData::Cancel(_)) => return Err(GivenUp),
                    Some(ToData::Secure(told)) => match &plan {
                        Some(plan) => plan.set(told),
                        None => plan = Some(SharedTicketPlan::new(told)),
                    },
                    Some(ToData::SecureAsClient) => {
                        self.role = self.peer_role.take();
                        plan = Some(SharedTicketPlan::new(TicketPlan::None));
                    }
                    Some(ToData::Start(moving)) => return Ok(Ok((channel.into_stream(), *moving))),
                },
                // Cancel safe: the channel keeps peers and handshakes as they stand. Only a dial begins anew, but in
                // active mode no command but the end comes before the connection.
                stepped = step(&mut channel, state, self.role.as_ref(), plan.clone()) => match stepped {
                    Ok((next, event)) => {
                        state = next;
                        self.tell(event);
                    }
                    Err(failure) => return Ok(Err(failure)),
                },
                // Cancel safe: it only looks.
                () = changed(plan.as_ref(), begun) => {
                    begun = !begun;
                    self.tell(if begun { DataEvent::HandshakeBegun } else { DataEvent::HandshakeLost });
                }
            }
        }
    }

    /// Moves the bytes and closes; `None` when it was given up.
    async fn transfer(&mut self, mut stream: DataStream, moving: Moving) -> Option<DataEvent> {
        let (id, events) = (self.id, self.events.clone());
        let mut meter = Meter::new(move |bytes| {
            // A session that is gone needs no news.
            let _ = events.send((id, Box::new(DataEvent::Progress { bytes })));
        });
        let (upload, deflate) = (matches!(moving.job, Job::Sink(_)), moving.mode.is_deflate());
        let moved = tokio::select! {
            biased;
            asks = given_up(&mut self.commands) => Err(asks),
            // It is dropped only when the transfer is given up: then a cut write leaves a sink that can be suspended.
            moved = pump(&mut stream, moving, self.ratio, &mut meter) => Ok(moved),
        };
        let bytes = match moved {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(failure)) => {
                // The log says how far it came.
                meter.tell_all();
                stream.abort();
                return Some(DataEvent::Failed(failure));
            }
            Err(asks) => {
                stream.abort();
                meter.answer(asks);
                return None;
            }
        };
        if deflate {
            // The bytes of the file and those of the connection are not the same: the log tells both.
            meter.tell_all();
        }
        let end = map::end_mark(stream.end_mark());
        let close = async {
            if upload {
                // The client waits for our close_notify; the disk may take its time afterwards.
                let _ = stream.finish_receive(FAREWELL).await;
                return Ok(end);
            }
            match stream.finish_send(DRAIN).await {
                // How the client ends its own, empty, direction is no matter.
                Ok(_) => Ok(EndMark::Clean),
                Err(error) => Err(DataFailure::Broken(error.to_string())),
            }
        };
        tokio::select! {
            biased;
            asks = given_up(&mut self.commands) => {
                meter.answer(asks);
                None
            }
            // Dropped only when the transfer is given up.
            closed = close => Some(match closed {
                Ok(end) => DataEvent::Finished { bytes, end },
                Err(failure) => DataEvent::Failed(failure),
            }),
        }
    }
}

/// The next step towards the stream; never ready when there is none to take.
async fn step(
    channel: &mut DataChannel,
    state: State,
    role: Option<&DataRole>,
    plan: Option<SharedTicketPlan>,
) -> Result<(State, DataEvent), DataFailure> {
    match (state, plan) {
        (State::Waiting, _) => {
            let peer = channel.connect().await.map_err(|failure| map::data_failure(&failure))?;
            Ok((State::Connected, DataEvent::Connected { peer }))
        }
        (State::Connected, Some(plan)) => {
            let Some(role) = role else {
                return Err(DataFailure::Tls("the control connection has no TLS session".to_owned()));
            };
            let info = channel.secure(role, plan).await.map_err(|failure| map::data_failure(&failure))?;
            let event = DataEvent::Secured { tls: map::tls_info(&info.tls), bound: info.bound };
            Ok((State::Secured, event))
        }
        (State::Connected, None) | (State::Secured, _) => pending().await,
    }
}

/// Waits until the client's first TLS message is there, or, once it was, until its handshake has failed. Cancel safe.
async fn changed(plan: Option<&SharedTicketPlan>, begun: bool) {
    match plan {
        Some(plan) if begun => plan.given_back().await,
        Some(plan) => plan.taken().await,
        None => pending().await,
    }
}

/// Waits until the session gives the connection up, and tells whom to answer. Cancel safe.
async fn given_up(commands: &mut mpsc::UnboundedReceiver<ToData>) -> Option<oneshot::Sender<u64>> {
    loop {
        match commands.recv().await {
            None => return None,
            Some(ToData::Cancel(asks)) => return Some(asks),
            // Nothing else is said once bytes move.
            Some(ToData::Secure(_) | ToData::SecureAsClient | ToData::Start(_)) => {}
        }
    }
}

async fn pump<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    moving: Moving,
    ratio: Option<u32>,
    meter: &mut Meter<F>,
) -> Result<u64, DataFailure> {
    let Moving { job, form, mode } = moving;
    let (job, form) = match (job, form) {
        (Job::Sink(sink), form @ (Form::Image | Form::Ascii { .. })) => {
            let mut sink = sink.lock().await;
            let text = form != Form::Image;
            if text {
                *sink = sink.take().map(unkept);
            }
            let Some(open) = sink.as_mut() else { return Err(mismatch()) };
            if !mode.is_deflate() {
                return receive(stream, &mut **open, text, meter).await;
            }
            let stored = receive_inflated(stream, &mut **open, text, ratio, meter).await;
            if let Err(DataFailure::Deflate(
                DeflateFault::Corrupt | DeflateFault::Trailing | DeflateFault::Ratio,
            )) = stored
            {
                // What a damaged stream gave so far may be damaged too: there is nothing to go on with.
                *sink = None;
            }
            return stored;
        }
        other => other,
    };
    let mut out = Outgoing::new(stream, mode, meter);
    let sent = match (job, form) {
        (Job::Source(mut source), Form::Image) => send_image(&mut out, &mut *source).await,
        (Job::Source(mut source), Form::Ascii { skip }) => send_text(&mut out, &mut *source, skip).await,
        (Job::Listing(mut listing), Form::Listing(form)) => send_listing(&mut out, &mut listing, &form).await,
        (Job::Source(_), Form::Listing(_))
        | (Job::Listing(_), Form::Image | Form::Ascii { .. })
        | (Job::Sink(_) | Job::Filled(_), _) => Err(mismatch()),
    }?;
    out.finish().await?;
    Ok(sent)
}

/// The machine asked for what cannot be.
fn mismatch() -> DataFailure {
    DataFailure::Storage(FileErrorKind::Io.into())
}
