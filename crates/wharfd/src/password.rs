//! Passwords that are made up.

use zeroize::Zeroizing;

/// 32 characters that nobody takes for one another, so that each carries five bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Characters from the alphabet: 100 bits.
const LENGTH: usize = 20;

/// Characters between two hyphens, for the eye.
const GROUP: usize = 5;

/// Makes up a password of 100 random bits. It needs no quoting in a shell and no escaping in a URL.
///
/// # Errors
/// When the system gives no random bytes.
pub(crate) fn make_up() -> Result<Zeroizing<String>, getrandom::Error> {
    let mut random = Zeroizing::new([0; LENGTH]);
    getrandom::fill(random.as_mut())?;
    let mut password = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
    for (place, byte) in random.iter().enumerate() {
        if place > 0 && place % GROUP == 0 {
            password.push('-');
        }
        // 256 is a multiple of 32: no character is more likely than another.
        password.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_character_is_another() {
        assert_eq!(ALPHABET.iter().collect::<BTreeSet<_>>().len(), 32);
        for ambiguous in *b"l1oO0I" {
            assert!(!ALPHABET.contains(&ambiguous));
        }
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (make_up().unwrap(), make_up().unwrap());
        assert_eq!(one.len(), 23);
        assert_ne!(one, other);
        assert!(one.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
    }
}
