//! Words and escapes, and the conversion of text.

use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{
    AsciiDecoder, AsciiEncoder, Escaped, HostName, Pathname, Secret, Text, TextError, Token, UserName,
};

// CTL-28
#[test]
fn no_word_holds_a_line_end() {
    for bytes in [&b"a\rb"[..], b"a\nb", b"a\0b"] {
        let error = TextError::Forbidden { byte: bytes[1], offset: 1 };
        assert_eq!(Pathname::new(bytes).unwrap_err(), error);
        assert_eq!(Text::new(bytes).unwrap_err(), error);
        assert_eq!(Token::new(bytes).unwrap_err(), error);
        assert_eq!(UserName::new(bytes).unwrap_err(), error);
        assert_eq!(Secret::new(bytes).unwrap_err(), error);
    }
    assert_eq!(Pathname::new(""), Err(TextError::Empty));
    assert_eq!(UserName::new(""), Err(TextError::Empty));
    assert!(Text::new("").is_ok() && Secret::new("").is_ok());
    assert!(Token::new("a b").is_err() && Token::new("\u{e9}").is_err());
}

#[test]
fn host_names_ignore_case() {
    assert_eq!(HostName::new("FTP.Example.Com"), HostName::new("ftp.example.com"));
    for good in ["a", "a-b.example", "192.0.2.1", "[2001:db8::1]", "xn--bcher-kva.example"] {
        assert!(HostName::new(good).is_ok(), "{good}");
    }
    for bad in
        ["a:21", "[::1]:21", "::1", "a b", "b\u{fc}cher.example", "a.", ".a", "256.1.1.1", "[v1.x]", "-a"]
    {
        assert!(HostName::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let secret = Secret::new("hunter2").unwrap();
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    assert_eq!(secret.expose(), b"hunter2");
    assert!(secret == Secret::new("hunter2").unwrap());
    assert!(secret != Secret::new("hunter").unwrap() && secret != Secret::new("hunter3").unwrap());
}

fn encode(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut encoder, mut out) = (AsciiEncoder::new(), BytesMut::new());
    pieces.iter().for_each(|piece| encoder.push(piece, &mut out));
    encoder.finish(&mut out);
    out.to_vec()
}

fn decode(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut decoder, mut out) = (AsciiDecoder::new(), BytesMut::new());
    pieces.iter().for_each(|piece| decoder.push(piece, &mut out));
    decoder.finish(&mut out);
    out.to_vec()
}

// XFR-01, XFR-02
#[test]
fn lines_are_converted_both_ways() {
    assert_eq!(encode(&[b"a\nb\r\nc\rd\n\n\r\r\n"]), b"a\r\nb\r\nc\rd\r\n\r\n\r\r\n");
    assert_eq!(encode(&[b"a\r", b"\nb", b"\n", b"", b"\n\r", b"", b"\n"]), b"a\r\nb\r\n\r\n\r\n");
    assert_eq!(decode(&[b"a\r\nb\nc\rd\r\r\n\r"]), b"a\nb\nc\rd\r\n\r");
    assert_eq!(decode(&[b"a\r", b"\nb\r", b"", b"c\r", b"\r", b"\n\r"]), b"a\nb\rc\r\n\r");
}

fn text_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(b"\r\n\r\nab".to_vec()), 0..60)
}

proptest! {
    // XFR-01: across the borders of buffers.
    #[test]
    fn conversion_does_not_depend_on_the_split(data in text_bytes(), size in 1_usize..7) {
        let pieces: Vec<&[u8]> = data.chunks(size).collect();
        prop_assert_eq!(encode(&[&data]), encode(&pieces));
        prop_assert_eq!(decode(&[&data]), decode(&pieces));
    }

    #[test]
    fn host_lines_survive_the_way_out_and_back(data in text_bytes()) {
        let host: Vec<u8> = data.into_iter().filter(|&byte| byte != b'\r').collect();
        prop_assert_eq!(decode(&[&encode(&[&host])]), host);
    }

    // I18-07: shown, a name is still exact.
    #[test]
    fn escaping_loses_nothing(data in prop::collection::vec(any::<u8>(), 0..60)) {
        let shown = Escaped(&data).to_string();
        prop_assert!(shown.chars().all(|c| !c.is_control()));
        let (mut back, mut rest) = (Vec::new(), shown.as_bytes());
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match (byte, rest) {
                (b'\\', [b'\\', after @ ..]) => {
                    back.push(b'\\');
                    rest = after;
                }
                (b'\\', [b'x', high, low, after @ ..]) => {
                    let digits = [*high, *low];
                    back.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                    rest = after;
                }
                _ => back.push(byte),
            }
        }
        prop_assert_eq!(back, data);
    }
}
