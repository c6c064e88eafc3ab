//! Known answers, one and more for each verb.

use bytes::BytesMut;
use wharf_codec::{
    AuthMechanism, ChecksumArgument, Command, EpsvArgument, Format, HostName, HostPort, Leniency, Line,
    OptsArgument, Pathname, ProtectionLevel, Representation, Secret, Structure, Text, TimeVal, Token,
    TransferMode, UserName, Verb,
};

use super::parse;

fn path(text: &str) -> Pathname {
    Pathname::try_from(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::try_from(text).unwrap()
}

fn token(text: &str) -> Token {
    Token::try_from(text).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

fn sum(name: &str, range: Option<(u64, u64)>) -> ChecksumArgument {
    ChecksumArgument { path: path(name), range }
}

/// A line as a client may write it, what it means, and how it is written here.
#[expect(clippy::too_many_lines, reason = "a table")]
fn known_answers() -> Vec<(&'static str, Command, &'static str)> {
    use Command as C;
    let v4 = HostPort::V4("192.0.2.1:1025".parse().unwrap());
    let v6 = HostPort::V6("[2001:db8::1]:6446".parse().unwrap());
    let time = TimeVal::parse(b"20240229235959.5").unwrap();
    let same = |line: &'static str, command: Command| (line, command, line);
    vec![
        same("ABOR", C::Abor),
        same("ACCT  x", C::Acct(secret(" x"))),
        same("ADAT dGVzdA==", C::Adat(text("dGVzdA=="))),
        same("ALLO 12", C::Allo { size: 12, record: None }),
        ("allo 12 r 5 ", C::Allo { size: 12, record: Some(5) }, "ALLO 12 R 5"),
        same("APPE a b", C::Appe(path("a b"))),
        ("AUTH tls", C::Auth(AuthMechanism::Tls), "AUTH TLS"),
        ("auth Tls-c ", C::Auth(AuthMechanism::TlsC), "AUTH TLS-C"),
        ("AUTH TLS-P", C::Auth(AuthMechanism::TlsP), "AUTH TLS-P"),
        ("AUTH ssl", C::Auth(AuthMechanism::Ssl), "AUTH SSL"),
        same("AUTH GSSAPI", C::Auth(AuthMechanism::Other(token("GSSAPI")))),
        same("CCC", C::Ccc),
        same("CDUP", C::Cdup),
        ("xcup", C::Cdup, "CDUP"),
        same("CLNT NcFTP 3", C::Clnt(text("NcFTP 3"))),
        same("CONF eA==", C::Conf(text("eA=="))),
        // CTL-05: all spaces behind the first belong to the name.
        same("CWD  a  ", C::Cwd(path(" a  "))),
        ("XCWD ..", C::Cwd(path("..")), "CWD .."),
        same("DELE x", C::Dele(path("x"))),
        same("ENC eA==", C::Enc(text("eA=="))),
        same("EPRT |1|192.0.2.1|1025|", C::Eprt(v4)),
        ("EPRT !2!2001:DB8::1!6446!", C::Eprt(v6), "EPRT |2|2001:db8::1|6446|"),
        ("EPRT |3|here|there|", C::Eprt(HostPort::Unsupported { family: 3 }), "EPRT |3|-|0|"),
        same("EPSV", C::Epsv(EpsvArgument::Any)),
        same("EPSV 2", C::Epsv(EpsvArgument::Family(2))),
        ("epsv all", C::Epsv(EpsvArgument::All), "EPSV ALL"),
        same("FEAT", C::Feat),
        same("HELP", C::Help(None)),
        same("HELP SITE x", C::Help(Some(text("SITE x")))),
        ("HOST Ftp.Example.COM", C::Host(HostName::new("ftp.example.com").unwrap()), "HOST ftp.example.com"),
        same("HOST [2001:db8::1]", C::Host(HostName::new("[2001:db8::1]").unwrap())),
        same("LANG", C::Lang(None)),
        same("LANG en-GB", C::Lang(Some(text("en-GB")))),
        ("LIST ", C::List(None), "LIST"),
        same("LIST -la x y", C::List(Some(text("-la x y")))),
        same("LPRT 4,4,192,0,2,1,2,4,1", C::Lprt(v4)),
        same("LPRT 6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,25,46", C::Lprt(v6)),
        ("LPRT 9,1,7", C::Lprt(HostPort::Unsupported { family: 9 }), "LPRT 9,0,0"),
        same("LPSV", C::Lpsv),
        same("MDTM x", C::Mdtm(path("x"))),
        same("MFMT 20240229235959.5  a b", C::Mfmt { time, path: path(" a b") }),
        same("MIC eA==", C::Mic(text("eA=="))),
        same("MKD x", C::Mkd(path("x"))),
        ("XMKD x", C::Mkd(path("x")), "MKD x"),
        same("MLSD", C::Mlsd(None)),
        same("MLSD x", C::Mlsd(Some(path("x")))),
        same("MLST", C::Mlst(None)),
        same("MLST x", C::Mlst(Some(path("x")))),
        ("MODE s", C::Mode(TransferMode::Stream), "MODE S"),
        same("MODE B", C::Mode(TransferMode::Block)),
        same("MODE C", C::Mode(TransferMode::Compressed)),
        same("MODE Z", C::Mode(TransferMode::Deflate)),
        same("NLST", C::Nlst(None)),
        same("NLST *.txt", C::Nlst(Some(text("*.txt")))),
        ("NOOP  ", C::Noop, "NOOP"),
        ("opts mlst size;Type", C::Opts(OptsArgument::Mlst(vec![token("size"), token("Type")])), "OPTS mlst"),
        // LST-18: no fact at all is legal.
        same("OPTS MLST", C::Opts(OptsArgument::Mlst(vec![]))),
        // I18-05
        ("OPTS utf8 on", C::Opts(OptsArgument::Utf8(Some(true))), "OPTS UTF8 ON"),
        ("OPTS UTF-8", C::Opts(OptsArgument::Utf8(None)), "OPTS UTF8"),
        same("OPTS UTF8 OFF", C::Opts(OptsArgument::Utf8(Some(false)))),
        same("OPTS UTF8 NLST", C::Opts(OptsArgument::Other { name: token("UTF8"), value: text("NLST") })),
        same("OPTS HASH SHA-256", C::Opts(OptsArgument::Hash(Some(token("SHA-256"))))),
        same("PASS  secret ", C::Pass(secret(" secret "))),
        ("PASS", C::Pass(secret("")), "PASS "),
        same("PASV", C::Pasv),
        // CTL-06: stray spaces around what is no name do not count.
        ("PBSZ  0 ", C::Pbsz(0), "PBSZ 0"),
        same("PORT 192,0,2,1,4,1", C::Port(v4)),
        ("PORT  192,000,02,1,4,1 ", C::Port(v4), "PORT 192,0,2,1,4,1"),
        ("PROT p", C::Prot(ProtectionLevel::Private), "PROT P"),
        same("PROT C", C::Prot(ProtectionLevel::Clear)),
        same("PROT S", C::Prot(ProtectionLevel::Safe)),
        same("PROT E", C::Prot(ProtectionLevel::Confidential)),
        same("PWD", C::Pwd),
        ("XPWD", C::Pwd, "PWD"),
        same("QUIT", C::Quit),
        same("REIN", C::Rein),
        same("REST 0", C::Rest(0)),
        same("REST 18446744073709551615", C::Rest(u64::MAX)),
        same("RETR r\u{e9}sum\u{e9}", C::Retr(path("r\u{e9}sum\u{e9}"))),
        same("RMD x", C::Rmd(path("x"))),
        ("XRMD x", C::Rmd(path("x")), "RMD x"),
        same("RNFR x", C::Rnfr(path("x"))),
        same("RNTO x", C::Rnto(path("x"))),
        same("SITE CHMOD 644 a b", C::Site(text("CHMOD 644 a b"))),
        same("SIZE x", C::Size(path("x"))),
        same("SMNT x", C::Smnt(path("x"))),
        same("STAT", C::Stat(None)),
        same("STAT x", C::Stat(Some(path("x")))),
        same("STOR x", C::Stor(path("x"))),
        same("STOU", C::Stou(None)),
        same("STOU x", C::Stou(Some(path("x")))),
        ("STRU f", C::Stru(Structure::File), "STRU F"),
        same("STRU R", C::Stru(Structure::Record)),
        same("STRU P", C::Stru(Structure::Page)),
        same("SYST", C::Syst),
        ("TYPE a", C::Type(Representation::Ascii(Format::NonPrint)), "TYPE A N"),
        same("TYPE A T", C::Type(Representation::Ascii(Format::Telnet))),
        same("TYPE E C", C::Type(Representation::Ebcdic(Format::Carriage))),
        ("TYPE I N", C::Type(Representation::Image), "TYPE I"),
        same("TYPE I", C::Type(Representation::Image)),
        ("TYPE L8", C::Type(Representation::Local(8)), "TYPE L 8"),
        same("TYPE L 36", C::Type(Representation::Local(36))),
        same("USER a b", C::User(UserName::try_from("a b").unwrap())),
        ("XCRC a b", C::Xcrc(sum("a b", None)), "XCRC \"a b\""),
        ("XCRC a 0 9", C::Xcrc(sum("a", Some((0, 9)))), "XCRC \"a\" 0 9"),
        same("XMD5 \"a \"\"b\"\"\" 5 7", C::Xmd5(sum("a \"b\"", Some((5, 7))))),
        same("XSHA \"a\"", C::Xsha(sum("a", None))),
        ("xsha1 a", C::Xsha(sum("a", None)), "XSHA \"a\""),
        ("XSHA256 a b 1 2", C::Xsha256(sum("a b", Some((1, 2)))), "XSHA256 \"a b\" 1 2"),
        same("XSHA512 \"a\"", C::Xsha512(sum("a", None))),
        same("AVBL", C::Avbl(None)),
        same("AVBL x", C::Avbl(Some(path("x")))),
        (
            "COMB a \"b c\" d",
            C::Comb { target: path("a"), parts: vec![path("b c"), path("d")] },
            "COMB \"a\" \"b c\" \"d\"",
        ),
        same("CPSV", C::Cpsv),
        same("CSID Name=x;Version=1;", C::Csid(text("Name=x;Version=1;"))),
        same("DSIZ x", C::Dsiz(Some(path("x")))),
        same("ESTA", C::Esta),
        same("ESTP", C::Estp),
        same("HASH a b", C::Hash(path("a b"))),
        same("OPTS HASH", C::Opts(OptsArgument::Hash(None))),
        same("MACB ENABLE", C::Macb(text("ENABLE"))),
        same("MD5 x", C::Md5(path("x"))),
        same("MFCT 20240229235959.5 x", C::Mfct { time, path: path("x") }),
        (
            "MFF Modify=20260101000000;UNIX.mode=0644  a b",
            C::Mff {
                facts: vec![(token("Modify"), token("20260101000000")), (token("UNIX.mode"), token("0644"))],
                path: path(" a b"),
            },
            "MFF Modify=20260101000000;UNIX.mode=0644;  a b",
        ),
        same("MMD5 a, b", C::Mmd5(text("a, b"))),
        same("PRET RETR a", C::Pret(text("RETR a"))),
        same("RANG 0 18446744073709551615", C::Rang { start: 0, end: u64::MAX }),
        same("RANG 1 0", C::Rang { start: 1, end: 0 }),
        same("SPSV", C::Spsv),
        same("SSCN", C::Sscn(None)),
        ("sscn on", C::Sscn(Some(true)), "SSCN ON"),
        same("SSCN OFF", C::Sscn(Some(false))),
        same("THMB JPG 80 60 x", C::Thmb(text("JPG 80 60 x"))),
        same("FROB", C::Unknown { verb: token("FROB"), argument: text("") }),
    ]
}

fn encoded(command: &Command) -> Vec<u8> {
    let mut dst = BytesMut::new();
    command.encode(&mut dst);
    dst.to_vec()
}

#[test]
fn each_line_means_what_it_should() {
    for (line, command, written) in known_answers() {
        assert_eq!(parse(line.as_bytes()).as_ref(), Ok(&command), "{line}");
        let written = match written {
            "OPTS mlst" => "OPTS MLST size;Type;",
            other => other,
        };
        assert_eq!(encoded(&command), format!("{written}\r\n").into_bytes(), "{line}");
    }
}

#[test]
fn no_verb_is_without_a_known_answer() {
    for &verb in Verb::ALL {
        assert!(known_answers().iter().any(|(_, command, _)| command.verb() == Some(verb)), "{verb}");
    }
}

// CTL-04
#[test]
fn verbs_ignore_case_and_arguments_keep_it() {
    for (line, command, _) in known_answers() {
        let end = line.find(' ').unwrap_or(line.len());
        let lower = format!("{}{}", line[..end].to_ascii_lowercase(), &line[end..]);
        if command.verb().is_some() {
            assert_eq!(parse(lower.as_bytes()), Ok(command), "{lower}");
        }
    }
}

#[test]
fn the_table_agrees_with_itself() {
    for &verb in Verb::ALL {
        let info = verb.info();
        assert_eq!(info.verb, verb);
        assert_eq!(info.name, info.name.to_ascii_uppercase());
        assert!(info.syntax.starts_with(info.name), "{verb}");
        assert!(!info.reference.is_empty() && info.help.ends_with('.'), "{verb}");
        for name in [info.name].iter().chain(info.aliases) {
            assert_eq!(Verb::from_bytes(name.as_bytes()), Some(verb));
            assert_eq!(Verb::from_bytes(name.to_ascii_lowercase().as_bytes()), Some(verb));
        }
    }
    assert!(Verb::ALL.is_sorted_by_key(|verb| verb.name()));
    assert_eq!(Verb::from_bytes(b"RET"), None);
}

// CTL-29: the commands that every server must have are all in the table.
#[test]
fn the_minimum_set_is_known() {
    let minimum = "USER PASS ACCT PORT PASV TYPE MODE STRU RETR STOR APPE RNFR RNTO DELE CWD CDUP RMD MKD PWD LIST \
                   NLST SYST STAT HELP NOOP QUIT";
    assert!(minimum.split(' ').all(|name| Verb::from_bytes(name.as_bytes()).is_some()));
}

// CTL-26: nothing secret in a log.
#[test]
fn secrets_are_never_shown() {
    for line in ["PASS hunter2", "ACCT hunter2", "ADAT hunter2"] {
        let command = parse(line.as_bytes()).unwrap();
        assert_eq!(command.to_string(), format!("{} ***", &line[..4]));
        if !line.starts_with("ADAT") {
            assert!(!format!("{command:?}").contains("hunter2"));
        }
    }
    let line = Line::new("PASS hunter2");
    assert!(!format!("{line:?}").contains("hunter2"));
}

#[test]
fn display_is_one_line_of_harmless_text() {
    let command = Command::Retr(Pathname::new(&b"a\x1b[2J\xff\\"[..]).unwrap());
    assert_eq!(command.to_string(), "RETR a\\x1b[2J\\xff\\\\");
}

// PORT has no room for IPv6.
#[test]
fn port_with_another_family_goes_out_as_eprt() {
    let command = Command::Port(HostPort::V6("[2001:db8::1]:21".parse().unwrap()));
    assert_eq!(encoded(&command), b"EPRT |2|2001:db8::1|21|\r\n");
    assert_eq!(command.verb(), Some(Verb::Eprt));
}

#[test]
fn a_log_repeats_no_argument_that_may_be_a_password() {
    for line in [
        "AUTH hunter2",
        "ADAT hunter2",
        "MIC hunter2",
        "ENC hunter2",
        "CONF hunter2",
        "HELP hunter2",
        "HELP PASS hunter2",
        "HELP SITE hunter2",
        "LANG hunter2",
        "OPTS hunter2",
        "OPTS PASS hunter2",
        "PRET hunter2",
        "PRET PASS hunter2",
        "SITE hunter2",
        "SITE PSWD hunter2",
        "SITE CHMOD hunter2",
        "SITE",
        "ACCT hunter2",
        "PASS hunter2",
        "pass  hunter2",
    ] {
        if let Ok(command) = Command::parse(&Line::new(line.as_bytes().to_vec()), &Leniency::default()) {
            assert!(!command.to_string().contains("hunter2"), "{command}");
        }
    }
    for line in [
        "HELP RETR",
        "HELP SITE CHMOD",
        "LANG en-GB",
        "OPTS MODE Z LEVEL 6",
        "PRET RETR x",
        "SITE CHMOD 644 x",
    ] {
        let command = Command::parse(&Line::new(line.as_bytes().to_vec()), &Leniency::default()).unwrap();
        assert_eq!(command.to_string(), line);
    }
}
