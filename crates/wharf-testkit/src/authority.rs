//! An authority that signs certificates of clients, and takes them back.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints, RevokedCertParams,
    SerialNumber,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// An authority that signs certificates of clients, and lists of those that it has revoked.
///
/// What cannot be made is a panic.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate, in PEM.
    pub pem: String,
    name: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What an [`Authority`] has issued: a certificate and its key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, in PEM.
    pub cert: String,
    /// Its private key, in PEM.
    pub key: String,
    serial: u64,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("serial", &self.serial).finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "certificates are judged by the time of the system")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970")
}

fn params_of(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    /// One of that name; another one of the same name has another key.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::new_with(name, |_| {})
    }

    /// The same, but for what is changed in its certificate.
    #[must_use]
    pub fn new_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params_of(name);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { pem, name: name.to_owned(), issuer: Issuer::new(params, key) }
    }

    /// One of that name whose certificate this one has signed.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let params = params_of(name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { pem, name: name.to_owned(), issuer: Issuer::new(params, key) }
    }

    /// Its own certificate issued anew, for the same key, but good for clients with names in that domain only, in PEM.
    #[must_use]
    pub fn narrowed_to(&self, domain: &str) -> String {
        let mut params = params_of(&self.name);
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(domain.to_owned())],
            excluded_subtrees: Vec::new(),
        });
        params.self_signed(self.issuer.key()).expect("a certificate").pem()
    }

    /// A certificate for a client called `name`, good from yesterday for thirty days, but for what is changed.
    #[must_use]
    pub fn issue_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::default();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        params.serial_number = Some(SerialNumber::from(serial));
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        (params.not_before, params.not_after) = (epoch + (now() - DAY), epoch + now() + 30 * DAY);
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Issued { cert, key: key.serialize_pem(), serial }
    }

    /// A certificate for a client called `name`, good from yesterday for thirty days.
    #[must_use]
    pub fn issue(&self, name: &str) -> Issued {
        self.issue_with(name, |_| {})
    }

    /// One that ended yesterday.
    #[must_use]
    pub fn issue_expired(&self, name: &str) -> Issued {
        self.issue_with(name, |params| {
            let epoch = rcgen::date_time_ymd(1970, 1, 1);
            (params.not_before, params.not_after) = (epoch + (now() - 9 * DAY), epoch + (now() - DAY));
        })
    }

    /// The list of those that are revoked, good from ten days ago to `until` days after that.
    #[must_use]
    pub fn list(&self, revoked: &[&Issued], until: u32) -> String {
        self.list_from(10, revoked, until)
    }

    /// The list of those that are revoked, good from so many days ago to `until` days after that.
    #[must_use]
    pub fn list_from(&self, ago: u32, revoked: &[&Issued], until: u32) -> String {
        let begin = rcgen::date_time_ymd(1970, 1, 1) + (now() - ago * DAY);
        let params = CertificateRevocationListParams {
            this_update: begin,
            next_update: begin + until * DAY,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .iter()
                .map(|issued| RevokedCertParams {
                    serial_number: SerialNumber::from(issued.serial),
                    revocation_time: begin,
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).and_then(|list| list.pem()).expect("a list")
    }
}
