//! Commands.

use arbitrary::{Arbitrary as _, Unstructured};
use bytes::BytesMut;
use wharf_codec::{Class, Command, Leniency, Limits, Line, LineFramer};

/// One command line of any bytes: a command, or an error with a reply code that refuses (CTL-21). A command that came
/// of it is written as one line that says the same, and its text for the log holds no control character (SEC-02).
///
/// # Panics
/// On a finding.
pub fn command_line(data: &[u8]) {
    let line = Line::new(data.to_vec());
    for how in [Leniency::default(), Leniency::strict()] {
        match Command::parse(&line, &how) {
            Ok(command) => {
                assert_eq!(read_back(&command), command, "the same command");
                let shown = command.to_string();
                assert!(!shown.chars().any(char::is_control), "a control character in {shown:?}");
            }
            Err(error) => {
                assert_eq!(error.reply_code().class(), Class::Permanent, "{error:?}");
                assert!(error.offset <= data.len(), "{error:?}");
            }
        }
    }
}

/// A command made from the input, written and read again: the same command, on exactly one line (CTL-28).
///
/// # Panics
/// On a finding.
pub fn command_round_trip(data: &[u8]) {
    if let Ok(command) = Command::arbitrary(&mut Unstructured::new(data)) {
        assert_eq!(read_back(&command), command);
    }
}

/// Writes a command and reads it with the strict grammar.
fn read_back(command: &Command) -> Command {
    let mut wire = BytesMut::new();
    command.encode(&mut wire);
    assert!(wire.ends_with(b"\r\n"), "no line end: {command}");
    let ends = wire.iter().filter(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
    assert_eq!(ends, 2, "more than one line: {command}");
    let limits = Limits { max_line: wire.len(), ..Limits::default() };
    let mut framer = LineFramer::new(&limits);
    let line = framer.next_line(&mut wire).expect("it is as long as may be").expect("it has an end");
    assert!(wire.is_empty() && framer.is_idle(), "something is behind the line: {command}");
    Command::parse(&line, &Leniency::strict()).expect("what was written can be read")
}
