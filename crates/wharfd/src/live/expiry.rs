//! Words in the log about certificates that end soon, and about lists of revoked ones.

use std::{collections::HashMap, sync::Arc, time::Duration};

use wharf_server::Fingerprint;

use super::{Held, Live, in_words, lists};
use crate::clock;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many days before the end of a certificate the log speaks of it.
const MARKS: [u32; 5] = [30, 14, 7, 3, 1];
/// How often certificates and lists are looked at: a mark is met by that much late at most.
const LOOK: Duration = Duration::from_secs(5 * 60);

/// How near the end of a certificate or a list is. The later in this order, the nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// Nothing to say.
    Far,
    /// Less than so many days are left, or hours of a list, the sooner the greater.
    Within(std::cmp::Reverse<u32>),
    /// It is over, for so many whole days.
    Expired(u64),
}

/// Logs what ends soon: at the start, then at each mark, and each day once it is over. Never ends.
pub(crate) async fn watch(live: Arc<Live>) {
    let (mut said, mut lists) = (HashMap::new(), lists::Said::default());
    loop {
        for held in live.all() {
            tell(&held, &mut said);
        }
        lists.tell(&live.revocation_lists(), clock::now());
        tokio::time::sleep(LOOK).await;
    }
}

fn tell(held: &Held, said: &mut HashMap<Fingerprint, Nearness>) {
    let now = clock::now();
    let identity = &held.identity;
    let lifetime = identity.not_after().duration_since(identity.not_before()).unwrap_or_default();
    let left = identity.not_after().duration_since(now).map_err(|over| over.duration());
    let nearness = nearness(left, lifetime, held.renewed);
    let before = said.insert(identity.fingerprint(), nearness).unwrap_or(Nearness::Far);
    if nearness <= before {
        return;
    }
    let (what, names) = (&held.what, identity.names().join(", "));
    let names = names.escape_debug();
    match left {
        Ok(left) => {
            let left = in_words(left);
            let cure = if held.renewed {
                "it should have been renewed by now: see what the log says of ACME"
            } else {
                "put a renewed one there; it is read without a restart"
            };
            tracing::warn!("{what} ends in {left} (for {names}): {cure}");
        }
        Err(over) => {
            let over = in_words(over);
            tracing::error!(
                "{what} expired {over} ago (for {names}), and clients refuse it: put a renewed one there"
            );
        }
    }
}

/// What is worth a word depends on the whole lifetime: a certificate for a week is not late on its first day, and one
/// that is renewed here, at a third of its time, is late only after that.
fn nearness(left: Result<Duration, Duration>, lifetime: Duration, renewed: bool) -> Nearness {
    let left = match left {
        Ok(left) => left,
        Err(over) => return Nearness::Expired(over.as_secs() / DAY.as_secs()),
    };
    let share = lifetime / if renewed { 4 } else { 2 };
    let met = MARKS.into_iter().rev().find(|days| left <= DAY * *days && DAY * *days <= share);
    met.map_or(Nearness::Far, |days| Nearness::Within(std::cmp::Reverse(days)))
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    #[test]
    fn marks_are_met_in_their_order() {
        let year = DAY * 398;
        let at = |days: f64| nearness(Ok(DAY.mul_f64(days)), year, false);
        let within = |days| Nearness::Within(Reverse(days));
        assert_eq!(at(30.1), Nearness::Far);
        assert_eq!([at(30.0), at(14.1)], [within(30); 2]);
        assert_eq!([at(14.0), at(7.0), at(3.0), at(1.0), at(0.1)], [14, 7, 3, 1, 1].map(within));
        assert!(Nearness::Far < within(30) && within(30) < within(1) && within(1) < Nearness::Expired(0));
        assert_eq!(nearness(Err(DAY * 2), year, false), Nearness::Expired(2));
    }

    #[test]
    fn short_lives_are_not_late_when_they_begin() {
        let within = |days| Nearness::Within(Reverse(days));
        assert_eq!(nearness(Ok(DAY * 6), DAY * 7, false), Nearness::Far);
        assert_eq!(nearness(Ok(DAY * 2), DAY * 7, false), within(3));
        assert_eq!(nearness(Ok(DAY * 29), DAY * 90, false), within(30));
        // Renewed at 30 of 90 days.
        assert_eq!(nearness(Ok(DAY * 29), DAY * 90, true), Nearness::Far);
        assert_eq!(nearness(Ok(DAY * 13), DAY * 90, true), within(14));
    }
}
