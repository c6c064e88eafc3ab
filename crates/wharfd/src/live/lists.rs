//! Words in the log about lists of revoked certificates that expire soon: without one that holds, nobody logs in by
//! certificate.

use std::{
    cmp::Reverse,
    collections::HashMap,
    time::{Duration, SystemTime},
};

use wharf_server::{Fingerprint, RevocationList};

use super::{
    expiry::{Nearness, Word},
    in_words,
};
use crate::failure::shown;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// How many hours before the end of a list the log speaks of it.
const MARKS: [u32; 2] = [24, 6];

/// What was said of which lists, by issuer, the authority whose key has signed it, and end.
#[derive(Debug, Default)]
pub(super) struct Said(HashMap<(String, Option<Fingerprint>, Option<SystemTime>), Nearness>);

impl Said {
    /// Logs which of these, all that count now, expire soon: at each mark, and each day once it is over.
    pub(super) fn tell(&mut self, lists: &[RevocationList], now: SystemTime) {
        for word in self.words(lists, now) {
            word.log();
        }
    }

    fn words(&mut self, lists: &[RevocationList], now: SystemTime) -> Vec<Word> {
        let mut words = Vec::new();
        let before = std::mem::take(&mut self.0);
        for list in lists {
            let Some(end) = list.next_update else { continue };
            let left = end.duration_since(now).map_err(|over| over.duration());
            let nearness = nearness(left, end.duration_since(list.this_update).unwrap_or_default());
            let key = (list.issuer.clone(), list.signed_by, list.next_update);
            if nearness > before.get(&key).copied().unwrap_or(Nearness::Far) {
                words.push(word(list, left));
            }
            self.0.insert(key, nearness);
        }
        words
    }
}

fn word(list: &RevocationList, left: Result<Duration, Duration>) -> Word {
    let file = list.path.as_deref().map_or_else(|| "memory".to_owned(), shown);
    let what = format!("the list of revoked certificates in {file} ({})", list.issuer.escape_debug());
    match left {
        Ok(left) => Word::Warning(format!(
            "{what} ends in {}, and all certificates of that issuer are refused then: put the next one there; it is read \
            without a restart",
            in_words(left)
        )),
        Err(over) => Word::Error(format!(
            "{what} expired {} ago, and all certificates of that issuer are refused: put the next one there",
            in_words(over)
        )),
    }
}

/// A list that is made anew each day is not late when it begins, nor when its successor is there in time.
fn nearness(left: Result<Duration, Duration>, lifetime: Duration) -> Nearness {
    match left {
        Ok(left) => {
            let met =
                MARKS.into_iter().rev().find(|hours| left <= HOUR * *hours && HOUR * *hours <= lifetime / 3);
            met.map_or(Nearness::Far, |hours| Nearness::Within(Reverse(hours)))
        }
        Err(over) => Nearness::Expired(over.as_secs() / (24 * HOUR).as_secs()),
    }
}

#[cfg(test)]
mod tests;
