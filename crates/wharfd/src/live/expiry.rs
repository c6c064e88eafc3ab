//! Words in the log about certificates that end soon, and about lists of revoked ones.

use std::{
    collections::HashMap,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use wharf_server::{ClientAuthority, Fingerprint};

use super::{Held, Live, in_words, lists};
use crate::{clock, failure::shown};

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
    /// It is not valid yet, for so many whole days.
    Future(std::cmp::Reverse<u64>),
    /// Less than so many days are left, or hours of a list, the sooner the greater.
    Within(std::cmp::Reverse<u32>),
    /// It is over, for so many whole days.
    Expired(u64),
}

/// A line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Warning(String),
    Error(String),
}

impl Word {
    pub(super) fn log(self) {
        match self {
            Self::Warning(text) => tracing::warn!("{text}"),
            Self::Error(text) => tracing::error!("{text}"),
        }
    }
}

/// Logs what ends soon, or has not begun: at the start, then at each mark, and each day while it is of no use. Never ends.
pub(crate) async fn watch(live: Arc<Live>) {
    let (mut said, mut of_clients, mut lists) = (Said::default(), Said::default(), lists::Said::default());
    loop {
        let now = clock::now();
        let shown: Vec<Spoken> = live.all().iter().map(Spoken::certificate).collect();
        let authorities = live.authorities();
        let trusted: Vec<Spoken> =
            authorities.iter().map(|(one, file)| Spoken::authority(one, file)).collect();
        for word in [said.words(&shown, now), of_clients.words(&trusted, now)].concat() {
            word.log();
        }
        lists.tell(&live.revocation_lists(), now);
        tokio::time::sleep(LOOK).await;
    }
}

/// Something that is valid for a time.
struct Spoken {
    fingerprint: Fingerprint,
    what: String,
    not_before: SystemTime,
    not_after: SystemTime,
    renewed: bool,
    /// What to do about an end that is near.
    cure: &'static str,
    /// What comes of it while it is not valid.
    harm: &'static str,
}

impl Spoken {
    fn certificate(held: &Held) -> Self {
        let identity = &held.identity;
        let names = identity.names().join(", ");
        Self {
            fingerprint: identity.fingerprint(),
            what: format!("{} (for {})", held.what, names.escape_debug()),
            not_before: identity.not_before(),
            not_after: identity.not_after(),
            renewed: held.renewed,
            cure: if held.renewed {
                "it should have been renewed by now: see what the log says of ACME"
            } else {
                "put a renewed one there; it is read without a restart"
            },
            harm: "clients refuse it",
        }
    }

    fn authority(authority: &ClientAuthority, file: &Path) -> Self {
        let name = authority.name.escape_debug();
        Self {
            fingerprint: authority.fingerprint,
            what: format!("the authority of clients' certificates in {} ({name})", shown(file)),
            not_before: authority.not_before,
            not_after: authority.not_after,
            renewed: false,
            cure: "all certificates that it has signed are refused then; put its renewed one there, which is read without \
                a restart",
            harm: "all certificates that it has signed are refused",
        }
    }

    fn nearness(&self, now: SystemTime) -> Nearness {
        if let Ok(left) = self.not_before.duration_since(now)
            && !left.is_zero()
        {
            return Nearness::Future(std::cmp::Reverse(left.as_secs() / DAY.as_secs()));
        }
        let lifetime = self.not_after.duration_since(self.not_before).unwrap_or_default();
        let left = self.not_after.duration_since(now).map_err(|over| over.duration());
        nearness(left, lifetime, self.renewed)
    }

    fn word(&self, now: SystemTime) -> Word {
        let Self { what, cure, harm, .. } = self;
        if let Ok(left) = self.not_before.duration_since(now)
            && !left.is_zero()
        {
            let left = in_words(left);
            return Word::Error(format!(
                "{what} is not valid before another {left} have passed, and {harm} until then: check the clock of this \
                machine, or put one there that is valid"
            ));
        }
        match self.not_after.duration_since(now) {
            Ok(left) => Word::Warning(format!("{what} ends in {}: {cure}", in_words(left))),
            Err(over) => Word::Error(format!(
                "{what} expired {} ago, and {harm}: put a renewed one there",
                in_words(over.duration())
            )),
        }
    }
}

/// What was said of which certificates.
#[derive(Debug, Default)]
struct Said(HashMap<Fingerprint, Nearness>);

impl Said {
    fn words(&mut self, all: &[Spoken], now: SystemTime) -> Vec<Word> {
        let mut words = Vec::new();
        for one in all {
            let nearness = one.nearness(now);
            let before = self.0.insert(one.fingerprint, nearness).unwrap_or(Nearness::Far);
            if nearness > before {
                words.push(one.word(now));
            }
        }
        words
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

    use wharf_server::ClientTrust;

    use super::*;
    use crate::live::issuer::Issuer;

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
    fn what_has_not_begun_is_spoken_of_each_day() {
        let begin = SystemTime::UNIX_EPOCH + DAY * 20_000;
        let one = Spoken {
            fingerprint: Fingerprint::of_der(b"one"),
            what: "the certificate".to_owned(),
            not_before: begin,
            not_after: begin + DAY * 90,
            renewed: false,
            cure: "",
            harm: "clients refuse it",
        };
        let all = [one];
        let mut said = Said::default();
        let mut at = |now| said.words(&all, now);
        let told = at(begin - DAY * 3);
        assert!(
            matches!(&told[..], [Word::Error(text)]
                if text.starts_with("the certificate is not valid before another 3 days have passed, and clients refuse")),
            "{told:?}"
        );
        assert_eq!(at(begin - DAY * 3 + LOOK).len(), 1);
        assert_eq!(at(begin - DAY * 3 + LOOK * 2), []);
        assert_eq!(at(begin - DAY).len(), 1);
        assert_eq!(at(begin - DAY / 2).len(), 1);
        assert_eq!(at(begin - LOOK), []);
        assert_eq!([at(begin), at(begin + DAY * 50)].concat(), []);
        assert!(matches!(&at(begin + DAY * 61)[..], [Word::Warning(_)]));
        assert!(matches!(&at(begin + DAY * 90 + LOOK)[..], [Word::Error(text)] if text.contains("expired")));
    }

    #[test]
    fn the_end_of_an_authority_of_clients_is_spoken_of() {
        let issuer =
            Issuer::new_with("clients", |params| params.not_after = rcgen::date_time_ymd(2030, 1, 1));
        let trust = ClientTrust::from_pem(issuer.pem.as_bytes(), &[]).unwrap();
        let all = [Spoken::authority(&trust.authority_list()[0], Path::new("ca.pem"))];
        let end = trust.authority_list()[0].not_after;
        let mut said = Said::default();
        assert_eq!(said.words(&all, end - DAY * 31), []);
        let told = said.words(&all, end - DAY * 29);
        assert!(
            matches!(&told[..], [Word::Warning(text)]
                if text.contains("\"ca.pem\" (CN=clients) ends in 29 days: all certificates that it has signed")),
            "{told:?}"
        );
        let told = said.words(&all, end + DAY * 3);
        assert!(
            matches!(&told[..], [Word::Error(text)] if text.contains("expired 3 days ago, and all certificates")),
            "{told:?}"
        );
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
