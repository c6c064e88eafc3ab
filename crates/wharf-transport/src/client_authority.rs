//! Those who sign certificates of clients.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::{CertificateDer, TrustAnchor};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::client_identity::CertificateProblem;
use crate::fingerprint::Fingerprint;
use crate::pem;
use crate::revocation::moment;

/// An authority whose client certificates are taken, as far as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientAuthority {
    /// Its name, in words.
    pub name: String,
    /// SHA-256 of its certificate.
    pub fingerprint: Fingerprint,
    /// When its certificate begins to be valid.
    pub not_before: SystemTime,
    /// When it ends: what it has signed counts no longer then.
    pub not_after: SystemTime,
    /// Whether a list of revoked certificates is there that it has signed.
    pub has_list: bool,
    /// Another certificate of it, with the same name and key, ends later: the end of this one is of no matter.
    pub superseded: bool,
}

/// An authority as it was read.
pub(crate) struct Authority {
    pub(crate) anchor: TrustAnchor<'static>,
    pub(crate) told: ClientAuthority,
}

impl Authority {
    /// All in a text in PEM.
    pub(crate) fn read_all(text: &[u8]) -> Result<Vec<Self>, String> {
        let all: Vec<Self> =
            pem::all::<CertificateDer<'static>>(text)?.iter().map(Self::read).collect::<Result<_, _>>()?;
        if all.is_empty() {
            return Err("it holds no certificate: give those of the authorities in PEM".to_owned());
        }
        Ok(all)
    }

    fn read(der: &CertificateDer<'_>) -> Result<Self, String> {
        let anchor = webpki::anchor_from_trusted_cert(der).map_err(|error| error.to_string())?;
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        let validity = certificate.validity();
        let told = ClientAuthority {
            name: certificate.subject().to_string(),
            fingerprint: Fingerprint::of_der(der),
            not_before: moment(validity.not_before.timestamp()).unwrap_or(UNIX_EPOCH),
            not_after: moment(validity.not_after.timestamp()).unwrap_or(UNIX_EPOCH),
            has_list: false,
            superseded: false,
        };
        Ok(Self { anchor: anchor.to_owned(), told })
    }

    /// Why what it has signed counts for nothing at a time since 1970, if that is so.
    pub(crate) fn problem(&self, now: Duration) -> Option<CertificateProblem> {
        let now = UNIX_EPOCH + now;
        if now > self.told.not_after {
            Some(CertificateProblem::Expired)
        } else if now < self.told.not_before {
            Some(CertificateProblem::NotYetValid)
        } else {
            None
        }
    }

    /// Whether it is the same one under another certificate: both verify the same.
    pub(crate) fn has_key_of(&self, other: &Self) -> bool {
        self.anchor.subject_public_key_info == other.anchor.subject_public_key_info
    }

    pub(crate) fn has_name_of(&self, other: &Self) -> bool {
        self.anchor.subject == other.anchor.subject
    }

    pub(crate) fn anchor(&self) -> TrustAnchor<'_> {
        TrustAnchor {
            subject: self.anchor.subject.as_ref().into(),
            subject_public_key_info: self.anchor.subject_public_key_info.as_ref().into(),
            name_constraints: self
                .anchor
                .name_constraints
                .as_ref()
                .map(|constraints| constraints.as_ref().into()),
        }
    }
}
