//! How a server asks for the client's certificate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::client_trust::ClientTrust;
use crate::options::provider;

/// Bytes of a chain that is taken at all: it travels in every session ticket, whose length has 16 bits.
const MOST_CHAIN: usize = 32 * 1024;
/// The most certificates between a client's and its authority. Every order of them may have to be tried: with some ten
/// forged ones of the same name that takes seconds.
const MOST_INTERMEDIATES: usize = 5;

/// The [`ClientTrust`] that holds now.
#[derive(Debug)]
pub(crate) struct CurrentTrust {
    trust: RwLock<ClientTrust>,
    /// How often it was replaced.
    replaced: AtomicU64,
}

impl CurrentTrust {
    pub(crate) fn new(trust: ClientTrust) -> Self {
        Self { trust: RwLock::new(trust), replaced: AtomicU64::new(0) }
    }

    /// Another number each time that it is replaced. Read before [`load`](Self::load), so that what is judged is never older.
    pub(crate) fn version(&self) -> u64 {
        self.replaced.load(Ordering::Acquire)
    }

    pub(crate) fn load(&self) -> ClientTrust {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, trust: ClientTrust) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
        self.replaced.fetch_add(1, Ordering::Release);
    }
}

/// Asks for a certificate and has the client prove that it holds the key of the one it shows. Whether that certificate is
/// any good is judged once the handshake is done, by [`ClientTrust::judge`]: resumed sessions are judged by what holds
/// then, which this one never hears of, and the client can be told why by a reply. With TLS 1.3 an alert would come when
/// it believes that all is well (RFC 8446 §4.4.2.4), and clients show one as a broken connection.
#[derive(Debug)]
pub(crate) struct Asking;

#[derive(Debug, thiserror::Error)]
#[error(
    "the chain of the client certificate has more than {MOST_INTERMEDIATES} intermediate certificates or {MOST_CHAIN} bytes"
)]
struct TooLong;

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No authority is named: clients that choose by name would show nothing where theirs is not among them, and could
    /// not be told what is wrong with what they have.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let length = intermediates.iter().fold(leaf.len(), |sum, certificate| sum + certificate.len());
        if intermediates.len() > MOST_INTERMEDIATES || length > MOST_CHAIN {
            return Err(CertificateError::Other(OtherError(Arc::new(TooLong))).into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signed, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
