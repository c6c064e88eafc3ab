//! Logins by certificates of clients. // TLS-31

use std::sync::Arc;

use wharf_auth::{
    Anonymous, AuthError, Authenticator, ByCertificate, ByHost, CertificateLogin as Login,
    CertificateMap as Map, Chain, Credentials, FixedUsers, UsersFile,
};
use wharf_types::{ClientIdentity, Grant};

use super::login;

fn of_alice() -> ClientIdentity {
    ClientIdentity {
        fingerprint: [7; 32],
        common_name: Some("alice".to_owned()),
        emails: vec!["Alice@Example.ORG".to_owned(), "alice".to_owned()],
        dns_names: vec!["alice.example".to_owned()],
    }
}

fn users() -> Arc<dyn Authenticator> {
    let names = ["alice", "bob", "Alice@example.org", "alice@example.org", "ALICE.example"];
    let text: String = names.iter().map(|name| format!("{name}:*::full\n")).collect();
    let users = UsersFile::parse(&text).unwrap();
    let mut fixed = FixedUsers::new().unwrap();
    fixed.add(b"melody", Grant::new("carol", "")).unwrap();
    Arc::new(Chain::new(vec![Arc::new(fixed), Arc::new(users), Arc::new(Anonymous::new("public"))]))
}

async fn by_certificate(judge: &dyn Authenticator, user: &str, shown: Option<&ClientIdentity>) -> bool {
    let who = Credentials { certificate: shown, ..login(user.as_bytes(), b"") };
    match judge.authenticate_certificate(&who).await {
        Ok(Grant { account, .. }) => account == user,
        Err(error) => {
            assert_eq!(error, AuthError::Refused);
            false
        }
    }
}

#[tokio::test]
async fn a_certificate_names_an_account_in_the_way_that_was_chosen() {
    let everybody = ["alice", "bob", "Alice@example.org", "alice@example.org", "ALICE.example", "carol"];
    let cases: [(Map, &[&str]); 5] = [
        (Map::None, &[]),
        (Map::CommonName, &["alice"]),
        // What stands before the @ has case; an address without one is none.
        (Map::SanEmail, &["Alice@example.org"]),
        (Map::SanDns, &["ALICE.example"]),
        (Map::Fingerprint, &["bob"]),
    ];
    for (map, named) in cases {
        let mut judge = ByCertificate::new(users(), map, Login::Either);
        judge.list("bob", [7; 32]);
        judge.list("alice", [8; 32]);
        for user in everybody {
            let logs_in = by_certificate(&judge, user, Some(&of_alice())).await;
            assert_eq!(logs_in, named.contains(&user), "{map:?} {user}");
            assert!(!by_certificate(&judge, user, None).await);
        }
    }
    // Several common names, or none.
    let judge = ByCertificate::new(users(), Map::CommonName, Login::Either);
    let nameless = ClientIdentity { common_name: None, ..of_alice() };
    assert!(!by_certificate(&judge, "alice", Some(&nameless)).await);
    // Whoever is not asked for it knows nothing of certificates.
    assert!(!by_certificate(&*users(), "alice", Some(&of_alice())).await);
}

/// Whether `password` logs in.
async fn by_password(judge: &dyn Authenticator, password: &[u8], shown: Option<&ClientIdentity>) -> bool {
    let who = Credentials { certificate: shown, ..login(b"carol", password) };
    judge.authenticate(&who).await.is_ok()
}

#[tokio::test]
async fn an_account_needs_what_it_needs() {
    let (carols, alices) =
        (ClientIdentity { common_name: Some("carol".to_owned()), ..of_alice() }, of_alice());
    // What logs in: its certificate alone, its password alone, with somebody else's certificate, with its own.
    let cases = [
        (Login::Either, [true, true, true, true]),
        (Login::Certificate, [true, false, false, false]),
        (Login::Both, [false, false, false, true]),
        (Login::Password, [false, true, true, true]),
    ];
    for (needs, [certificate, password, others, both]) in cases {
        // Said of the account, against what is said of all.
        for (of_all, of_carol) in
            [(needs, None), (Login::Certificate, Some(needs)), (Login::Either, Some(needs))]
        {
            let mut judge = ByCertificate::new(users(), Map::CommonName, of_all);
            if let Some(login) = of_carol {
                judge.set_login("carol", login);
            }
            assert_eq!(by_certificate(&judge, "carol", Some(&carols)).await, certificate, "{needs:?}");
            assert_eq!(by_password(&judge, b"melody", None).await, password, "{needs:?}");
            assert_eq!(by_password(&judge, b"melody", Some(&alices)).await, others, "{needs:?}");
            assert_eq!(by_password(&judge, b"melody", Some(&carols)).await, both, "{needs:?}");
            assert!(!by_password(&judge, b"wrong", Some(&carols)).await, "{needs:?}");
        }
    }
}

#[tokio::test]
async fn the_anonymous_account_has_no_certificate() {
    let judge = ByCertificate::new(users(), Map::CommonName, Login::Certificate);
    let named = ClientIdentity { common_name: Some("anonymous".to_owned()), ..of_alice() };
    assert!(!by_certificate(&judge, "anonymous", Some(&named)).await);
    assert!(judge.authenticate(&login(b"anonymous", b"me@here")).await.unwrap().anonymous);
}

#[tokio::test]
async fn each_host_judges_by_its_own_accounts() {
    let own: Arc<dyn Authenticator> = Arc::new(UsersFile::parse("dave:*:d:full").unwrap());
    let certified = |inner| ByCertificate::new(inner, Map::CommonName, Login::Either);
    let mut judge = ByHost::new(Arc::new(certified(users())));
    judge.add("files.example", Arc::new(certified(own)));
    let named = |name: &str| ClientIdentity { common_name: Some(name.to_owned()), ..of_alice() };
    for (user, host, fits) in [
        ("alice", None, true),
        ("alice", Some("files.example"), false),
        ("dave", Some("files.example"), true),
        ("dave", None, false),
    ] {
        let certificate = named(user);
        let who = Credentials { certificate: Some(&certificate), host, ..login(user.as_bytes(), b"") };
        assert_eq!(judge.authenticate_certificate(&who).await.is_ok(), fits, "{user} {host:?}");
    }
}

#[tokio::test]
async fn no_password_fits_an_account_without_one() {
    let users = UsersFile::parse("dave:*:d:full").unwrap();
    for password in [&b"*"[..], b"x", b""] {
        assert_eq!(users.authenticate(&login(b"dave", password)).await, Err(AuthError::Refused));
    }
    assert_eq!(users.account(b"dave", None).await.unwrap().unwrap().root, "d");
    assert_eq!(users.account(b"erin", None).await.unwrap(), None);
}
