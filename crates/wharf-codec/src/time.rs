//! Points in time as the wire writes them, and the arithmetic of the civil calendar behind it.

use core::fmt;

use crate::digits::padded;

/// A date and a time of day in UTC, in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    /// Year, astronomical.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59; 60 is taken as the first second of the next minute.
    pub second: u8,
}

const DAY: i64 = 86_400;
/// Days of a cycle of 400 years.
const ERA: i64 = 146_097;

/// The date and time of day of a number of seconds since 1970-01-01T00:00:00Z.
#[must_use]
pub fn civil_from_unix(secs: i64) -> Civil {
    let (days, rest) = (secs.div_euclid(DAY), secs.rem_euclid(DAY));
    // Count from 0000-03-01, so that the leap day is the last day of a year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: month as u8,
        day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8,
        hour: (rest / 3_600) as u8,
        minute: (rest / 60 % 60) as u8,
        second: (rest % 60) as u8,
    }
}

/// Seconds since 1970-01-01T00:00:00Z of a date and time of day, or nothing when there is no such day or time.
#[must_use]
pub fn unix_from_civil(civil: Civil) -> Option<i64> {
    let Civil { year, month, day, hour, minute, second } = civil;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let shifted_year = year.checked_sub(i64::from(month <= 2))?;
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era.checked_mul(ERA)?.checked_add(day_of_era - 719_468)?;
    let rest = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    days.checked_mul(DAY)?.checked_add(rest)
}

/// A point in time, as `MDTM`, `MFMT` and the MLSx facts write it: UTC, in a year from 0 to 9999.
///
/// Grammar of [RFC 3659](https://www.rfc-editor.org/rfc/rfc3659) §2.3: `time-val = 14DIGIT [ "." 1*DIGIT ]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeVal {
    secs: i64,
    nanos: u32,
}

/// 0000-01-01T00:00:00Z.
const FIRST: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

impl TimeVal {
    /// Seconds since 1970-01-01T00:00:00Z, and nanoseconds to add. Values out of reach of the wire become the
    /// nearest one that can be written.
    #[must_use]
    pub const fn new(secs: i64, nanos: u32) -> Self {
        let nanos = if nanos < 1_000_000_000 { nanos } else { 999_999_999 };
        match secs {
            ..FIRST => Self { secs: FIRST, nanos: 0 },
            FIRST..=LAST => Self { secs, nanos },
            _ => Self { secs: LAST, nanos: 999_999_999 },
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.secs
    }

    /// Nanoseconds to add to the seconds, less than 1 000 000 000.
    #[must_use]
    pub const fn nanos(self) -> u32 {
        self.nanos
    }

    /// Reads a time. A fraction may have any length (digits beyond nanoseconds are dropped), 60 is a legal second
    /// (XFR-17), and the fifteen digits of old servers, `19100...` for 2000, are understood (XFR-18).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(2, |&byte| byte == b'.');
        let whole = parts.next()?;
        let nanos = match parts.next() {
            None => 0,
            Some(digits) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                let padded = digits.iter().chain(core::iter::repeat(&b'0')).take(9);
                padded.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
            }
            Some(_) => return None,
        };
        let (year, rest) = match whole.len() {
            14 => {
                let (year, rest) = whole.split_at_checked(4)?;
                (number(year)?, rest)
            }
            15 => {
                let (since, rest) = whole.strip_prefix(b"19")?.split_at_checked(3)?;
                let since = number(since).filter(|&since| since >= 100)?;
                (1900 + since, rest)
            }
            _ => return None,
        };
        let mut pairs = rest.chunks(2).map(|pair| number(pair).and_then(|value| u8::try_from(value).ok()));
        let mut next = || pairs.next().flatten();
        let civil =
            Civil { year, month: next()?, day: next()?, hour: next()?, minute: next()?, second: next()? };
        Some(Self::new(unix_from_civil(civil)?, nanos))
    }
}

/// A short row of digits as a number.
fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |sum: i64, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

impl TimeVal {
    /// `YYYYMMDDHHMMSS`, without the fraction.
    pub(crate) fn whole_seconds(self) -> [u8; 14] {
        let Civil { year, month, day, hour, minute, second } = civil_from_unix(self.secs);
        let [y3, y2, y1, y0] = padded(year.unsigned_abs());
        let ([m1, m0], [d1, d0]) = (padded(month.into()), padded(day.into()));
        let ([h1, h0], [n1, n0], [s1, s0]) =
            (padded(hour.into()), padded(minute.into()), padded(second.into()));
        [y3, y2, y1, y0, m1, m0, d1, d0, h1, h0, n1, n0, s1, s0]
    }
}

impl fmt::Display for TimeVal {
    /// `YYYYMMDDHHMMSS`, and a fraction only if there is one, without zeros at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.whole_seconds()).unwrap_or_default())?;
        if self.nanos != 0 {
            let (mut nanos, mut width) = (self.nanos, 9);
            while nanos % 10 == 0 {
                (nanos, width) = (nanos / 10, width - 1);
            }
            write!(f, ".{nanos:0width$}")?;
        }
        Ok(())
    }
}
