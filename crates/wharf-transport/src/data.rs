//! A data connection from the listening port or the address to the stream that carries bytes.

use std::collections::VecDeque;
use std::fmt;
use std::future::{pending, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::client_identity::CertificateProblem;
use crate::data_stream::{DataStream, NotConnected};
use crate::failure::TlsFailure;
use crate::handshake::Winner;
use crate::net::{Net, NetStream};
use crate::options::TlsInfo;
use crate::passive::PassiveListener;
use crate::peer_tls::PeerTls;
use crate::race::Race;
use crate::tls_client::ClientControlTls;
use crate::tls_server::ServerControlTls;

/// How long a passive port waits for somebody who belongs, behind one who did not and once the transfer was asked for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which end of TLS this is: the FTP client is the TLS client on data connections in active and passive mode
/// alike ([RFC 4217 §7]).
///
/// [RFC 4217 §7]: https://www.rfc-editor.org/rfc/rfc4217#section-7
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DataRole {
    /// The FTP server.
    Server(ServerControlTls),
    /// The FTP client.
    Client(ClientControlTls),
    /// An FTP server that is the TLS client towards another FTP server (SSCN, CPSV).
    Peer(PeerTls),
}

/// How many TLS 1.3 session tickets a server gives on a data connection. A client that only writes may never
/// read them, and then its close resets the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketPlan {
    /// None at all.
    None,
    /// One: the client shakes hands before it says which way the bytes will go.
    ///
    /// Clients that do (curl, asyncio ones) read what comes before they close, and OpenSSL marks a TLS 1.3 session
    /// as used up after one resumption: without a new ticket their second transfer could not resume.
    Early,
    /// Two: the client reads anyway.
    Download,
    /// None, but up to two for a client that asks for them.
    Upload,
}

/// A [`TicketPlan`] that can change until the client's first message is there. Clones share it.
///
/// A server shakes hands as soon as somebody comes to a passive port, and may learn only then which way the bytes
/// will go.
#[derive(Clone, Debug)]
pub struct SharedTicketPlan(Arc<watch::Sender<Plan>>);

#[derive(Clone, Copy, Debug)]
struct Plan {
    plan: TicketPlan,
    /// A client's first message has come.
    taken: bool,
    /// Since when it is known which way the bytes go.
    known: Option<Instant>,
}

fn known(plan: TicketPlan) -> Option<Instant> {
    (plan != TicketPlan::Early).then(Instant::now)
}

impl SharedTicketPlan {
    /// Begins with `plan`.
    #[must_use]
    pub fn new(plan: TicketPlan) -> Self {
        Self(Arc::new(watch::Sender::new(Plan { plan, taken: false, known: known(plan) })))
    }

    /// Changes it, for handshakes whose first message has not come yet.
    pub fn set(&self, plan: TicketPlan) {
        self.0.send_modify(|current| {
            current.plan = plan;
            current.known = current.known.or_else(|| known(plan));
        });
    }

    /// How it stands.
    #[must_use]
    pub fn current(&self) -> TicketPlan {
        self.0.borrow().plan
    }

    /// Reads it for a handshake whose first message is there.
    pub(crate) fn take(&self) -> TicketPlan {
        self.0.send_modify(|current| current.taken = true);
        self.current()
    }

    /// Waits until a client's first message has come.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn taken(&self) {
        // The sender is this value's own: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|current| current.taken).await;
    }

    /// Nobody who shakes hands has said anything yet.
    pub(crate) fn give_back(&self) {
        self.0.send_modify(|current| current.taken = false);
    }

    /// Waits until every handshake whose first message had come has failed.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn given_back(&self) {
        // As above.
        let _ = self.0.subscribe().wait_for(|current| !current.taken).await;
    }

    /// Waits until it is known which way the bytes go, and says since when it is. Cancel safe.
    async fn known(&self) -> Instant {
        match self
            .0
            .subscribe()
            .wait_for(|current| current.known.is_some())
            .await
            .map(|current| current.known)
        {
            Ok(Some(since)) => since,
            // As above.
            Ok(None) | Err(_) => pending().await,
        }
    }
}

impl From<TicketPlan> for SharedTicketPlan {
    fn from(plan: TicketPlan) -> Self {
        Self::new(plan)
    }
}

/// Who may connect to a passive port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerRule {
    /// This address alone; everybody else is dropped and the port goes on listening.
    Only(IpAddr),
    /// Anybody.
    Any,
}

impl PeerRule {
    fn admits(self, peer: IpAddr) -> bool {
        match self {
            Self::Only(ip) => ip.to_canonical() == peer.to_canonical(),
            Self::Any => true,
        }
    }
}

/// Why there is no data connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFailure {
    /// The local address is not usable.
    #[error("no local address to dial from: {0}")]
    Bind(#[source] io::Error),
    /// The peer cannot be reached.
    #[error("the peer cannot be reached for the data connection: {0}")]
    Connect(#[source] io::Error),
    /// The listening port broke.
    #[error("no data connection can be accepted: {0}")]
    Accept(#[source] io::Error),
    /// TLS failed.
    #[error("TLS failed on the data connection: {0}")]
    Handshake(#[source] TlsFailure),
    /// A full handshake where the session of the control connection has to be resumed.
    #[error(
        "the data connection does not resume the TLS session of its control connection: \
        turn on session reuse in the client"
    )]
    NotResumed,
    /// The client's certificate is missing, counts for nothing, or is another one than on the control connection.
    #[error("the data connection is refused: {0}")]
    ClientCertificate(#[source] CertificateProblem),
    /// The server shows another certificate than on the control connection.
    #[error(
        "the data connection shows another certificate than the control connection: \
        it may go to somebody else"
    )]
    CertificateMismatch,
    /// There is nothing left to connect with.
    #[error("the data connection is closed")]
    Closed,
}

/// What a secured data connection agreed on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DataTlsInfo {
    /// What TLS agreed on.
    pub tls: TlsInfo,
    /// Whether the session of the control connection was resumed: the proof that both have the same client.
    pub bound: bool,
}

enum Source {
    Passive { listener: PassiveListener, rule: PeerRule },
    Active { net: Arc<dyn Net>, to: SocketAddr, from: Option<SocketAddr> },
    Spent,
}

/// A data connection that is being set up.
///
/// 1. [`DataChannel::connect`] waits for the TCP connection.
/// 2. [`DataChannel::secure`], on a protected connection, shakes hands.
/// 3. [`DataChannel::into_stream`] gives the bytes.
pub struct DataChannel {
    source: Source,
    candidates: VecDeque<(NetStream, SocketAddr)>,
    race: Race,
    patience: Duration,
    secured: Option<DataStream>,
}

impl fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("DataChannel");
        match &self.source {
            Source::Passive { listener, rule } => debug.field("listener", listener).field("rule", rule),
            Source::Active { to, from, .. } => debug.field("to", to).field("from", from),
            Source::Spent => &mut debug,
        };
        debug.field("candidates", &self.candidates.len()).finish_non_exhaustive()
    }
}

impl DataChannel {
    fn new(source: Source) -> Self {
        Self { source, candidates: VecDeque::new(), race: Race::default(), patience: PATIENCE, secured: None }
    }

    /// Waits at a passive port.
    #[must_use]
    pub fn passive(listener: PassiveListener, peer: PeerRule) -> Self {
        Self::new(Source::Passive { listener, rule: peer })
    }

    /// Dials when [`DataChannel::connect`] is called, from a local address where one is given; if its port is
    /// not to be had (port 20 needs rights), from any port of that address.
    pub fn active(net: Arc<dyn Net>, to: SocketAddr, from: Option<SocketAddr>) -> Self {
        Self::new(Source::Active { net, to, from })
    }

    /// How long a passive port goes on waiting for somebody who belongs when one who does not was there; a second by
    /// default.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits for the TCP connection and says who the peer is. A passive port drops peers that its rule does not
    /// admit, and goes on listening until the connection is secured or started.
    ///
    /// # Errors
    ///
    /// Nobody can be reached or accepted.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no peer at a passive port; an active one dials anew.
    pub async fn connect(&mut self) -> Result<SocketAddr, DataFailure> {
        if let Some((_, peer)) = self.candidates.front() {
            return Ok(*peer);
        }
        let (stream, peer) = match &self.source {
            Source::Passive { listener, rule } => {
                admit(listener, *rule).await.map_err(DataFailure::Accept)?
            }
            Source::Active { net, to, from } => {
                let stream = dial(&**net, *to, *from).await?;
                let to = *to;
                self.source = Source::Spent;
                (stream, to)
            }
            Source::Spent => return Err(DataFailure::Closed),
        };
        self.candidates.push_back((stream, peer));
        Ok(peer)
    }

    /// Shakes hands. Up to four peers of a passive port do so side by side, and the first one that belongs wins:
    /// for a server, as its [`DataSession`](crate::DataSession) says; for a client, the one with the certificate
    /// of the control connection. A peer that fails is dropped and the port listens on, so that nobody closes it to the
    /// one that belongs; one that says nothing makes room for the next.
    ///
    /// A server looks at `tickets`, a [`TicketPlan`] or a [`SharedTicketPlan`], when the first message of a client
    /// is there.
    ///
    /// # Errors
    ///
    /// The failure of the last peer, when none is left, the plan tells which way the bytes go, and nobody else came for a
    /// while ([`DataChannel::with_patience`]); [`DataFailure::Closed`] before [`DataChannel::connect`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future keeps the handshakes as they stand; calling again goes on with them.
    pub async fn secure(
        &mut self,
        role: &DataRole,
        tickets: impl Into<SharedTicketPlan>,
    ) -> Result<DataTlsInfo, DataFailure> {
        let tickets = tickets.into();
        if self.candidates.is_empty() && self.race.is_empty() && self.race.lost_at().is_none() {
            return Err(DataFailure::Closed);
        }
        let winner = loop {
            while self.race.has_room()
                && let Some(candidate) = self.candidates.pop_front()
            {
                self.race.enter(candidate, role.clone(), tickets.clone());
            }
            match next_turn(&mut self.race, &self.source, &tickets, self.patience).await {
                Turn::Won(winner) => break winner,
                Turn::Failed(failure) => {
                    self.race.failed(failure);
                    if !self.race.has_begun() {
                        tickets.give_back();
                    }
                }
                Turn::Knocked(Ok(candidate)) => self.candidates.push_back(candidate),
                Turn::Knocked(Err(error)) => {
                    tracing::debug!(%error, "a passive port accepts nobody any more");
                    self.source = Source::Spent;
                }
                Turn::NobodyLeft => return Err(self.race.last_failure()),
            }
        };
        self.race = Race::default();
        self.candidates.clear();
        self.source = Source::Spent;
        let Winner { stream, info, bound } = *winner;
        self.secured = Some(DataStream::protected(stream, info.clone()));
        Ok(DataTlsInfo { tls: info, bound })
    }

    /// The stream that carries the bytes. A passive port closes, its other peers are dropped. Without a
    /// connection every read and write of it fails with `NotConnected`.
    #[must_use]
    pub fn into_stream(mut self) -> DataStream {
        match (self.secured.take(), self.candidates.pop_front()) {
            (Some(secured), _) => secured,
            (None, Some((io, _))) => DataStream::clear(io),
            (None, None) => DataStream::clear(NetStream::Other(Box::new(NotConnected))),
        }
    }
}

enum Turn {
    Won(Box<Winner>),
    Failed(DataFailure),
    Knocked(io::Result<(NetStream, SocketAddr)>),
    NobodyLeft,
}

/// Whatever happens first: a handshake ends, the next peer knocks while there is room for it, or nobody is left and
/// nobody came for long enough.
async fn next_turn(race: &mut Race, source: &Source, tickets: &SharedTicketPlan, patience: Duration) -> Turn {
    let listener = match source {
        Source::Passive { listener, rule } => Some((listener, *rule)),
        Source::Active { .. } | Source::Spent => None,
    };
    let mut knock =
        listener.filter(|_| race.has_room()).map(|(listener, rule)| Box::pin(admit(listener, rule)));
    let (lost, empty) = (race.lost_at(), race.is_empty());
    let mut over = Box::pin(async move {
        match (lost, listener) {
            (Some(at), Some(_)) => sleep_until(at.max(tickets.known().await) + patience).await,
            (Some(_), None) => {}
            (None, None) if empty => {}
            (None, _) => pending().await,
        }
    });
    poll_fn(|cx| {
        match race.poll_next(cx) {
            Poll::Ready(Ok(winner)) => return Poll::Ready(Turn::Won(winner)),
            Poll::Ready(Err(failure)) => return Poll::Ready(Turn::Failed(failure)),
            Poll::Pending => {}
        }
        if let Some(knock) = &mut knock
            && let Poll::Ready(knocked) = knock.as_mut().poll(cx)
        {
            return Poll::Ready(Turn::Knocked(knocked));
        }
        over.as_mut().poll(cx).map(|()| Turn::NobodyLeft)
    })
    .await
}

/// The next peer that the rule admits.
async fn admit(listener: &PassiveListener, rule: PeerRule) -> io::Result<(NetStream, SocketAddr)> {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if rule.admits(peer.ip()) => return Ok((stream, peer)),
            Ok((_, peer)) => tracing::warn!(%peer, "a stranger at a passive port was dropped"),
            // The peer left before it was accepted: the port is as good as before.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

async fn dial(net: &dyn Net, to: SocketAddr, from: Option<SocketAddr>) -> Result<NetStream, DataFailure> {
    match (net.connect(to, from).await, from) {
        (Err(error), Some(from))
            if from.port() != 0
                && matches!(
                    error.kind(),
                    io::ErrorKind::AddrInUse
                        | io::ErrorKind::AddrNotAvailable
                        | io::ErrorKind::PermissionDenied
                ) =>
        {
            tracing::debug!(%error, %from, "the port to dial from is not to be had");
            let from = SocketAddr::new(from.ip(), 0);
            net.connect(to, Some(from)).await.map_err(DataFailure::Connect)
        }
        (Err(error), Some(_)) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            Err(DataFailure::Bind(error))
        }
        (dialled, _) => dialled.map_err(DataFailure::Connect),
    }
}
