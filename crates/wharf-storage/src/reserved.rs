//! The names that belong to the storage itself.

use sha2::{Digest, Sha256};
use wharf_types::{FileError, FileErrorKind, VirtualPath};

/// What every reserved name begins with: no path of a user reaches such a name, and no listing shows it.
pub(crate) const PREFIX: &[u8] = b".wharf-";

/// What the name of an upload under way begins with.
pub(crate) const TEMPORARY: &[u8] = b".wharf-t-";

/// What the name of a suspended upload begins with.
pub(crate) const PARTIAL: &[u8] = b".wharf-p-";

/// Cut uploads longer than this are offered in whole blocks of this length, in bytes.
const BLOCK: u64 = 4096;

/// Refuses a path that touches a reserved name, with `kind`.
pub(crate) fn check(path: &VirtualPath, kind: FileErrorKind) -> Result<(), FileError> {
    if path.components().any(|name| name.starts_with(PREFIX)) {
        return Err(FileError::with_detail(kind, "a reserved name"));
    }
    Ok(())
}

/// The name of the partial that `account` has of the file `name`, in the same directory.
///
/// One account has one partial per name, and the names that other accounts store stay apart. The directory is no part
/// of it, so that a partial moves along when its directory gets another name.
pub(crate) fn partial_name(account: &str, name: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update((account.len() as u64).to_be_bytes());
    hash.update(account.as_bytes());
    hash.update(name);
    let mut out = PARTIAL.to_vec();
    push_hex(&mut out, hash.finalize().get(..16).unwrap_or_default());
    out
}

/// A name for an upload under way that nobody can guess.
pub(crate) fn temporary_name() -> Result<Vec<u8>, FileError> {
    let mut out = TEMPORARY.to_vec();
    push_hex(&mut out, &random()?);
    Ok(out)
}

/// A name that is not taken, made from the wish `hint` and 64 random bits; at most 255 bytes.
pub(crate) fn unique_name(hint: &[u8]) -> Result<Vec<u8>, FileError> {
    let hint = if hint.is_empty() { b"file" } else { hint };
    let mut out = hint.get(..hint.len().min(255 - 17)).unwrap_or_default().to_vec();
    out.push(b'.');
    push_hex(&mut out, &random()?);
    Ok(out)
}

/// How much of `len` bytes that arrived is offered: always less than all, and whole blocks where there are some.
pub(crate) const fn offered(len: u64) -> Option<u64> {
    match len.saturating_sub(1) {
        0 => None,
        less if less < BLOCK => Some(less),
        less => Some(less / BLOCK * BLOCK),
    }
}

fn random() -> Result<[u8; 8], FileError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| FileError::with_detail(FileErrorKind::Io, error.to_string()))?;
    Ok(bytes)
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 0xf)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_all_is_offered() {
        for (len, offer) in
            [(0, None), (1, None), (9, Some(8)), (4096, Some(4095)), (4097, Some(4096)), (8192, Some(4096))]
        {
            assert_eq!(offered(len), offer);
        }
        assert!(offered(u64::MAX).unwrap() < u64::MAX);
    }

    #[test]
    fn partials_of_accounts_and_names_stay_apart() {
        assert_eq!(partial_name("a", b"x"), partial_name("a", b"x"));
        assert_ne!(partial_name("a", b"bx"), partial_name("ab", b"x"));
        assert_ne!(partial_name("a", b"x"), partial_name("b", b"x"));
    }

    #[test]
    fn unique_names_fit() {
        assert_eq!(unique_name(&[b'x'; 255]).unwrap().len(), 255);
        assert!(unique_name(b"").unwrap().starts_with(b"file."));
    }
}
