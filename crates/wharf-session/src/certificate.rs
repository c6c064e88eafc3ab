//! What came of asking a client for its certificate.

use core::fmt;
use std::sync::Arc;

use wharf_types::ClientIdentity;

use crate::SubStatus;

/// Why the certificate of a client counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientCertificateProblem {
    /// One is needed and none was shown.
    Missing,
    /// No authority that is trusted here has signed it.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// It begins in the future.
    NotYetValid,
    /// Its issuer has revoked it.
    Revoked,
    /// No list of its issuer tells whether it was revoked.
    RevocationUnknown,
    /// The list that would tell whether it was revoked has expired.
    RevocationExpired,
    /// It is not made for clients (RFC 5280 §4.2.1.12).
    WrongPurpose,
    /// It cannot be read, or its signature does not fit.
    Unusable,
    /// A data connection showed another one than its control connection (RFC 4217 §15.1.2).
    Different,
}

impl ClientCertificateProblem {
    /// What the log calls it.
    #[must_use]
    pub const fn substatus(self) -> SubStatus {
        match self {
            Self::Missing => SubStatus::ClientCertificateMissing,
            Self::UnknownIssuer | Self::WrongPurpose | Self::Unusable => {
                SubStatus::ClientCertificateUntrusted
            }
            Self::Expired | Self::NotYetValid => SubStatus::ClientCertificateExpired,
            Self::Revoked => SubStatus::ClientCertificateRevoked,
            Self::RevocationUnknown | Self::RevocationExpired => SubStatus::ClientCertificateUnproven,
            Self::Different => SubStatus::ClientCertificateDiffers,
        }
    }

    /// The text of a reply.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Missing => "A client certificate is needed, and none was shown",
            Self::UnknownIssuer => "The client certificate comes from an issuer that is not trusted here",
            Self::Expired => "The client certificate has expired",
            Self::NotYetValid => "The client certificate is not valid yet",
            Self::Revoked => "The client certificate has been revoked",
            Self::RevocationUnknown => "Nothing tells whether the client certificate has been revoked",
            Self::RevocationExpired => "The list of revoked certificates has expired",
            Self::WrongPurpose => "The certificate is not one for clients",
            Self::Unusable => "The client certificate is not usable",
            Self::Different => {
                "The data connection shows another client certificate than the control connection"
            }
        }
    }
}

impl fmt::Display for ClientCertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no client certificate was shown",
            Self::UnknownIssuer => "the client certificate comes from an unknown issuer",
            Self::Expired => "the client certificate has expired",
            Self::NotYetValid => "the client certificate is not valid yet",
            Self::Revoked => "the client certificate has been revoked",
            Self::RevocationUnknown => {
                "no revocation list of the issuer tells whether the client certificate was revoked"
            }
            Self::RevocationExpired => "the revocation list for the client certificate has expired",
            Self::WrongPurpose => "the certificate is not made for clients",
            Self::Unusable => "the client certificate is not usable",
            Self::Different => {
                "the data connection shows another client certificate than its control connection"
            }
        })
    }
}

/// What a TLS handshake brought to light about the client's certificate. The client has proved that it holds the key of
/// one that it showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ClientCertificate {
    /// None was asked for.
    #[default]
    NotAsked,
    /// One was asked for and none was shown.
    Missing,
    /// One was shown that counts for nothing. It is never as good as none: the session is refused.
    Refused(ClientCertificateProblem),
    /// A trusted authority has signed it, and it is valid.
    Verified(Arc<ClientIdentity>),
}
