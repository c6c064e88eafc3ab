//! TLS of an FTP server towards another one.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls_pki_types::ServerName;

use crate::failure::TlsError;
use crate::net::NetStream;
use crate::options::{TlsVersion, provider, versions};
use crate::trust::Trust;
use crate::verifier::Verifier;

/// TLS of an FTP server that shakes hands as the TLS client on a data connection, since the other end of it is an FTP
/// server as well (SSCN, CPSV). Cloning shares it.
///
/// No session is resumed: the other server's control connection is none of ours. What tells that the right one was
/// reached is its certificate alone, so [`Trust::Pins`] is the rule that means something here; rules that look at names
/// compare the address.
#[derive(Clone, Debug)]
pub struct PeerTls(Arc<ClientConfig>);

impl PeerTls {
    /// TLS 1.2 and 1.3 towards servers that `trust` accepts.
    ///
    /// # Errors
    ///
    /// A CA file that cannot be used.
    pub fn new(trust: &Trust) -> Result<Self, TlsError> {
        let verifier = Arc::new(Verifier::new(trust, "", 0)?);
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions(TlsVersion::V1_2, TlsVersion::V1_3)?)
            .map_err(|error| TlsError::Setup(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> &Arc<ClientConfig> {
        &self.0
    }

    /// The address is all that is known of the other server.
    pub(crate) fn name_of(io: &NetStream) -> ServerName<'static> {
        let ip = io.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |addr| addr.ip());
        ServerName::from(ip)
    }
}
