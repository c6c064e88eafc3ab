//! Sizes as people write them.

/// Reads `1048576` (bytes), `500K`, `20M`, `10G` or `2T`, in powers of 1024.
///
/// # Errors
/// A sentence that says how to write one. Zero is refused: there is a right to take away from whoever shall not write.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    match bytes(text) {
        None => Err("write it like 1048576 (bytes), 500K, 20M, 10G or 2T".to_owned()),
        Some(0) => Err("it must be at least one byte".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}

fn bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (text.get(..text.len() - 1)?, 10),
        b'M' => (text.get(..text.len() - 1)?, 20),
        b'G' => (text.get(..text.len() - 1)?, 30),
        b'T' => (text.get(..text.len() - 1)?, 40),
        _ => (text, 0),
    };
    // The standard parser takes a sign too.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bytes_and_powers_of_1024() {
        for (text, bytes) in [
            ("1", 1),
            ("1048576", 1 << 20),
            ("500K", 500 << 10),
            ("20m", 20 << 20),
            ("10G", 10 << 30),
            ("2T", 2 << 40),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_size() {
        for text in
            ["", "0", "0K", "-1", "+1", "1.5G", "5 M", "5MB", "M", "99999999999999999999", "99999999999T"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
