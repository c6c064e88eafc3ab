//! The commands of `SITE`.

use wharf_codec::{Pathname, SiteCommand, SiteError, SiteVerb, Text, TimeVal, Token};

fn read(text: &str) -> Result<SiteCommand, SiteError> {
    SiteCommand::parse(&Text::try_from(text).unwrap())
}

fn path(text: &str) -> Pathname {
    Pathname::try_from(text).unwrap()
}

#[test]
fn each_command_means_what_it_should() {
    use SiteCommand as S;
    let time = TimeVal::parse(b"20260102030405").unwrap();
    let minute = TimeVal::parse(b"20260102030400").unwrap();
    let cases = [
        ("CHGRP staff a b", S::Chgrp { group: Token::try_from("staff").unwrap(), path: path("a b") }),
        ("chmod 644  a b ", S::Chmod { mode: 0o644, path: path(" a b ") }),
        ("CHMOD 04755 x", S::Chmod { mode: 0o4755, path: path("x") }),
        ("COPY a b", S::Copy { from: path("a"), to: path("b") }),
        ("COPY \"a b\" \"c \"\"d\"", S::Copy { from: path("a b"), to: path("c \"d") }),
        ("CPFR a b", S::Cpfr(path("a b"))),
        ("CPTO a b", S::Cpto(path("a b"))),
        ("HELP", S::Help(None)),
        ("HELP CHMOD", S::Help(Some(Text::try_from("CHMOD").unwrap()))),
        ("IDLE", S::Idle(None)),
        ("IDLE 600", S::Idle(Some(600))),
        ("MKDIR a/b c", S::Mkdir(path("a/b c"))),
        ("QUOTA", S::Quota),
        ("RMDIR a", S::Rmdir(path("a"))),
        ("SYMLINK a b", S::Symlink { target: path("a"), link: path("b") }),
        ("UMASK", S::Umask(None)),
        ("UMASK 022", S::Umask(Some(0o22))),
        ("UTIME 202601020304 a b", S::Utime { time: minute, path: path("a b") }),
        ("UTIME 20260102030405 a UTC", S::Utime { time, path: path("a UTC") }),
        ("UTIME a b 20250101000000 20260102030405 20240101000000 UTC", S::Utime { time, path: path("a b") }),
        ("WHO", S::Who),
        ("XDUPE 3", S::Xdupe),
    ];
    for (text, command) in cases {
        assert_eq!(read(text), Ok(command), "{text}");
    }
}

#[test]
fn what_is_malformed_says_of_which_command() {
    for (text, verb) in [
        ("CHMOD 888 x", SiteVerb::Chmod),
        ("CHMOD 17777 x", SiteVerb::Chmod),
        ("CHMOD 644", SiteVerb::Chmod),
        ("COPY a b c", SiteVerb::Copy),
        ("COPY \"a b", SiteVerb::Copy),
        ("CPFR", SiteVerb::Cpfr),
        ("IDLE -1", SiteVerb::Idle),
        ("MKDIR", SiteVerb::Mkdir),
        ("QUOTA x", SiteVerb::Quota),
        ("SYMLINK a", SiteVerb::Symlink),
        ("UMASK 1000", SiteVerb::Umask),
        ("UMASK +22", SiteVerb::Umask),
        ("UTIME 20261302030405 x", SiteVerb::Utime),
    ] {
        assert_eq!(read(text), Err(SiteError::BadArgument(verb)), "{text}");
    }
    // SEC-03
    for text in ["EXEC ls", "", " CHMOD 644 x", "CHMO 644 x"] {
        if let Ok(text) = Text::try_from(text) {
            assert_eq!(SiteCommand::parse(&text), Err(SiteError::Unknown), "{text:?}");
        }
    }
}

#[test]
fn the_table_agrees_with_itself() {
    for &verb in SiteVerb::ALL {
        let info = verb.info();
        assert_eq!((info.verb, SiteVerb::from_bytes(info.name.as_bytes())), (verb, Some(verb)));
        assert!(info.syntax.starts_with(&format!("SITE {}", info.name)) && info.help.ends_with('.'));
    }
    assert!(SiteVerb::ALL.is_sorted_by_key(|verb| verb.name()));
}
