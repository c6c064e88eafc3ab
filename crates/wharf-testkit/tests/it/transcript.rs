//! A transcript that does not fit fails, and says where.

use wharf_testkit::transcript::{Cut, Transcript};

fn fails(text: &str) -> String {
    let text = format!("config control=allow data=allow\n{text}");
    Transcript::parse(&text).and_then(|transcript| transcript.play(Cut::Whole)).unwrap_err()
}

#[test]
fn what_does_not_fit_is_found() {
    for (text, line) in [
        ("S: 221 *", "line 2"),
        ("S: 220 *\nS: 220 *", "line 3"),
        ("S: 220 *\nC: NOOP", "at the end"),
        ("C: NOOP", "line 2"),
        ("S: 220 *\n> close", "line 3"),
        ("S: 220 *\n>! log*\n>! *\nC: NOOP\nS: 200 *\n>! log*", "line 7"),
        ("S: 220 *\n= closed", "line 3"),
        ("S: 220 *\n= file /a x", "line 3"),
        ("S: 220 *\nD: connect", "line 3"),
        ("S: 220 *\n! ok", "line 3"),
    ] {
        let told = fails(text);
        assert!(told.starts_with(line), "{text:?}: {told}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for text in
        ["Z: x", "config x=y", "T: sideways", "@ 5", "C: \\q", "D: fly", "! error odd", "file a\\xgg x"]
    {
        assert!(Transcript::parse(text).is_err(), "{text}");
    }
}
