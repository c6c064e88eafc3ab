//! TLS of a listener and of its control connections, on the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};
use rustls::{HandshakeKind, ProtocolVersion, ServerConfig, ServerConnection};
use rustls_pki_types::CertificateDer;

use crate::client_identity::{CertificateProblem, ClientVerdict};
use crate::client_trust::ClientTrust;
use crate::client_verifier::{Asking, CurrentTrust};
use crate::clock::Clock;
use crate::data::{DataFailure, TicketPlan};
use crate::failure::TlsError;
use crate::fingerprint::Fingerprint;
use crate::hosts::{Certificates, HostIdentity};
use crate::identity::Identity;
use crate::options::{DataSession, Strength, TlsInfo, TlsVersion, versions};
use crate::ticket::{Counter, ReadOnly, TicketOffice, fresh_token};

/// Tickets on a control connection, for a client that does not say how many it wants.
const CONTROL_TICKETS: usize = 4;
/// Tickets on a control connection at most, for a client that says (RFC 9149).
const CONTROL_TICKETS_ASKED: usize = 16;
/// Tickets on a data connection where the client reads anyway.
const DATA_TICKETS: usize = 2;

/// What a server chooses about TLS. [`ServerTlsOptions::new`] fills in the defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerTlsOptions {
    /// Certificate and key that are shown where no host of `hosts` is named.
    pub identity: Identity,
    /// Virtual hosts with certificates of their own.
    pub hosts: Vec<HostIdentity>,
    /// The lowest version.
    pub min_version: TlsVersion,
    /// The highest version.
    pub max_version: TlsVersion,
    /// The weakest cipher.
    pub min_strength: Strength,
    /// Whether data connections have to resume the session of their control connection.
    pub data_session: DataSession,
    /// Whose certificates clients may show; `None`, the default, asks for none.
    ///
    /// Who shows none, or one that counts for nothing, gets through the handshake of a control connection all the same:
    /// [`TlsInfo::client`] says so, and whoever reads commands has to refuse the session. On data connections such a client
    /// is refused here ([`DataFailure::ClientCertificate`]), and so is one that shows another certificate than on the
    /// control connection, resumed or not.
    pub client_trust: Option<ClientTrust>,
    /// The time, by which certificates and tickets grow old.
    pub clock: Clock,
}

impl ServerTlsOptions {
    /// TLS 1.2 and 1.3 with every cipher, and [`DataSession::Prefer`].
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            hosts: Vec::new(),
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_3,
            min_strength: Strength::Bits128,
            data_session: DataSession::Prefer,
            client_trust: None,
            clock: Clock::system(),
        }
    }
}

/// TLS of one listener. Cloning shares it.
#[derive(Clone, Debug)]
pub struct ServerTls {
    base: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    client_trust: Option<Arc<CurrentTrust>>,
    clock: Clock,
    data_session: DataSession,
}

impl ServerTls {
    /// Prepares TLS for a listener.
    ///
    /// # Errors
    ///
    /// The range of versions is empty.
    pub fn new(options: ServerTlsOptions) -> Result<Self, TlsError> {
        let ServerTlsOptions {
            identity,
            hosts,
            min_version,
            max_version,
            min_strength,
            data_session,
            client_trust,
            clock,
        } = options;
        let certificates = Arc::new(Certificates::new(&identity, &hosts));
        let builder = ServerConfig::builder_with_details(min_strength.provider(), clock.provider())
            .with_protocol_versions(versions(min_version, max_version)?)
            .map_err(|error| TlsError::Setup(error.to_string()))?;
        let client_trust = client_trust.map(|trust| Arc::new(CurrentTrust::new(trust)));
        let mut base = match client_trust {
            Some(_) => builder.with_client_cert_verifier(Arc::new(Asking)),
            None => builder.with_no_client_auth(),
        }
        .with_cert_resolver(certificates.resolver(None));
        // Once a list is set, a client that asks for none of these gets the alert 120: a browser that is
        // tricked into talking HTTP to this port ends here (ALPACA).
        base.alpn_protocols = vec![b"ftp".to_vec(), b"ftp-data".to_vec(), b"x-filezilla-ftp".to_vec()];
        Ok(Self { base: Arc::new(base), certificates, client_trust, clock, data_session })
    }

    /// Whose client certificates are taken from now on, in every handshake to come, those of sessions that are there
    /// included: their next data connection is judged by it, resumed or not. `false` where no certificate is asked for at
    /// all ([`ServerTlsOptions::client_trust`]); nothing changes then.
    pub fn replace_client_trust(&self, trust: ClientTrust) -> bool {
        match &self.client_trust {
            Some(current) => {
                current.replace(trust);
                true
            }
            None => false,
        }
    }

    /// Whose client certificates are taken now; `None` where none is asked for.
    #[must_use]
    pub fn client_trust(&self) -> Option<ClientTrust> {
        self.client_trust.as_deref().map(CurrentTrust::load)
    }

    /// Exchanges all certificates at once, the usual one and those of the hosts, while connections go on: the next handshake
    /// of a control connection sees the new ones. Sessions that are there keep what they were shown, for their data
    /// connections too, and their tickets stay good.
    pub fn replace_certificates(&self, identity: &Identity, hosts: &[HostIdentity]) {
        self.certificates.replace(identity, hosts);
    }

    /// TLS for one new control connection, with a ticket key of its own. A client that names no host in TLS is shown
    /// the certificate of `host`, which it named before (RFC 7151), or else the usual one.
    ///
    /// # Panics
    ///
    /// The operating system has no random bytes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without random bytes no TLS connection could be made anyway")]
    pub fn control(&self, host: Option<&str>) -> ServerControlTls {
        let (office, token) = TicketOffice::open().expect("the system gives random bytes");
        let sessions: Arc<dyn StoresServerSessions> = ServerSessionMemoryCache::new(4);
        let counter = Counter::new(&office, token);
        let mut config = ServerConfig::clone(&self.base);
        config.cert_resolver = self.certificates.resolver(host);
        config.ticketer = Arc::clone(&counter) as Arc<_>;
        config.session_storage = Arc::clone(&sessions);
        config.send_tls13_tickets = CONTROL_TICKETS;
        config.max_tls13_tickets = CONTROL_TICKETS_ASKED;
        ServerControlTls(Arc::new(Inner {
            config: Arc::new(config),
            counter,
            office,
            sessions,
            data_session: self.data_session,
            clock: self.clock.clone(),
            sni: OnceLock::new(),
            client_trust: self.client_trust.clone(),
            client: OnceLock::new(),
        }))
    }
}

/// TLS of one control connection and of the data connections that belong to it. Cloning shares it.
#[derive(Clone, Debug)]
pub struct ServerControlTls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Arc<ServerConfig>,
    counter: Arc<Counter>,
    office: Arc<TicketOffice>,
    sessions: Arc<dyn StoresServerSessions>,
    data_session: DataSession,
    clock: Clock,
    /// The host that the client named on the control connection.
    sni: OnceLock<Option<String>>,
    client_trust: Option<Arc<CurrentTrust>>,
    /// The certificate that the client showed there.
    client: OnceLock<Shown>,
}

/// What the client showed on the control connection.
#[derive(Debug)]
struct Shown {
    fingerprint: Option<Fingerprint>,
    /// Kept to be judged again.
    chain: Vec<CertificateDer<'static>>,
    /// The version of the trust that it was judged by last.
    judged_by: AtomicU64,
}

impl ServerControlTls {
    pub(crate) fn config(&self) -> &Arc<ServerConfig> {
        &self.0.config
    }

    /// The handshake of the control connection is done: its tickets are in the client's hands.
    pub(crate) fn control_secured(&self, info: &mut TlsInfo, shown: Option<&[CertificateDer<'_>]>) {
        let judged_by = AtomicU64::new(self.trust_version());
        info.client = self.judge_client(shown);
        let asked = shown.filter(|_| self.0.client_trust.is_some()).unwrap_or_default();
        let chain = asked.iter().map(|certificate| certificate.clone().into_owned()).collect();
        let _ = self.0.client.set(Shown { fingerprint: info.peer_certificate, chain, judged_by });
        // The first handshake is the one that counts; there is but one for each of these.
        let _ = self.0.sni.set(info.sni.clone());
        let now = self.0.clock.now();
        self.0.office.ledger().approve(self.0.counter.token(), self.0.counter.given(), now);
    }

    /// The certificate of the control connection, judged anew where [`ServerTls::replace_client_trust`] has been called
    /// since it was judged last; `None` while nothing has changed, and where the client has shown none.
    #[must_use]
    pub fn judged_again(&self) -> Option<ClientVerdict> {
        let shown = self.0.client.get().filter(|shown| !shown.chain.is_empty())?;
        let version = self.trust_version();
        (shown.judged_by.swap(version, Ordering::Relaxed) != version)
            .then(|| self.judge_client(Some(&shown.chain)))
    }

    fn trust_version(&self) -> u64 {
        self.0.client_trust.as_deref().map_or(0, CurrentTrust::version)
    }

    /// Judges what a client showed, by what holds now. A resumed session brings the chain along from the first one.
    fn judge_client(&self, shown: Option<&[CertificateDer<'_>]>) -> ClientVerdict {
        match &self.0.client_trust {
            Some(trust) => trust.load().judge(shown, self.0.clock.now()),
            None => ClientVerdict::NotAsked,
        }
    }

    /// Why a data connection is refused for its client certificate, if it is.
    fn data_problem(&self, info: &TlsInfo) -> Option<CertificateProblem> {
        let control = self.0.client.get().and_then(|shown| shown.fingerprint);
        match &info.client {
            ClientVerdict::NotAsked => None,
            ClientVerdict::Missing => control.map(|_| CertificateProblem::Missing),
            ClientVerdict::Refused(problem) => Some(*problem),
            ClientVerdict::Verified(identity) => {
                (control != Some(identity.fingerprint)).then_some(CertificateProblem::Different)
            }
        }
    }

    /// The configuration of one data connection.
    pub(crate) fn data(&self, plan: TicketPlan) -> Result<DataSide, TlsError> {
        let counter = Counter::new(&self.0.office, fresh_token()?);
        let mut config = ServerConfig::clone(&self.0.config);
        config.ticketer = Arc::clone(&counter) as Arc<_>;
        config.session_storage = Arc::new(ReadOnly(Arc::clone(&self.0.sessions)));
        // A client that only writes never reads the tickets, and closing with unread bytes resets the
        // connection: the end of its file would be lost. Who asks for tickets is known to read them.
        (config.send_tls13_tickets, config.max_tls13_tickets) = match plan {
            TicketPlan::None => (0, 0),
            TicketPlan::Early => (1, DATA_TICKETS),
            TicketPlan::Download => (DATA_TICKETS, DATA_TICKETS),
            TicketPlan::Upload => (0, DATA_TICKETS),
        };
        Ok(DataSide { config: Arc::new(config), counter, control: self.clone() })
    }
}

/// One data connection on its way.
pub(crate) struct DataSide {
    pub(crate) config: Arc<ServerConfig>,
    counter: Arc<Counter>,
    control: ServerControlTls,
}

impl DataSide {
    /// Judges a handshake that is done, and says whether it is proved to come from the client of the control connection.
    pub(crate) fn judge(
        &self,
        connection: &ServerConnection,
        info: &mut TlsInfo,
    ) -> Result<bool, DataFailure> {
        info.client = self.control.judge_client(connection.peer_certificates());
        let refused = self.control.data_problem(info).map(DataFailure::ClientCertificate);
        let Inner { office, data_session, clock, .. } = &*self.control.0;
        let now = clock.now();
        let mut ledger = office.ledger();
        if connection.handshake_kind() == Some(HandshakeKind::Resumed) {
            let reusable = connection.protocol_version() == Some(ProtocolVersion::TLSv1_2);
            ledger.resumed(self.counter.came_back(), reusable);
            ledger.approve(self.counter.token(), self.counter.given(), now);
            // It has proved to belong to the session, and its tickets are as good as others: what its certificate is good
            // for is asked each time.
            return refused.map_or(Ok(true), Err);
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let taken = match data_session {
            DataSession::Require => false,
            // Who holds the key of the control connection's certificate is the same client as well.
            DataSession::Prefer => {
                matches!(info.client, ClientVerdict::Verified(_)) || ledger.excuses_full_handshake(now)
            }
            DataSession::Off => true,
        };
        let named = connection.server_name();
        if let Some(control) = self.control.0.sni.get().filter(|control| control.as_deref() != named) {
            tracing::warn!(
                control = control.as_deref(),
                data = named,
                "the client names another host in TLS on its data connection than on its control connection, \
                and no TLS session is resumed across names"
            );
        }
        if taken { Ok(false) } else { Err(DataFailure::NotResumed) }
    }
}
