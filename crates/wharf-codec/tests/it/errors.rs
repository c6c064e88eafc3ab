//! Lines that are no commands, and what to answer.

use wharf_codec::{Command, CommandErrorKind as Kind, Leniency, Line, ReplyCode, Verb};

use super::parse;

fn refused(line: &[u8], kind: Kind, code: ReplyCode) {
    let shown = wharf_codec::Escaped(line).to_string();
    let error = parse(line).expect_err(&shown);
    assert_eq!((error.kind, error.reply_code()), (kind, code), "{shown}");
    assert!(error.offset <= line.len(), "{shown}");
}

// CTL-17, CTL-28
#[test]
fn odd_bytes_are_refused() {
    let (bad, unknown) = (ReplyCode::BAD_PARAMETER, ReplyCode::UNRECOGNIZED);
    for line in [&b"USER a\0b"[..], b"MKD a\rb", b"RETR a\r\0b", b"RETR a\r", b"PASS a\0", b"STOR a\nDELE b"]
    {
        refused(line, Kind::BadCharacter, bad);
    }
    refused(b"XYZZY a\0", Kind::BadCharacter, bad);
    for line in [&b"\xe9LIST"[..], b"LI\0ST", b"LIST\r", b" LIST", b"\tLIST", b"123", b"\r"] {
        refused(line, Kind::BadVerb, unknown);
    }
    refused(b"", Kind::Empty, unknown);
    let error = parse(b"USER a\0b").unwrap_err();
    assert_eq!((error.verb, error.offset), (Some(Verb::User), 6));
}

// CTL-21
#[test]
fn each_fault_has_its_code() {
    let (bad, value) = (ReplyCode::BAD_PARAMETER, ReplyCode::PARAMETER_NOT_IMPLEMENTED);
    for line in
        ["CWD", "CWD ", "RETR", "USER", "TYPE", "TYPE  ", "REST", "PORT ", "SITE", "HOST", "OPTS", "ALLO"]
    {
        refused(line.as_bytes(), Kind::MissingArgument, bad);
    }
    for line in ["FEAT all", "PASV 1", "ABOR x", "CDUP ..", "QUIT now"] {
        refused(line.as_bytes(), Kind::UnexpectedArgument, bad);
    }
    for line in ["PROT X", "MODE X", "STRU Q", "TYPE Q", "TYPE A X"] {
        refused(line.as_bytes(), Kind::NotSupportedValue, value);
    }
    for line in ["TYPE AN", "TYPE ", "TYPE A N N", "TYPE I 8 N", "TYPE L", "TYPE L x", "PROT PP", "MODE 1 2"]
    {
        assert_eq!(parse(line.as_bytes()).unwrap_err().reply_code(), bad, "{line}");
    }
    for line in
        ["AUTH TLS now", "EPSV x", "EPSV 1 2", "ALLO x", "ALLO 1 R", "OPTS MLST a=b;", "OPTS MLST a;;b"]
    {
        refused(line.as_bytes(), Kind::BadArgument, bad);
    }
    for line in
        ["HOST ftp.example.com:21", "HOST [::1", "HOST a..b", "HOST 1.2.3", "HOST 2001:db8::1", "HOST -a"]
    {
        refused(line.as_bytes(), Kind::BadArgument, bad);
    }
    for line in ["MFMT 20240230000000 x", "MFMT x y", "MFMT 20240229000000"] {
        refused(line.as_bytes(), Kind::BadArgument, bad);
    }
    refused(b"MFMT 20240229000000 ", Kind::MissingArgument, bad);
}

// DAT-01: six numbers from 0 to 255, neither more nor fewer.
#[test]
fn port_is_six_octets() {
    for line in [
        "PORT 256,0,0,1,4,1",
        "PORT 1,2,3,4,5,256",
        "PORT -1,0,0,1,4,1",
        "PORT +1,0,0,1,4,1",
        "PORT 192,0,2,1,4",
        "PORT 192,0,2,1,4,1,0",
        "PORT 192,0,2,1,4,",
        "PORT 192,0,2,1,,1",
        "PORT 192.0.2.1,4,1",
        "PORT 192, 0,2,1,4,1",
        "PORT 99999999999999999999,0,0,1,4,1",
        "PORT a,b,c,d,e,f",
    ] {
        assert_eq!(parse(line.as_bytes()).unwrap_err().reply_code(), ReplyCode::BAD_PARAMETER, "{line}");
    }
}

// DAT-08
#[test]
fn eprt_is_strict() {
    for line in [
        "EPRT |1|192.0.2.1|65536|",
        "EPRT |1|192.0.2.1|1025",
        "EPRT |1|192.0.2.1||",
        "EPRT |1|2001:db8::1|1025|",
        "EPRT |2|192.0.2.1|1025|",
        "EPRT |2|fe80::1%eth0|1025|",
        "EPRT |2|[2001:db8::1]|1025|",
        "EPRT |1|192.0.2.1|1025|x",
        "EPRT |1|192.0.2.1|-5|",
        "EPRT ||192.0.2.1|5|",
        "EPRT 1",
    ] {
        assert_eq!(parse(line.as_bytes()).unwrap_err().reply_code(), ReplyCode::BAD_PARAMETER, "{line}");
    }
}

// XFR-06: digits only.
#[test]
fn rest_and_pbsz_take_digits_only() {
    let bad = ReplyCode::BAD_PARAMETER;
    for line in [
        "REST 18446744073709551616",
        "REST 99999999999999999999999",
        "PBSZ 4294967296",
        "ALLO 18446744073709551616",
    ] {
        refused(line.as_bytes(), Kind::NumberTooLarge, bad);
    }
    for line in ["REST -1", "REST +1", "REST 0x10", "REST 1 2", "REST 1.5", "REST a", "PBSZ -1", "PBSZ x"] {
        refused(line.as_bytes(), Kind::BadArgument, bad);
    }
}

// CTL-23
#[test]
fn other_protocols_are_told_apart() {
    for line in [
        &b"GET / HTTP/1.1"[..],
        b"POST /x HTTP/1.0",
        b"PUT / HTTP/1.1",
        b"HEAD / HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"DELETE / HTTP/1.1",
        b"CONNECT a:21 HTTP/1.1",
        b"HELO x",
        b"ehlo x",
        b"EHLO",
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-x",
    ] {
        refused(line, Kind::ForeignProtocol, ReplyCode::UNRECOGNIZED);
    }
    assert!(matches!(parse(b"GETX"), Ok(Command::Unknown { .. })));
    assert!(matches!(parse(b"HEADER"), Ok(Command::Unknown { .. })));
}

#[test]
fn leniency_is_a_value() {
    let parse = |line: &'static str, how: &Leniency| Command::parse(&Line::new(line), how);
    let (strict, loose) =
        (Leniency::strict(), Leniency { ignore_extra_argument: true, ..Leniency::default() });
    for line in ["TYPE L8", "TYPE I N", "PBSZ  0", "NOOP ", "NOOP  ", "PROT P "] {
        assert!(parse(line, &Leniency::default()).is_ok(), "{line}");
    }
    for line in ["TYPE L8", "TYPE I N", "PBSZ  0", "NOOP  ", "PROT P "] {
        assert!(parse(line, &strict).is_err(), "{line}");
    }
    assert_eq!(parse("QUIT now", &loose), Ok(Command::Quit));
}

#[test]
fn an_error_says_where() {
    for (line, offset) in
        [("PORT 1,2,3,4,5,300", 15), ("PORT  1,2,x,4,5,6", 10), ("REST 12x", 7), ("EPRT |1|1.2.3|5|", 8)]
    {
        let error = parse(line.as_bytes()).unwrap_err();
        assert_eq!(error.offset, offset, "{line}: {error}");
    }
}
