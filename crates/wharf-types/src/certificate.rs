//! Whom the certificate of a client names.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// The names in a client's certificate that TLS has proved and an authority that is trusted has signed.
///
/// Names are as they stand in the certificate; whoever shows them to people escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "built field by field by whoever read the certificate")]
pub struct ClientIdentity {
    /// The SHA-256 digest of the certificate.
    pub fingerprint: [u8; 32],
    /// The subject's common name; `None` where there is none or several.
    pub common_name: Option<String>,
    /// E-mail addresses among the subject's alternative names (RFC 5280 §4.2.1.6).
    pub emails: Vec<String>,
    /// Host names among them.
    pub dns_names: Vec<String>,
}

impl ClientIdentity {
    /// The fingerprint as 64 lower-case hexadecimal digits.
    pub fn shown_fingerprint(&self) -> impl fmt::Display {
        Hex(self.fingerprint)
    }
}

struct Hex([u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether sessions have to show a certificate of the client. The stricter one is the greater one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientCertificateRule {
    /// None is asked for.
    #[default]
    Off,
    /// One is asked for; who shows none goes on without.
    Optional,
    /// Nobody logs in without one.
    Required,
}

impl fmt::Display for ClientCertificateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        })
    }
}
