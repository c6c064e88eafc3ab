//! What a server is told at its start.

use std::{fmt, net::SocketAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use wharf_auth::Authenticator;
use wharf_session::server::ServerConfig;
use wharf_storage::StorageProvider;
use wharf_transport::{Net, PeerTls, ServerTls, TokioNet};

use crate::{AuditLog, Counters};

/// One address to listen at.
#[derive(Clone)]
#[non_exhaustive]
pub struct ListenerOptions {
    /// Where; port 0 lets the system choose.
    pub addr: SocketAddr,
    /// Whether TLS starts with the first byte (implicit FTPS), instead of with AUTH (RFC 4217).
    pub implicit: bool,
    /// TLS here; `None`, the default, takes that of the server ([`ServerOptions::tls`]).
    pub tls: Option<ServerTls>,
    /// What sessions here are told; `None`, the default, takes that of the server ([`ServerOptions::session`]).
    pub session: Option<ServerConfig>,
}

impl ListenerOptions {
    /// A listener that differs from others in nothing but its address and when TLS starts.
    #[must_use]
    pub const fn new(addr: SocketAddr, implicit: bool) -> Self {
        Self { addr, implicit, tls: None, session: None }
    }
}

impl fmt::Debug for ListenerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerOptions")
            .field("addr", &self.addr)
            .field("implicit", &self.implicit)
            .field("tls", &self.tls.is_some())
            .field("policy", &self.session.as_ref().map(|session| session.policy))
            .finish()
    }
}

/// What a server is told at its start. [`ServerOptions::new`] fills in the defaults.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Where to listen; none by default.
    pub listeners: Vec<ListenerOptions>,
    /// Certificate and versions of TLS; `None`, the default, offers none. Whether data connections must resume the
    /// TLS session of their control connection is chosen in there.
    pub tls: Option<ServerTls>,
    /// Which other servers this one trusts as their TLS client, on data connections between servers; with `None`, the default,
    /// SSCN and CPSV are not offered. Data connections with other servers are not permitted by this alone
    /// ([`ServerConfig::dangerous_foreign_data`]).
    pub peer_tls: Option<PeerTls>,
    /// What every session is told: policy, greeting, timeouts and more. `implicit`, `tls_available` and
    /// `dangerous_tls_client` are set for each listener, and an empty `unique_key` is replaced by a random one.
    pub session: ServerConfig,
    /// The ports for passive mode, on the address of the control connection; `None`, the default, leaves the choice to
    /// the system.
    pub passive_ports: Option<RangeInclusive<u16>>,
    /// Where the files are.
    pub storage: Arc<dyn StorageProvider>,
    /// Who may log in.
    pub auth: Arc<dyn Authenticator>,
    /// The audit log; none by default.
    pub audit: Option<AuditLog>,
    /// Sessions at a time; the next one gets 421. 1,000 by default.
    pub max_sessions: usize,
    /// Sessions at a time from one address (for IPv6 from one /64); the next one gets 421. 50 by default.
    pub max_per_ip: usize,
    /// How long a transfer may go on when the server stops; 30 seconds by default.
    pub grace: Duration,
    /// Where sessions, logins and transfers are counted; `None`, the default, counts nothing.
    pub counters: Option<Arc<Counters>>,
    /// The network; the system's by default.
    pub net: Arc<dyn Net>,
}

impl ServerOptions {
    /// A server without listeners and TLS, to be filled in.
    pub fn new(storage: Arc<dyn StorageProvider>, auth: Arc<dyn Authenticator>) -> Self {
        Self {
            listeners: Vec::new(),
            tls: None,
            peer_tls: None,
            session: ServerConfig::default(),
            passive_ports: None,
            storage,
            auth,
            audit: None,
            max_sessions: 1_000,
            max_per_ip: 50,
            grace: Duration::from_secs(30),
            counters: None,
            net: Arc::new(TokioNet),
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("listeners", &self.listeners)
            .field("tls", &self.tls.is_some())
            .field("policy", &self.session.policy)
            .field("passive_ports", &self.passive_ports)
            .field("storage", &self.storage)
            .field("audit", &self.audit.is_some())
            .field("max_sessions", &self.max_sessions)
            .field("max_per_ip", &self.max_per_ip)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}
