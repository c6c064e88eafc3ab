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
    to.finish(&summary).unwrap();
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
