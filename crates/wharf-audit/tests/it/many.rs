//! Memory stays bounded whatever a log holds.

use wharf_audit::{Judge, JudgeOptions, Kind, Line, Malformed, Parser, Place};

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
fn of_many_bad_lines_the_rest_is_one_finding() {
    let mut judge = Judge::new(JudgeOptions::default());
    let mut found = Vec::new();
    for (file, lines) in [(0, 20), (1, 21), (2, 100)] {
        for line in 1..=lines {
            judge.malformed(Place { file, line }, Malformed::Count, &mut |finding| found.push(finding));
        }
    }
    let summary = judge.finish(&mut |finding| found.push(finding));
    assert_eq!((summary.malformed, summary.findings), (141, found.len() as u64));
    let of = |file| -> Vec<(u64, u64)> {
        let of_file = found.iter().filter(|finding| finding.place.file == file);
        of_file.map(|finding| (finding.place.line, finding.count)).collect()
    };
    let single: Vec<_> = (1..=20).map(|line| (line, 1)).collect();
    assert_eq!(of(0), single);
    assert_eq!(of(1), [&single[..], &[(21, 1)]].concat());
    assert_eq!(of(2), [&single[..], &[(21, 80)]].concat());
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
