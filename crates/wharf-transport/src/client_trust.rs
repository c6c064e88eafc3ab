//! Whose client certificates a server takes.

use std::cmp::Reverse;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationOptions,
    RevocationOptionsBuilder,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::client_authority::{Authority, ClientAuthority};
use crate::client_identity::{CertificateProblem, ClientIdentity, ClientVerdict};
use crate::options::provider;
use crate::revocation::{self, IssuerKey, ReadList, RevocationList};

/// The authorities whose client certificates are taken, and their lists of revoked ones. Cloning shares it.
///
/// An authority counts as long as its own certificate is valid. With a list of any authority, each certificate of a chain but
/// the authority's own has to be told good by a list that its issuer signed and that has not expired (RFC 5280 §6.3): where
/// none tells, the chain is refused, since an old or missing list is what somebody with a revoked certificate would wish for.
///
/// An authority may change its key and keep its name (RFC 4210 §4.4): each key then has lists of its own.
#[derive(Clone)]
pub struct ClientTrust(Arc<Inner>);

struct Inner {
    rounds: Vec<Round>,
    told: Vec<ClientAuthority>,
    /// The latest first.
    lists: Vec<CertRevocationList<'static>>,
    /// Of each list, who says to have signed it.
    issuers: Vec<IssuerKey>,
    /// Whether there are lists of one name by several keys.
    several_keys: bool,
    told_lists: Vec<RevocationList>,
    /// Of all that was read.
    digest: Digest,
}

/// Authorities of which no two have the same name and different keys. The library takes the first list of a name, whatever
/// key has signed it, so that each key needs a round in which its own lists come first.
struct Round {
    authorities: Vec<Authority>,
    /// The places of all lists: first those that these authorities have signed.
    lists: Vec<usize>,
    /// How many these are.
    own: usize,
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
        let authorities = Authority::read_all(&pem)
            .map_err(|cause| ClientTrustError { path: Some(ca.to_owned()), cause })?;
        let mut lists = Vec::new();
        for path in crls {
            let bytes = read(path)?;
            let here = |cause| ClientTrustError { path: Some(path.clone()), cause };
            lists.extend(revocation::read(&bytes, Some(path)).map_err(here)?);
        }
        Ok(Self::new(authorities, lists))
    }

    /// The same from memory.
    ///
    /// # Errors
    ///
    /// The text holds something else.
    pub fn from_pem(ca: &[u8], crls: &[&[u8]]) -> Result<Self, ClientTrustError> {
        let here = |cause| ClientTrustError { path: None, cause };
        let authorities = Authority::read_all(ca).map_err(here)?;
        let mut lists = Vec::new();
        for bytes in crls {
            lists.extend(revocation::read(bytes, None).map_err(here)?);
        }
        Ok(Self::new(authorities, lists))
    }

    fn new(mut authorities: Vec<Authority>, mut lists: Vec<ReadList>) -> Self {
        // The first list of an issuer decides: an old one beside its successor must not.
        lists.sort_by(|one, other| other.issued.cmp(&one.issued));
        let digest = digest(&authorities, &lists);
        sign(&mut authorities, &mut lists);
        let several_keys = lists.iter().enumerate().any(|(place, list)| {
            let others = lists.iter().take(place).map(|other| &other.issuer);
            others.filter(|other| other.name == list.issuer.name).any(|other| other.key != list.issuer.key)
        });
        let told = authorities.iter().map(|authority| told(authority, &authorities)).collect();
        let mut rounds: Vec<Round> = Vec::new();
        for authority in authorities {
            let fits = |round: &&mut Round| {
                let same = |other: &&Authority| other.has_name_of(&authority);
                round.authorities.iter().filter(same).all(|other| other.has_key_of(&authority))
            };
            match rounds.iter_mut().find(fits) {
                Some(round) => round.authorities.push(authority),
                None => {
                    rounds.push(Round { authorities: vec![authority], lists: Vec::new(), own: 0 });
                }
            }
        }
        for round in &mut rounds {
            let signed = |place: &usize| lists.get(*place).is_some_and(|list| round.has_signed(list));
            let (own, others): (Vec<usize>, Vec<usize>) = (0..lists.len()).partition(signed);
            round.own = own.len();
            round.lists = [own, others].concat();
        }
        let issuers = lists.iter().map(|list| list.issuer.clone()).collect();
        let (lists, told_lists) = lists.into_iter().map(|list| (list.parsed, list.told)).unzip();
        Self(Arc::new(Inner { rounds, told, lists, issuers, several_keys, told_lists, digest }))
    }

    /// How many authorities are trusted.
    #[must_use]
    pub fn authorities(&self) -> usize {
        self.0.told.len()
    }

    /// The authorities that are trusted.
    #[must_use]
    pub fn authority_list(&self) -> &[ClientAuthority] {
        &self.0.told
    }

    /// The lists of revoked certificates, the latest first.
    #[must_use]
    pub fn revocation_lists(&self) -> &[RevocationList] {
        &self.0.told_lists
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
        match self.0.verify(leaf, intermediates, now) {
            Ok(()) => match ClientIdentity::read(leaf) {
                Some(identity) => ClientVerdict::Verified(Arc::new(identity)),
                None => ClientVerdict::Refused(CertificateProblem::Unusable),
            },
            Err(problem) => ClientVerdict::Refused(problem),
        }
    }
}

impl Inner {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: Duration,
    ) -> Result<(), CertificateProblem> {
        let parsed = EndEntityCert::try_from(leaf).map_err(|error| problem(&error))?;
        let signers = if self.several_keys { signers(leaf, intermediates) } else { Vec::new() };
        let mut worst = CertificateProblem::UnknownIssuer;
        // Those that are over come last: they only tell why what they have signed is refused.
        for over in [false, true] {
            for round in &self.rounds {
                let counts = |authority: &&Authority| authority.problem(now).is_some() == over;
                let anchors: Vec<TrustAnchor<'_>> =
                    round.authorities.iter().filter(counts).map(Authority::anchor).collect();
                if anchors.is_empty() {
                    continue;
                }
                let lists = self.lists_for(round, &signers);
                let verified = parsed.verify_for_usage(
                    provider().signature_verification_algorithms.all,
                    &anchors,
                    intermediates,
                    UnixTime::since_unix_epoch(now),
                    KeyUsage::client_auth(),
                    revocation(&lists),
                    None,
                );
                match verified {
                    Ok(path) if over => return Err(round.why_over(path.anchor(), now)),
                    Ok(_) => return Ok(()),
                    Err(error) => {
                        tracing::debug!(%error, "a client certificate is refused");
                        if worst == CertificateProblem::UnknownIssuer {
                            worst = problem(&error);
                        }
                    }
                }
            }
            if worst != CertificateProblem::UnknownIssuer {
                break;
            }
        }
        Err(worst)
    }

    /// The lists in the order in which the library looks for the first one of a name: those that the authorities of the round
    /// have signed, then those by a key that the certificates say to be signed with, the client's own certificate before
    /// those that came with it.
    fn lists_for(&self, round: &Round, signers: &[IssuerKey]) -> Vec<&CertRevocationList<'static>> {
        let mut places = round.lists.clone();
        if let Some(others) = places.get_mut(round.own..).filter(|_| !signers.is_empty()) {
            others.sort_by_key(|place| {
                let named =
                    self.issuers.get(*place).and_then(|list| signers.iter().rposition(|one| one == list));
                Reverse(named.map(|place| place + 1))
            });
        }
        places.into_iter().filter_map(|place| self.lists.get(place)).collect()
    }
}

impl Round {
    fn has_signed(&self, list: &ReadList) -> bool {
        list.told.signed_by.is_some_and(|signer| {
            self.authorities.iter().any(|authority| authority.told.fingerprint == signer)
        })
    }

    /// Why this one counts no longer, or not yet.
    fn why_over(&self, anchor: &TrustAnchor<'_>, now: Duration) -> CertificateProblem {
        let same = |authority: &&Authority| {
            authority.anchor.subject == anchor.subject
                && authority.anchor.subject_public_key_info == anchor.subject_public_key_info
        };
        let problems = self.authorities.iter().filter(same).filter_map(|authority| authority.problem(now));
        // One that begins in the future beside one that has ended is its successor.
        problems
            .reduce(|one, other| if other == CertificateProblem::Expired { other } else { one })
            .unwrap_or(CertificateProblem::Expired)
    }
}

impl fmt::Debug for ClientTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTrust")
            .field("authorities", &self.0.told)
            .field("lists", &self.0.told_lists)
            .finish_non_exhaustive()
    }
}

fn digest(authorities: &[Authority], lists: &[ReadList]) -> Digest {
    let mut digest = Context::new(&SHA256);
    let certificates = authorities.iter().map(|authority| authority.told.fingerprint.as_bytes().as_slice());
    for part in certificates.chain(lists.iter().map(|list| &*list.der)) {
        digest.update(&part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finish()
}

fn told(authority: &Authority, all: &[Authority]) -> ClientAuthority {
    let superseded = all.iter().any(|other| {
        other.has_name_of(authority)
            && other.has_key_of(authority)
            && other.told.not_after > authority.told.not_after
    });
    ClientAuthority { superseded, ..authority.told.clone() }
}

/// Finds out who has signed which list, and which lists have a successor. They are in the order of their age.
fn sign(authorities: &mut [Authority], lists: &mut [ReadList]) {
    let mut latest: Vec<(IssuerKey, Option<usize>)> = Vec::new();
    for list in lists {
        let signer = authorities.iter().position(|authority| {
            *authority.anchor.subject == *list.parsed.issuer()
                && revocation::is_signed_by(&list.der, &authority.anchor.subject_public_key_info)
        });
        if let Some(authority) = signer.and_then(|place| authorities.get(place)) {
            list.told.signed_by = Some(authority.told.fingerprint);
            let key = authority.anchor.subject_public_key_info.clone();
            let same = |other: &&mut Authority| *other.anchor.subject == *list.parsed.issuer();
            for other in authorities.iter_mut().filter(same) {
                other.told.has_list |= other.anchor.subject_public_key_info == key;
            }
        }
        // What a list calls the key is of no matter where the key itself is known.
        let known = |(issuer, by): &(IssuerKey, Option<usize>)| match (by, signer) {
            (Some(one), Some(other)) => *one == other,
            (None, None) => *issuer == list.issuer,
            (Some(_), None) | (None, Some(_)) => false,
        };
        list.told.superseded = latest.iter().any(known);
        latest.push((list.issuer.clone(), signer));
    }
}

/// Who is said to have signed each certificate of a chain, the last one first.
fn signers(leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Vec<IssuerKey> {
    let chain = intermediates.iter().rev().chain([leaf]);
    chain
        .filter_map(|der| X509Certificate::from_der(der).ok())
        .map(|(_, certificate)| IssuerKey::of(certificate.issuer().as_raw(), certificate.extensions()))
        .collect()
}

fn revocation<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let options = RevocationOptionsBuilder::new(lists).ok()?;
    Some(options.with_expiration_policy(ExpirationPolicy::Enforce).build())
}

fn problem(error: &Error) -> CertificateProblem {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else is wrong, the certificate is not usable"
    )]
    match error {
        Error::UnknownIssuer
        | Error::InvalidSignatureForPublicKey
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => CertificateProblem::UnknownIssuer,
        Error::CertExpired { .. } | Error::InvalidCertValidity => CertificateProblem::Expired,
        Error::CertNotValidYet { .. } => CertificateProblem::NotYetValid,
        Error::CertRevoked => CertificateProblem::Revoked,
        // The list, not the certificate: its signature does not fit, or it is of a kind that is not understood.
        Error::UnknownRevocationStatus
        | Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateProblem::RevocationUnknown
        }
        Error::CrlExpired { .. } => CertificateProblem::RevocationExpired,
        Error::RequiredEkuNotFoundContext(_) => CertificateProblem::WrongPurpose,
        _ => CertificateProblem::Unusable,
    }
}
