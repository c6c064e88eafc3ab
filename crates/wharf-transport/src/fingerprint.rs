//! SHA-256 of a certificate.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

/// The SHA-256 digest of a certificate in DER: what people compare by eye and pin.
///
/// Shown as 64 lower-case hex digits; parsed in either case, with or without colons and a leading `sha256:`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of_der(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

/// The text is no SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 64 hex digits (SHA-256 of the certificate), colons allowed")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let text = text.trim();
        let digits = match text.get(..7) {
            Some(prefix) if prefix.eq_ignore_ascii_case("sha256:") => &text[7..],
            _ => text,
        };
        let mut bytes = [0; 32];
        let mut count = 0;
        for digit in digits.chars().filter(|&c| c != ':') {
            let value = digit.to_digit(16).and_then(|v| u8::try_from(v).ok()).ok_or(FingerprintError)?;
            let byte = bytes.get_mut(count / 2).ok_or(FingerprintError)?;
            *byte = *byte << 4 | value;
            count += 1;
        }
        if count == 64 { Ok(Self(bytes)) } else { Err(FingerprintError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_shows_and_what_openssl_shows() {
        let fp = Fingerprint::of_der(b"certificate");
        assert_eq!(fp.to_string().parse(), Ok(fp));
        let colons: Vec<String> = fp.as_bytes().iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(colons.join(":").parse(), Ok(fp));
        assert_eq!(format!("{fp:?}").parse(), Ok(fp));
        for bad in ["", "sha256:", "12", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64)] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(FingerprintError), "{bad}");
        }
    }
}
