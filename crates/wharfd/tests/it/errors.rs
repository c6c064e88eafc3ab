//! Wrong input: a clear error that says what to do, and the exit code.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use crate::program::run;

#[test]
fn wrong_input_ends_with_2_and_a_cure() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "x").unwrap();
    fs::write(home.path().join("users"), "alice\n").unwrap();
    fs::set_permissions(home.path().join("users"), fs::Permissions::from_mode(0o600)).unwrap();
    for (words, hint) in [
        (&["serve"][..], "<DIR>"),
        (&["serve", "d", "--listen", "here"], "127.0.0.1:2121"),
        (&["serve", "d", "--no-such-flag"], "--no-such-flag"),
        (&["serve", "d", "--cert", "c.pem"], "--key"),
        (&["serve", "d", "--cert", "c.pem", "--key", "k.pem"], "c.pem"),
        (&["serve", "d", "--user", "canary"], "--user alice:SECRET"),
        (&["serve", "d", "--user", "a:b", "--user", "a:canary"], "once"),
        (&["serve", "d", "--idle-timeout", "5 minutes"], "1h30m"),
        (&["serve", "file"], "is no directory"),
        (&["serve", "d", "--users", "absent"], "absent"),
        (&["serve", "d", "--users", "users"], "line 1"),
        (&["passwd", "alice", "--permissions", "everything"], "upload-only"),
    ] {
        let output = run(home.path(), words);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {error}");
        assert!(error.contains(hint), "{words:?}: {error}");
        assert!(!error.contains("canary"), "{words:?}: {error}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_port_in_use_ends_with_1_and_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(home.path(), ["serve", "d", "--listen", &address]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(&address), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn in_json_the_last_word_is_json_too() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "x").unwrap();
    let output = run(home.path(), ["serve", "file", "--log-format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let line: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["message"].as_str().unwrap().contains("is no directory") && line["cure"].is_string());
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let home = tempfile::tempdir().unwrap();
    // The first start fails after the certificate was made, at the port.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let words = ["serve", "d", "--state-dir", "s", "--listen", &address];
    assert_eq!(run(home.path(), words).status.code(), Some(1));
    fs::set_permissions(home.path().join("s/key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(home.path(), words);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn help_and_version_end_with_0() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["--help"][..], &["--version"], &["serve", "--help"], &["passwd", "--help"]] {
        assert_eq!(run(home.path(), words).status.code(), Some(0), "{words:?}");
    }
}
