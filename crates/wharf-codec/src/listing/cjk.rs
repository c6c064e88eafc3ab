//! Dates with the characters for year, month and day, as systems in China, Japan and Korea write them.
//!
//! ```text
//! 4月 18日 2003年    2003 3月 20    8月 17 08:52    2006年 8月 17日 12:30
//! ```

/// The characters in UTF-8, Shift-JIS, GBK, EUC-JP and Big5, then the Korean ones in UTF-8 and EUC-KR.
const YEAR: [&[u8]; 7] =
    [b"\xe5\xb9\xb4", b"\x94\x4e", b"\xc4\xea", b"\xc7\xaf", b"\xa6\x7e", b"\xeb\x85\x84", b"\xb3\xe2"];
const MONTH: [&[u8]; 7] =
    [b"\xe6\x9c\x88", b"\x8c\x8e", b"\xd4\xc2", b"\xb7\xee", b"\xa4\xeb", b"\xec\x9b\x94", b"\xbf\xf9"];
const DAY: [&[u8]; 7] =
    [b"\xe6\x97\xa5", b"\x93\xfa", b"\xc8\xd5", b"\xc6\xfc", b"\xa4\xe9", b"\xec\x9d\xbc", b"\xc0\xcf"];

use crate::listing::date::digits;

/// A number with a character behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Year(i64),
    Month(u8),
    Day(u8),
    /// The character is not one of those, but it is no letter of ASCII: garbled on its way.
    Garbled(u8),
}

/// Reads one or more numbers, each with its character, that are written without blanks between.
pub(super) fn parts(mut word: &[u8], mut each: impl FnMut(Part)) -> Option<()> {
    if word.is_ascii() || word.len() > 24 {
        return None;
    }
    while !word.is_empty() {
        let length = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = word.split_at_checked(length)?;
        // The second byte of a character may be one of ASCII, so that known characters go first.
        let behind = |of: &[&[u8]]| of.iter().find_map(|mark| rest.strip_prefix(*mark));
        let (part, rest) = if let Some(rest) = behind(&YEAR) {
            (Part::Year(digits(number, 4..=4)?), rest)
        } else if let Some(rest) = behind(&MONTH) {
            (Part::Month(digits(number, 1..=2)?), rest)
        } else if let Some(rest) = behind(&DAY) {
            (Part::Day(digits(number, 1..=2)?), rest)
        } else if !rest.is_empty() && rest.len() <= 4 && rest.iter().all(|byte| !byte.is_ascii()) {
            (Part::Garbled(digits(number, 1..=2)?), &b""[..])
        } else {
            return None;
        };
        each(part);
        word = rest;
    }
    Some(())
}
