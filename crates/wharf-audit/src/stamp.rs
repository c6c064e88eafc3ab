//! Date and time of a line, in UTC.

use wharf_codec::civil_from_unix;

/// `YYYY-MM-DD HH:MM:SS`, kept as long as the second is the same.
#[derive(Debug, Clone)]
pub struct Stamp {
    secs: i64,
    text: [u8; 19],
}

impl Default for Stamp {
    fn default() -> Self {
        let mut this = Self { secs: 1, text: *b"0000-00-00 00:00:00" };
        this.set(0);
        this
    }
}

impl Stamp {
    /// The time now, in seconds since 1970; years beyond 9999 stay at their last digits.
    pub fn set(&mut self, secs: i64) {
        if self.secs == secs {
            return;
        }
        self.secs = secs;
        let civil = civil_from_unix(secs);
        let year = u32::try_from(civil.year).unwrap_or_default();
        let parts = [
            (0, 4, year),
            (5, 2, u32::from(civil.month)),
            (8, 2, u32::from(civil.day)),
            (11, 2, u32::from(civil.hour)),
            (14, 2, u32::from(civil.minute)),
            (17, 2, u32::from(civil.second)),
        ];
        for (at, width, mut number) in parts {
            for place in self.text.iter_mut().skip(at).take(width).rev() {
                *place = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &[u8; 19] {
        &self.text
    }

    /// The time, in seconds since 1970.
    #[must_use]
    pub const fn secs(&self) -> i64 {
        self.secs
    }

    /// The day alone, to see when it ends.
    #[must_use]
    pub const fn day(&self) -> i64 {
        self.secs.div_euclid(86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_dates() {
        let mut stamp = Stamp::default();
        for (secs, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_827_696, "2000-02-29 12:34:56"),
            (1_782_864_000 - 1, "2026-06-30 23:59:59"),
            (1_782_864_000, "2026-07-01 00:00:00"),
        ] {
            stamp.set(secs);
            assert_eq!(std::str::from_utf8(stamp.text()).unwrap(), text);
        }
        assert_eq!(stamp.day() * 86_400, 1_782_864_000);
    }
}
