//! When the authority is asked.

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::*;
use crate::fake::{Answer, Fake, Special, certificate};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// One that keeps its state below `dir` and trusts the authority at `directory` by any certificate.
fn acme(dir: &std::path::Path, directory: &str) -> Acme {
    let root = dir.join("root.pem");
    std::fs::write(&root, certificate().0).unwrap();
    let mut options = AcmeOptions::new(dir.join("acme"), vec!["a.example".to_owned()]);
    options.directory = directory.to_owned();
    options.accept_terms = true;
    options.ca_file = Some(root);
    Acme::open(options).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_takes_the_question_and_says_nothing_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let acme = acme(dir.path(), &format!("https://{}/dir", listener.local_addr().unwrap()));
    acme.store.keep_certificate(&certificate().0, "").unwrap();
    tokio::spawn(acme.run(|| ()));
    let start = Instant::now();
    let mut open = Vec::new();
    for _ in 0..3 {
        // It stays open, and is never answered.
        open.push(timeout(48 * HOUR, listener.accept()).await.expect("it is asked again").unwrap());
    }
    assert!(start.elapsed() >= 2 * HOUR, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn only_an_authority_without_windows_is_not_asked_again() {
    const NO_WINDOWS: &str =
        r#"{"newNonce": "BASE/nonce", "newAccount": "BASE/account", "newOrder": "BASE/order"}"#;
    const WINDOW: &str =
        r#"{"suggestedWindow": {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}}"#;
    let dir = tempfile::tempdir().unwrap();
    let acme = acme(dir.path(), "https://ca.example/dir");
    let (_, leaf) = certificate();
    let cases: [(Special, Option<Duration>); 4] = [
        (&[("/dir", Answer::Say(200, NO_WINDOWS))], None),
        (&[("/window", Answer::Say(503, "later"))], Some(HOUR)),
        (&[("/window", Answer::Nothing)], Some(HOUR)),
        (&[("/window", Answer::Say(200, WINDOW))], Some(2 * HOUR)),
    ];
    for (special, again) in cases {
        let fake = Fake::new(special);
        let mut account = Some(fake.account().await);
        let mut due = Some(leaf.not_after);
        let asked = acme.heed(&leaf, &mut due, &mut account).await;
        let wait = asked.map(|again| again.duration_since(now()).unwrap().as_secs().div_ceil(10) * 10);
        assert_eq!(wait, again.map(|again| again.as_secs()), "{special:?}");
        // A connection that failed or hangs is not used again.
        assert_eq!(account.is_some(), again != Some(HOUR), "{special:?}");
        assert_eq!(due == Some(leaf.not_after), again != Some(2 * HOUR), "{special:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bell_leaves_a_minute_between_attempts() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there.
    let acme = acme(dir.path(), "https://127.0.0.1:1/dir");
    let (store, bell) = (acme.store.clone(), acme.bell());
    let running = tokio::spawn(acme.run(|| ()));
    let failures = || store.setback().map_or(0, |setback| setback.failures);
    let until = |count: u32| {
        let failures = &failures;
        async move {
            while failures() < count {
                sleep(Duration::from_millis(10)).await;
            }
        }
    };
    until(1).await;
    let mut last = Instant::now();
    for count in 2..5 {
        for _ in 0..20 {
            bell.ring();
            sleep(Duration::from_millis(200)).await;
        }
        until(count).await;
        let between = last.elapsed();
        last = Instant::now();
        assert!(between >= BREATH && between < BREATH + BREATH / 2, "{between:?}");
    }
    // Long after the last attempt it is heard at once, and so is one that comes soon after a start only a minute after it.
    sleep(2 * BREATH).await;
    bell.ring();
    timeout(BREATH / 2, until(5)).await.unwrap();
    running.abort();
    let acme = self::acme(dir.path(), "https://127.0.0.1:1/dir");
    let bell = acme.bell();
    tokio::spawn(acme.run(|| ()));
    bell.ring();
    timeout(BREATH / 2, until(6)).await.unwrap_err();
    timeout(BREATH, until(6)).await.unwrap();
}

#[tokio::test]
async fn an_account_that_the_authority_does_not_know_is_set_aside_for_a_new_one() {
    const UNKNOWN: &str =
        r#"{"type": "urn:ietf:params:acme:error:accountDoesNotExist", "detail": "no such account"}"#;
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut acme = acme(dir.path(), &format!("https://{}/dir", listener.local_addr().unwrap()));
    acme.options.challenge = crate::Challenge::Http01 { listen: "127.0.0.1:0".parse().unwrap() };
    let folder = acme.certificate_file().parent().unwrap().to_owned();
    std::fs::write(folder.join("account.json"), "the old one").unwrap();
    let fake = Fake::new(&[("/order", Answer::Say(400, UNKNOWN))]);
    let mut account = Some(fake.account().await);
    // The new one is asked for at once.
    let (attempt, asked) = tokio::join!(acme.attempt(None, &mut account), async {
        timeout(HOUR, listener.accept()).await.expect("it is asked").map(drop)
    });
    asked.unwrap();
    // This authority hangs up.
    assert!(matches!(attempt, Err(AcmeError::Authority(_))), "{attempt:?}");
    assert!(!folder.join("account.json").exists());
    assert_eq!(std::fs::read_to_string(folder.join("account.json.unknown")).unwrap(), "the old one");
}
