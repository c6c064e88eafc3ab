//! Times of day, and points in time, as listings write them.

use crate::listing::{ListTime, TimePrecision, TimeZone};
use crate::time::{Civil, TimeVal, civil_from_unix, unix_from_civil};

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

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

/// Whether a word is a row of digits, at least one.
pub(super) fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

/// `-528`.
pub(super) fn is_negative(word: &[u8]) -> bool {
    word.strip_prefix(b"-").is_some_and(is_number)
}

/// A size in bytes: digits, perhaps with a mark between the thousands, each group but the first having three.
pub(super) fn grouped(word: &[u8]) -> Option<u64> {
    let Some(&mark) = word.iter().find(|byte| !byte.is_ascii_digit()) else { return digits(word, 1..=20) };
    // Comma, dot, apostrophe, and the space that does not break in Latin-1 and code page 437.
    if !matches!(mark, b',' | b'.' | b'\'' | 0xa0 | 0xff) {
        return None;
    }
    let mut groups = word.split(|&byte| byte == mark);
    let mut size: u64 = digits(groups.next()?, 1..=3)?;
    for group in groups {
        size = size.checked_mul(1_000)?.checked_add(digits(group, 3..=3)?)?;
    }
    Some(size)
}

/// A year of two digits is within 1970 and 2069; three digits count from 1900, as programs do that a new century took
/// by surprise.
pub(super) fn year(word: &[u8]) -> Option<i64> {
    let number: i64 = digits(word, 2..=4)?;
    Some(match word.len() {
        2 if number < 70 => 2000 + number,
        2 => 1900 + number,
        3 => Some(1900 + number).filter(|&year| (2000..2100).contains(&year))?,
        _ => number,
    })
}

/// A time of day. Hour 24 is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    hour: u8,
    minute: u8,
    second: Option<u8>,
}

impl Clock {
    /// `H:MM`, `HH:MM` or `HH:MM:SS`, a fraction of the second being left out, with or without a mark for the half of
    /// the day at the end.
    pub(super) fn parse(word: &[u8]) -> Option<Self> {
        match half_of_day(word) {
            Some((clock, afternoon)) => Self::plain(clock, b':')?.twelve(afternoon),
            None => Self::plain(word, b':'),
        }
    }

    /// `HH.MM`, as some countries write it.
    pub(super) fn dotted(word: &[u8]) -> Option<Self> {
        if word.len() == 5 || word.len() == 4 { Self::plain(word, b'.') } else { None }
    }

    /// `HHMM`.
    pub(super) fn compact(word: &[u8]) -> Option<Self> {
        let (hour, minute) = word.split_at_checked(2)?;
        Self::new(digits(hour, 2..=2)?, digits(minute, 2..=2)?, None)
    }

    pub(super) fn new(hour: u8, minute: u8, second: Option<u8>) -> Option<Self> {
        let end = hour == 24 && minute == 0 && second.unwrap_or(0) == 0;
        let within = hour < 24 && minute < 60 && second.is_none_or(|second| second <= 60);
        (end || within).then_some(Self { hour, minute, second })
    }

    /// Whether the second is known.
    pub(super) const fn has_second(self) -> bool {
        self.second.is_some()
    }

    /// The time of day that a clock of twelve hours means. Some servers begin the day with hour 0.
    pub(super) fn twelve(self, afternoon: bool) -> Option<Self> {
        let hour = match (self.hour, afternoon) {
            (12, false) => 0,
            (0..12, false) | (12, true) => self.hour,
            (1..12, true) => self.hour + 12,
            _ => return None,
        };
        Some(Self { hour, ..self })
    }

    fn plain(word: &[u8], mark: u8) -> Option<Self> {
        let mut parts = word.splitn(3, |&byte| byte == mark);
        let hour = digits(parts.next()?, 1..=2)?;
        let minute = digits(parts.next()?, 2..=2)?;
        let second = match parts.next() {
            None => None,
            Some(rest) => {
                let mut halves = rest.splitn(2, |&byte| matches!(byte, b'.' | b','));
                let second = digits(halves.next()?, 2..=2)?;
                if halves.next().is_some_and(|fraction| !is_number(fraction)) {
                    return None;
                }
                Some(second)
            }
        };
        Self::new(hour, minute, second)
    }
}

/// `AM`, `PM`, `a.m.`, `p.m.`, `a`, `p` at the end of a word: what stands in front of it, and whether it is afternoon.
pub(super) fn half_of_day(word: &[u8]) -> Option<(&[u8], bool)> {
    let clock = match word {
        [clock @ .., b'.', b'm' | b'M', b'.'] | [clock @ .., b'm' | b'M'] => clock,
        _ => word,
    };
    match clock {
        [clock @ .., b'a' | b'A'] => Some((clock, false)),
        [clock @ .., b'p' | b'P'] => Some((clock, true)),
        _ => None,
    }
}

/// A day of the calendar, and a time of day if there is one.
pub(super) fn full((year, month, day): (i64, u8, u8), clock: Option<Clock>) -> Option<ListTime> {
    let precision = match clock {
        None => TimePrecision::Day,
        Some(Clock { second: None, .. }) => TimePrecision::Minute,
        Some(Clock { second: Some(_), .. }) => TimePrecision::Second,
    };
    let Clock { hour, minute, second } = clock.unwrap_or(Clock { hour: 0, minute: 0, second: None });
    let midnight = unix_from_civil(Civil { year, month, day, hour: 0, minute: 0, second: 0 })?;
    let passed = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second.unwrap_or(0));
    Some(ListTime { secs: midnight + passed, precision, zone: TimeZone::Unknown })
}

/// A date without a year is the latest one that is not in the future; a day is allowed for the server's time zone.
pub(super) fn recent(month: u8, day: u8, clock: Option<Clock>, now: TimeVal) -> Option<ListTime> {
    let limit = now.secs().saturating_add(86_400);
    let this_year = civil_from_unix(limit).year;
    // Eight years hold a leap day even around a century without one.
    (0..=8).filter_map(|ago| full((this_year - ago, month, day), clock)).find(|time| time.secs <= limit)
}
