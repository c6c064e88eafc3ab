//! What both ends choose about TLS, and what came of it.

use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{CipherSuite, CommonState, HandshakeKind, ProtocolVersion, SupportedProtocolVersion, version};

use crate::client_identity::ClientVerdict;
use crate::failure::TlsError;
use crate::fingerprint::Fingerprint;

/// A version of TLS that this crate speaks; older ones are refused ([RFC 8996]).
///
/// [RFC 8996]: https://www.rfc-editor.org/rfc/rfc8996
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl std::fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 => "TLSv1.3",
        })
    }
}

/// Whether a protected data connection has to resume the TLS session of its own control connection: the proof
/// that the same client opened both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataSession {
    /// A full handshake is refused.
    Require,
    /// A full handshake is refused once this client has shown that it can resume, unless it spends its tickets
    /// and has none left, or shows the good certificate of its control connection.
    #[default]
    Prefer,
    /// Full handshakes are taken.
    Off,
}

/// The weakest cipher that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Keys of 128 bits or more: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305.
    #[default]
    Bits128,
    /// Keys of 256 bits: AES-256-GCM and ChaCha20-Poly1305.
    Bits256,
}

impl Strength {
    /// The cryptography without the ciphers that are weaker. Nothing here is weaker than 128 bits.
    pub(crate) fn provider(self) -> Arc<CryptoProvider> {
        match self {
            Self::Bits128 => provider(),
            Self::Bits256 => {
                let mut strong = CryptoProvider::clone(&provider());
                strong.cipher_suites.retain(|suite| !has_short_key(suite.suite()));
                Arc::new(strong)
            }
        }
    }
}

/// Which of the ciphers is offered first: most servers take the first one that they know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CipherOrder {
    /// The longest key first: AES-256-GCM.
    #[default]
    Strongest,
    /// What costs the processor least first: AES-128-GCM.
    Fastest,
}

impl CipherOrder {
    /// The cryptography with its ciphers in this order.
    pub(crate) fn provider(self) -> Arc<CryptoProvider> {
        match self {
            Self::Strongest => provider(),
            Self::Fastest => {
                let mut ordered = CryptoProvider::clone(&provider());
                // The sort keeps the order of what is alike.
                ordered.cipher_suites.sort_by_key(|suite| !has_short_key(suite.suite()));
                Arc::new(ordered)
            }
        }
    }
}

const fn has_short_key(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

/// What a TLS handshake agreed on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The version of TLS.
    pub version: TlsVersion,
    /// The cipher suite by its registered name, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The server name the client asked for, where one was sent.
    pub sni: Option<String>,
    /// The application protocol, where one was agreed on.
    pub alpn: Option<Vec<u8>>,
    /// The certificate of the peer, where it showed one.
    pub peer_certificate: Option<Fingerprint>,
    /// On a server, what that certificate is good for.
    pub client: ClientVerdict,
}

impl TlsInfo {
    /// Reads it off a connection whose handshake is done.
    pub(crate) fn of(common: &CommonState, sni: Option<&str>) -> Self {
        Self {
            version: if common.protocol_version() == Some(ProtocolVersion::TLSv1_2) {
                TlsVersion::V1_2
            } else {
                TlsVersion::V1_3
            },
            cipher: common
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite()))
                .unwrap_or_default(),
            resumed: common.handshake_kind() == Some(HandshakeKind::Resumed),
            sni: sni.map(str::to_owned),
            alpn: common.alpn_protocol().map(<[u8]>::to_vec),
            peer_certificate: common
                .peer_certificates()
                .and_then(<[_]>::first)
                .map(|leaf| Fingerprint::of_der(leaf)),
            client: ClientVerdict::NotAsked,
        }
    }
}

/// The cryptography, always handed over by hand: a library installs nothing for the whole process.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())))
}

/// The versions from `min` to `max`.
pub(crate) fn versions(
    min: TlsVersion,
    max: TlsVersion,
) -> Result<&'static [&'static SupportedProtocolVersion], TlsError> {
    static BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
    static ONLY_13: &[&SupportedProtocolVersion] = &[&version::TLS13];
    static ONLY_12: &[&SupportedProtocolVersion] = &[&version::TLS12];
    match (min, max) {
        (TlsVersion::V1_2, TlsVersion::V1_3) => Ok(BOTH),
        (TlsVersion::V1_3, TlsVersion::V1_3) => Ok(ONLY_13),
        (TlsVersion::V1_2, TlsVersion::V1_2) => Ok(ONLY_12),
        (TlsVersion::V1_3, TlsVersion::V1_2) => Err(TlsError::NoVersion),
    }
}
