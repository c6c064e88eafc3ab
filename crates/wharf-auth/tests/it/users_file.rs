//! The users file.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use wharf_auth::{AuthError, Authenticator, UsersFile, users_file_line};
use wharf_types::{Right, Rights};

use super::login;

fn line(name: &str, password: &[u8], root: &str, rights: Rights) -> String {
    users_file_line(name, password, root, rights).unwrap()
}

#[tokio::test]
async fn lines_that_were_written_are_read() {
    let rights = Rights::READ_ONLY.with(Right::Append);
    let text = format!(
        "# accounts\n\n{}\r\n{}\n",
        line("alice", b"correct horse", "/srv/a:b", Rights::FULL),
        line("b\u{f6}b", b"\xff\xfe", "", rights),
    );
    let users = UsersFile::parse(&text).unwrap();
    assert_eq!(users.count(), 2);
    let mut names: Vec<&str> = users.names().collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "b\u{f6}b"]);
    let alice = users.authenticate(&login(b"alice", b"correct horse")).await.unwrap();
    assert_eq!((alice.root.as_str(), alice.rights_at(&alice.home)), ("/srv/a:b", Rights::FULL));
    let bob = users.authenticate(&login("b\u{f6}b".as_bytes(), b"\xff\xfe")).await.unwrap();
    assert_eq!((bob.root.as_str(), bob.rights_at(&bob.home)), ("", rights));
}

#[tokio::test]
async fn a10_wrong_empty_and_unknown_are_refused_alike() {
    let users = UsersFile::parse(&line("alice", b"correct horse", "", Rights::FULL)).unwrap();
    for (user, password) in
        [(&b"alice"[..], &b"wrong"[..]), (b"alice", b""), (b"nobody", b"correct horse"), (b"nobody", b"")]
    {
        assert_eq!(users.authenticate(&login(user, password)).await, Err(AuthError::Refused));
    }
}

#[tokio::test]
async fn many_logins_at_one_time_are_all_judged() {
    let users = Arc::new(UsersFile::parse(&line("alice", b"correct horse", "", Rights::FULL)).unwrap());
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let users = Arc::clone(&users);
            tokio::spawn(async move {
                let password: &[u8] = if number % 2 == 0 { b"correct horse" } else { b"battery" };
                users.authenticate(&login(b"alice", password)).await.is_ok()
            })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), number % 2 == 0);
    }
}

#[test]
fn a_bad_line_is_named_with_its_cure() {
    let good = line("alice", b"x", "", Rights::FULL);
    let hash = good.split(':').nth(1).unwrap();
    for (bad, cause) in [
        ("alice".to_owned(), "too few fields"),
        (format!("bob:{hash}:full"), "too few fields"),
        (format!(":{hash}::full"), "the name is empty"),
        ("bob:::full".to_owned(), "no password hash"),
        ("bob:plain::full".to_owned(), "cannot be read"),
        (format!("bob:{}::full", hash.replace("argon2id", "argon2i")), "not an Argon2id"),
        (format!("bob:{}::full", hash.replace("m=19456", "m=4000000")), "costs too much"),
        (format!("bob:{hash}::everything!"), "the permissions"),
        (good.clone(), "twice"),
    ] {
        let error = UsersFile::parse(&format!("{good}\n{bad}\n")).unwrap_err();
        assert_eq!(error.line, Some(2), "{bad}");
        assert!(error.cause.contains(cause), "{bad}: {error}");
        assert!(!error.cure.is_empty() && !error.to_string().contains("$argon2"), "{error}");
    }
}

#[test]
fn only_the_owner_may_write_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users");
    fs::write(&path, line("alice", b"x", "", Rights::FULL)).unwrap();
    for (mode, accepted) in [(0o600, true), (0o644, true), (0o660, false), (0o602, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(UsersFile::load(&path).is_ok(), accepted, "{mode:o}");
        assert_eq!(UsersFile::text(&path).is_ok(), accepted, "{mode:o}");
    }
    let error = UsersFile::load(&directory.path().join("absent")).unwrap_err();
    assert!(error.line.is_none() && error.cause.contains("cannot be read"));
    assert!(UsersFile::load(directory.path()).is_err());
}

#[test]
fn lines_that_would_not_be_read_again_are_not_written() {
    for name in ["", "a:b", "a\nb", "#a", " a"] {
        assert!(users_file_line(name, b"x", "", Rights::FULL).is_err(), "{name:?}");
    }
    assert!(users_file_line("a", b"", "", Rights::FULL).is_err());
    assert!(users_file_line("a", b"x", "a\nb", Rights::FULL).is_err());
}

#[test]
fn debug_output_shows_no_hash() {
    let users = UsersFile::parse(&line("alice", b"x", "", Rights::FULL)).unwrap();
    assert!(!format!("{users:?}").contains("argon2"));
}
