//! Logs as servers write them, and what is found in each.

use std::path::PathBuf;

use wharf_audit::{JsonReport, Judge, JudgeOptions, Line, Parser, Place, Summary, text_line};

/// What is found, as text and as JSON.
fn report(name: &str, options: JudgeOptions) -> (String, String, Summary) {
    let log = std::fs::read(folder().join(name)).unwrap();
    let (mut parser, mut judge) = (Parser::default(), Judge::new(options));
    let mut findings = Vec::new();
    for (line, bytes) in (1..).zip(log.split_inclusive(|byte| *byte == b'\n')) {
        let place = Place { file: 0, line };
        let mut tell = |finding| findings.push(finding);
        match parser.line(bytes) {
            Line::Entry(entry) => judge.entry(place, &entry, &mut tell),
            Line::Malformed(why) => judge.malformed(place, why, &mut tell),
            Line::Lost(count) => judge.lost(place, count, &mut tell),
            Line::Nothing | Line::Fields | _ => {}
        }
    }
    let summary = judge.finish(&mut |finding| findings.push(finding));
    let text: Vec<String> = findings.iter().map(|finding| text_line(finding, name) + "\n").collect();
    let mut json = Vec::new();
    let mut to = JsonReport::begin(&mut json).unwrap();
    findings.iter().for_each(|finding| to.finding(finding, name).unwrap());
    to.finish(&summary, &[]).unwrap();
    (text.concat(), String::from_utf8(json).unwrap(), summary)
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/logs")
}

/// Compares with the file beside the log, or writes it where that is asked for.
fn golden(name: &str) {
    let (text, json, _) = report(&format!("{name}.log"), JudgeOptions::default());
    for (end, found) in [("txt", text), ("json", json)] {
        let file = folder().join(format!("{name}.{end}"));
        if std::env::var_os("WHARF_WRITE_GOLDEN").is_some() {
            std::fs::write(&file, &found).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), found, "{name}.{end}");
    }
}

#[test]
fn logs_of_iis_6() {
    golden("iis6");
}

#[test]
fn logs_of_iis_7() {
    golden("iis7");
}

#[test]
fn logs_of_iis_10() {
    golden("iis10");
}

#[test]
fn logs_of_ours() {
    golden("wharf");
}

#[test]
fn anonymous_may_be_left_out() {
    let mut options = JudgeOptions::default();
    options.ignore_anonymous = true;
    let (all, left) = (report("iis10.log", JudgeOptions::default()).2, report("iis10.log", options).2);
    assert_eq!((all.clear, left.clear), (1, 0));
    assert_eq!(all.findings - left.findings, 1);
}

/// What is found in these rows, behind a line of fields.
pub(crate) fn found(fields: &str, rows: &[&str]) -> Vec<String> {
    judged(fields, rows).0
}

fn judged_with(options: JudgeOptions, fields: &str, rows: &[&str]) -> (Vec<String>, Summary) {
    let (mut parser, mut judge) = (Parser::default(), Judge::new(options));
    let mut findings = Vec::new();
    let head = format!("#Fields: {fields}");
    for (line, row) in (1..).zip(core::iter::once(head.as_str()).chain(rows.iter().copied())) {
        if let Line::Entry(entry) = parser.line(row.as_bytes()) {
            judge.entry(Place { file: 0, line }, &entry, &mut |finding| findings.push(finding));
        }
    }
    let summary = judge.finish(&mut |finding| findings.push(finding));
    (findings.iter().map(|finding| text_line(finding, "log")).collect(), summary)
}

/// The same, and what was counted.
pub(crate) fn judged(fields: &str, rows: &[&str]) -> (Vec<String>, Summary) {
    judged_with(JudgeOptions::default(), fields, rows)
}

#[test]
fn data_stays_protected_behind_ccc_and_a_login_does_not() {
    let fields = "s-port cs-method cs-uri-stem sc-status x-session";
    let begin =
        ["21 AUTH TLS 234 a", "21 USER u 331 a", "21 PASS *** 230 a", "21 PROT P 200 a", "21 CCC - 200 a"];
    let with = |rest: &[&'static str]| found(fields, &[&begin[..], rest].concat());
    assert_eq!(with(&["21 RETR f 226 a"]), [""; 0]);
    let behind_rein = with(&["21 REIN - 220 a", "21 USER u 331 a", "21 PASS *** 230 a"]);
    assert!(behind_rein.iter().any(|line| line.contains("password-in-clear")), "{behind_rein:?}");
    // On a port of implicit TLS as well.
    let implicit = ["990 USER u 331 b", "990 PASS *** 230 b", "990 REIN - 220 b", "990 PASS *** 230 b"];
    let implicit = found(fields, &implicit);
    assert!(implicit.iter().any(|line| line.contains("password-in-clear")), "{implicit:?}");
}

#[test]
fn a_handshake_that_the_last_row_shows_has_not_failed() {
    let fields = "cs-method cs-uri-stem sc-status x-session x-tls-version";
    let row = |version: &str| format!("ControlChannelClosed - - a {version}");
    let of = |version: &str| found(fields, &["AUTH TLS 234 a clear", &row(version)]);
    assert_eq!(of("TLSv1.3"), [""; 0]);
    assert!(of("-").iter().any(|line| line.contains("handshake-failed")));
}

#[test]
fn a_reason_is_short_and_ends_nothing_early() {
    let fields = "cs-method sc-status sc-substatus x-session x-reason";
    let reason = "a),+session+x,+client+y".to_owned() + &"z".repeat(5000);
    let lines = found(fields, &[&format!("ControlChannelClosed - 32 a {reason}")]);
    assert!(lines.iter().all(|line| line.len() < 400 && !line.contains("a), session")), "{lines:?}");
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_finding_names_whose_password_it_was() {
    let fields = "cs-method cs-uri-stem sc-status x-session";
    let alice = ["ControlChannelOpened - - a", "USER alice 331 a", "PASS *** 230 a"];
    let refused = ["ControlChannelOpened - - a", "USER alice 331 a", "PASS *** 530 a"];
    for (first, then) in [
        (alice, &["REIN - 220 a", "AUTH TLS 234 a", "USER bob 331 a", "PASS *** 230 a", "PROT P 200 a"][..]),
        (refused, &["USER anonymous 331 a", "PASS *** 230 a"]),
    ] {
        let found = found(fields, &[&first[..], then].concat());
        assert!(matches!(&found[..], [line] if line.contains(", user alice, ")), "{found:?}");
    }
    // Data are of whoever is logged in by then; behind REIN nobody is.
    let found = found(fields, &[&alice[..], &["USER bob 331 a", "PASS *** 230 a", "LIST - 226 a"]].concat());
    let users: Vec<_> =
        found.iter().map(|line| (line.contains("user alice"), line.contains("user bob"))).collect();
    assert_eq!(users, [(true, false), (false, true)]);
    let mut options = JudgeOptions::default();
    options.ignore_anonymous = true;
    let rows = [alice[0], "USER anonymous 331 a", "PASS *** 230 a", "REIN - 220 a", "PASS *** 503 a"];
    let (found, _) = judged_with(options, fields, &rows);
    assert!(matches!(&found[..], [line] if line.contains("password-in-clear")), "{found:?}");
}
