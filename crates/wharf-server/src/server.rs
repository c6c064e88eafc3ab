//! The listeners and what all sessions share.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;
use wharf_auth::Authenticator;
use wharf_session::SubStatus;
use wharf_session::server::{CloseReason, PeerInfo, Server as Machine, ServerConfig};
use wharf_storage::StorageProvider;
use wharf_transport::{Net, NetListener, NetStream, PassivePool, PeerTls, ServerTls};

use crate::{
    AuditLog, Counters, ServerOptions, access, audit,
    counters::Counted,
    limits::Limiter,
    presence::Present,
    session::{Session, refuse},
};

/// Clients that are being turned away at one time; more are dropped without a word.
const MOST_REFUSALS: usize = 64;
/// The pause after an accept that failed, for want of descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// No listener at that address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {addr}: {cause}: {cure}")]
#[non_exhaustive]
pub struct BindError {
    /// Where it was tried.
    pub addr: SocketAddr,
    /// What the system said.
    #[source]
    pub cause: io::Error,
    /// What may help.
    pub cure: &'static str,
}

impl BindError {
    fn new(addr: SocketAddr, cause: io::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the system has many errors, and few have a cure")]
        let cure = match cause.kind() {
            io::ErrorKind::AddrInUse => "another program uses that port; stop it, or choose another port",
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a right that this user does not have; choose another port, or grant it"
            }
            io::ErrorKind::AddrNotAvailable => "no interface of this machine has that address",
            io::ErrorKind::InvalidInput => "give a certificate, or no implicit listener",
            _ => "see the message of the system",
        };
        Self { addr, cause, cure }
    }
}

/// How far the server's end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It serves.
    Running,
    /// It takes no sessions; transfers that run go on.
    Draining,
    /// Everything ends now.
    Over,
}

/// What all sessions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) auth: Arc<dyn Authenticator>,
    pub(crate) storage: Arc<dyn StorageProvider>,
    pub(crate) net: Arc<dyn Net>,
    pub(crate) pool: PassivePool,
    pub(crate) peer_tls: Option<PeerTls>,
    /// Sessions, and what must run to its end even when its session is gone.
    pub(crate) tasks: TaskTracker,
    /// Files that are read through for an answer, at a time.
    pub(crate) digests: Semaphore,
    pub(crate) present: Arc<Present>,
    pub(crate) audit: Option<AuditLog>,
    pub(crate) counters: Option<Arc<Counters>>,
    limiter: Limiter,
    refusals: Arc<Semaphore>,
    sessions: AtomicU64,
    panics: AtomicU64,
}

struct Listener {
    socket: Box<dyn NetListener>,
    config: Arc<ServerConfig>,
    tls: Option<ServerTls>,
}

/// A server that listens, and serves once [`Server::run`] is awaited.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<Listener>,
    addrs: Vec<(SocketAddr, bool)>,
    grace: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addrs", &self.addrs).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens all listeners; clients wait in the system's queue until [`Server::run`].
    ///
    /// # Errors
    /// The first listener that cannot be opened, or an implicit one without a certificate.
    pub async fn bind(options: ServerOptions) -> Result<Self, BindError> {
        let ServerOptions { tls, mut session, net, .. } = options;
        if session.unique_key == [0; 16] {
            session.unique_key = random_key();
        }
        let mut listeners = Vec::new();
        let mut addrs = Vec::new();
        for wanted in options.listeners {
            let failed = |cause| BindError::new(wanted.addr, cause);
            let tls = wanted.tls.or_else(|| tls.clone());
            let mut config = wanted.session.unwrap_or_else(|| session.clone());
            config.implicit = wanted.implicit;
            config.tls_available = tls.is_some();
            config.dangerous_tls_client = options.peer_tls.is_some();
            config.unique_key = session.unique_key;
            config.tell_paths = options.audit.is_some();
            if wanted.implicit && tls.is_none() {
                let text = "implicit TLS needs a certificate";
                return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, text)));
            }
            let socket = net.bind(wanted.addr).await.map_err(failed)?;
            addrs.push((socket.local_addr().map_err(failed)?, wanted.implicit));
            listeners.push(Listener { socket, config: Arc::new(config), tls });
        }
        let shared = Shared {
            auth: options.auth,
            storage: options.storage,
            pool: PassivePool::new(Arc::clone(&net), options.passive_ports),
            peer_tls: options.peer_tls,
            net,
            tasks: TaskTracker::new(),
            digests: Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)),
            present: Arc::default(),
            audit: options.audit,
            counters: options.counters,
            limiter: Limiter::new(options.max_sessions, options.max_per_ip),
            refusals: Arc::new(Semaphore::new(MOST_REFUSALS)),
            sessions: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared), listeners, addrs, grace: options.grace })
    }

    /// Where it listens, and whether TLS starts there with the first byte; in the order of the options.
    #[must_use]
    pub fn local_addrs(&self) -> &[(SocketAddr, bool)] {
        &self.addrs
    }

    /// Serves until `shutdown` is ready, and then ends: no new sessions; idle ones get 421 at once, transfers may
    /// finish within the grace, and get 426 and 421 after it. Returns when every session has ended and every upload
    /// that was being stored is.
    ///
    /// # Cancel safety
    /// Dropping the future closes the listeners and leaves the sessions to the runtime.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let Self { shared, listeners, grace, .. } = self;
        let (stage, watched) = watch::channel(Stage::Running);
        let mut accepting = JoinSet::new();
        for listener in listeners {
            accepting.spawn(accept(Arc::clone(&shared), listener, watched.clone()));
        }
        shutdown.await;
        // The listeners close here.
        accepting.shutdown().await;
        shared.tasks.close();
        // Nobody listens where no session is left.
        let _ = stage.send(Stage::Draining);
        if timeout(grace, shared.tasks.wait()).await.is_err() {
            let _ = stage.send(Stage::Over);
            shared.tasks.wait().await;
        }
        let panics = shared.panics.load(Ordering::Relaxed);
        if panics > 0 {
            tracing::error!(panics, "sessions ended by a panic");
        }
    }
}

/// Where the hash of the `unique` fact begins. It only has to differ from server to server.
fn random_key() -> [u8; 16] {
    use std::hash::{BuildHasher as _, RandomState};
    let (high, low) = (RandomState::new().hash_one(0_u8), RandomState::new().hash_one(1_u8));
    (u128::from(high) << 64 | u128::from(low)).to_ne_bytes()
}

async fn accept(shared: Arc<Shared>, listener: Listener, stage: watch::Receiver<Stage>) {
    loop {
        match listener.socket.accept().await {
            Ok((stream, peer)) => admit(&shared, &listener, stream, peer, stage.clone()),
            // The client was gone before it was accepted.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted for now");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Starts the session of a new client, or turns it away.
fn admit(
    shared: &Arc<Shared>,
    listener: &Listener,
    stream: NetStream,
    peer: SocketAddr,
    stage: watch::Receiver<Stage>,
) {
    let Ok(local) = stream.local_addr() else { return };
    let ends = PeerInfo { peer, local };
    let (config, tls) = (Arc::clone(&listener.config), listener.tls.clone());
    let now = Instant::now().into_std();
    let id = shared.sessions.fetch_add(1, Ordering::Relaxed) + 1;
    let audited = shared.audit.as_ref().is_none_or(|log| !log.refuses());
    let Some(place) = shared.limiter.enter(peer.ip()).filter(|_| audited) else {
        let (reason, why) = if audited {
            (CloseReason::Full, SubStatus::TooManySessions)
        } else {
            (CloseReason::Unaudited, SubStatus::AuditUnavailable)
        };
        access::refused(id, peer, why);
        if let Some(counters) = &shared.counters {
            counters.turned_away();
        }
        if let Some(log) = &shared.audit {
            audit::turned_away(log, id, ends, config.implicit, why);
        }
        if let Ok(permit) = Arc::clone(&shared.refusals).try_acquire_owned() {
            let machine = Machine::refuse(config, ends, now, reason);
            shared.tasks.spawn(async move {
                refuse(machine, stream).await;
                drop(permit);
            });
        }
        return;
    };
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    let counting = shared.counters.clone().map(|counters| {
        counters.opened();
        Counted(counters)
    });
    let counted = Arc::clone(&shared);
    // Made before the task: what it is given and what it holds while it waits is what an idle session costs.
    let machine = Machine::new(Arc::clone(&config), ends, now);
    let session = Session::new(id, machine, (config, tls), stream, ends, shared);
    tasks.spawn(async move {
        let session = session.run(stage);
        // Everything that the session owned is gone after a panic; what is shared is kept sound by its own locks.
        if std::panic::AssertUnwindSafe(session).catch_unwind().await.is_err() {
            counted.panics.fetch_add(1, Ordering::Relaxed);
            access::panicked(id, peer);
        }
        drop((place, counting));
    });
}
