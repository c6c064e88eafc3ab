//! MODE Z.

use bytes::BytesMut;
use wharf_codec::{DeflateError, DeflateLevel, Deflater, InflateStep, Inflater};

/// Any bytes as a zlib stream, in any pieces: no panic, never more than asked for in a step, and the same outcome
/// however it is cut; and what was deflated inflates to itself (XFR-22).
///
/// The first byte is the size of the pieces, the second one that of the steps, the third one whether the rest is a
/// stream (0) or what is to become one at that level (1 to 9).
///
/// # Panics
/// On a finding.
pub fn inflate(data: &[u8]) {
    let [piece, most, level, rest @ ..] = data else { return };
    let (piece, most) = (usize::from(*piece) + 1, usize::from(*most) + 1);
    let Some(level) = DeflateLevel::new(level % 10) else { return compare(rest, piece, most) };
    let stream = deflated(rest, level, piece);
    assert_eq!(stream, deflated(rest, level, piece), "deflating is not repeatable");
    for (piece, most) in [(piece, most), (stream.len(), usize::MAX / 2)] {
        let (back, outcome) = inflated(&stream, piece, most);
        assert_eq!(outcome, Ok(InflateStep::Ended), "what was deflated is no stream");
        assert_eq!(back, rest, "inflating what was deflated does not give it back");
    }
}

/// The stream at once and in pieces.
fn compare(stream: &[u8], piece: usize, most: usize) {
    let (whole, at_once) = inflated(stream, stream.len().max(1), 1 << 16);
    // A few bytes can hold a million: those are not taken one by one.
    let most = if whole.len() > 1 << 16 { most.max(1 << 12) } else { most };
    let (parts, in_pieces) = inflated(stream, piece, most);
    assert_eq!(at_once, in_pieces, "the outcome depends on how the stream is cut");
    if at_once.is_ok() {
        assert_eq!(whole, parts, "what comes out depends on how the stream is cut");
    } else {
        // How much came out before the fault was found may differ, not what.
        let common = whole.len().min(parts.len());
        assert_eq!(whole[..common], parts[..common], "what comes out depends on how the stream is cut");
    }
}

fn deflated(content: &[u8], level: DeflateLevel, piece: usize) -> Vec<u8> {
    let (mut deflater, mut out) = (Deflater::new(level), BytesMut::new());
    for piece in content.chunks(piece) {
        deflater.push(piece, &mut out).expect("a stream that has not ended");
    }
    deflater.finish(&mut out).expect("a stream that has not ended");
    out.to_vec()
}

fn inflated(stream: &[u8], piece: usize, most: usize) -> (Vec<u8>, Result<InflateStep, DeflateError>) {
    let (mut inflater, mut out) = (Inflater::new(), BytesMut::new());
    let mut last = Ok(InflateStep::Hungry);
    for mut input in stream.chunks(piece) {
        loop {
            let (before, left) = (out.len(), input.len());
            last = inflater.step(&mut input, &mut out, most);
            assert!(out.len() - before <= most, "a step gives more than asked for");
            assert!(input.len() <= left, "a step makes its input longer");
            // The format's own bound: 258 bytes for two bits, and what a header takes.
            assert!(out.len() <= stream.len() * 1032 + 1032, "so short an input cannot hold so much");
            match last {
                Ok(InflateStep::More) => {
                    assert!(out.len() > before, "a step gives nothing and asks for another")
                }
                Ok(InflateStep::Hungry) => {
                    assert!(input.is_empty(), "a step leaves input and asks for more");
                    break;
                }
                Ok(InflateStep::Ended) => {
                    assert!(inflater.is_ended() && input.is_empty());
                    break;
                }
                Err(error) => {
                    assert_eq!(
                        inflater.step(&mut &b""[..], &mut out, most),
                        Err(error),
                        "a fault is forgotten"
                    );
                    return (out.to_vec(), last);
                }
            }
        }
    }
    assert_eq!(inflater.written(), out.len() as u64);
    (out.to_vec(), last)
}
