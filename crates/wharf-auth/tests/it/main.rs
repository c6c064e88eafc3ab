//! Logins against every authenticator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificates;
mod chain;
mod users_file;

use std::net::{IpAddr, Ipv4Addr};

use wharf_auth::{Anonymous, AuthError, Authenticator, Credentials, FixedUserError, FixedUsers};
use wharf_types::{Grant, Rights};

pub(crate) const fn login<'a>(user: &'a [u8], password: &'a [u8]) -> Credentials<'a> {
    Credentials {
        user,
        password,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        host: None,
        secured: true,
        certificate: None,
    }
}

pub(crate) fn fixed() -> FixedUsers {
    let mut users = FixedUsers::new().unwrap();
    users.add(b"half past nine", Grant::new("alice", "alice")).unwrap();
    users.add(b"quarter to ten", Grant::new("bob", "bob").with_rights(Rights::READ_ONLY)).unwrap();
    users
}

#[tokio::test]
async fn fixed_users_need_their_own_password() {
    let users = fixed();
    let grant = users.authenticate(&login(b"alice", b"half past nine")).await.unwrap();
    assert_eq!((grant.account.as_str(), grant.root.as_str()), ("alice", "alice"));
    for (user, password) in [
        (&b"alice"[..], &b"quarter to ten"[..]),
        (b"alice", b"half past nin"),
        (b"alice", b""),
        (b"Alice", b"half past nine"),
        (b"carol", b"half past nine"),
        (b"", b""),
    ] {
        assert_eq!(users.authenticate(&login(user, password)).await, Err(AuthError::Refused));
    }
    assert!(users.knows(b"bob").await.unwrap());
    assert!(!users.knows(b"carol").await.unwrap());
}

#[test]
fn fixed_users_are_checked_when_they_are_added() {
    let mut users = fixed();
    assert_eq!(users.add(b"", Grant::new("carol", "")), Err(FixedUserError::EmptyPassword));
    assert_eq!(users.add(b"x", Grant::new("", "")), Err(FixedUserError::EmptyName));
    assert_eq!(users.add(b"x", Grant::new("bob", "")), Err(FixedUserError::Duplicate));
}

#[tokio::test]
async fn anonymous_names_take_any_password_and_only_read() {
    // LOG-05
    let anonymous = Anonymous::new("public");
    for name in [&b"anonymous"[..], b"ftp", b"Anonymous", b"FTP"] {
        for password in [&b""[..], b"me@example.org", b"\xff"] {
            let grant = anonymous.authenticate(&login(name, password)).await.unwrap();
            assert!(grant.anonymous);
            assert_eq!(grant.root, "public");
            assert_eq!(grant.rights_at(&grant.home), Rights::READ_ONLY);
        }
    }
    assert_eq!(anonymous.authenticate(&login(b"ftpd", b"x")).await, Err(AuthError::Refused));
}

#[tokio::test]
async fn a10_an_empty_password_opens_no_account() {
    let hashed = wharf_auth::users_file_line("dora", b"ten past ten", "", Rights::FULL).unwrap();
    let file = || wharf_auth::UsersFile::parse(&hashed).unwrap();
    let all: [Box<dyn Authenticator>; 3] = [
        Box::new(fixed()),
        Box::new(file()),
        Box::new(wharf_auth::Chain::new(vec![
            std::sync::Arc::new(fixed()),
            std::sync::Arc::new(file()),
            std::sync::Arc::new(Anonymous::new("public")),
        ])),
    ];
    for authenticator in all {
        for user in ["alice", "bob", "dora", "nobody", "", "root"] {
            for password in [&b""[..], b"\0", b" "] {
                let refused = authenticator.authenticate(&login(user.as_bytes(), password)).await;
                assert_eq!(refused, Err(AuthError::Refused), "{user}");
            }
        }
    }
    // No account can be made that has one, or whose hash is empty.
    assert_eq!(fixed().add(b"", Grant::new("carol", "")), Err(FixedUserError::EmptyPassword));
    assert!(wharf_auth::users_file_line("carol", b"", "", Rights::FULL).is_err());
    for line in ["carol:::full", "carol: ::full", "carol:!::full", "carol:**::full"] {
        assert!(wharf_auth::UsersFile::parse(line).is_err(), "{line}");
    }
}

#[test]
fn no_debug_output_shows_a_secret() {
    let shown = format!("{:?} {:?}", fixed(), login(b"alice\n", b"half past nine"));
    assert!(!shown.contains("half past") && !shown.contains('\n'), "{shown}");
    assert!(shown.contains("alice"));
}
