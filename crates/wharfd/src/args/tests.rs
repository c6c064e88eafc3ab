use clap::CommandFactory;

use super::*;

fn serve(words: &[&str]) -> Result<Serve, String> {
    let all = ["wharfd", "serve"].iter().chain(words);
    match CommandLine::try_parse_from(all) {
        Ok(CommandLine { command: Command::Serve(serve) }) => Ok(*serve),
        Ok(CommandLine {
            command: Command::Run(_) | Command::Audit(_) | Command::Check(_) | Command::Passwd(_),
        }) => Err("another command".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn user(given: &str) -> User {
    User::from(OsStr::new(given))
}

#[test]
fn the_definition_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn a_directory_alone_is_enough() {
    let serve = serve(&["dir"]).unwrap();
    assert_eq!(serve.dir, PathBuf::from("dir"));
    assert!(serve.listen.is_empty() && serve.implicit.is_empty() && serve.user.is_empty());
    assert_eq!(ControlPolicy::from(serve.control_tls), ControlPolicy::Require);
    assert_eq!(DataPolicy::from(serve.data_tls), DataPolicy::Require);
    assert_eq!(DataSession::from(serve.data_session), DataSession::Prefer);
    assert_eq!(serve.durability, Durability::Full);
    assert_eq!(TlsVersion::from(serve.tls_min), TlsVersion::V1_2);
    assert_eq!((serve.min_strength, serve.dialect), (Strength::Bits128, Dialect::Rfc4217));
    assert!(!serve.report_only);
    assert_eq!((serve.log.format, serve.log.level), (None, None));
}

#[test]
fn every_flag_is_read() {
    let serve = serve(&[
        "/srv/ftp",
        "--listen",
        "0.0.0.0:21",
        "--listen",
        "[::]:21",
        "--implicit",
        "127.0.0.1:990",
        "--user",
        "alice:a:b",
        "--anonymous",
        "--read-only",
        "--cert",
        "c.pem",
        "--key",
        "k.pem",
        "--control-tls",
        "credentials",
        "--data-tls",
        "deny",
        "--passive-ports",
        "50000-50100",
        "--public-ip",
        "203.0.113.5",
        "--data-session",
        "off",
        "--durability",
        "data",
        "--max-sessions",
        "9",
        "--max-upload",
        "10G",
        "--max-per-ip",
        "3",
        "--idle-timeout",
        "1h30m",
        "--users",
        "u",
        "--log-format",
        "json",
        "--log-level",
        "debug",
        "--state-dir",
        "s",
        "--tls-min",
        "1.3",
        "--min-strength",
        "256",
        "--dialect",
        "vsftpd",
        "--report-only",
    ])
    .unwrap();
    assert_eq!(serve.listen.len(), 2);
    assert_eq!(TlsVersion::from(serve.tls_min), TlsVersion::V1_3);
    assert_eq!((serve.min_strength, serve.dialect), (Strength::Bits256, Dialect::Vsftpd));
    assert!(serve.report_only);
    assert_eq!(serve.implicit, ["127.0.0.1:990".parse().unwrap()]);
    assert_eq!(serve.user[0].parts().unwrap(), ("alice", b"a:b".as_slice()));
    assert!(serve.anonymous && serve.read_only);
    assert_eq!((serve.cert, serve.key), (Some("c.pem".into()), Some("k.pem".into())));
    assert_eq!(ControlPolicy::from(serve.control_tls), ControlPolicy::Credentials);
    assert_eq!(DataPolicy::from(serve.data_tls), DataPolicy::Deny);
    assert_eq!(serve.passive_ports, Some(50000..=50100));
    assert_eq!(serve.public_ip, Some(Ipv4Addr::new(203, 0, 113, 5)));
    assert_eq!(DataSession::from(serve.data_session), DataSession::Off);
    assert_eq!(serve.durability, Durability::Data);
    assert_eq!((serve.max_sessions, serve.max_per_ip), (NonZeroUsize::new(9), NonZeroUsize::new(3)));
    assert_eq!(serve.max_upload, Some(10 << 30));
    assert_eq!(serve.idle_timeout, Some(Duration::from_secs(5400)));
    assert_eq!((serve.users, serve.state_dir), (Some("u".into()), Some("s".into())));
    assert_eq!((serve.log.format, serve.log.level), (Some(LogFormat::Json), Some(LogLevel::Debug)));
}

#[test]
fn wrong_values_are_told_how_to_be_right() {
    for (words, hint) in [
        (["--listen", "localhost"], "127.0.0.1:2121"),
        (["--implicit", "990"], "127.0.0.1:2121"),
        (["--passive-ports", "50100-50000"], "50000-50100"),
        (["--passive-ports", "0-9"], "50000-50100"),
        (["--passive-ports", "70000"], "50000-50100"),
        (["--public-ip", "::1"], "203.0.113.5"),
        (["--idle-timeout", "0"], "at least one second"),
        (["--idle-timeout", "soon"], "1h30m"),
        (["--tls-min", "1.1"], "1.2, 1.3"),
        (["--min-strength", "112"], "128 or 256"),
        (["--dialect", "proftpd"], "rfc4217, iis or vsftpd"),
        (["--durability", "very"], "full, data or off"),
        (["--control-tls", "deny"], "allow, credentials, require"),
        (["--max-sessions", "0"], "--max-sessions"),
        (["--cert", "c.pem"], "--key"),
        (["--key", "k.pem"], "--cert"),
    ] {
        let error = serve(&["dir", words[0], words[1]]).unwrap_err();
        assert!(error.contains(hint), "{words:?}: {error}");
    }
    assert!(serve(&[]).unwrap_err().contains("DIR"));
}

#[test]
fn a_wrong_user_is_refused_without_being_shown() {
    for given in ["canary", ":canary", "alice:", "ali\nce:canary", "alice:canary\r\nDELE x"] {
        let failure = user(given).parts().unwrap_err();
        assert!(!failure.to_string().contains("canary"), "{failure}");
        assert!(failure.to_string().contains("--user alice:SECRET"), "{failure}");
    }
}

#[test]
fn the_arguments_show_no_password() {
    let serve = serve(&["dir", "--user", "alice:canary"]).unwrap();
    assert!(!format!("{serve:?}").contains("canary"));
}

#[test]
fn permissions_are_words_or_letters() {
    let parse = |word| CommandLine::try_parse_from(["wharfd", "passwd", "a", "--permissions", word]);
    assert!(parse("upload-only").is_ok() && parse("lr").is_ok());
    assert!(parse("root").unwrap_err().to_string().contains("adlmrntwps"));
}
