//! Framing does not depend on how bytes arrive.

use bytes::{Bytes, BytesMut};
use wharf_codec::{Limits, Line, LineError, LineFramer, Reply, ReplyError, ReplyFramer};

/// The framers, fed whole, byte by byte and at the split that the input chooses: the same lines, the same Telnet
/// answers, the same replies (CTL-02).
///
/// The first byte says how many bytes after it are sizes of pieces, used in turn; the rest is what the peer sends.
///
/// # Panics
/// On a finding.
pub fn chunking(data: &[u8]) {
    let Some((count, rest)) = data.split_first() else { return };
    let (sizes, text) = rest.split_at(usize::from(*count % 16).min(rest.len()));
    // Small limits, so that short inputs meet them.
    for limits in [Limits::default(), SMALL] {
        let whole = lines(text, &limits, &[]);
        assert_eq!(whole, lines(text, &limits, &[1]), "byte by byte");
        assert_eq!(whole, lines(text, &limits, sizes), "split at {sizes:?}");
        let whole = replies(text, &limits, &[]);
        assert_eq!(whole, replies(text, &limits, &[1]), "byte by byte");
        assert_eq!(whole, replies(text, &limits, sizes), "split at {sizes:?}");
    }
}

pub(super) const SMALL: Limits =
    Limits { max_line: 16, max_discard: 48, max_reply_lines: 3, max_reply_bytes: 32 };

/// Cuts `text` into pieces of these sizes, used in turn; into one piece without any.
pub(super) fn pieces<'a>(mut text: &'a [u8], sizes: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let whole = [text.len().max(1)];
    let sizes: Vec<usize> = match sizes {
        [] => whole.to_vec(),
        _ => sizes.iter().map(|size| usize::from(*size).max(1)).collect(),
    };
    let mut turn = 0;
    core::iter::from_fn(move || {
        let size = sizes[turn % sizes.len()].min(text.len());
        turn += 1;
        let (piece, rest) = text.split_at(size);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn lines(text: &[u8], limits: &Limits, sizes: &[u8]) -> (Vec<Result<Line, LineError>>, Bytes) {
    let (mut framer, mut input) = (LineFramer::new(limits), BytesMut::new());
    let (mut found, mut answers) = (Vec::new(), BytesMut::new());
    for piece in pieces(text, sizes) {
        input.extend_from_slice(piece);
        loop {
            let next = framer.next_line(&mut input);
            answers.extend_from_slice(&framer.take_telnet_answers());
            match next {
                Ok(None) => break,
                Ok(Some(line)) => found.push(Ok(line)),
                Err(error) => {
                    found.push(Err(error));
                    if error == LineError::Flooded {
                        return (found, answers.freeze());
                    }
                }
            }
        }
        assert!(input.is_empty(), "bytes stay behind though no line is ready");
    }
    (found, answers.freeze())
}

pub(super) fn replies(text: &[u8], limits: &Limits, sizes: &[u8]) -> Vec<Result<Reply, ReplyError>> {
    let (mut framer, mut input, mut found) = (ReplyFramer::new(limits), BytesMut::new(), Vec::new());
    for piece in pieces(text, sizes) {
        input.extend_from_slice(piece);
        loop {
            match framer.next_reply(&mut input) {
                Ok(None) => break,
                Ok(Some(reply)) => found.push(Ok(reply)),
                Err(error) => {
                    found.push(Err(error));
                    return found;
                }
            }
        }
    }
    found
}
