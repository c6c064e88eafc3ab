//! Durations as people write them.

use std::time::Duration;

/// Reads `300` (seconds), `90s`, `5m`, `2h`, `1d`, or several with units after each other: `1h30m`.
///
/// # Errors
/// A sentence that says how to write one. Zero is refused, and so is more than a year, which is a slip more likely
/// than a wish.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let total = seconds(text).ok_or("write it like 300 (seconds), 90s, 5m, 2h or 1h30m")?;
    match total {
        0 => Err("it must be at least one second".to_owned()),
        1..=YEAR => Ok(Duration::from_secs(total)),
        _ => Err("it must be at most 365 days".to_owned()),
    }
}

const YEAR: u64 = 365 * 24 * 60 * 60;

fn seconds(text: &str) -> Option<u64> {
    if let Some(plain) = number(text) {
        return Some(plain);
    }
    let mut rest = text;
    let mut total = 0_u64;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, with_unit) = rest.split_at(unit_at);
        let unit_end = with_unit.find(|c: char| c.is_ascii_digit()).unwrap_or(with_unit.len());
        let (unit, after) = with_unit.split_at(unit_end);
        let unit = match unit {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        // Units go down, as in 1h30m: 30m1h is a slip.
        if unit >= smallest {
            return None;
        }
        smallest = unit;
        total = total.checked_add(number(count)?.checked_mul(unit)?)?;
        rest = after;
    }
    (smallest != u64::MAX).then_some(total)
}

/// Digits alone; the standard parser takes a sign too.
fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_units() {
        for (text, seconds) in [
            ("300", 300),
            ("1s", 1),
            ("90sec", 90),
            ("5m", 300),
            ("5min", 300),
            ("2h", 7200),
            ("1h30m", 5400),
            ("1d2h3m4s", 93784),
            ("365d", YEAR),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in [
            "",
            " ",
            "s",
            "0",
            "0s",
            "-1",
            "+1",
            "1.5h",
            "5 m",
            "5x",
            "m5",
            "1h30",
            "30m1h",
            "1h1h",
            "366d",
            "99999999999999999999",
            "99999999999999999d",
            "5m ",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
