//! What is said, and when.

use std::time::UNIX_EPOCH;

use wharf_server::ClientTrust;

use super::*;
use crate::live::issuer::Issuer;

const ISSUED: Duration = Duration::from_secs(1_800_000_000);

/// A list that is good for so many hours.
fn list(issuer: &Issuer, hours: u32) -> Vec<RevocationList> {
    let text = issuer.list(ISSUED, ISSUED + HOUR * hours);
    let trust = ClientTrust::from_pem(issuer.pem.as_bytes(), &[text.as_bytes()]).unwrap();
    trust.revocation_lists().to_vec()
}

#[test]
fn each_mark_is_met_once_and_then_each_day() {
    let lists = list(&Issuer::new("clients"), 30 * 24);
    let end = lists[0].next_update.unwrap();
    assert_eq!(lists[0].this_update, UNIX_EPOCH + ISSUED);
    let mut said = Said::default();
    let mut at = |now| {
        let mut words = said.words(&lists, now);
        assert!(words.len() <= 1);
        words.pop()
    };
    let warned = |word| match word {
        Some(Word::Warning(text)) => text,
        other => panic!("{other:?}"),
    };
    let failed = |word| match word {
        Some(Word::Error(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(at(end - HOUR * 25), None);
    let text = warned(at(end - HOUR * 24));
    assert!(text.contains("(CN=clients) ends in 24 hours, and all certificates of that issuer"), "{text}");
    assert_eq!(at(end - HOUR * 7), None);
    assert!(warned(at(end - HOUR * 5)).contains("ends in 5 hours"));
    assert_eq!(at(end - HOUR), None);
    assert!(failed(at(end + HOUR * 3)).contains("expired 3 hours ago, and all certificates"));
    assert_eq!(at(end + HOUR * 23), None);
    assert!(failed(at(end + HOUR * 25)).contains("expired 25 hours ago"));
}

#[test]
fn what_is_made_anew_each_day_is_not_late() {
    let issuer = Issuer::new("clients");
    let mut said = Said::default();
    for hours in [12, 25, 48] {
        let lists = list(&issuer, hours);
        // Its successor is there in time.
        let words = said.words(&lists, UNIX_EPOCH + ISSUED + HOUR * (hours / 2));
        assert_eq!(words, [], "{hours}");
    }
    // One that is late, though.
    let lists = list(&issuer, 25);
    assert_eq!(said.words(&lists, UNIX_EPOCH + ISSUED + HOUR * 20).len(), 1);
    // What is gone is forgotten.
    said.words(&[], UNIX_EPOCH);
    assert!(said.0.is_empty());
}
