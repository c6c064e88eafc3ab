//! The judge of server certificates behind [`Trust`].

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::failure::TlsError;
use crate::fingerprint::Fingerprint;
use crate::known_hosts::KnownHosts;
use crate::options::provider;
use crate::pem;
use crate::trust::Trust;

/// Why our own rules refuse a certificate; travels through the TLS library and comes back as a
/// [`TlsFailure`](crate::TlsFailure).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("not the pinned certificate")]
    Pin { pinned: Fingerprint, seen: Fingerprint },
    #[error("not the known certificate")]
    Changed { host: String, port: u16, known: Fingerprint, seen: Fingerprint },
    #[error("known hosts: {0}")]
    KnownHosts(String),
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(rejection))))
    }
}

/// The certificate that was judged last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) self_signed: bool,
}

#[derive(Debug)]
enum Rule {
    Chain { chain: Arc<dyn ServerCertVerifier>, listed: Vec<CertificateDer<'static>> },
    Pins(Vec<Fingerprint>),
    Tofu { hosts: Arc<dyn KnownHosts>, host: String, port: u16 },
    Any,
}

#[derive(Debug)]
pub(crate) struct Verifier {
    rule: Rule,
    seen: Mutex<Option<Seen>>,
}

impl Verifier {
    pub(crate) fn new(trust: &Trust, host: &str, port: u16) -> Result<Self, TlsError> {
        let rule = match trust {
            Trust::System => Rule::Chain { chain: system()?, listed: Vec::new() },
            Trust::CaFile(path) => ca_file(path)?,
            Trust::Pin(pinned) => Rule::Pins(vec![*pinned]),
            Trust::Pins(pinned) => Rule::Pins(pinned.clone()),
            Trust::Tofu(hosts) => Rule::Tofu { hosts: Arc::clone(hosts), host: host.to_owned(), port },
            Trust::DangerousInsecure => Rule::Any,
        };
        Ok(Self { rule, seen: Mutex::new(None) })
    }

    pub(crate) fn seen(&self) -> Option<Seen> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a certificate on first use. Called when the handshake has proved that the server holds the key.
    pub(crate) fn remember(&self, leaf: &Fingerprint) -> Result<(), Rejection> {
        let Rule::Tofu { hosts, host, port } = &self.rule else { return Ok(()) };
        match hosts.lookup(host, *port) {
            Ok(Some(known)) if known == *leaf => Ok(()),
            Ok(Some(known)) => {
                Err(Rejection::Changed { host: host.clone(), port: *port, known, seen: *leaf })
            }
            Ok(None) => {
                hosts.remember(host, *port, leaf).map_err(|error| Rejection::KnownHosts(error.to_string()))
            }
            Err(error) => Err(Rejection::KnownHosts(error.to_string())),
        }
    }
}

/// Reading the bundle of the system takes a while, so it is read once.
fn system() -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    static SYSTEM: OnceLock<Arc<dyn ServerCertVerifier>> = OnceLock::new();
    if let Some(system) = SYSTEM.get() {
        return Ok(Arc::clone(system));
    }
    let system: Arc<dyn ServerCertVerifier> = Arc::new(
        rustls_platform_verifier::Verifier::new(provider())
            .map_err(|error| TlsError::NoSystemTrust { cause: error.to_string() })?,
    );
    Ok(Arc::clone(SYSTEM.get_or_init(|| system)))
}

fn ca_file(path: &Path) -> Result<Rule, TlsError> {
    let bad = |cause: String| TlsError::CaFile { path: path.to_owned(), cause };
    let text = fs::read(path).map_err(|error| bad(error.to_string()))?;
    let listed: Vec<CertificateDer<'static>> = pem::all(&text).map_err(|cause| bad(cause.to_owned()))?;
    let mut roots = RootCertStore::empty();
    for certificate in &listed {
        roots.add(certificate.clone()).map_err(|error| bad(error.to_string()))?;
    }
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| bad(error.to_string()))?;
    Ok(Rule::Chain { chain, listed })
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = Fingerprint::of_der(leaf);
        let parsed = X509Certificate::from_der(leaf).ok().map(|(_, parsed)| parsed);
        let self_signed = parsed.as_ref().is_some_and(|parsed| parsed.subject() == parsed.issuer());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Seen { fingerprint: seen, self_signed });
        match &self.rule {
            Rule::Chain { chain, listed } => {
                let judged = chain.verify_server_cert(leaf, intermediates, name, ocsp, now);
                match (judged, parsed) {
                    // Certificates made by hand are often marked as CA, and webpki takes none of those from a
                    // server. Listed by the user it is trusted as it stands: name and dates remain to check.
                    (Err(Error::InvalidCertificate(CertificateError::Other(_))), Some(parsed))
                        if listed.iter().any(|listed| listed == leaf) =>
                    {
                        verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
                        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                        if parsed.validity().not_before.timestamp() > now {
                            Err(CertificateError::NotValidYet.into())
                        } else if parsed.validity().not_after.timestamp() < now {
                            Err(CertificateError::Expired.into())
                        } else {
                            Ok(ServerCertVerified::assertion())
                        }
                    }
                    // Two self-signed certificates of the same name: the listed one did not sign this one.
                    (Err(Error::InvalidCertificate(CertificateError::BadSignature)), _) if self_signed => {
                        Err(CertificateError::UnknownIssuer.into())
                    }
                    (judged, _) => judged,
                }
            }
            Rule::Pins(pinned) if pinned.contains(&seen) => Ok(ServerCertVerified::assertion()),
            Rule::Pins(pinned) => Err(match pinned.first() {
                Some(first) => Rejection::Pin { pinned: *first, seen }.into(),
                None => CertificateError::UnknownIssuer.into(),
            }),
            Rule::Tofu { hosts, host, port } => match hosts.lookup(host, *port) {
                Ok(None) => Ok(ServerCertVerified::assertion()),
                Ok(Some(known)) if known == seen => Ok(ServerCertVerified::assertion()),
                Ok(Some(known)) => {
                    Err(Rejection::Changed { host: host.clone(), port: *port, known, seen }.into())
                }
                Err(error) => Err(Rejection::KnownHosts(error.to_string()).into()),
            },
            Rule::Any => Ok(ServerCertVerified::assertion()),
        }
    }

    // Whatever the rule, the server has to prove that it holds the key of the certificate it shows.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
