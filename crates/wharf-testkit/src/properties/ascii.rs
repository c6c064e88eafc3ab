//! TYPE A conversion.

use bytes::BytesMut;
use wharf_codec::{AsciiDecoder, AsciiEncoder};

/// TYPE A in pieces: the pieces give what the whole gives, the wire holds no bare LF, and what was encoded decodes to
/// itself with each CRLF as LF (XFR-01, XFR-02).
///
/// The first byte is the size of the pieces, the rest is the text.
///
/// # Panics
/// On a finding.
pub fn ascii(data: &[u8]) {
    let Some((size, text)) = data.split_first() else { return };
    let size = usize::from(*size).max(1);
    let wire = encode(text, text.len().max(1));
    assert_eq!(wire, encode(text, size), "the encoder depends on how its input is cut");
    let bare = (0..wire.len()).any(|at| wire[at] == b'\n' && (at == 0 || wire[at - 1] != b'\r'));
    assert!(!bare, "a bare LF is on the wire");
    let back = decode(&wire, wire.len().max(1));
    assert_eq!(back, decode(&wire, size), "the decoder depends on how its input is cut");
    assert_eq!(back, host_lines(text), "decoding what was encoded does not give it back");
    let any = decode(text, text.len().max(1));
    assert_eq!(any, decode(text, size), "the decoder depends on how its input is cut");
    assert_eq!(any, host_lines(text), "CRLF becomes LF and nothing else changes");
}

fn encode(text: &[u8], size: usize) -> Vec<u8> {
    let (mut encoder, mut out) = (AsciiEncoder::new(), BytesMut::new());
    text.chunks(size).for_each(|piece| encoder.push(piece, &mut out));
    encoder.finish(&mut out);
    out.to_vec()
}

fn decode(text: &[u8], size: usize) -> Vec<u8> {
    let (mut decoder, mut out) = (AsciiDecoder::new(), BytesMut::new());
    text.chunks(size).for_each(|piece| decoder.push(piece, &mut out));
    decoder.finish(&mut out);
    out.to_vec()
}

/// The text with each CRLF as LF, written the plain way.
fn host_lines(text: &[u8]) -> Vec<u8> {
    let followed_by_lf = |at: usize| text.get(at + 1) == Some(&b'\n');
    text.iter()
        .enumerate()
        .filter(|(at, byte)| **byte != b'\r' || !followed_by_lf(*at))
        .map(|(_, byte)| *byte)
        .collect()
}
