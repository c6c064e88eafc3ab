//! Blocks in PEM (RFC 7468), and what is wrong with text that should hold some.

use rustls_pki_types::pem::{Error, PemObject};

/// All blocks of a kind.
///
/// # Errors
///
/// What is wrong, in words that repeat nothing of the text: it may be a private key.
pub(crate) fn all<T: PemObject>(pem: &[u8]) -> Result<Vec<T>, &'static str> {
    T::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| fault(&error))
}

/// The first block of a kind.
///
/// # Errors
///
/// As [`all`]; besides there is none.
pub(crate) fn first<T: PemObject>(pem: &[u8]) -> Result<T, &'static str> {
    T::from_pem_slice(pem).map_err(|error| fault(&error))
}

/// The library's own words repeat the line, byte by byte. A file that lost its line breaks is one line, key and all.
fn fault(error: &Error) -> &'static str {
    match error {
        Error::MissingSectionEnd { .. } => {
            "an END line is missing or is not that of its BEGIN line; are the line breaks lost?"
        }
        Error::IllegalSectionStart { .. } => "a BEGIN line is malformed; are the line breaks lost?",
        Error::Base64Decode(_) => "what stands between BEGIN and END is no base64",
        Error::NoItemsFound => "no such block",
        Error::SectionTooLarge => "a block is too long",
        Error::Io(_) => "it cannot be read",
        _ => "it is no PEM",
    }
}
