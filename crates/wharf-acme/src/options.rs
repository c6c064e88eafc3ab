//! What is asked of an authority, and how.

use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::certificate::Leaf;
use crate::error::AcmeError;
use crate::store::{self, CERTIFICATE};

/// The directory of Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What is asked of an authority, and how. [`AcmeOptions::new`] fills in the defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcmeOptions {
    /// The URL of the authority's directory (RFC 8555 §7.1.1); Let's Encrypt's by default.
    pub directory: String,
    /// Where the authority may write to, such as `mailto:admin@example.org`.
    pub contact: Vec<String>,
    /// The names that the certificate proves, the first one being the one that people know.
    pub names: Vec<String>,
    /// Whether the authority's terms are accepted; without that it gives no certificate.
    pub accept_terms: bool,
    /// How the names are proved.
    pub challenge: Challenge,
    /// The authority's root in PEM, for one whose own certificate the system does not trust.
    pub ca_file: Option<PathBuf>,
    /// An account that the authority knows already by other means (RFC 8555 §7.3.4).
    pub external_account: Option<ExternalAccount>,
    /// The folder for account and certificate; it is made if need be, for the owner alone.
    pub state: PathBuf,
}

impl AcmeOptions {
    /// HTTP-01 at port 80 of every address, with Let's Encrypt, whose terms are not accepted yet.
    pub fn new(state: impl Into<PathBuf>, names: Vec<String>) -> Self {
        Self {
            directory: LETS_ENCRYPT.to_owned(),
            contact: Vec::new(),
            names,
            accept_terms: false,
            challenge: Challenge::Http01 { listen: (Ipv4Addr::UNSPECIFIED, 80).into() },
            ca_file: None,
            external_account: None,
            state: state.into(),
        }
    }
}

impl AcmeOptions {
    /// Whether the root that the authority is to be known by can be used, where one is given.
    ///
    /// # Errors
    /// [`AcmeError::Root`]: the file cannot be read, or holds no certificate.
    pub fn check_root(&self) -> Result<(), AcmeError> {
        let Some(path) = &self.ca_file else { return Ok(()) };
        let read = fs::read(path).map_err(|error| error.to_string()).and_then(|text| Leaf::read(&text));
        read.map(|_| ()).map_err(|cause| AcmeError::Root { path: path.clone(), cause })
    }

    /// Where the certificate of these options is, once there is one: the private key, then the chain, the server's own
    /// first, in one file, which is only ever replaced as a whole.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        store::folder(&self.state, &self.directory).join(CERTIFICATE)
    }
}

/// How names are proved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// The authority fetches a file by HTTP from port 80 of each name (RFC 8555 §8.3).
    Http01 {
        /// Where that is answered, while a proof is under way and not longer.
        listen: SocketAddr,
    },
    /// The authority looks for a TXT record in the DNS (RFC 8555 §8.4).
    Dns01 {
        /// The program that sets and removes it: `HOOK add NAME VALUE` and `HOOK remove NAME VALUE`.
        hook: PathBuf,
    },
}

/// An account that the authority knows by other means. The key is never shown.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "built field by field by the caller")]
pub struct ExternalAccount {
    /// What the authority calls the key.
    pub id: String,
    /// The key itself, for HMAC-SHA-256.
    pub key: Vec<u8>,
}

impl fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalAccount").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::certificate;

    #[test]
    fn a_root_that_is_none_is_named_and_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = AcmeOptions::new(dir.path(), Vec::new());
        options.check_root().unwrap();
        let file = dir.path().join("root.pem");
        options.ca_file = Some(file.clone());
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for text in [key.clone(), key.replace('\n', ""), key.replace('\n', " "), String::new()] {
            fs::write(&file, text).unwrap();
            let told = options.check_root().unwrap_err().to_string();
            assert!(told.contains("root.pem") && !told.contains("MI") && !told.contains("77"), "{told}");
        }
        fs::write(&file, certificate().0).unwrap();
        options.check_root().unwrap();
        fs::remove_file(&file).unwrap();
        assert!(matches!(options.check_root(), Err(AcmeError::Root { .. })));
    }
}
