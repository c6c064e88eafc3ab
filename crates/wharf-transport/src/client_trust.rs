//! Whose client certificates a server takes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationOptions,
    RevocationOptionsBuilder, VerifiedPath,
};

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
    /// The lists in DER, where several of one name are by no authority of these: who signed them is found out for each
    /// chain. Empty otherwise.
    ders: Vec<CertificateRevocationListDer<'static>>,
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
        let is_foreign = |list: &&ReadList| list.told.signed_by.is_none();
        let several = lists.iter().enumerate().filter(|(_, list)| is_foreign(list)).any(|(place, list)| {
            lists.iter().take(place).filter(is_foreign).any(|other| other.issuer.name == list.issuer.name)
        });
        let ders = if several { lists.iter().map(|list| list.der.clone()).collect() } else { Vec::new() };
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
        let (lists, told_lists) = lists.into_iter().map(|list| (list.parsed, list.told)).unzip();
        Self(Arc::new(Inner { rounds, told, lists, ders, told_lists, digest }))
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
                let verify = |lists: &[&CertRevocationList<'_>]| {
                    parsed.verify_for_usage(
                        provider().signature_verification_algorithms.all,
                        &anchors,
                        intermediates,
                        UnixTime::since_unix_epoch(now),
                        KeyUsage::client_auth(),
                        revocation(lists),
                        None,
                    )
                };
                let verified = if self.ders.is_empty() {
                    verify(&self.lists_for(round, None))
                } else {
                    // Which keys there are between the client's certificate and the authority's.
                    verify(&[]).and_then(|path| verify(&self.lists_for(round, Some(&path))))
                };
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
    /// have signed, then those that were signed with a key of the chain, then all others.
    fn lists_for(&self, round: &Round, path: Option<&VerifiedPath<'_>>) -> Vec<&CertRevocationList<'static>> {
        let mut places = round.lists.clone();
        if let (Some(path), Some(others)) = (path, places.get_mut(round.own..)) {
            others.sort_by_cached_key(|place| !self.is_signed_in(path, *place));
        }
        places.into_iter().filter_map(|place| self.lists.get(place)).collect()
    }

    /// Whether an authority between the client and the trusted one has signed the list.
    fn is_signed_in(&self, path: &VerifiedPath<'_>, place: usize) -> bool {
        let (Some(list), Some(der)) = (self.lists.get(place), self.ders.get(place)) else { return false };
        path.intermediate_certificates().any(|authority| {
            authority.subject() == list.issuer()
                && revocation::is_signed_by_whole(der, &authority.subject_public_key_info())
        })
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
