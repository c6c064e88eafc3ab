//! Which data crossed in clear: from rows of transfers, and from rows of data connections where a transfer has none.

use crate::golden::{found, judged};

const OURS: &str = "cs-method cs-uri-stem sc-status x-session x-tls-version x-data";
const IIS: &str = "cs-method cs-uri-stem sc-status sc-win32-status x-session";

/// A login under TLS, and then these rows; what is said of data in clear, and how many transfers there were.
fn behind_login(rows: &[&str]) -> (Vec<String>, u64) {
    let login = ["AUTH TLS 234 a clear -", "USER u 331 a TLSv1.3 -", "PASS *** 230 a TLSv1.3 -"];
    let (found, summary) = judged(OURS, &[&login[..], rows].concat());
    assert!(found.iter().all(|line| line.contains("data-in-clear")), "{found:?}");
    (found, summary.transfers)
}

const OPENED: &str = "DataChannelOpened - - a - -";
const CLOSED: &str = "DataChannelClosed - - a clear clear";
const RETR: &str = "RETR f 226 a TLSv1.3 clear";

#[test]
fn a_connection_whose_transfer_has_no_row_is_found() {
    for end in [&["ControlChannelClosed - - a TLSv1.3 -"][..], &[OPENED], &["PWD - 257 a TLSv1.3 -"], &[]] {
        let (found, transfers) = behind_login(&[&[OPENED, CLOSED], end].concat());
        assert_eq!(transfers, 1);
        assert!(found[0].starts_with("log:6: data-in-clear: DataChannelClosed: "), "{found:?}");
    }
    let under_tls = behind_login(&[OPENED, "DataChannelClosed - - a TLSv1.3 tls"]);
    assert_eq!(under_tls, (Vec::new(), 1));
    // Nothing moved on it.
    assert_eq!(behind_login(&[OPENED, "DataChannelClosed - - a - -"]), (Vec::new(), 0));
}

#[test]
fn one_whose_transfer_has_a_row_counts_once() {
    let lines = |rows: &[&str]| {
        let (found, transfers) = behind_login(rows);
        assert_eq!(found.len(), 1);
        let more = found[0].split_once("(and ").map_or("0", |(_, rest)| rest.split(' ').next().unwrap());
        (more.parse::<u64>().unwrap() + 1, transfers)
    };
    assert_eq!(lines(&[OPENED, CLOSED, RETR]), (1, 1));
    assert_eq!(lines(&[OPENED, RETR, CLOSED]), (1, 1));
    assert_eq!(lines(&[OPENED, CLOSED, RETR, OPENED, CLOSED, RETR]), (2, 2));
    // The row of the first one is lost, and what stands between is no transfer.
    assert_eq!(lines(&[OPENED, CLOSED, OPENED, CLOSED, "NOOP - 200 a TLSv1.3 -", RETR]), (2, 2));
    assert_eq!(lines(&[OPENED, CLOSED, "RETR g 550 a TLSv1.3 -", OPENED, CLOSED, RETR]), (2, 2));
    assert_eq!(lines(&[RETR, OPENED, CLOSED, "ControlChannelClosed - - a TLSv1.3 -"]), (2, 2));
}

#[test]
fn a_transfer_that_says_how_it_crossed_needs_no_answer() {
    for status in ["550", "421", "-", "500"] {
        let (found, transfers) = behind_login(&[&format!("RETR f {status} a TLSv1.3 clear")]);
        assert_eq!((found.len(), transfers), (1, 1), "{status}");
        let (found, transfers) = behind_login(&[&format!("STOR f {status} a TLSv1.3 tls-bound")]);
        assert_eq!((found.len(), transfers), (0, 1), "{status}");
    }
    // Cut before a data connection came about.
    assert_eq!(behind_login(&["RETR f - a TLSv1.3 -"]), (Vec::new(), 0));
}

#[test]
fn a_login_without_an_answer_counts_as_any_other() {
    let rows = ["USER u - a clear -", "PASS *** - a clear -"];
    let found = found(OURS, &rows);
    assert!(matches!(&found[..], [line] if line.contains("password-in-clear")), "{found:?}");
}

#[test]
fn logs_that_do_not_tell_are_told_by_their_data_connections() {
    let login = ["AUTH TLS 234 0 a", "USER u 331 0 a", "PASS *** 230 0 a"];
    let of = |rows: &[&'static str]| judged(IIS, &[&login[..], rows].concat());
    let (opened, closed) = ("DataChannelOpened - - 0 a", "DataChannelClosed - - 64 a");
    let (found, summary) = of(&[opened, closed, "RETR big 550 64 a"]);
    assert!(matches!(&found[..], [line] if line.contains("PROT P was not said")), "{found:?}");
    assert_eq!(summary.transfers, 1);
    assert_eq!(of(&["PROT P 200 0 a", opened, closed, "RETR big 550 64 a"]).0, [""; 0]);
    // The file system said no, or there was no connection: nothing moved.
    for rows in [&[opened, closed, "RETR gone 550 2 a", "RETR big 550 64 a"][..], &["RETR big 550 64 a"]] {
        let (found, summary) = of(rows);
        assert_eq!((found.len(), summary.transfers), (0, 0), "{rows:?}");
    }
}

#[test]
fn a_transfer_that_tells_of_no_data_moved_nothing_whatever_the_answer() {
    for status in ["451", "452", "552", "426", "226"] {
        assert_eq!(behind_login(&[&format!("STOR f {status} a TLSv1.3 -")]), (Vec::new(), 0), "{status}");
    }
}

#[test]
fn a_listing_as_a_reply_is_data() {
    let ccc = "CCC - 200 a TLSv1.3 -";
    for row in ["STAT d 213 a clear -", "STAT d 212 a clear -", "MLST - 250 a clear -"] {
        let (found, _) = behind_login(&[ccc, row]);
        assert!(found.len() == 1 && found[0].contains("the control connection had no TLS"), "{found:?}");
    }
    for row in [
        "STAT d 213 a TLSv1.3 -",
        "MLST f 250 a TLSv1.3 -",
        "STAT - 211 a clear -",
        "STAT d 450 a clear -",
        "MLST f 550 a clear -",
        "MLST f - a clear -",
    ] {
        assert_eq!(behind_login(&[ccc, row]).0, [""; 0], "{row}");
    }
}

#[test]
fn an_account_in_clear_is_a_password() {
    let found = found(OURS, &["USER u 331 a clear -", "ACCT *** 502 a clear -"]);
    assert!(matches!(&found[..], [line] if line.contains("password-in-clear: ACCT in clear")), "{found:?}");
}

#[test]
fn a_session_that_ended_for_bytes_behind_auth_is_told_of() {
    let fields = "cs-method cs-uri-stem sc-status x-session x-reason";
    for status in ["-", "234"] {
        let auth = format!("AUTH TLS {status} a -");
        let closed = "ControlChannelClosed - - a injection:+clear+bytes+behind+AUTH";
        let found = found(fields, &["ControlChannelOpened - - a -", &auth, closed]);
        assert!(matches!(&found[..], [line] if line.contains(": clear-behind-auth: ")), "{found:?}");
    }
}
