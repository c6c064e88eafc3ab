//! Dates of numbers alone, whose order differs from country to country.

use crate::listing::date::{digits, full, is_number, year};
use crate::time::{TimeVal, civil_from_unix};

/// A set of orders in which day, month and year may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orders(u8);

impl Orders {
    pub(super) const YMD: Self = Self(1);
    pub(super) const MDY: Self = Self(2);
    pub(super) const DMY: Self = Self(4);
    pub(super) const ALL: Self = Self(7);
    const EACH: [Self; 3] = [Self::YMD, Self::MDY, Self::DMY];

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A date of three numbers, or of two without the year.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numeric<'a> {
    fields: [&'a [u8]; 3],
    /// Orders in which it is a day that exists.
    possible: Orders,
    /// Orders that a date of this shape could have at all.
    comparable: Orders,
}

/// Year, month and day.
pub(super) type Day = (i64, u8, u8);

impl<'a> Numeric<'a> {
    /// Three numbers with the same mark between them.
    pub(super) fn parse(word: &'a [u8], marks: &[u8]) -> Option<Self> {
        let mark = *word.iter().find(|byte| !byte.is_ascii_digit())?;
        if !marks.contains(&mark) || word.len() > 10 {
            return None;
        }
        let mut parts = word.split(|&byte| byte == mark);
        let fields = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() || !fields.iter().all(|field| is_number(field)) {
            return None;
        }
        let comparable = match fields.map(<[u8]>::len) {
            [4, 1 | 2, 1 | 2] => Orders::YMD,
            [1 | 2, 1 | 2, 3 | 4] => Orders::MDY.or(Orders::DMY),
            [2, 1 | 2, 2] => Orders::MDY.or(Orders::DMY).or(Orders::YMD),
            [1, 1 | 2, 2] => Orders::MDY.or(Orders::DMY),
            _ => return None,
        };
        Self { fields, possible: comparable, comparable }.narrowed()
    }

    /// Whether it is a date that was never set: `00-00-80`, `0000-00-00`. Small systems without a clock write such.
    pub(super) fn is_unset(word: &[u8], mark: u8) -> bool {
        let mut fields = word.split(|&byte| byte == mark);
        let mut field = || fields.next().filter(|field| is_number(field) && matches!(field.len(), 2 | 4));
        let (Some(first), Some(second), Some(third)) = (field(), field(), field()) else { return false };
        let is_zero = |field: &[u8]| field.iter().all(|&byte| byte == b'0');
        fields.next().is_none() && is_zero(second) && (is_zero(first) || is_zero(third))
    }

    /// Month and day as two words, in either order.
    pub(super) fn of_words(first: &'a [u8], second: &'a [u8]) -> Option<Self> {
        let either = Orders::MDY.or(Orders::DMY);
        // Every day of the year exists in some year.
        Self { fields: [first, second, b"2000"], possible: either, comparable: either }.narrowed()
    }

    /// Month and day, in either order, with `-`, `/` or `.` between them.
    pub(super) fn without_year(word: &'a [u8], marks: &[u8]) -> Option<Self> {
        let mark = *word.iter().find(|byte| !byte.is_ascii_digit())?;
        let mut parts = word.split(|&byte| byte == mark);
        let (first, second) = (parts.next()?, parts.next()?);
        if !marks.contains(&mark) || parts.next().is_some() || first.len() != 2 || second.len() != 2 {
            return None;
        }
        Self::of_words(first, second)
    }

    /// Leaves only the orders in which the day exists.
    fn narrowed(mut self) -> Option<Self> {
        let exists = |order: &Orders| self.comparable.has(*order) && self.day(*order).is_some();
        self.possible =
            Orders::EACH.iter().filter(|order| exists(order)).fold(Orders(0), |set, &order| set.or(order));
        (!self.possible.is_empty()).then_some(self)
    }

    /// Only the orders in which the day is the right one of the week, Monday being 0.
    pub(super) fn on_weekday(mut self, weekday: i64) -> Option<Self> {
        let fits = |order: &Orders| {
            let day = self.day(*order).and_then(|day| full(day, None));
            self.possible.has(*order)
                && day.is_some_and(|day| (day.secs / 86_400 + 3).rem_euclid(7) == weekday)
        };
        self.possible =
            Orders::EACH.iter().filter(|order| fits(order)).fold(Orders(0), |set, &order| set.or(order));
        (!self.possible.is_empty()).then_some(self)
    }

    /// What it tells of the other dates of a listing.
    pub(super) const fn orders(&self) -> Orders {
        self.possible.or(Orders(Orders::ALL.0 & !self.comparable.0))
    }

    /// Only the orders in which the year is not yet to come, if two digits may be the year or the day.
    pub(super) fn not_after(mut self, now: TimeVal) -> Self {
        let ahead =
            self.day(Orders::YMD).is_some_and(|(year, _, _)| year > civil_from_unix(now.secs()).year + 1);
        if ahead && self.comparable.has(Orders::DMY) && self.possible != Orders::YMD {
            self.possible = self.possible.and(Orders::MDY.or(Orders::DMY));
        }
        self
    }

    /// The day, if it is the same in every order that the listing leaves open, `usual` going first. Lines that
    /// contradict each other tell nothing.
    pub(super) fn resolve(&self, listing: Orders, usual: Option<Orders>) -> Option<Day> {
        let settled = self.possible.and(listing);
        let contradicted = settled.is_empty();
        let open = if contradicted { self.possible } else { settled };
        if let Some(usual) = usual.filter(|&usual| open.has(usual) && !contradicted) {
            return self.day(usual);
        }
        let mut days =
            Orders::EACH.iter().filter(|&&order| open.has(order)).filter_map(|&order| self.day(order));
        let first = days.next()?;
        days.all(|day| day == first).then_some(first)
    }

    fn day(&self, order: Orders) -> Option<Day> {
        let [first, second, third] = self.fields;
        let (y, m, d) = match order {
            Orders::MDY => (third, first, second),
            Orders::DMY => (third, second, first),
            _ => (first, second, third),
        };
        let day = (year(y)?, digits(m, 1..=2)?, digits(d, 1..=2)?);
        full(day, None).map(|_| day)
    }
}
