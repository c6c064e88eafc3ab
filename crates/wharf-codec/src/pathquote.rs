//! The quoted path name of a 257 reply ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) appendix II).

use alloc::vec::Vec;

use bytes::Bytes;

/// A path name in double quotes, each quote inside doubled (I18-12).
#[must_use]
pub fn quote_pathname(path: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(path.len() + 2);
    quoted.push(b'"');
    for &byte in path {
        quoted.push(byte);
        if byte == b'"' {
            quoted.push(b'"');
        }
    }
    quoted.push(b'"');
    quoted
}

/// The path name in the text of a 257 reply: what stands between the first quote and its partner, with doubled quotes
/// undone. Without quotes it is the first word, if that begins with `/`; with only one, all that follows it.
#[must_use]
pub fn parse_257(text: &[u8]) -> Option<Bytes> {
    let mut halves = text.splitn(2, |&byte| byte == b'"');
    let before = halves.next()?;
    let path: Vec<u8> = match halves.next() {
        Some(quoted) => {
            let mut path = Vec::with_capacity(quoted.len());
            let mut bytes = quoted.iter().copied().peekable();
            while let Some(byte) = bytes.next() {
                if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                    break;
                }
                path.push(byte);
            }
            path
        }
        None => {
            let word = before.trim_ascii_start().split(|&byte| byte == b' ').next()?;
            word.strip_prefix(b"/")?;
            word.to_vec()
        }
    };
    if path.is_empty() { None } else { Some(path.into()) }
}
