//! MODE Z: zlib streams in pieces.

use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{DeflateError, DeflateLevel, Deflater, InflateStep, Inflater};

fn deflated(content: &[u8], level: u8, piece: usize) -> Vec<u8> {
    let mut deflater = Deflater::new(DeflateLevel::new(level).unwrap());
    let mut out = BytesMut::new();
    for piece in content.chunks(piece) {
        deflater.push(piece, &mut out).unwrap();
    }
    deflater.finish(&mut out).unwrap();
    out.to_vec()
}

/// What comes of a stream, in pieces of `piece` bytes and steps of `most`.
fn inflated(stream: &[u8], piece: usize, most: usize) -> (Vec<u8>, Result<InflateStep, DeflateError>) {
    let (mut inflater, mut out) = (Inflater::new(), BytesMut::new());
    let mut last = Ok(InflateStep::Hungry);
    for mut input in stream.chunks(piece) {
        loop {
            let before = out.len();
            last = inflater.step(&mut input, &mut out, most);
            assert!(out.len() - before <= most);
            match last {
                Ok(InflateStep::More) => {}
                Ok(InflateStep::Hungry | InflateStep::Ended) => break,
                Err(error) => {
                    assert_eq!(inflater.step(&mut &b"x"[..], &mut out, most), Err(error));
                    return (out.to_vec(), last);
                }
            }
        }
    }
    (out.to_vec(), last)
}

proptest! {
    #[test]
    fn what_was_deflated_inflates_to_itself(
        content in prop::collection::vec(0_u8..4, 0..5_000),
        level in 1_u8..=9,
        piece in 1_usize..6_000,
        cut in 1_usize..6_000,
        most in 1_usize..6_000,
    ) {
        let stream = deflated(&content, level, piece);
        prop_assert_eq!(inflated(&stream, cut, most), (content, Ok(InflateStep::Ended)));
    }
}

// XFR-22: only the end mark says that all is there.
#[test]
fn a_stream_that_is_cut_anywhere_does_not_end() {
    let content = b"a line of text, and another line of text\n".repeat(20);
    let stream = deflated(&content, 6, 100);
    for len in 0..stream.len() {
        let (came, last) = inflated(&stream[..len], 7, 64);
        assert_eq!(last, Ok(InflateStep::Hungry), "{len}");
        assert!(content.starts_with(&came));
    }
    assert_eq!(inflated(&stream, 7, 64), (content, Ok(InflateStep::Ended)));
}

// XFR-22
#[test]
fn nothing_stands_behind_the_end() {
    let mut stream = deflated(b"content", 6, 100);
    stream.push(0);
    for piece in [1, stream.len()] {
        assert_eq!(inflated(&stream, piece, 64), (b"content".to_vec(), Err(DeflateError::Trailing)));
    }
}

// XFR-22
#[test]
fn a_damaged_stream_is_found_out() {
    let content = b"some content that is long enough ".repeat(10);
    let stream = deflated(&content, 6, 100);
    for at in 0..stream.len() {
        let mut damaged = stream.clone();
        damaged[at] ^= 0x10;
        let (came, last) = inflated(&damaged, damaged.len(), 4096);
        // A few bits before the checksum mean nothing.
        assert!(last != Ok(InflateStep::Ended) || came == content, "byte {at}");
    }
    // Neither gzip nor deflate without a header, nor a preset dictionary.
    for other in [&[0x1f, 0x8b, 8, 0][..], b"plain text", &[0x78, 0xbb, 0, 0, 0, 1, 0]] {
        assert_eq!(inflated(other, 3, 64).1, Err(DeflateError::Corrupt), "{other:?}");
    }
}

#[test]
fn an_empty_file_is_a_stream_too() {
    let stream = deflated(b"", 9, 1);
    assert_eq!(inflated(&stream, 1, 1), (Vec::new(), Ok(InflateStep::Ended)));
}

#[test]
fn a_step_gives_no_more_than_asked() {
    let stream = deflated(&vec![0; 1 << 20], 9, 1 << 20);
    assert!(stream.len() < 1 << 11, "{} bytes", stream.len());
    let (came, last) = inflated(&stream, stream.len(), 64 * 1024);
    assert_eq!((came.len(), last), (1 << 20, Ok(InflateStep::Ended)));
}

#[test]
fn levels_are_1_to_9() {
    let numbers: Vec<u8> = (0..=u8::MAX).filter_map(DeflateLevel::new).map(DeflateLevel::number).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    assert_eq!(DeflateLevel::default().to_string(), "6");
}
