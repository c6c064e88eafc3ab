//! Memory stays bounded whatever a log holds.

use wharf_audit::{Judge, JudgeOptions, Kind, Line, Parser, Place};

#[test]
fn sessions_that_never_end_are_taken_for_ended() {
    let mut options = JudgeOptions::default();
    options.most_sessions = 10;
    let (mut parser, mut judge) = (Parser::default(), Judge::new(options));
    parser.line(b"#Fields: cs-method sc-status x-session");
    let mut found = Vec::new();
    for number in 0..1_000_u64 {
        for method in ["ControlChannelOpened -", "PASS 230"] {
            let line = format!("{method} s{number}");
            let Line::Entry(entry) = parser.line(line.as_bytes()) else { panic!("{line}") };
            judge.entry(Place { file: 0, line: number }, &entry, &mut |finding| found.push(finding));
        }
        // The ones before are told of as soon as there is no room for them.
        assert!(found.len() as u64 + 10 > number);
    }
    let summary = judge.finish(&mut |finding| found.push(finding));
    assert_eq!((summary.sessions, summary.clear, found.len()), (1_000, 1_000, 1_000));
    assert!(found.iter().all(|finding| finding.kind == Kind::PasswordInClear));
    let lines: Vec<u64> = found.iter().map(|finding| finding.place.line).collect();
    assert!(lines.is_sorted());
}

#[test]
fn a_long_session_among_many_short_ones_is_kept() {
    let mut options = JudgeOptions::default();
    options.most_sessions = 10;
    let (mut parser, mut judge) = (Parser::default(), Judge::new(options));
    parser.line(b"#Fields: cs-method sc-status x-session");
    let mut found = Vec::new();
    let mut row = |line: &str, number: u64| {
        let Line::Entry(entry) = parser.line(line.as_bytes()) else { panic!("{line}") };
        judge.entry(Place { file: 0, line: number }, &entry, &mut |finding| found.push(finding));
    };
    row("ControlChannelOpened - long", 0);
    row("AUTH 234 long", 1);
    for number in 2..1_000 {
        row(&format!("ControlChannelOpened - s{number}"), number);
        row(&format!("ControlChannelClosed - s{number}"), number);
    }
    row("PASS 230 long", 1_000);
    judge.finish(&mut |finding| found.push(finding));
    assert_eq!(found, []);
}
