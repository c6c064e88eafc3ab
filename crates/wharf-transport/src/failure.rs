//! Why TLS did not come about: each failure names its cause and its cure.

use std::io;
use std::path::PathBuf;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use crate::fingerprint::Fingerprint;
use crate::verifier::{Rejection, Seen};

/// TLS cannot be set up at all: the options do not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The lowest version is above the highest.
    #[error("the lowest TLS version allowed is above the highest: allow TLS 1.2, 1.3 or both")]
    NoVersion,
    /// The name of the server is neither a host name nor an address.
    #[error("{name:?} is neither a host name nor an IP address")]
    BadServerName {
        /// What was given.
        name: String,
    },
    /// A CA file cannot be read or holds no certificate.
    #[error("the CA file {}: {cause}: give a readable PEM file with at least one certificate", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The certificates that the system trusts cannot be had.
    #[error("no trusted certificates of this system ({cause}): install its CA bundle, or give a CA file")]
    NoSystemTrust {
        /// What was tried.
        cause: String,
    },
    /// The cryptography refused.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Why a handshake or a TLS stream failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// Nobody trusted has signed the certificate.
    #[error(
        "{}{}",
        if *.self_signed { "the server's certificate is self-signed" }
        else { "the server's certificate comes from an unknown issuer" },
        cure_by_trust(.seen.as_ref()),
    )]
    UnknownIssuer {
        /// The certificate, where it was seen.
        seen: Option<Fingerprint>,
        /// Whether it names itself as its issuer.
        self_signed: bool,
    },
    /// The certificate belongs to another name.
    #[error(
        "the server's certificate is not for {expected} but for {}: use a name that it holds{}",
        if .presented.is_empty() { "no name at all".to_owned() } else { .presented.join(", ") },
        cure_by_pin(.seen.as_ref()),
    )]
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// The names in the certificate.
        presented: Vec<String>,
        /// The certificate, where it was seen.
        seen: Option<Fingerprint>,
    },
    /// The certificate is out of date.
    #[error("the server's certificate has expired: renew it, or set this computer's clock{}",
        cure_by_pin(.seen.as_ref()))]
    Expired {
        /// The certificate, where it was seen.
        seen: Option<Fingerprint>,
    },
    /// The certificate begins in the future.
    #[error("the server's certificate is not valid yet: set the clocks of both computers")]
    NotYetValid,
    /// The certificate has been revoked.
    #[error("the server's certificate has been revoked: the server needs another one")]
    Revoked,
    /// The certificate is unusable for another reason.
    #[error("the server's certificate is unusable ({cause}): the server needs another one{}",
        cure_by_pin(.seen.as_ref()))]
    BadCertificate {
        /// What is wrong with it.
        cause: String,
        /// The certificate, where it was seen.
        seen: Option<Fingerprint>,
    },
    /// The certificate is not the pinned one.
    #[error(
        "the server shows the certificate sha256:{seen}, but sha256:{pinned} is pinned: \
        if it was renewed, pin the new one; if not, somebody is listening in"
    )]
    PinMismatch {
        /// The one that was asked for.
        pinned: Fingerprint,
        /// The one that came.
        seen: Fingerprint,
    },
    /// The certificate is not the one this server showed before.
    #[error(
        "the certificate of {host}:{port} has changed from sha256:{known} to sha256:{seen}: \
        if it was renewed, remove the old line from the known hosts; if not, somebody is listening in"
    )]
    TofuChanged {
        /// The host as typed.
        host: String,
        /// Its port.
        port: u16,
        /// The one remembered.
        known: Fingerprint,
        /// The one that came.
        seen: Fingerprint,
    },
    /// The known hosts cannot be read or written.
    #[error("the known hosts cannot be used ({0}): repair the file or choose another way to trust")]
    KnownHosts(String),
    /// Nothing in common.
    #[error("both sides share no TLS version or cipher ({0}): allow TLS 1.2 and 1.3 on both sides")]
    NoCommonVersionOrCipher(String),
    /// The peer wants another application protocol (ALPN) than FTP.
    #[error("the peer asked for another protocol than FTP (ALPN)")]
    NoCommonProtocol,
    /// The peer does not speak TLS.
    #[error("the peer's answer is not TLS: is this port for implicit TLS, and does the peer expect TLS?")]
    NotTls,
    /// The peer refused.
    #[error("the peer refused with the TLS alert {0}{hint}", hint = alert_hint(.0))]
    Alert(String),
    /// The connection ended in the middle of the handshake.
    #[error("the peer closed the connection in the middle of the TLS handshake")]
    Truncated,
    /// The peer broke the protocol.
    #[error("TLS failed: {0}")]
    Protocol(String),
    /// The network failed.
    #[error("the connection failed during TLS: {0}")]
    Io(#[source] io::Error),
}

fn cure_by_trust(seen: Option<&Fingerprint>) -> String {
    match seen {
        Some(seen) => format!(": trust its fingerprint sha256:{seen} or give its CA file"),
        None => ": give its CA file".to_owned(),
    }
}

fn cure_by_pin(seen: Option<&Fingerprint>) -> String {
    seen.map(|seen| format!(", or trust its fingerprint sha256:{seen}")).unwrap_or_default()
}

fn alert_hint(alert: &str) -> &'static str {
    match alert {
        "ProtocolVersion" | "HandshakeFailure" | "InsufficientSecurity" => {
            ": both sides must share a TLS version and a cipher"
        }
        "UnknownCA" | "CertificateUnknown" | "BadCertificate" => {
            ": it does not trust this side's certificate"
        }
        "CertificateExpired" => ": this side's certificate is out of date for it",
        "CertificateRequired" => ": it asks for a client certificate",
        "NoApplicationProtocol" => ": it speaks another protocol than FTP here (ALPN)",
        _ => "",
    }
}

impl TlsFailure {
    /// Sorts an error of the TLS library; `seen` is what the certificate check looked at last.
    pub(crate) fn of(error: Error, seen: Option<Seen>) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the library adds errors; those are shown as they are"
        )]
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error, seen),
            Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => {
                Self::NoCommonVersionOrCipher("no cipher in common".to_owned())
            }
            Error::PeerIncompatible(
                PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::ServerDoesNotSupportTls12Or13,
            ) => Self::NoCommonVersionOrCipher(
                "the server chose a version that is not allowed here".to_owned(),
            ),
            Error::PeerIncompatible(why) => Self::NoCommonVersionOrCipher(format!("{why:?}")),
            Error::NoApplicationProtocol => Self::NoCommonProtocol,
            Error::AlertReceived(AlertDescription::ProtocolVersion) => {
                Self::NoCommonVersionOrCipher("the peer refuses every version offered".to_owned())
            }
            Error::AlertReceived(AlertDescription::HandshakeFailure) => {
                Self::NoCommonVersionOrCipher("the peer refuses everything offered".to_owned())
            }
            Error::AlertReceived(alert) => Self::Alert(format!("{alert:?}")),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Self::NotTls,
            error => Self::Protocol(error.to_string()),
        }
    }

    /// Sorts an error of a stream that carries TLS.
    pub(crate) fn of_io(error: io::Error, seen: Option<Seen>) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Truncated;
        }
        let kind = error.kind();
        match error.downcast::<Error>() {
            Ok(error) => Self::of(error, seen),
            Err(error) if kind == io::ErrorKind::InvalidData => Self::Protocol(error.to_string()),
            Err(error) => Self::Io(error),
        }
    }

    fn of_certificate(error: CertificateError, seen: Option<Seen>) -> Self {
        let (seen, self_signed) =
            seen.map_or((None, false), |seen| (Some(seen.fingerprint), seen.self_signed));
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the library adds errors; those are shown as they are"
        )]
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer { seen, self_signed },
            CertificateError::NotValidForNameContext { expected, presented } => {
                Self::WrongName { expected: expected.to_str().into_owned(), presented, seen }
            }
            CertificateError::NotValidForName => {
                Self::WrongName { expected: "this name".to_owned(), presented: Vec::new(), seen }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired { seen },
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::Other(other) => match other.0.downcast_ref::<Rejection>() {
                Some(Rejection::Pin { pinned, seen }) => Self::PinMismatch { pinned: *pinned, seen: *seen },
                Some(Rejection::Changed { host, port, known, seen }) => {
                    Self::TofuChanged { host: host.clone(), port: *port, known: *known, seen: *seen }
                }
                Some(Rejection::KnownHosts(cause)) => Self::KnownHosts(cause.clone()),
                // A certificate that may sign others, used by the server itself: made by hand, without a CA.
                None if self_signed => Self::UnknownIssuer { seen, self_signed },
                None => Self::BadCertificate { cause: other.to_string(), seen },
            },
            // A trusted certificate happens to have the same name as this one, which signed itself.
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
                if self_signed =>
            {
                Self::UnknownIssuer { seen, self_signed }
            }
            error => Self::BadCertificate { cause: error.to_string(), seen },
        }
    }
}
