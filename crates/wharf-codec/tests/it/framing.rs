//! Lines and replies off a stream.

use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{Limits, LineError, LineFramer, Reply, ReplyCode, ReplyError, ReplyFramer};

use super::frame;

fn lines(stream: &[u8]) -> Vec<Vec<u8>> {
    frame(&[stream], &Limits::default()).into_iter().map(Result::unwrap).collect()
}

fn replies(stream: &[u8], limits: &Limits) -> Result<Vec<Reply>, ReplyError> {
    let (mut framer, mut src, mut out) = (ReplyFramer::new(limits), BytesMut::from(stream), Vec::new());
    while let Some(reply) = framer.next_reply(&mut src)? {
        out.push(reply);
    }
    Ok(out)
}

fn texts(reply: &Reply) -> Vec<String> {
    reply.text_lines().map(|line| wharf_codec::Escaped(line).to_string()).collect()
}

// CTL-02, CTL-03
#[test]
fn a_line_ends_at_lf_with_or_without_cr() {
    assert_eq!(lines(b"NOOP\r\nQUIT\n\r\n\nA"), [&b"NOOP"[..], b"QUIT", b"", b""]);
    assert_eq!(lines(b"MKD a\rb\r\nMKD a\r\0b\n"), [&b"MKD a\rb"[..], b"MKD a\r\0b"]);
}

// CTL-02: one read may hold several commands or half of one.
#[test]
fn what_is_behind_a_line_stays_in_the_buffer() {
    let (mut framer, mut src) =
        (LineFramer::new(&Limits::default()), BytesMut::from(&b"AUTH TLS\r\nUSER x"[..]));
    assert!(framer.next_line(&mut src).unwrap().is_some());
    assert!(framer.is_idle());
    assert_eq!(src, "USER x");
    assert_eq!(framer.next_line(&mut src), Ok(None));
    assert!(src.is_empty() && !framer.is_idle());
}

// CTL-14
#[test]
fn telnet_is_stripped_anywhere() {
    assert_eq!(lines(b"\xff\xf4\xff\xf2ABOR\r\n"), [b"ABOR"]);
    assert_eq!(lines(b"AB\xff\xf1OR\xff\xfb\x01\r\xff\xf1\n"), [b"ABOR"]);
    assert_eq!(lines(b"NO\xff\xfa\x18\x01\n\xff\xff\r\n\xff\xf0OP\r\n"), [b"NOOP"]);
    assert_eq!(lines(b"RETR a\xff\xffb\r\n"), [b"RETR a\xffb"]);
    // The urgent byte can be lost on the way: a lone IAC is left.
    assert_eq!(lines(b"\xff\xf4\xffABOR\r\n"), [b"ABOR"]);
}

// CTL-15
#[test]
fn a_lone_ff_in_a_name_is_data() {
    assert_eq!(
        lines(b"RETR \xffa\r\nRETR a\xff\r\nRETR \xff\nNOOP\n"),
        [&b"RETR \xffa"[..], b"RETR a\xff", b"RETR \xff", b"NOOP"]
    );
}

// CTL-13
#[test]
fn every_option_is_refused() {
    let mut framer = LineFramer::new(&Limits::default());
    let mut src = BytesMut::from(&b"\xff\xfd\x01\xff\xfb\x03\xff\xfc\x05\xff\xfe\x06NOOP\r\n"[..]);
    assert!(framer.next_line(&mut src).unwrap().is_some());
    assert_eq!(framer.take_telnet_answers(), &b"\xff\xfc\x01\xff\xfe\x03"[..]);
    assert!(framer.take_telnet_answers().is_empty());
    // Requests without end get answers with an end.
    let mut src = BytesMut::from(&b"\xff\xfd\x01".repeat(10_000)[..]);
    let _ = framer.next_line(&mut src);
    assert!(framer.take_telnet_answers().len() < 1_000);
}

// CTL-18
#[test]
fn an_over_long_line_is_reported_once_and_skipped() {
    let limits = Limits { max_line: 8, ..Limits::default() };
    let long = Err(LineError::TooLong);
    let ok = |line: &[u8]| Ok(line.to_vec());
    assert_eq!(
        frame(&[b"12345678\r\n123456789\r\nNOOP\r\n"], &limits),
        [ok(b"12345678"), long.clone(), ok(b"NOOP")]
    );
    assert_eq!(
        frame(&[b"12345678\r\r\n", b"1234567\xff\xff\n", b"QUIT\n"], &limits),
        [long, ok(b"1234567\xff"), ok(b"QUIT")]
    );
    // Known before the line has ended.
    assert_eq!(frame(&[b"123456789"], &limits), [Err(LineError::TooLong)]);
}

// CTL-18: close on abuse.
#[test]
fn a_flood_is_told_from_a_long_line() {
    let limits = Limits { max_line: 8, max_discard: 100, ..Limits::default() };
    let flood = [Err(LineError::TooLong), Err(LineError::Flooded)];
    assert_eq!(frame(&[&[b'x'; 1_000]], &limits), flood);
    assert_eq!(frame(&[&[b'x'; 109], b"\n", b"NOOP\n"], &limits).len(), 2);
    assert_eq!(frame(&[&b"\xff\xf1".repeat(100)], &limits), [Err(LineError::Flooded)]);
    let mut sub = b"\xff\xfa".to_vec();
    sub.extend([b'\n'; 200]);
    assert_eq!(frame(&[&sub], &limits), [Err(LineError::Flooded)]);
}

// CTL-08, CTL-09
#[test]
fn a_reply_ends_only_at_its_own_code_and_a_space() {
    let stream = b"211-Status\r\n 211 no\r\n211-nested\r\n212 other\r\n2110\r\n211\r\n\r\n211 End\r\n226 \xff\xff\r\n200\r\n";
    let replies = replies(stream, &Limits::default()).unwrap();
    assert_eq!(replies.len(), 3);
    assert_eq!(texts(&replies[0]), ["Status", " 211 no", "nested", "212 other", "2110", "211", "", "End"]);
    assert_eq!(replies[1].text(), b"\xff");
    assert_eq!((replies[2].code(), replies[2].text()), (ReplyCode::OKAY, &b""[..]));
}

// CTL-08
#[test]
fn over_the_limits_the_first_lines_are_kept() {
    let limits = Limits { max_reply_lines: 3, max_line: 20, max_discard: 200, ..Limits::default() };
    let stream = b"220-a\r\nb\r\nc\r\nd\r\n220 e\r\n226 ok\r\n";
    let two = replies(stream, &limits).unwrap();
    assert_eq!(texts(&two[0]), ["a", "b", "c"]);
    assert_eq!(two[1].code(), ReplyCode::CLOSING_DATA);
    let mut long = b"220-a\r\n220 ".to_vec();
    long.extend([b'x'; 100]);
    long.extend(b"\r\n226 ok\r\n");
    let two = replies(&long, &limits).unwrap();
    assert_eq!(texts(&two[0])[1].len(), 16);
    assert_eq!(two.len(), 2);
    let bytes = Limits { max_reply_bytes: 10, ..Limits::default() };
    let one = replies(b"220-abc\r\n0123456\r\nx\r\ny\r\n220 z\r\n", &bytes).unwrap();
    assert_eq!(texts(&one[0]), ["abc", "0123456"]);
    let mut endless = b"220-a\r\n".to_vec();
    endless.extend(b"\r\n".repeat(1_000));
    assert_eq!(replies(&endless, &limits), Err(ReplyError::TooLarge));
    assert_eq!(replies(&[b'2'; 1_000], &limits), Err(ReplyError::TooLarge));
}

#[test]
fn what_is_no_reply_is_an_error() {
    for stream in [
        "Hello\r\n",
        "\r\n",
        "22 x\r\n",
        "2200 x\r\n",
        "220x\r\n",
        "099 x\r\n",
        "700 x\r\n",
        "\u{b2}20 x\r\n",
    ] {
        let error = replies(stream.as_bytes(), &Limits::default()).unwrap_err();
        assert!(matches!(error, ReplyError::Malformed { .. }), "{stream}");
    }
    assert_eq!(replies(b"220 a\0b\r\n", &Limits::default()), Err(ReplyError::Nul));
    assert_eq!(replies(b"220 a\rb\r\r\n", &Limits::default()).unwrap()[0].text(), b"a\\rb");
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => any::<u8>(),
        3 => prop::sample::select(b"\r\n\xff\xff\xf0\xfa\xfd\xf2\0".to_vec()),
        6 => prop::sample::select(b"220 -ABC".to_vec()),
    ];
    prop::collection::vec(byte, 0..400)
}

proptest! {
    // CTL-02: any split gives the same lines, errors included.
    #[test]
    fn any_split_gives_the_same_lines(stream in stream(), cuts in prop::collection::vec(1_usize..9, 1..40)) {
        let limits = Limits { max_line: 12, max_discard: 40, ..Limits::default() };
        let (mut pieces, mut rest) = (Vec::new(), &stream[..]);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = frame(&[&stream], &limits);
        prop_assert_eq!(&whole, &frame(&pieces, &limits));
        prop_assert_eq!(&whole, &frame(&single, &limits));
    }

    #[test]
    fn any_split_gives_the_same_replies(stream in stream()) {
        let limits = Limits { max_line: 12, max_discard: 40, max_reply_lines: 3, max_reply_bytes: 20 };
        let (mut framer, mut src, mut out) = (ReplyFramer::new(&limits), BytesMut::new(), Ok(Vec::new()));
        'stream: for &byte in &stream {
            src.extend_from_slice(&[byte]);
            loop {
                match framer.next_reply(&mut src) {
                    Ok(None) => break,
                    Ok(Some(reply)) => out.as_mut().unwrap().push(reply),
                    Err(error) => {
                        out = Err(error);
                        break 'stream;
                    }
                }
            }
        }
        prop_assert_eq!(out, replies(&stream, &limits));
    }
}
