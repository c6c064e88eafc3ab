//! Dates as listings write them.

use crate::listing::{ListTime, TimePrecision, TimeZone};
use crate::time::{Civil, TimeVal, civil_from_unix, unix_from_civil};

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A month by its English name of three letters.
pub(super) fn month(word: &[u8]) -> Option<u8> {
    let at = MONTHS.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(word))?;
    u8::try_from(at).ok()?.checked_add(1)
}

/// A row of digits, of one of the lengths given, as a number.
pub(super) fn digits<T: TryFrom<u64>>(word: &[u8], length: core::ops::RangeInclusive<usize>) -> Option<T> {
    if !length.contains(&word.len()) {
        return None;
    }
    let add = |sum: u64, byte: &u8| sum.checked_mul(10)?.checked_add(u64::from(byte.checked_sub(b'0')?));
    if !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    T::try_from(word.iter().try_fold(0, add)?).ok()
}

/// `H:MM`, `HH:MM` or `HH:MM:SS`, a fraction of the second being left out.
pub(super) fn clock(word: &[u8]) -> Option<(u8, u8, Option<u8>)> {
    let mut parts = word.splitn(3, |&byte| byte == b':');
    let hour = digits(parts.next()?, 1..=2)?;
    let minute = digits(parts.next()?, 2..=2)?;
    let second = match parts.next() {
        None => None,
        Some(rest) => {
            let mut halves = rest.splitn(2, |&byte| byte == b'.');
            let second = digits(halves.next()?, 2..=2)?;
            if halves.next().is_some_and(|fraction| !fraction.iter().all(u8::is_ascii_digit)) {
                return None;
            }
            Some(second)
        }
    };
    (hour < 24 && minute < 60 && second.is_none_or(|second: u8| second <= 60))
        .then_some((hour, minute, second))
}

/// A date with its year, and a time of day if there is one.
pub(super) fn full(year: i64, month: u8, day: u8, clock: Option<(u8, u8, Option<u8>)>) -> Option<ListTime> {
    let precision = match clock {
        None => TimePrecision::Day,
        Some((_, _, None)) => TimePrecision::Minute,
        Some((_, _, Some(_))) => TimePrecision::Second,
    };
    let (hour, minute, second) = clock.unwrap_or_default();
    let secs = unix_from_civil(Civil { year, month, day, hour, minute, second: second.unwrap_or(0) })?;
    Some(ListTime { secs, precision, zone: TimeZone::Unknown })
}

/// A date without a year is the latest one that is not in the future; a day is allowed for the server's time zone.
pub(super) fn recent(month: u8, day: u8, clock: (u8, u8, Option<u8>), now: TimeVal) -> Option<ListTime> {
    let limit = now.secs().saturating_add(86_400);
    let this_year = civil_from_unix(limit).year;
    // Eight years hold a leap day even around a century without one.
    (0..=8).filter_map(|ago| full(this_year - ago, month, day, Some(clock))).find(|time| time.secs <= limit)
}
