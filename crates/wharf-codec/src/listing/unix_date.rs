//! Dates as `ls` and its relatives write them, in many orders and languages.

use crate::listing::cjk::{self, Part};
use crate::listing::clues::{Clues, Context, Gap};
use crate::listing::date::{Clock, digits, full, half_of_day, recent};
use crate::listing::line::Line;
use crate::listing::month::MonthName;
use crate::listing::numeric::{Numeric, Orders};
use crate::listing::{ListTime, TimeZone};

/// A date in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnixDate {
    /// The time; `None` when it is a date, but not known which.
    pub(super) time: Option<ListTime>,
    /// How many words it takes.
    pub(super) words: usize,
    /// What it tells about the other dates.
    pub(super) clues: Clues,
    /// What stands between it and a name.
    pub(super) gap: Gap,
}

impl UnixDate {
    const fn new(time: Option<ListTime>, words: usize) -> Self {
        Self { time, words, clues: Clues::LINE, gap: Gap::Single }
    }

    /// The date that begins at a word.
    pub(super) fn parse(line: &Line<'_>, at: usize, context: &Context<'_>) -> Option<Self> {
        let first = line.word(at);
        if is_weekday(first) {
            let rest = Self::named(line, at + 1, context)?;
            return Some(Self { words: rest.words + 1, ..rest });
        }
        match first.first()? {
            b'0'..=b'9' => Self::numbers(line, at, context)
                .or_else(|| Self::one_word(line, at, context))
                .or_else(|| Self::east_asian(line, at, context))
                .or_else(|| Self::named(line, at, context)),
            _ => Self::named(line, at, context),
        }
    }

    /// Numbers alone: `2024-01-02 15:04`, `02/01/2024 15:04`, `2024.01.02`, `01-02 15:04`.
    fn numbers(line: &Line<'_>, at: usize, context: &Context<'_>) -> Option<Self> {
        let word = line.word(at);
        if let Some(date) = Self::joined(word) {
            return Some(date);
        }
        let listing = context.clues.orders;
        let (clock, marked, clocked) = clock_with_mark(line, at + 1, context)?;
        if let Some(date) = Numeric::parse(word, b"-/.") {
            let date = date.not_after(context.now);
            let usual = word.contains(&b'.').then_some(Orders::DMY);
            let day = date.resolve(listing, usual);
            let clues = Clues { orders: date.orders(), ..clocked };
            if let Some(clock) = clock {
                let time = day.and_then(|day| full(day, Some(clock)));
                // `--full-time` tells the zone, so that the time is known for sure.
                let zone = offset(line.word(at + 2)).filter(|_| clock.has_second() || line.len() > at + 3);
                let words = 2 + usize::from(zone.is_some() || marked);
                let time = match zone {
                    Some(offset) => time.map(|time| in_utc(time, offset)),
                    None => time,
                };
                return Some(Self { clues, ..Self::new(time, words) });
            }
            // The day alone: where the time would stand there are blanks.
            let has_century = word.split(|byte| !byte.is_ascii_digit()).any(|field| field.len() == 4);
            let time = day.and_then(|day| full(day, None));
            // A time that does not exist is no name.
            let is_time = line.word(at + 1).get(..3).is_some_and(|start| start.contains(&b':'));
            return (has_century && !is_time).then_some(Self {
                clues,
                gap: Gap::Column,
                ..Self::new(time, 1)
            });
        }
        let (date, at) = match word.strip_suffix(b".") {
            Some(word) => (Numeric::without_year(word, b".")?, at),
            // Two words of one or two digits each.
            None if word.len() <= 2 => (Numeric::of_words(word, line.word(at + 1))?, at + 1),
            None => (Numeric::without_year(word, b"-/")?, at),
        };
        let words = 2 + usize::from(word.len() <= 2);
        let (clock, marked, clocked) = clock_with_mark(line, at + 1, context)?;
        let usual = match word.get(2) {
            Some(b'-') => Some(Orders::MDY),
            Some(b'.') => Some(Orders::DMY),
            _ => None,
        };
        let clues = Clues { orders: date.orders(), ..clocked };
        let day = date.resolve(listing, usual);
        let time = match (clock, four_digits(line.word(at + 1))) {
            (Some(clock), _) => day.map(|(_, month, day)| recent(month, day, Some(clock), context.now)),
            (None, Some(year)) => day.map(|(_, month, day)| full((year, month, day), None)),
            (None, None) => return None,
        };
        // A day that does not exist is no date.
        if time == Some(None) {
            return None;
        }
        Some(Self { clues, ..Self::new(time.flatten(), words + usize::from(marked)) })
    }

    /// `2024-01-02T15:04:05Z`, with or without the zone.
    fn joined(word: &[u8]) -> Option<Self> {
        let (date, rest) = word.split_at_checked(10)?;
        let rest = rest.strip_prefix(b"T")?;
        let day = Numeric::parse(date, b"-")?.resolve(Orders::YMD, None)?;
        let end = rest.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-')).unwrap_or(rest.len());
        let (clock, zone) = rest.split_at_checked(end)?;
        let time = full(day, Some(Clock::parse(clock)?))?;
        let time = match zone {
            b"" => time,
            b"Z" => in_utc(time, 0),
            _ => in_utc(time, offset(zone)?),
        };
        Some(Self::new(Some(time), 1))
    }

    /// `01-Jun-99`, `1-Jun-2024 15:04`.
    fn one_word(line: &Line<'_>, at: usize, context: &Context<'_>) -> Option<Self> {
        let (day, month, year) = day_month_year(line.word(at), b"-/.", context)?;
        let known = month.resolve(context.clues.languages);
        let clock = Clock::parse(line.word(at + 1));
        let time = known.and_then(|month| full((year, month, day), clock));
        if time.is_none() && known.is_some() {
            return None;
        }
        let clues = Clues { languages: month.languages, ..Clues::LINE };
        Some(Self { clues, ..Self::new(time, if clock.is_some() { 2 } else { 1 }) })
    }

    /// `Jan 2 15:04`, `2. Januar 2024`, `Jan 02, 2024 15:04`, `Jan 2 15:04:05 2024`.
    fn named(line: &Line<'_>, at: usize, context: &Context<'_>) -> Option<Self> {
        let (first, second) = (line.word(at), line.word(at + 1));
        let (day, month) = match first.first()? {
            b'0'..=b'9' => (first, context.months.find(second)?),
            _ if second.first().is_some_and(u8::is_ascii_digit) => (second, context.months.find(first)?),
            _ => return None,
        };
        let comma = day.ends_with(b",");
        let day: u8 =
            digits(day.strip_suffix(b".").or_else(|| day.strip_suffix(b",")).unwrap_or(day), 1..=2)?;
        let known = month.resolve(context.clues.languages);
        let (third, fourth) = (line.word(at + 2), line.word(at + 3));
        let (clock, marked, mut clues) = clock_with_mark(line, at + 2, context)?;
        let clock = clock.or_else(|| Clock::dotted(third));
        let mut gap = Gap::Single;
        let (time, words) = match (four_digits(third), clock) {
            (Some(year), _) => {
                // Without a comma a time behind the year is odd, and may be a name.
                let clock = Clock::parse(fourth).filter(|_| line.len() > at + 4);
                let timed = usize::from(clock.is_some() && !comma);
                clues.timed_years = (timed, 1 - timed);
                let listing = context.clues.timed_years;
                let is_time = comma || listing.0 >= 2 && listing.1 == 0;
                if timed == 1 && listing == (1, 0) {
                    return None;
                }
                match clock.filter(|_| is_time) {
                    Some(clock) => (known.map(|month| full((year, month, day), Some(clock))), 4),
                    None => {
                        if line.blanks_before(at + 2) == 1 {
                            gap = Gap::Year;
                        }
                        (known.map(|month| full((year, month, day), None)), 3)
                    }
                }
            }
            (None, Some(clock)) => match four_digits(fourth) {
                // Only `ls -T` shows seconds, and always with the year; else four digits are the name of a file.
                Some(year) if clock.has_second() => {
                    (known.map(|month| full((year, month, day), Some(clock))), 4)
                }
                _ => {
                    let time = known.map(|month| recent(month, day, Some(clock), context.now));
                    (time, 3 + usize::from(marked))
                }
            },
            (None, None) => return None,
        };
        // A day that does not exist is no date.
        if time == Some(None) || !(1..=31).contains(&day) {
            return None;
        }
        let clues = Clues { languages: month.languages, ..clues };
        Some(Self { clues, gap, ..Self::new(time.flatten(), words) })
    }

    /// Numbers with the characters for year, month and day, or with something that once was one.
    fn east_asian(line: &Line<'_>, at: usize, context: &Context<'_>) -> Option<Self> {
        let (mut year, mut month, mut day, mut clock) = (None, None, None, None);
        let (mut words, mut year_first) = (0, false);
        while words < 4 {
            let word = line.word(at + words);
            let whole = month.is_some() && day.is_some();
            if let Some(time) = Clock::parse(word).filter(|_| whole && (year.is_none() || year_first)) {
                clock = Some(time);
                words += 1;
                break;
            }
            if whole && year.is_some() {
                break;
            }
            let mut twice = false;
            let mut put = |part| match part {
                Part::Year(number) => twice |= year.replace(number).is_some(),
                Part::Month(number) => twice |= month.replace(number).is_some(),
                Part::Day(number) => twice |= day.replace(number).is_some(),
                Part::Garbled(number) if month.is_none() => month = Some(number),
                Part::Garbled(number) => twice |= day.replace(number).is_some(),
            };
            if cjk::parts(word, &mut put).is_none() {
                match word.len() {
                    4 if year.is_none() => year = Some(four_digits(word)?),
                    1 | 2 if month.is_some() && day.is_none() => day = Some(digits(word, 1..=2)?),
                    _ => return None,
                }
            }
            if twice {
                return None;
            }
            year_first |= words == 0 && year.is_some();
            words += 1;
        }
        let (month, day) = (month?, day?);
        let time = match (year, clock) {
            (Some(year), clock) => full((year, month, day), clock)?,
            (None, Some(clock)) => recent(month, day, Some(clock), context.now)?,
            (None, None) => return None,
        };
        Some(Self::new(Some(time), words))
    }
}

/// `D-MMM-YY` or `D-MMM-YYYY`, or with another of the marks that are given.
pub(super) fn day_month_year(
    word: &[u8],
    marks: &[u8],
    context: &Context<'_>,
) -> Option<(u8, MonthName, i64)> {
    let mark = *word.iter().find(|byte| !byte.is_ascii_digit())?;
    let mut parts = word.split(|&byte| byte == mark);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if !marks.contains(&mark) || parts.next().is_some() || !matches!(year.len(), 2 | 4) {
        return None;
    }
    let day = digits(day, 1..=2).filter(|day| (1..=31).contains(day))?;
    Some((day, context.months.find(month)?, crate::listing::date::year(year)?))
}

/// A time of day, whether a mark for its half is a word of its own behind it, and what that tells. A name may begin with
/// `AM` as well, but not where all lines do; where there is one line alone nobody knows.
fn clock_with_mark(
    line: &Line<'_>,
    at: usize,
    context: &Context<'_>,
) -> Option<(Option<Clock>, bool, Clues)> {
    let word = line.word(at);
    let Some(clock) = Clock::parse(word) else { return Some((None, false, Clues::LINE)) };
    if half_of_day(word).is_some() {
        return Some((Some(clock), false, Clues::LINE));
    }
    let mark = half_of_day(line.word(at + 1))
        .filter(|(before, _)| before.is_empty() && line.word(at + 1).len() == 2);
    let marked = mark.and_then(|(_, afternoon)| clock.twelve(afternoon)).filter(|_| line.len() > at + 2);
    let clues = |halves| Clues { halves, ..Clues::LINE };
    match (marked, context.clues.halves) {
        (None, _) => Some((Some(clock), false, clues((0, 1)))),
        // The first look, which only counts.
        (Some(_), (0, 0) | (_, 1..)) => Some((Some(clock), false, clues((1, 0)))),
        (Some(_), (1, 0)) => None,
        (Some(clock), (_, 0)) => Some((Some(clock), true, clues((1, 0)))),
    }
}

/// A year of four digits. Nobody has files from before the calendar began.
fn four_digits(word: &[u8]) -> Option<i64> {
    digits(word, 4..=4).filter(|&year| year >= 1600)
}

/// `+HHMM` or `+HH:MM`, in seconds.
fn offset(word: &[u8]) -> Option<i64> {
    let (sign, rest) = word.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = rest.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(b":").unwrap_or(minutes);
    let (hours, minutes): (i64, i64) = (digits(hours, 2..=2)?, digits(minutes, 2..=2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn in_utc(time: ListTime, offset: i64) -> ListTime {
    ListTime { secs: time.secs - offset, zone: TimeZone::Utc, ..time }
}

/// A day of the week in English.
fn is_weekday(word: &[u8]) -> bool {
    weekday(word).is_some_and(|_| word.len() <= 4)
}

/// The number of a day of the week from Monday on, by its English name or three letters of it.
pub(super) fn weekday(word: &[u8]) -> Option<i64> {
    const DAYS: [&[u8]; 7] =
        [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];
    let word =
        word.strip_suffix(b".").or_else(|| word.strip_suffix(b",")).unwrap_or(word).to_ascii_lowercase();
    let at = DAYS.iter().position(|day| word.len() >= 3 && day.starts_with(&word))?;
    i64::try_from(at).ok()
}
