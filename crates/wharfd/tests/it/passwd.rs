//! `wharfd passwd`.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::program::{Running, run_with_input, talk};

#[test]
fn an_account_is_added_changed_and_logs_in() {
    let home = tempfile::tempdir().unwrap();
    let users = home.path().join("users");
    let passwd = |words: &[&str], password: &[u8]| {
        let output =
            run_with_input(home.path(), &[&["passwd", "--users", "users"], words].concat(), password);
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
        fs::read_to_string(&users).unwrap()
    };
    let text = passwd(&["alice", "--root", "sub", "--permissions", "read-only"], b"first\n");
    assert!(text.starts_with("alice:$argon2id$") && text.ends_with(":sub:read-only\n"), "{text}");
    assert_eq!(fs::metadata(&users).unwrap().permissions().mode() & 0o777, 0o600);
    passwd(&["bob"], b"second\r\n");
    let text = passwd(&["alice"], b"third");
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().next().unwrap().ends_with(":sub:read-only"), "{text}");
    assert!(text.lines().nth(1).unwrap().ends_with("::full"), "{text}");
    assert!(!text.contains("first") && !text.contains("second") && !text.contains("third"));

    fs::create_dir_all(home.path().join("d/sub")).unwrap();
    let words = ["d", "--users", "users", "--listen", "127.0.0.1:0", "--control-tls", "allow"];
    let server = Running::start(home.path(), &words);
    let login = |user: &[u8], password: &[u8]| {
        talk(server.address("explicit FTPS"), &[&[b"USER ", user].concat(), &[b"PASS ", password].concat()])
    };
    assert!(login(b"alice", b"third")[2].starts_with("230"));
    assert!(login(b"bob", b"second")[2].starts_with("230"));
    assert!(login(b"alice", b"first")[2].starts_with("530"));
}

#[test]
fn without_a_file_the_line_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let output = run_with_input(home.path(), &["passwd", "alice", "--root", "/srv/a"], b"secret\n");
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.starts_with("alice:$argon2id$") && line.ends_with(":/srv/a:full\n"), "{line}");
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("broken"), "alice\n").unwrap();
    for (words, input) in [
        (&["passwd", "alice"][..], &b""[..]),
        (&["passwd", "alice"], b"\n"),
        (&["passwd", "al:ice"], b"x\n"),
        (&["passwd", ""], b"x\n"),
        (&["passwd", "alice", "--root", "a\nb"], b"x\n"),
        (&["passwd", "bob", "--users", "broken"], b"x\n"),
        (&["passwd", "bob"], &[b'x'; 2000]),
    ] {
        let output = run_with_input(home.path(), words, input);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(fs::read_to_string(home.path().join("broken")).unwrap(), "alice\n");
}
