//! How the content of a file is digested.

use core::fmt;

/// An algorithm that digests a file, under its name of the IANA registry as HASH has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "servers match on it, and must do each")]
pub enum HashAlgorithm {
    /// CRC-32 of Ethernet and ZIP: finds accidents, not forgeries.
    Crc32,
    /// MD5 (RFC 1321): finds accidents, not forgeries.
    Md5,
    /// SHA-1 (FIPS 180-4): finds accidents, not forgeries.
    Sha1,
    /// SHA-256 (FIPS 180-4).
    #[default]
    Sha256,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl HashAlgorithm {
    /// Every one, the strongest first.
    pub const ALL: [Self; 5] = [Self::Sha512, Self::Sha256, Self::Sha1, Self::Md5, Self::Crc32];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The algorithm of that name, in any case of letters; without the hyphen as well.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| {
            let plain = known.name().bytes().filter(|byte| *byte != b'-');
            known.name().eq_ignore_ascii_case(name)
                || plain
                    .map(|byte| byte.to_ascii_uppercase())
                    .eq(name.bytes().map(|b| b.to_ascii_uppercase()))
        })
    }

    /// The length of a digest, in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Crc32 => 4,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_again() {
        for algorithm in HashAlgorithm::ALL {
            assert_eq!(HashAlgorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(HashAlgorithm::from_name(&algorithm.name().to_ascii_lowercase()), Some(algorithm));
        }
        assert_eq!(HashAlgorithm::from_name("sha256"), Some(HashAlgorithm::Sha256));
        assert_eq!(HashAlgorithm::from_name("SHA"), None);
        assert_eq!(HashAlgorithm::from_name(""), None);
    }
}
