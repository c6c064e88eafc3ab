//! TLS of one control connection and its data connections, on the client.

use std::sync::{Arc, OnceLock};

use rustls::client::{ResolvesClientCert, Resumption, TicketRequest};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, Error, SignatureScheme};
use rustls_pki_types::ServerName;

use crate::failure::{TlsError, TlsFailure};
use crate::fingerprint::Fingerprint;
use crate::identity::Identity;
use crate::options::{CipherOrder, TlsInfo, TlsVersion, versions};
use crate::stock::TicketStock;
use crate::trust::Trust;
use crate::verifier::Verifier;

/// The application protocol of a control connection (RFC 7301; registered as `ftp`).
const CONTROL_PROTOCOL: &[u8] = b"ftp";
/// What some servers want to see on data connections; the others know `ftp`, or do not look.
const DATA_PROTOCOL: &[u8] = b"ftp-data";

/// What a client chooses about TLS.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientTlsOptions {
    /// Whom to trust.
    pub trust: Trust,
    /// The server's name as the user typed it; an IP address is fine (then no name is sent to the server).
    pub server_name: String,
    /// The control port: known hosts are kept by host and port.
    pub port: u16,
    /// The lowest version.
    pub min_version: TlsVersion,
    /// The highest version. TLS 1.2 sessions resume without end, which helps against servers that demand
    /// resumption and give few tickets.
    pub max_version: TlsVersion,
    /// Which cipher is offered first.
    pub cipher_order: CipherOrder,
    /// The certificate that this side shows where the server asks for one, on control and data connections alike.
    pub identity: Option<Identity>,
    /// Whether the server is asked for a good number of session tickets ([RFC 9149]).
    ///
    /// [RFC 9149]: https://www.rfc-editor.org/rfc/rfc9149
    pub request_tickets: bool,
}

impl ClientTlsOptions {
    /// TLS 1.2 and 1.3, no certificate of this side, tickets asked for.
    pub fn new(trust: Trust, server_name: impl Into<String>, port: u16) -> Self {
        Self {
            trust,
            server_name: server_name.into(),
            port,
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_3,
            cipher_order: CipherOrder::Strongest,
            identity: None,
            request_tickets: true,
        }
    }
}

/// TLS of one control connection and of the data connections that belong to it. Cloning shares it.
///
/// It holds one stock of session tickets: every data connection offers a session of this very control
/// connection, under the name of the control connection whatever address the server gave, so that servers
/// which demand resumption are content. Tickets are asked for as [RFC 9149] says.
///
/// [RFC 9149]: https://www.rfc-editor.org/rfc/rfc9149
#[derive(Clone, Debug)]
pub struct ClientControlTls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Arc<ClientConfig>,
    data_config: Arc<ClientConfig>,
    /// The versions offered, in words.
    offered: &'static str,
    name: ServerName<'static>,
    stock: Arc<TicketStock>,
    verifier: Arc<Verifier>,
    control_leaf: OnceLock<Fingerprint>,
}

impl ClientControlTls {
    /// Prepares TLS for one control connection.
    ///
    /// # Errors
    ///
    /// An unusable server name, CA file or range of versions.
    pub fn new(options: ClientTlsOptions) -> Result<Self, TlsError> {
        let ClientTlsOptions {
            trust,
            server_name,
            port,
            min_version,
            max_version,
            cipher_order,
            identity,
            request_tickets,
        } = options;
        let host = server_name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TlsError::BadServerName { name: server_name.clone() })?;
        let verifier = Arc::new(Verifier::new(&trust, host, port)?);
        let builder = ClientConfig::builder_with_provider(cipher_order.provider())
            .with_protocol_versions(versions(min_version, max_version)?)
            .map_err(|error| TlsError::Setup(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<_>);
        let mut config = match identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(Shown(Arc::clone(identity.certified()))))
            }
            None => builder.with_no_client_auth(),
        };
        let stock = Arc::new(TicketStock::default());
        config.resumption = Resumption::store(Arc::clone(&stock) as Arc<_>);
        config.send_ticket_request =
            request_tickets.then_some(TicketRequest { new_session_count: 8, resumption_count: 2 });
        config.alpn_protocols = vec![CONTROL_PROTOCOL.to_vec()];
        // A session is only resumed by a configuration that shares verifier, certificate and store: a clone does.
        let mut data_config = config.clone();
        data_config.alpn_protocols = vec![DATA_PROTOCOL.to_vec(), CONTROL_PROTOCOL.to_vec()];
        Ok(Self(Arc::new(Inner {
            config: Arc::new(config),
            data_config: Arc::new(data_config),
            offered: match (min_version, max_version) {
                (TlsVersion::V1_2, TlsVersion::V1_2) => "TLS 1.2 only",
                (TlsVersion::V1_3, _) => "TLS 1.3 only",
                (TlsVersion::V1_2, TlsVersion::V1_3) => "TLS 1.2 and 1.3",
            },
            name,
            stock,
            verifier,
            control_leaf: OnceLock::new(),
        })))
    }

    /// How many data connections can still resume the session. With TLS 1.2 it is 1 for ever.
    ///
    /// At 0 a server that demands resumption will refuse: download something first, or connect anew with
    /// TLS 1.2 at most.
    #[must_use]
    pub fn tickets_in_stock(&self) -> usize {
        self.0.stock.count()
    }

    /// The server's certificate on the control connection, once it is secured.
    #[must_use]
    pub fn control_certificate(&self) -> Option<Fingerprint> {
        self.0.control_leaf.get().copied()
    }

    pub(crate) fn config(&self) -> &Arc<ClientConfig> {
        &self.0.config
    }

    /// For data connections: the same session, another application protocol.
    pub(crate) fn data_config(&self) -> &Arc<ClientConfig> {
        &self.0.data_config
    }

    pub(crate) fn name(&self) -> &ServerName<'static> {
        &self.0.name
    }

    /// The control connection is secured: its certificate is the one that data connections have to show.
    pub(crate) fn control_secured(&self, info: &TlsInfo) -> Result<(), TlsFailure> {
        let Some(leaf) = info.peer_certificate else { return Ok(()) };
        self.0.verifier.remember(&leaf).map_err(|rejection| self.failure(rejection.into()))?;
        if *self.0.control_leaf.get_or_init(|| leaf) == leaf {
            Ok(())
        } else {
            Err(TlsFailure::BadCertificate {
                cause: "the server has changed it within one connection".to_owned(),
                seen: Some(leaf),
            })
        }
    }

    pub(crate) fn failure(&self, error: Error) -> TlsFailure {
        self.in_context(TlsFailure::of(error, self.0.verifier.seen()))
    }

    pub(crate) fn io_failure(&self, error: std::io::Error) -> TlsFailure {
        self.in_context(TlsFailure::of_io(error, self.0.verifier.seen()))
    }

    /// That nothing is shared is of no use without what was offered.
    fn in_context(&self, failure: TlsFailure) -> TlsFailure {
        #[expect(clippy::wildcard_enum_match_arm, reason = "one kind of failure depends on what was offered")]
        match failure {
            TlsFailure::NoCommonVersionOrCipher(why) => {
                TlsFailure::NoCommonVersionOrCipher(format!("{why}; this side offers {}", self.0.offered))
            }
            other => other,
        }
    }
}

/// Shows the same certificate to every server that asks, whatever authorities it names: the user chose it for this
/// server.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.key.choose_scheme(schemes).is_some().then(|| Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
