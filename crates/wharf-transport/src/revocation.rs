//! Lists of revoked certificates (RFC 5280 §5), and who signed them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::CertificateRevocationListDer;
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Extension};

use crate::fingerprint::Fingerprint;
use crate::options::provider;
use crate::pem;

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
    /// SHA-256 of the certificate of the trusted authority whose key has signed it; `None` where none of them has, which is
    /// right for the list of an intermediate authority.
    pub signed_by: Option<Fingerprint>,
    /// A later list of the same issuer, signed with the same key, is there: this one counts no more.
    pub superseded: bool,
}

/// A list as it was read.
pub(crate) struct ReadList {
    pub(crate) der: CertificateRevocationListDer<'static>,
    pub(crate) told: RevocationList,
    /// When it was issued, and its number as length and digits: the later of two lists has the greater ones.
    pub(crate) issued: (i64, usize, Vec<u8>),
    pub(crate) issuer: IssuerKey,
    pub(crate) parsed: CertRevocationList<'static>,
}

/// Which key of which issuer has signed something, as far as it says so itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerKey {
    /// The issuer's name in DER.
    pub(crate) name: Vec<u8>,
    /// What it calls its key (RFC 5280 §4.2.1.1).
    pub(crate) key: Option<Vec<u8>>,
}

impl IssuerKey {
    pub(crate) fn of(name: &[u8], extensions: &[X509Extension<'_>]) -> Self {
        let key = extensions.iter().find_map(|extension| {
            let ParsedExtension::AuthorityKeyIdentifier(authority) = extension.parsed_extension() else {
                return None;
            };
            authority.key_identifier.as_ref().map(|key| key.0.to_vec())
        });
        Self { name: name.to_vec(), key }
    }
}

/// The lists in a file: several in PEM, or one in DER.
pub(crate) fn read(bytes: &[u8], path: Option<&Path>) -> Result<Vec<ReadList>, String> {
    // DER begins with a SEQUENCE, PEM with text.
    let ders: Vec<CertificateRevocationListDer<'static>> =
        if bytes.first() == Some(&0x30) { vec![bytes.to_vec().into()] } else { pem::all(bytes)? };
    if ders.is_empty() {
        return Err("it holds no list of revoked certificates (X509 CRL), in PEM or DER".to_owned());
    }
    ders.into_iter().map(|der| read_one(der, path)).collect()
}

fn read_one(der: CertificateRevocationListDer<'static>, path: Option<&Path>) -> Result<ReadList, String> {
    let (_, list) = CertificateRevocationList::from_der(&der)
        .map_err(|error| format!("it holds no list of revoked certificates: {error}"))?;
    let parsed = OwnedCertRevocationList::from_der(&der)
        .map_err(|error| format!("it holds a list of revoked certificates of an unknown kind: {error}"))?;
    let number = list.crl_number().map(|number| number.to_bytes_be()).unwrap_or_default();
    let told = RevocationList {
        path: path.map(Path::to_owned),
        issuer: list.issuer().to_string(),
        this_update: moment(list.last_update().timestamp()).unwrap_or(UNIX_EPOCH),
        next_update: list.next_update().and_then(|time| moment(time.timestamp())),
        count: list.iter_revoked_certificates().count(),
        signed_by: None,
        superseded: false,
    };
    let issued = (list.last_update().timestamp(), number.len(), number);
    let issuer = IssuerKey::of(list.issuer().as_raw(), list.extensions());
    Ok(ReadList { told, issued, issuer, parsed: parsed.into(), der })
}

/// Seconds since 1970 as a moment; `None` before that.
pub(crate) fn moment(seconds: i64) -> Option<SystemTime> {
    u64::try_from(seconds).ok().map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Whether a list in DER was signed with a key, given as the content of a SubjectPublicKeyInfo.
pub(crate) fn is_signed_by(list: &[u8], key: &[u8]) -> bool {
    let Some((signed, algorithm, signature)) = parts(list) else { return false };
    let Some((key_algorithm, key)) = Tlv::split(key) else { return false };
    let Some(key) = Tlv::split(key).and_then(|(key, _)| key.bits()) else { return false };
    provider().signature_verification_algorithms.all.iter().any(|known| {
        known.signature_alg_id().as_ref() == algorithm
            && known.public_key_alg_id().as_ref() == key_algorithm.content
            && known.verify_signature(key, signed, signature).is_ok()
    })
}

/// The same for a whole SubjectPublicKeyInfo.
pub(crate) fn is_signed_by_whole(list: &[u8], key: &[u8]) -> bool {
    Tlv::split(key).is_some_and(|(key, _)| is_signed_by(list, key.content))
}

/// What is signed, the content of the algorithm's identifier, and the signature (RFC 5280 §5.1).
fn parts(list: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (outer, _) = Tlv::split(list)?;
    let (signed, rest) = Tlv::split(outer.content)?;
    let (algorithm, rest) = Tlv::split(rest)?;
    let (signature, _) = Tlv::split(rest)?;
    Some((signed.whole, algorithm.content, signature.bits()?))
}

/// One value in DER (X.690 §8.1), whatever its kind.
struct Tlv<'a> {
    whole: &'a [u8],
    content: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The first value, and what is behind it.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let first = *bytes.get(1)?;
        let (head, length) = if first < 0x80 {
            (2, usize::from(first))
        } else {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
            (2 + count, digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
        };
        let end = head.checked_add(length)?;
        let whole = bytes.get(..end)?;
        Some((Self { whole, content: whole.get(head..)? }, bytes.get(end..)?))
    }

    /// The content of a BIT STRING of whole bytes.
    fn bits(&self) -> Option<&'a [u8]> {
        self.content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bits)| bits)
    }
}
