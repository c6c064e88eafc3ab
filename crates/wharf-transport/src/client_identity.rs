//! What a client's certificate says of it, and what is wrong with one.

use std::sync::Arc;

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::fingerprint::Fingerprint;

/// The names in a certificate that a client has proved to be its own and a trusted authority has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientIdentity {
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// The subject's common name; `None` where there is none, or several, of which none can be told to be meant.
    pub common_name: Option<String>,
    /// E-mail addresses among the subject's alternative names.
    pub emails: Vec<String>,
    /// Host names among them.
    pub dns_names: Vec<String>,
}

impl ClientIdentity {
    pub(crate) fn read(leaf: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
        let mut common = certificate.subject().iter_common_name();
        let common_name = match (common.next(), common.next()) {
            (Some(one), None) => one.as_str().ok().map(str::to_owned),
            (_, _) => None,
        };
        let (mut emails, mut dns_names) = (Vec::new(), Vec::new());
        if let Ok(Some(names)) = certificate.subject_alternative_name() {
            for name in &names.value.general_names {
                #[expect(clippy::wildcard_enum_match_arm, reason = "other kinds of names name no account")]
                match name {
                    GeneralName::RFC822Name(email) => emails.push((*email).to_owned()),
                    GeneralName::DNSName(dns) => dns_names.push((*dns).to_owned()),
                    _ => {}
                }
            }
        }
        Some(Self { fingerprint: Fingerprint::of_der(leaf), common_name, emails, dns_names })
    }
}

/// Why a client's certificate counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CertificateProblem {
    /// None was shown where the control connection has one.
    #[error("no client certificate was shown")]
    Missing,
    /// No authority that is trusted has signed it.
    #[error("the client certificate comes from an unknown issuer")]
    UnknownIssuer,
    /// It has expired.
    #[error("the client certificate has expired")]
    Expired,
    /// It begins in the future.
    #[error("the client certificate is not valid yet")]
    NotYetValid,
    /// Its issuer has revoked it.
    #[error("the client certificate has been revoked")]
    Revoked,
    /// There are lists of revoked certificates, and none of them tells of this one.
    #[error("no revocation list of the issuer tells whether the client certificate was revoked")]
    RevocationUnknown,
    /// The list that would tell has expired.
    #[error("the revocation list for the client certificate has expired")]
    RevocationExpired,
    /// It is made for something else than clients.
    #[error("the certificate is not made for clients")]
    WrongPurpose,
    /// It cannot be read or is wrong in another way.
    #[error("the client certificate is not usable")]
    Unusable,
    /// The data connection shows another one than its control connection.
    #[error("the data connection shows another client certificate than its control connection")]
    Different,
}

/// What came of asking a client for its certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientVerdict {
    /// None was asked for: on a client, and on a server without [`ClientTrust`](crate::ClientTrust).
    #[default]
    NotAsked,
    /// None was shown.
    Missing,
    /// One was shown that counts for nothing.
    Refused(CertificateProblem),
    /// One was shown that is good.
    Verified(Arc<ClientIdentity>),
}
