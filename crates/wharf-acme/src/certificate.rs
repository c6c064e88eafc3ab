//! What the dates and names of a certificate are.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject as _};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate};

use crate::error::AcmeError;

/// The server's own certificate of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
    names: Vec<String>,
}

impl Leaf {
    /// The first certificate in a PEM file.
    pub(crate) fn parse(pem: &[u8]) -> Result<Self, AcmeError> {
        Self::read(pem).map_err(AcmeError::Certificate)
    }

    /// The same; the error says what is wrong.
    pub(crate) fn read(pem: &[u8]) -> Result<Self, String> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| fault(&error).to_owned())?;
        let (_, x509) = X509Certificate::from_der(&der).map_err(|error| error.to_string())?;
        let names = match x509.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(dns).collect(),
            Ok(None) | Err(_) => Vec::new(),
        };
        let (not_before, not_after) = (moment(x509.validity().not_before), moment(x509.validity().not_after));
        Ok(Self { not_before, not_after, names, der })
    }

    /// How long it lives; `None` where it ends before it begins.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.not_after.duration_since(self.not_before).ok()
    }

    /// Whether it proves all these names.
    pub(crate) fn proves(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.names.iter().any(|proved| proved.eq_ignore_ascii_case(name)))
    }
}

/// What is wrong with text that should hold a certificate. The library's own words repeat the line, which may be a key.
fn fault(error: &pem::Error) -> &'static str {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what else may be wrong does not happen to text")]
    match error {
        pem::Error::MissingSectionEnd { .. } => "an END line is missing; are the line breaks lost?",
        pem::Error::IllegalSectionStart { .. } => "a BEGIN line is malformed; are the line breaks lost?",
        pem::Error::Base64Decode(_) => "what stands between BEGIN and END is no base64",
        pem::Error::NoItemsFound => "no CERTIFICATE block",
        _ => "it is no PEM",
    }
}

fn dns(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(dns) = name { Some((*dns).to_owned()) } else { None }
}

fn moment(time: ASN1Time) -> SystemTime {
    u64::try_from(time.timestamp()).map_or(UNIX_EPOCH, |secs| UNIX_EPOCH + Duration::from_secs(secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_dates_are_those_of_the_first_certificate() {
        let names = ["ftp.example.org".to_owned(), "*.example.org".to_owned()];
        let mut params = rcgen::CertificateParams::new(names.to_vec()).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 4, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        // The key stands before the chain in the file.
        let leaf = Leaf::parse(format!("{}{pem}", key.serialize_pem()).as_bytes()).unwrap();
        let days = leaf.lifetime().unwrap().as_secs() / 86_400;
        assert_eq!(days, 90);
        assert!(leaf.proves(&names) && leaf.proves(&["FTP.example.org".to_owned()]));
        assert!(!leaf.proves(&["www.example.org".to_owned()]), "a star is a name that was asked for");
        assert!(Leaf::parse(b"nothing").is_err());
        let one_line = format!("{}{pem}", key.serialize_pem()).replace('\n', "");
        let error = Leaf::parse(one_line.as_bytes()).unwrap_err().to_string();
        assert!(error.ends_with("an END line is missing; are the line breaks lost?"), "{error}");
    }
}
