//! Who a server is: certificate chain and private key.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{ASN1Time, FromDer as _, Validity, X509Certificate};

use crate::clock::since_epoch;
use crate::fingerprint::Fingerprint;
use crate::options::provider;
use crate::pem;
use crate::private_file;

/// Validity of a certificate made here: ten years.
const VALIDITY: Duration = Duration::from_secs(3652 * 24 * 60 * 60);
/// It begins a day early, for clients whose clock is late.
const HEAD_START: Duration = Duration::from_secs(24 * 60 * 60);

/// The certificate chain and private key of a server. Cloning shares it; the key is never shown.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// Where an [`Identity`] came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there.
    Loaded,
    /// It was made now.
    Created,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// There is no usable certificate.
    #[error("{what} holds no usable certificate ({cause}): give the chain in PEM, the server's own first")]
    Certificate {
        /// The file, or a word for it.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There is no usable private key.
    #[error("{what} holds no usable private key ({cause}): give it in PEM without a passphrase")]
    Key {
        /// The file, or a word for it.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The key belongs to another certificate.
    #[error(
        "the private key in {key} does not belong to the first certificate in {certificate}: \
        give the two that were made together"
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: String,
        /// The file of the key.
        key: String,
    },
    /// Others can read the private key.
    #[error("{} can be read by others (mode {mode:03o}): chmod 600 it", .path.display())]
    KeyReadable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// One of the two files is missing.
    #[error("{} is missing, but its counterpart is there: restore it, or remove both to get new ones",
        .path.display())]
    Half {
        /// The missing file.
        path: PathBuf,
    },
    /// No certificate can be made for these names.
    #[error("no certificate can be made for {names}: {cause}", names = .names.join(", "))]
    Create {
        /// The names asked for.
        names: Vec<String>,
        /// What is wrong.
        cause: String,
    },
}

impl Identity {
    /// Reads a certificate chain (the server's own first) and its private key.
    ///
    /// # Errors
    ///
    /// A file is unreadable or holds something else, or the key does not match.
    pub fn from_pem_files(cert: &Path, key: &Path) -> Result<Self, IdentityError> {
        let cert_pem = read(cert)?;
        let key_pem = read(key)?;
        parse(&cert_pem, &cert.display().to_string(), &key_pem, &key.display().to_string())
    }

    /// The same from memory.
    ///
    /// # Errors
    ///
    /// The text holds something else, or the key does not match.
    pub fn from_pem(cert: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        parse(cert, "the certificate", key, "the private key")
    }

    /// Makes a certificate signed by itself (ECDSA P-256, ten years) for host names and IP addresses.
    ///
    /// # Errors
    ///
    /// A name is not usable in a certificate, or there is none.
    pub fn self_signed(names: &[String]) -> Result<Self, IdentityError> {
        let (cert, key) = create(names)?;
        Self::from_pem(cert.as_bytes(), key.as_bytes())
    }

    /// Takes `dir/cert.pem` and `dir/key.pem`, or makes them with [`Identity::self_signed`], the key readable by
    /// the owner alone.
    ///
    /// # Errors
    ///
    /// As the other constructors; besides one file is missing, or others can read the key.
    pub fn load_or_create(dir: &Path, names: &[String]) -> Result<(Self, Origin), IdentityError> {
        let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        match (exists(&cert)?, exists(&key)?) {
            (true, true) => {
                let mode = fs::metadata(&key).map_err(|e| file(&key, e))?.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(IdentityError::KeyReadable { path: key, mode });
                }
                Ok((Self::from_pem_files(&cert, &key)?, Origin::Loaded))
            }
            (true, false) => Err(IdentityError::Half { path: key }),
            (false, true) => Err(IdentityError::Half { path: cert }),
            (false, false) => {
                let (cert_pem, key_pem) = create(names)?;
                private_file::create_dir(dir).map_err(|e| file(dir, e))?;
                private_file::write(&key, key_pem.as_bytes()).map_err(|e| file(&key, e))?;
                private_file::write(&cert, cert_pem.as_bytes()).map_err(|e| file(&cert, e))?;
                Ok((Self::from_pem_files(&cert, &key)?, Origin::Created))
            }
        }
    }

    /// SHA-256 of the server's own certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_der(self.leaf())
    }

    /// The chain in PEM, without the key.
    #[must_use]
    pub fn cert_pem(&self) -> String {
        self.0.cert.iter().map(|der| x509_pem(der)).collect()
    }

    /// The host names and addresses the certificate is for.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let Ok((_, leaf)) = X509Certificate::from_der(self.leaf()) else { return Vec::new() };
        let Ok(Some(names)) = leaf.subject_alternative_name() else { return Vec::new() };
        names.value.general_names.iter().filter_map(name).collect()
    }

    /// When the certificate begins to be valid.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.moment(|validity| validity.not_before)
    }

    /// When the certificate expires.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.moment(|validity| validity.not_after)
    }

    fn moment(&self, of: impl FnOnce(&Validity) -> ASN1Time) -> SystemTime {
        X509Certificate::from_der(self.leaf())
            .ok()
            .and_then(|(_, leaf)| u64::try_from(of(leaf.validity()).timestamp()).ok())
            .map_or(UNIX_EPOCH, |secs| UNIX_EPOCH + Duration::from_secs(secs))
    }

    fn leaf(&self) -> &[u8] {
        self.0.cert.first().map_or(&[], |leaf| leaf.as_ref())
    }

    pub(crate) fn certified(&self) -> &Arc<CertifiedKey> {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("fingerprint", &self.fingerprint())
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

fn file(path: &Path, source: io::Error) -> IdentityError {
    IdentityError::File { path: path.to_owned(), source }
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    fs::read(path).map_err(|error| file(path, error))
}

fn exists(path: &Path) -> Result<bool, IdentityError> {
    path.try_exists().map_err(|error| file(path, error))
}

fn parse(cert_pem: &[u8], cert: &str, key_pem: &[u8], key: &str) -> Result<Identity, IdentityError> {
    let no_cert = |cause: String| IdentityError::Certificate { what: cert.to_owned(), cause };
    let no_key = |cause: String| IdentityError::Key { what: key.to_owned(), cause };
    let chain: Vec<CertificateDer<'static>> =
        pem::all(cert_pem).map_err(|cause| no_cert(cause.to_owned()))?;
    let leaf = chain.first().ok_or_else(|| no_cert("no CERTIFICATE block".to_owned()))?;
    X509Certificate::from_der(leaf).map_err(|error| no_cert(error.to_string()))?;
    let encrypted = key_pem.windows(9).any(|window| window == b"ENCRYPTED");
    let private: PrivateKeyDer<'static> = pem::first(key_pem)
        .map_err(|cause| no_key(if encrypted { "it is encrypted" } else { cause }.to_owned()))?;
    match CertifiedKey::from_der(chain, private, &provider()) {
        Ok(both) => Ok(Identity(Arc::new(both))),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(IdentityError::Mismatch { certificate: cert.to_owned(), key: key.to_owned() })
        }
        Err(Error::InvalidCertificate(error)) => Err(no_cert(error.to_string())),
        Err(error) => Err(no_key(error.to_string())),
    }
}

fn create(names: &[String]) -> Result<(String, String), IdentityError> {
    let failed = |cause: String| IdentityError::Create { names: names.to_vec(), cause };
    let first = names.first().ok_or_else(|| failed("give at least one host name or address".to_owned()))?;
    let mut params = CertificateParams::new(names).map_err(|error| failed(error.to_string()))?;
    params.distinguished_name.push(DnType::CommonName, first.as_str());
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch().saturating_sub(HEAD_START);
    params.not_after = epoch + since_epoch() + VALIDITY;
    let key = KeyPair::generate().map_err(|error| failed(error.to_string()))?;
    let cert = params.self_signed(&key).map_err(|error| failed(error.to_string()))?;
    Ok((cert.pem(), key.serialize_pem()))
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other kinds of names do not name servers")]
    match name {
        GeneralName::DNSName(dns) => Some((*dns).to_owned()),
        GeneralName::IPAddress(bytes) => match *bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            bytes => <[u8; 16]>::try_from(bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
        },
        _ => None,
    }
}

fn x509_pem(der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let bytes = [group[0], group.get(1).copied().unwrap_or(0), group.get(2).copied().unwrap_or(0)];
            let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            for position in 0..4 {
                let index = usize::try_from(bits >> (18 - 6 * position) & 63).unwrap_or(0);
                let digit = if position <= group.len() { char::from(ALPHABET[index]) } else { '=' };
                text.push(digit);
            }
        }
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
