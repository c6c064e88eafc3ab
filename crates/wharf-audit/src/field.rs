//! One value in a line: no spaces, no line ends, nothing that acts on a terminal.

use std::borrow::Cow;

use wharf_codec::stands_for_itself;

/// Appends a value: `-` for an empty one, `+` for a space, and `%XX` for every byte that could end a line or a field, act
/// on a terminal, or be taken for one of these marks. Letters and digits of other scripts that show stand for
/// themselves (UTF-8).
pub fn encode(value: &[u8], line: &mut Vec<u8>) {
    match value {
        b"" => return line.push(b'-'),
        b"-" => return line.extend(b"%2D"),
        _ => {}
    }
    // Most values are plain.
    let plain = value.iter().take_while(|byte| is_plain(**byte)).count();
    let (head, tail) = value.split_at(plain);
    line.extend(head);
    for chunk in tail.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            match c {
                ' ' => line.push(b'+'),
                _ if c.is_ascii() && is_plain(c as u8) || stands_for_itself(c) => {
                    line.extend(bytes);
                }
                _ => bytes.iter().for_each(|byte| escape(*byte, line)),
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(*byte, line));
    }
}

const fn is_plain(byte: u8) -> bool {
    // Quotes begin strings in the format, and # a directive.
    byte.is_ascii_graphic() && !matches!(byte, b'%' | b'+' | b'"' | b'#')
}

fn escape(byte: u8, line: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    line.push(b'%');
    line.extend([byte >> 4, byte & 15].map(|digit| DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0')));
}

/// The value that [`encode`] wrote; what is not encoded so stays as it is.
#[must_use]
pub fn decoded(field: &[u8]) -> Cow<'_, [u8]> {
    if field == b"-" {
        return Cow::Borrowed(b"");
    }
    if !field.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(field);
    }
    let mut value = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                value.push(hex(high).unwrap_or_default() << 4 | hex(low).unwrap_or_default());
                tail
            }
            (b'+', tail) => {
                value.push(b' ');
                tail
            }
            (other, tail) => {
                value.push(*other);
                tail
            }
        };
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_read_back_and_stays_one_field() {
        for value in [
            &b"/a/b.txt"[..],
            b"",
            b"-",
            b"--",
            b"two words",
            b"a+b%20c",
            b"x\r\n2026-01-01 00:00:00 forged",
            b"\x1b[2Jx\x00\x7f",
            b"#Fields: date",
            b"\xff\xfe",
            "gr\u{fc}\u{df}e \u{202e}txt".as_bytes(),
            b"\"quoted\"",
            b"%zz",
            b"%2",
            "\u{85}\u{2028}".as_bytes(),
            "a\u{115f}\u{1160}\u{3164}\u{ffa0}b".as_bytes(),
        ] {
            let mut line = Vec::new();
            encode(value, &mut line);
            assert!(
                !line.is_empty() && !line.iter().any(|b| b.is_ascii_whitespace() || b.is_ascii_control())
            );
            assert!(!line.starts_with(b"#") && !line.starts_with(b"\""));
            assert!(
                std::str::from_utf8(&line).unwrap().chars().all(|c| !c.is_whitespace() && !c.is_control())
            );
            assert!(
                !["\u{115f}", "\u{1160}", "\u{3164}", "\u{ffa0}"].iter().any(|filler| std::str::from_utf8(
                    &line
                )
                .unwrap()
                .contains(filler))
            );
            assert_eq!(decoded(&line), value, "{}", line.escape_ascii());
        }
    }
}
