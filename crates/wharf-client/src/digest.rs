//! Digests of files.

use std::fmt;
use std::io;

use ::digest::Digest as _;
use wharf_types::HashAlgorithm;

/// The digest of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Digest {
    /// How it was made.
    pub algorithm: HashAlgorithm,
    /// What came of it.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Digest {
    /// Digests all that `from` gives. It takes its time: in asynchronous programs it belongs on a thread for blocking
    /// work.
    ///
    /// # Errors
    /// Whatever reading reports.
    pub fn of(from: &mut impl io::Read, algorithm: HashAlgorithm) -> io::Result<Self> {
        let mut hasher = Hasher::new(algorithm);
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
    pub(crate) fn parse(hex: &[u8], algorithm: HashAlgorithm) -> Option<Self> {
        let digits = algorithm.length() * 2;
        // CRCs are told without the zeros in front as well.
        let short = algorithm == HashAlgorithm::Crc32 && (1..digits).contains(&hex.len());
        if (hex.len() != digits && !short) || !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let padded = [&b"00000000"[..if short { digits - hex.len() } else { 0 }], hex].concat();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        Some(Self { algorithm, bytes: padded.chunks(2).map(byte).collect::<Option<_>>()? })
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
    /// Begins a digest.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
            HashAlgorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            HashAlgorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            HashAlgorithm::Md5 => State::Md5(md5::Md5::new()),
            HashAlgorithm::Crc32 => State::Crc32(crc32fast::Hasher::new()),
        })
    }

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
            State::Sha512(state) => (HashAlgorithm::Sha512, state.finalize().to_vec()),
            State::Sha256(state) => (HashAlgorithm::Sha256, state.finalize().to_vec()),
            State::Sha1(state) => (HashAlgorithm::Sha1, state.finalize().to_vec()),
            State::Md5(state) => (HashAlgorithm::Md5, state.finalize().to_vec()),
            State::Crc32(state) => (HashAlgorithm::Crc32, state.finalize().to_be_bytes().to_vec()),
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
            |algorithm: HashAlgorithm, mut text: &[u8]| Digest::of(&mut text, algorithm).unwrap().to_string();
        assert_eq!(of(HashAlgorithm::Crc32, b"123456789"), "cbf43926");
        assert_eq!(of(HashAlgorithm::Md5, b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of(HashAlgorithm::Sha1, b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(of(HashAlgorithm::Sha256, b"abc").starts_with("ba7816bf8f01cfea414140de5dae2223"));
        assert!(of(HashAlgorithm::Sha512, b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn hexadecimal_digits() {
        for algorithm in HashAlgorithm::ALL {
            let digest = Digest::of(&mut &b"abc"[..], algorithm).unwrap();
            assert_eq!(Digest::parse(digest.to_string().to_uppercase().as_bytes(), algorithm), Some(digest));
        }
        assert_eq!(Digest::parse(b"1a", HashAlgorithm::Crc32).unwrap().bytes, [0, 0, 0, 0x1a]);
        assert_eq!(Digest::parse(b"+a", HashAlgorithm::Crc32), None);
        assert_eq!(Digest::parse(b"abc", HashAlgorithm::Md5), None);
    }
}
