//! `wharfd serve`, started for real.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::program::{Control, PATIENCE, Running, talk};

const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--implicit", "127.0.0.1:0"];

fn started(home: &Path, words: &[&str]) -> Running {
    Running::start(home, &[&["share"], &FREE[..], words].concat())
}

#[test]
fn it_makes_the_directory_and_prints_what_is_needed() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), &[]);
    assert!(home.path().join("share").is_dir());
    let (explicit, implicit) = (server.address("explicit FTPS"), server.address("implicit FTPS"));
    assert_ne!(explicit.port(), 0);
    assert_ne!(implicit.port(), explicit.port());
    let password = server.line("user").rsplit(' ').next().unwrap().to_owned();
    assert!(password.len() >= 16);
    for label in ["curl:", "lftp:", "FileZilla:", "wharf:"] {
        let line = server.line(label);
        assert!(line.contains(&password) && line.contains(&explicit.to_string()), "{line}");
    }
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains(&password), "{log}");
}

#[test]
fn the_certificate_is_kept_and_the_password_is_not() {
    let home = tempfile::tempdir().unwrap();
    let first = started(home.path(), &[]);
    let second = started(home.path(), &[]);
    assert!(first.fingerprint().len() == 71 && first.fingerprint().starts_with("sha256:"));
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_ne!(first.line("user"), second.line("user"));
    let state = home.path().join(".local/state/wharfd");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state.join("key.pem")), 0o600);
    assert_eq!(mode(&state), 0o700);
    let elsewhere = started(home.path(), &["--state-dir", "other"]);
    assert_ne!(first.fingerprint(), elsewhere.fingerprint());
    assert!(home.path().join("other/cert.pem").is_file());
}

#[test]
fn a_certificate_can_be_given() {
    let home = tempfile::tempdir().unwrap();
    let kept = started(home.path(), &["--state-dir", "made"]);
    let given = started(home.path(), &["--cert", "made/cert.pem", "--key", "made/key.pem"]);
    assert_eq!(kept.fingerprint(), given.fingerprint());
    assert!(!given.line("curl:").contains("--cacert"));
    assert!(!home.path().join(".local").exists());
}

#[test]
fn only_the_listeners_given_are_opened() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::start(home.path(), &["share", "--implicit", "127.0.0.1:0"]);
    assert!(!server.printed.contains("explicit FTPS"), "{}", server.printed);
    assert!(server.line("curl:").contains("ftps://127.0.0.1:"));
}

#[test]
fn sigterm_and_sigint_end_it_with_0() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), &["--control-tls", "allow"]);
    // A session that does nothing does not keep it.
    let idle = std::net::TcpStream::connect(server.address("explicit FTPS")).unwrap();
    idle.set_read_timeout(Some(PATIENCE)).unwrap();
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    let server = started(home.path(), &[]);
    server.signal("INT");
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn the_policy_flags_are_in_effect() {
    let home = tempfile::tempdir().unwrap();
    let strict = started(home.path(), &["--user", "alice:secret"]);
    let replies = talk(strict.address("explicit FTPS"), &[b"USER alice"]);
    assert!(replies[1].starts_with("530"), "{replies:?}");

    let credentials = started(home.path(), &["--user", "alice:secret", "--control-tls", "credentials"]);
    let replies = talk(credentials.address("explicit FTPS"), &[b"USER alice"]);
    assert!(replies[1].starts_with("530"), "{replies:?}");

    let open = started(
        home.path(),
        &[
            "--user",
            "alice:secret",
            "--control-tls",
            "allow",
            "--data-tls",
            "allow",
            "--read-only",
            "--public-ip",
            "203.0.113.5",
            "--passive-ports",
            "1024-65535",
        ],
    );
    let lines: [&[u8]; 5] = [b"USER alice", b"PASS secret", b"MKD new", b"PASV", b"PBSZ 0"];
    let replies = talk(open.address("explicit FTPS"), &lines);
    assert!(replies[2].starts_with("230"), "{replies:?}");
    assert!(replies[3].starts_with("550"), "{replies:?}");
    assert!(replies[4].starts_with("227") && replies[4].contains("203,0,113,5"), "{replies:?}");
    assert!(!home.path().join("share/new").exists());
}

#[test]
fn anonymous_may_come_where_it_is_let_in() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), &["--control-tls", "allow", "--anonymous"]);
    let lines: [&[u8]; 3] = [b"USER anonymous", b"PASS me@example.org", b"MKD new"];
    let replies = talk(server.address("explicit FTPS"), &lines);
    assert!(replies[2].starts_with("230"), "{replies:?}");
    assert!(replies[3].starts_with("550"), "{replies:?}");
    let closed = started(home.path(), &["--control-tls", "allow"]);
    let replies = talk(closed.address("explicit FTPS"), &lines[..2]);
    assert!(replies[2].starts_with("530"), "{replies:?}");
}

#[test]
fn a_session_too_many_is_told_421() {
    // LOG-11
    let home = tempfile::tempdir().unwrap();
    for limit in ["--max-sessions", "--max-per-ip"] {
        let server = started(home.path(), &[limit, "1"]);
        let first = std::net::TcpStream::connect(server.address("explicit FTPS")).unwrap();
        let mut greeting = [0; 3];
        first.set_read_timeout(Some(PATIENCE)).unwrap();
        std::io::Read::read_exact(&mut &first, &mut greeting).unwrap();
        assert_eq!(&greeting, b"220");
        let replies = talk(server.address("explicit FTPS"), &[]);
        assert!(replies[0].starts_with("421"), "{limit}: {replies:?}");
    }
}

#[test]
fn an_idle_session_is_closed() {
    let home = tempfile::tempdir().unwrap();
    let words = ["--user", "alice:secret", "--control-tls", "allow", "--idle-timeout", "1s"];
    let server = started(home.path(), &words);
    let stream = std::net::TcpStream::connect(server.address("explicit FTPS")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Write::write_all(&mut &stream, b"USER alice\r\nPASS secret\r\n").unwrap();
    let mut all = String::new();
    std::io::Read::read_to_string(&mut &stream, &mut all).unwrap();
    assert!(all.lines().last().unwrap().starts_with("421"), "{all}");
}

#[test]
fn a_running_transfer_may_finish_unless_a_second_signal_comes() {
    let home = tempfile::tempdir().unwrap();
    let words = ["--user", "alice:secret", "--control-tls", "allow", "--data-tls", "allow"];
    let words = [&words[..], &["--audit-log", "audit.log"]].concat();
    let server = started(home.path(), &words);
    let address = server.address("explicit FTPS");
    // More than the buffers of both ends hold, so that it runs until somebody reads.
    fs::File::create(home.path().join("share/large")).unwrap().set_len(256 << 20).unwrap();
    let mut control = Control::connect(address);
    for command in ["USER alice", "PASS secret", "TYPE I"] {
        control.command(command);
    }
    let reply = control.command("EPSV");
    let port: u16 = reply.split('|').nth(3).unwrap().parse().unwrap();
    let _data = std::net::TcpStream::connect((address.ip(), port)).unwrap();
    assert!(control.command("RETR large").starts_with("150"));
    server.signal("TERM");
    // Nobody new is let in: the signal has arrived.
    while std::net::TcpStream::connect(address).is_ok() {}
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("second signal"), "{log}");
    // Sessions that were cut have their last rows.
    let rows = fs::read_to_string(home.path().join("audit.log")).unwrap();
    for channel in ["DataChannel", "ControlChannel"] {
        let count = |what| rows.matches(&format!("{channel}{what}")).count();
        assert!(count("Opened") > 0 && count("Opened") == count("Closed"), "{rows}");
    }
}
