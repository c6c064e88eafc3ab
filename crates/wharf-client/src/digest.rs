//! Digests of files.

use std::fmt;
use std::io;

use ::digest::Digest as _;

/// How the content of a file is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-512 (FIPS 180-4).
    Sha512,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-1: finds accidents, not forgeries.
    Sha1,
    /// MD5: finds accidents, not forgeries.
    Md5,
    /// CRC-32 of Ethernet and ZIP: finds accidents, not forgeries.
    Crc32,
}

/// The digest of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Digest {
    /// How it was made.
    pub algorithm: DigestAlgorithm,
    /// What came of it.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl DigestAlgorithm {
    /// Every one, the strongest first.
    pub const ALL: [Self; 5] = [Self::Sha512, Self::Sha256, Self::Sha1, Self::Md5, Self::Crc32];

    /// The name that HASH has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha512 => "SHA-512",
            Self::Sha256 => "SHA-256",
            Self::Sha1 => "SHA-1",
            Self::Md5 => "MD5",
            Self::Crc32 => "CRC32",
        }
    }

    /// Length of a digest in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha512 => 64,
            Self::Sha256 => 32,
            Self::Sha1 => 20,
            Self::Md5 => 16,
            Self::Crc32 => 4,
        }
    }

    /// Begins a digest.
    #[must_use]
    pub fn hasher(self) -> Hasher {
        Hasher(match self {
            Self::Sha512 => State::Sha512(sha2::Sha512::new()),
            Self::Sha256 => State::Sha256(sha2::Sha256::new()),
            Self::Sha1 => State::Sha1(sha1::Sha1::new()),
            Self::Md5 => State::Md5(md5::Md5::new()),
            Self::Crc32 => State::Crc32(crc32fast::Hasher::new()),
        })
    }

    /// Digests all that `from` gives. It takes its time: in asynchronous programs it belongs on a thread for blocking
    /// work.
    ///
    /// # Errors
    /// Whatever reading reports.
    pub fn digest(self, from: &mut impl io::Read) -> io::Result<Digest> {
        let mut hasher = self.hasher();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads a digest in hexadecimal digits.
    pub(crate) fn parse(self, hex: &[u8]) -> Option<Digest> {
        // CRCs are told without the zeros in front as well.
        let short = self == Self::Crc32 && !hex.is_empty() && hex.len() <= 8;
        if hex.len() != self.length() * 2 && !short {
            return None;
        }
        let padded =
            [&b"00000000"[..self.length().saturating_mul(2).saturating_sub(hex.len()).min(8)], hex].concat();
        let bytes = padded.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let all_digits = hex.iter().all(u8::is_ascii_hexdigit);
        Some(Digest { algorithm: self, bytes: bytes.collect::<Option<_>>()? }).filter(|_| all_digits)
    }
}

/// A digest that is being made.
#[derive(Debug, Clone)]
pub struct Hasher(State);

#[derive(Debug, Clone)]
enum State {
    Sha512(sha2::Sha512),
    Sha256(sha2::Sha256),
    Sha1(sha1::Sha1),
    Md5(md5::Md5),
    Crc32(crc32fast::Hasher),
}

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha512(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Md5(state) => state.update(bytes),
            State::Crc32(state) => state.update(bytes),
        }
    }

    /// What comes of it.
    #[must_use]
    pub fn finish(self) -> Digest {
        let (algorithm, bytes) = match self.0 {
            State::Sha512(state) => (DigestAlgorithm::Sha512, state.finalize().to_vec()),
            State::Sha256(state) => (DigestAlgorithm::Sha256, state.finalize().to_vec()),
            State::Sha1(state) => (DigestAlgorithm::Sha1, state.finalize().to_vec()),
            State::Md5(state) => (DigestAlgorithm::Md5, state.finalize().to_vec()),
            State::Crc32(state) => (DigestAlgorithm::Crc32, state.finalize().to_be_bytes().to_vec()),
        };
        Digest { algorithm, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // FIPS 180-4 and RFC 1321 test vectors of "abc"; CRC-32 of "123456789".
        let of =
            |algorithm: DigestAlgorithm, mut text: &[u8]| algorithm.digest(&mut text).unwrap().to_string();
        assert_eq!(of(DigestAlgorithm::Crc32, b"123456789"), "cbf43926");
        assert_eq!(of(DigestAlgorithm::Md5, b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of(DigestAlgorithm::Sha1, b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(of(DigestAlgorithm::Sha256, b"abc").starts_with("ba7816bf8f01cfea414140de5dae2223"));
        assert!(of(DigestAlgorithm::Sha512, b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn hexadecimal_digits() {
        for algorithm in DigestAlgorithm::ALL {
            let digest = algorithm.digest(&mut &b"abc"[..]).unwrap();
            assert_eq!(algorithm.parse(digest.to_string().to_uppercase().as_bytes()), Some(digest));
        }
        assert_eq!(DigestAlgorithm::Crc32.parse(b"1a").unwrap().bytes, [0, 0, 0, 0x1a]);
        assert_eq!(DigestAlgorithm::Crc32.parse(b"+a"), None);
        assert_eq!(DigestAlgorithm::Md5.parse(b"abc"), None);
    }
}
