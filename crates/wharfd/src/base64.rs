//! Base64 with the alphabet for URLs (RFC 4648 §5).

/// The bytes of a text, with or without `=` at its end; `None` where it is no such text.
pub(crate) fn decode_url(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = bits << 6 | u32::from(value(*digit)?);
        }
        let whole = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bytes() {
        assert_eq!(decode_url("").unwrap(), b"");
        assert_eq!(decode_url("Zg").unwrap(), b"f");
        assert_eq!(decode_url("Zm8=").unwrap(), b"fo");
        assert_eq!(decode_url("Zm9vYmFy").unwrap(), b"foobar");
        assert_eq!(decode_url("-_-_").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!((decode_url("Z"), decode_url("Zg+/")), (None, None));
    }
}
