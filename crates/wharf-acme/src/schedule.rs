//! When to ask for the next certificate.

use std::time::{Duration, SystemTime};

/// The pause after the first failure for a certificate with a usual lifetime: authorities count failures by the hour.
const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
/// The shortest pause: for certificates of tests, which live for seconds.
const SHORTEST_PAUSE: Duration = Duration::from_secs(10);
/// The longest rest behind a new certificate.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);
/// The least time between a certificate and the next one, however short it lives.
const LEAST: Duration = Duration::from_secs(2);

/// When a certificate is renewed: with a third of its lifetime left, and up to a thirtieth of it earlier, so that not all
/// the servers that were set up together ask together. `dice` is from 0 to 1.
pub(crate) fn renewal(not_before: SystemTime, not_after: SystemTime, dice: f64) -> SystemTime {
    let lifetime = not_after.duration_since(not_before).unwrap_or_default();
    let early = (lifetime / 30).mul_f64(dice.clamp(0.0, 1.0));
    not_before + (lifetime * 2 / 3).saturating_sub(early).max(LEAST)
}

/// How long to wait after so many failures in a row, the first being 1: doubled each time, and within a fifth more or
/// less by chance. The shorter a certificate lives, the shorter the first pause.
pub(crate) fn pause(failures: u32, lifetime: Option<Duration>, dice: f64) -> Duration {
    let first = lifetime.map_or(FIRST_PAUSE, |lifetime| (lifetime / 20).clamp(SHORTEST_PAUSE, FIRST_PAUSE));
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16)));
    doubled.min(LONGEST_PAUSE).mul_f64(0.8 + 0.4 * dice.clamp(0.0, 1.0))
}

/// How long no other certificate is ordered behind a new one, though it be due at once: where the clock is ahead, or the
/// authority's window for renewal is over, one order would follow the other. It ends before a certificate that lives for
/// more than a few seconds is due.
pub(crate) fn rest(lifetime: Option<Duration>) -> Duration {
    lifetime.map_or(LONGEST_REST, |lifetime| (lifetime / 20).clamp(SHORTEST_PAUSE, LONGEST_REST))
}

/// The end of a pause or a rest, and no later than any that begins now ends: one that was reckoned while the clock was far
/// ahead would last for years once the clock is right.
pub(crate) fn bounded(until: SystemTime, now: SystemTime) -> SystemTime {
    until.min(now + LONGEST_PAUSE * 6 / 5)
}

/// A moment in the window that the authority asks for (RFC 9773 §4.2).
pub(crate) fn within(start: SystemTime, end: SystemTime, dice: f64) -> SystemTime {
    start + end.duration_since(start).unwrap_or_default().mul_f64(dice.clamp(0.0, 1.0))
}

/// A number from 0 to 1, by chance; always the middle where the system has no random bytes.
pub(crate) fn dice() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_third_is_left_when_it_is_renewed() {
        let (begin, end) = (UNIX_EPOCH + DAY * 1000, UNIX_EPOCH + DAY * 1090);
        assert_eq!(renewal(begin, end, 0.0), begin + DAY * 60);
        assert_eq!(renewal(begin, end, 1.0), begin + DAY * 57);
        assert_eq!(renewal(begin, begin, 0.5), begin + LEAST);
        assert_eq!(renewal(end, begin, 0.5), end + LEAST, "nonsense is renewed soon, and not at once");
    }

    #[test]
    fn pauses_grow_and_end_growing() {
        let steady = |failures| pause(failures, None, 0.5).as_secs();
        assert_eq!([1, 2, 3, 4].map(steady), [300, 600, 1200, 2400]);
        assert_eq!([20, u32::MAX].map(steady), [21_600; 2]);
        assert!(pause(1, None, 0.0) < pause(1, None, 1.0));
        assert_eq!(pause(1, Some(Duration::from_secs(30)), 0.5).as_secs(), 10);
        assert_eq!(pause(1, Some(DAY * 90), 0.5).as_secs(), 300);
        // Fewer than five failed attempts in the first hour, whatever the dice say.
        let mut spent = Duration::ZERO;
        let attempts = (1..).take_while(|failures| {
            spent += pause(*failures, None, 0.0);
            spent < MINUTE * 60
        });
        assert!(1 + attempts.count() < 5);
    }

    #[test]
    fn orders_do_not_follow_each_other_at_once() {
        let hour = MINUTE * 60;
        assert_eq!([Some(DAY * 90), Some(DAY * 6), None].map(rest), [hour; 3]);
        assert_eq!(rest(Some(hour)), MINUTE * 3);
        assert_eq!([Some(Duration::from_secs(30)), Some(Duration::ZERO)].map(rest), [SHORTEST_PAUSE; 2]);
        // A certificate that is fine is not renewed any later for it.
        for lifetime in [Duration::from_secs(30), hour, DAY, DAY * 6, DAY * 90] {
            assert!(UNIX_EPOCH + rest(Some(lifetime)) < renewal(UNIX_EPOCH, UNIX_EPOCH + lifetime, 1.0));
        }
    }

    #[test]
    fn a_pause_from_a_wrong_clock_ends_soon() {
        let now = UNIX_EPOCH + DAY * 20_000;
        let longest = now + pause(u32::MAX, None, 1.0);
        assert_eq!(bounded(UNIX_EPOCH + DAY * 47_000, now), longest);
        for kept in [longest, now + rest(None), now, UNIX_EPOCH] {
            assert_eq!(bounded(kept, now), kept);
        }
    }
}
