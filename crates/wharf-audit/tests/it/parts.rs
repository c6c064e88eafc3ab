//! Logs that begin in the middle of sessions, and such as do not tell sessions apart.

use crate::golden::{found, judged};

const IIS: &str = "s-port cs-method cs-uri-stem sc-status x-session";
const OPENED: &str = "21 ControlChannelOpened - - a";

#[test]
fn what_has_no_row_is_held_against_nobody_whose_beginning_is_not_seen() {
    let rest = ["21 USER u 331 a", "21 PASS *** 230 a", "21 RETR f 226 a", "21 STAT d 213 a"];
    let (found, summary) = judged(IIS, &rest);
    assert_eq!((found, summary.sessions, summary.unseen, summary.transfers), (vec![], 1, 1, 1));
    let (found, summary) = judged(IIS, &[&[OPENED], &rest[..]].concat());
    assert_eq!((found.len(), summary.unseen), (2, 0), "{found:?}");
    // The file before, read behind.
    let (found, summary) =
        judged(IIS, &[&rest[2..], &[OPENED, "21 AUTH TLS 234 a", "21 PROT P 200 a"]].concat());
    assert_eq!((found, summary.sessions, summary.unseen), (vec![], 2, 1));
}

#[test]
fn what_is_seen_counts_all_the_same() {
    for (rows, kind) in [
        (&["21 PROT C 200 a", "21 LIST - 226 a"][..], "data-in-clear"),
        (&["21 AUTH TLS 234 a", "21 LIST - 226 a"], "data-in-clear"),
        (&["21 CCC - 200 a", "21 PASS *** 230 a"], "password-in-clear"),
        (&["21 REIN - 220 a", "21 USER u 331 a"], "user-in-clear"),
        (&["21 REIN - 220 a", "21 LIST - 226 a"], "data-in-clear"),
    ] {
        let found = found(IIS, rows);
        assert!(matches!(&found[..], [line] if line.contains(kind)), "{found:?}");
    }
    let under_tls = ["21 PROT P 200 a", "21 LIST - 226 a", "21 AUTH TLS 234 a", "21 PASS *** 230 a"];
    assert_eq!(found(IIS, &under_tls), [""; 0]);
}

#[test]
fn a_port_of_implicit_tls_shows_in_any_row_about_the_control_connection() {
    let rows =
        ["50001 DataChannelClosed - - a", "990 PROT P 200 a", "990 PASS *** 230 a", "990 LIST - 226 a"];
    let (found, summary) = judged(IIS, &rows);
    assert_eq!((found, summary.implicit), (vec![], 1));
    // Where data go is no matter.
    let rows = [OPENED, "990 DataChannelOpened - - a", "21 PASS *** 230 a"];
    assert_eq!(found_kinds(IIS, &rows), ["password-in-clear"]);
}

fn found_kinds(fields: &str, rows: &[&str]) -> Vec<String> {
    found(fields, rows).iter().map(|line| line.split(": ").nth(1).unwrap().to_owned()).collect()
}

#[test]
fn ports_of_clients_tell_sessions_apart() {
    let fields = "c-ip c-port cs-method cs-uri-stem sc-status sc-win32-status";
    let rows = [
        "192.0.2.7 1 ControlChannelOpened - - 0",
        "192.0.2.7 2 ControlChannelOpened - - 0",
        "192.0.2.7 1 AUTH TLS 234 0",
        "192.0.2.7 2 PASS *** 230 0",
        "192.0.2.7 1 PASS *** 230 0",
        "192.0.2.7 2 ControlChannelClosed - - 0",
        "192.0.2.7 3 DataChannelOpened - - 0",
        "192.0.2.7 1 RETR f 550 64",
        "192.0.2.7 3 DataChannelClosed - - 64",
    ];
    let (found, summary) = judged(fields, &rows);
    assert_eq!((summary.sessions, summary.unseen, summary.transfers), (2, 0, 1), "{found:?}");
    assert!(found[0].starts_with("log:5: password-in-clear: "), "{found:?}");
    assert!(found[1].starts_with("log:9: data-in-clear: RETR f: PROT P was not said"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn what_one_session_carried_is_held_against_no_other() {
    let fields = "c-ip c-port cs-method sc-status x-tls-version x-data";
    let begin =
        ["192.0.2.7 1 ControlChannelOpened - TLSv1.3 -", "192.0.2.7 2 ControlChannelOpened - TLSv1.3 -"];
    let data = ["192.0.2.7 3 DataChannelClosed - clear clear", "192.0.2.7 1 RETR 226 TLSv1.3 clear"];
    let (found, summary) = judged(fields, &[begin, data].concat());
    assert_eq!((found.len(), summary.transfers), (1, 1), "{found:?}");
    // Of its only one.
    let (found, summary) = judged(fields, &[begin[0], data[0]]);
    assert_eq!((found.len(), summary.transfers), (1, 1), "{found:?}");
}

#[test]
fn sessions_that_cannot_be_told_apart_are_told_of() {
    let fields = "c-ip cs-method cs-uri-stem sc-status";
    let opened = "192.0.2.7 ControlChannelOpened - -";
    let rows = [opened, "192.0.2.7 AUTH TLS 234", "192.0.2.7 PASS *** 230", "192.0.2.7 PASS *** 230"];
    assert_eq!(found_kinds(fields, &rows), ["sessions-untold"]);
    let rows = [opened, "192.0.2.7 PASS *** 230"];
    assert_eq!(found_kinds(fields, &rows), ["sessions-untold", "password-in-clear"]);
}
