//! Commands as the machine shows them, taken apart again.

use std::borrow::Cow;

/// Verb and argument of a command as the machine shows it, the argument in bytes again; and what else there is to say.
pub(super) fn words(command: &str) -> (&str, Cow<'_, [u8]>, &'static str) {
    if command.starts_with('(') {
        // It is no command that could be told.
        let why = match command {
            "(unknown)" => "unknown command",
            "(unfinished)" => "a line without an end",
            _ => "a line that is too long",
        };
        return ("UNKNOWN", Cow::Borrowed(b""), why);
    }
    match command.split_once(' ') {
        Some((verb, "(malformed)")) => {
            (if verb == "?" { "UNKNOWN" } else { verb }, Cow::Borrowed(b""), "malformed")
        }
        Some((verb, argument)) => (verb, unescaped(argument), ""),
        None => (command, Cow::Borrowed(b""), ""),
    }
}

/// The bytes that [`wharf_codec::Escaped`] shows.
fn unescaped(shown: &str) -> Cow<'_, [u8]> {
    if !shown.contains('\\') {
        return Cow::Borrowed(shown.as_bytes());
    }
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (first, tail) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                bytes.push(digit(*high).unwrap_or_default() << 4 | digit(*low).unwrap_or_default());
                tail
            }
            (b'\\', [b'\\', tail @ ..]) => {
                bytes.push(b'\\');
                tail
            }
            (other, tail) => {
                bytes.push(*other);
                tail
            }
        };
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use wharf_codec::Escaped;

    use super::*;

    #[test]
    fn commands_are_taken_apart() {
        for bytes in [&b"a b\\c"[..], b"\xff\x1b[2J\\x41", "gr\u{fc}\u{df}e".as_bytes()] {
            assert_eq!(unescaped(&Escaped(bytes).to_string()), bytes);
        }
        assert_eq!(words("RETR a b"), ("RETR", Cow::Borrowed(&b"a b"[..]), ""));
        assert_eq!(words("PWD"), ("PWD", Cow::Borrowed(&b""[..]), ""));
        assert_eq!(words("TYPE (malformed)"), ("TYPE", Cow::Borrowed(&b""[..]), "malformed"));
        assert_eq!(words("(unknown)").0, "UNKNOWN");
        assert_eq!(words("? (malformed)").0, "UNKNOWN");
    }
}
