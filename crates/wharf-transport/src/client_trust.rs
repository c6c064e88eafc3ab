//! Whose client certificates a server takes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{Context, Digest, SHA256};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

use crate::client_identity::{CertificateProblem, ClientIdentity, ClientVerdict};
use crate::options::provider;
use crate::pem;

/// The authorities whose client certificates are taken, and their lists of revoked ones. Cloning shares it.
///
/// With a list of any authority, each certificate of a chain but the authority's own has to be told good by a list that
/// its issuer signed and that has not expired (RFC 5280 §6.3): where none tells, the chain is refused, since an old or
/// missing list is what somebody with a revoked certificate would wish for.
#[derive(Clone)]
pub struct ClientTrust(Arc<Inner>);

struct Inner {
    verifier: Arc<dyn ClientCertVerifier>,
    authorities: usize,
    lists: Vec<RevocationList>,
    /// Of all that was read.
    digest: Digest,
}

/// A list as it was read.
struct ReadList {
    der: CertificateRevocationListDer<'static>,
    told: RevocationList,
    /// When it was issued, and its number as length and digits: the later of two lists has the greater ones.
    issued: (i64, usize, Vec<u8>),
}

/// A list of revoked certificates, as far as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationList {
    /// The file that it stands in; `None` for text from elsewhere.
    pub path: Option<PathBuf>,
    /// Who issued it, in words.
    pub issuer: String,
    /// When it was issued.
    pub this_update: SystemTime,
    /// When the next one is due, and this one has expired; `None` where it does not say.
    pub next_update: Option<SystemTime>,
    /// How many certificates are in it.
    pub count: usize,
}

/// Whom to trust cannot be told.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", shown(.path.as_deref()))]
#[non_exhaustive]
pub struct ClientTrustError {
    /// The file; `None` for text from elsewhere.
    pub path: Option<PathBuf>,
    /// What is wrong with it.
    pub cause: String,
}

fn shown(path: Option<&Path>) -> String {
    path.map_or_else(|| "client certificates".to_owned(), |path| path.display().to_string())
}

impl ClientTrust {
    /// Reads authorities from a PEM file, and lists of revoked certificates from files in PEM or DER.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or holds something else.
    pub fn from_files(ca: &Path, crls: &[PathBuf]) -> Result<Self, ClientTrustError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| ClientTrustError {
                path: Some(path.to_owned()),
                cause: format!("it cannot be read: {error}"),
            })
        };
        let pem = read(ca)?;
        let roots =
            authorities(&pem).map_err(|cause| ClientTrustError { path: Some(ca.to_owned()), cause })?;
        let mut lists = Vec::new();
        for path in crls {
            let bytes = read(path)?;
            let here = |cause| ClientTrustError { path: Some(path.clone()), cause };
            lists.extend(revoked(&bytes, Some(path)).map_err(here)?);
        }
        Self::new(roots, lists)
    }

    /// The same from memory.
    ///
    /// # Errors
    ///
    /// The text holds something else.
    pub fn from_pem(ca: &[u8], crls: &[&[u8]]) -> Result<Self, ClientTrustError> {
        let here = |cause| ClientTrustError { path: None, cause };
        let roots = authorities(ca).map_err(here)?;
        let mut lists = Vec::new();
        for bytes in crls {
            lists.extend(revoked(bytes, None).map_err(here)?);
        }
        Self::new(roots, lists)
    }

    fn new(roots: RootCertStore, mut crls: Vec<ReadList>) -> Result<Self, ClientTrustError> {
        // The first list of an issuer decides: an old one beside its successor must not.
        crls.sort_by(|one, other| other.issued.cmp(&one.issued));
        let authorities = roots.len();
        let mut digest = Context::new(&SHA256);
        let parts = roots.roots.iter().flat_map(|root| {
            let constraints = root.name_constraints.as_deref().unwrap_or_default();
            [&*root.subject, &*root.subject_public_key_info, constraints]
        });
        for part in parts.chain(crls.iter().map(|list| &*list.der)) {
            digest.update(&part.len().to_be_bytes());
            digest.update(part);
        }
        let (ders, lists): (Vec<_>, Vec<_>) = crls.into_iter().map(|list| (list.der, list.told)).unzip();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .with_crls(ders)
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| ClientTrustError { path: None, cause: error.to_string() })?;
        Ok(Self(Arc::new(Inner { verifier, authorities, lists, digest: digest.finish() })))
    }

    /// How many authorities are trusted.
    #[must_use]
    pub fn authorities(&self) -> usize {
        self.0.authorities
    }

    /// The lists of revoked certificates. Of several that one issuer gave, the first one counts, which is the latest.
    #[must_use]
    pub fn revocation_lists(&self) -> &[RevocationList] {
        &self.0.lists
    }

    /// Whether both came of the same certificates and lists.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.digest.as_ref() == other.0.digest.as_ref()
    }

    /// Judges the chain that a client has shown, whose key it has proved to hold, at a time since 1970.
    pub(crate) fn judge(&self, chain: Option<&[CertificateDer<'_>]>, now: Duration) -> ClientVerdict {
        let Some((leaf, intermediates)) = chain.and_then(<[_]>::split_first) else {
            return ClientVerdict::Missing;
        };
        match self.0.verifier.verify_client_cert(leaf, intermediates, UnixTime::since_unix_epoch(now)) {
            Ok(_) => match ClientIdentity::read(leaf) {
                Some(identity) => ClientVerdict::Verified(Arc::new(identity)),
                None => ClientVerdict::Refused(CertificateProblem::Unusable),
            },
            Err(error) => {
                tracing::debug!(%error, "a client certificate is refused");
                ClientVerdict::Refused(problem(&error))
            }
        }
    }
}

impl fmt::Debug for ClientTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTrust")
            .field("authorities", &self.0.authorities)
            .field("lists", &self.0.lists)
            .finish_non_exhaustive()
    }
}

fn problem(error: &Error) -> CertificateProblem {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else is wrong, the certificate is not usable"
    )]
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                CertificateProblem::UnknownIssuer
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                CertificateProblem::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                CertificateProblem::NotYetValid
            }
            CertificateError::Revoked => CertificateProblem::Revoked,
            CertificateError::UnknownRevocationStatus => CertificateProblem::RevocationUnknown,
            CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => CertificateProblem::RevocationExpired,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                CertificateProblem::WrongPurpose
            }
            _ => CertificateProblem::Unusable,
        },
        // The list, not the certificate: its signature does not fit, or it is of a kind that is not understood.
        Error::InvalidCertRevocationList(_) => CertificateProblem::RevocationUnknown,
        _ => CertificateProblem::Unusable,
    }
}

fn authorities(text: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in pem::all::<CertificateDer<'static>>(text)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("it holds no certificate: give those of the authorities in PEM".to_owned());
    }
    Ok(roots)
}

/// The lists in a file: several in PEM, or one in DER.
fn revoked(bytes: &[u8], path: Option<&Path>) -> Result<Vec<ReadList>, String> {
    // DER begins with a SEQUENCE, PEM with text.
    let ders: Vec<CertificateRevocationListDer<'static>> = if bytes.first() == Some(&0x30) {
        vec![bytes.to_vec().into()]
    } else {
        pem::all(bytes)?
    };
    if ders.is_empty() {
        return Err("it holds no list of revoked certificates (X509 CRL), in PEM or DER".to_owned());
    }
    ders.into_iter()
        .map(|der| {
            let (_, list) = CertificateRevocationList::from_der(&der)
                .map_err(|error| format!("it holds no list of revoked certificates: {error}"))?;
            let moment = |seconds: i64| {
                u64::try_from(seconds).ok().map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds))
            };
            let this_update = moment(list.last_update().timestamp()).unwrap_or(UNIX_EPOCH);
            let next_update = list.next_update().and_then(|time| moment(time.timestamp()));
            let issuer = list.issuer().to_string();
            let count = list.iter_revoked_certificates().count();
            let number = list.crl_number().map(|number| number.to_bytes_be()).unwrap_or_default();
            let issued = (list.last_update().timestamp(), number.len(), number);
            let path = path.map(Path::to_owned);
            let told = RevocationList { path, issuer, this_update, next_update, count };
            Ok(ReadList { der: der.clone(), told, issued })
        })
        .collect()
}
