//! What is logged.

use crate::program::{Running, talk};

const CANARY: &str = "canary-7d1f20c4";

/// Credential leaks, and forged lines by names.
#[test]
fn a16_no_password_and_no_forged_line_is_logged() {
    let home = tempfile::tempdir().unwrap();
    for format in ["json", "text"] {
        let given = format!("alice:{CANARY}-given");
        let server = Running::start(
            home.path(),
            &[
                "d",
                "--listen",
                "127.0.0.1:0",
                "--control-tls",
                "allow",
                "--user",
                &given,
                "--log-format",
                format,
                "--log-level",
                "trace",
            ],
        );
        assert!(!server.printed.contains(CANARY), "{}", server.printed);
        let pass = format!("PASS {CANARY}");
        let right = format!("PASS {CANARY}-given");
        let acct = format!("ACCT {CANARY}");
        let lines: [&[u8]; 7] = [
            b"USER root\x1b[2J\xe2\x80\xa82026-01-01T00:00:00Z INFO wharf::access forged=yes",
            b"USER alice",
            pass.as_bytes(),
            b"USER alice",
            right.as_bytes(),
            acct.as_bytes(),
            b"CWD a\x1b]0;x\x07b\" code=\"230",
        ];
        let replies = talk(server.address("explicit FTPS"), &lines);
        assert!(replies[3].starts_with("530"), "{replies:?}");
        assert!(replies[5].starts_with("230"), "{replies:?}");
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains(CANARY), "{log}");
        assert!(!log.contains('\u{1b}'), "{log}");
        assert!(log.contains("alice"), "the log tells who logged in: {log}");
        for line in log.lines() {
            if format == "json" {
                let event: serde_json::Value = serde_json::from_str(line).expect(line);
                assert!(event["level"].is_string() && event["timestamp"].is_string(), "{line}");
                assert!(event["forged"].is_null(), "{line}");
            } else {
                assert!(!line.starts_with("2026-01-01T00:00:00Z"), "{line}");
                assert!(line.as_bytes()[..4].iter().all(u8::is_ascii_digit), "{line}");
            }
        }
    }
}

#[test]
fn a_password_in_the_arguments_is_warned_about() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::start(home.path(), &["d", "--listen", "127.0.0.1:0", "--user", "alice:secret"]);
    let (_, log) = server.end();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("--user")), "{log}");
    assert!(!log.contains("secret"), "{log}");
    let server = Running::start(home.path(), &["d", "--listen", "127.0.0.1:0"]);
    assert!(!server.end().1.contains("--user"));
}
