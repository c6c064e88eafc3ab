use std::{net::Ipv4Addr, path::Path};

use clap::Parser;
use wharf_server::users_file_line;

use super::*;
use crate::args::{Command, CommandLine};

fn asked(words: &[&str]) -> Serve {
    let all = ["wharfd", "serve", "dir"].iter().chain(words);
    match CommandLine::try_parse_from(all).unwrap().command {
        Command::Serve(serve) => *serve,
        Command::Run(_) | Command::Audit(_) | Command::Check(_) | Command::Passwd(_) => {
            unreachable!("serve was asked for")
        }
    }
}

fn login(accounts: &Accounts, user: &str, password: &str) -> Result<Grant, AuthError> {
    let who = Credentials {
        user: user.as_bytes(),
        password: password.as_bytes(),
        peer: Ipv4Addr::LOCALHOST.into(),
        host: None,
        secured: true,
        certificate: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(accounts.authenticator.authenticate(&who))
}

#[test]
fn without_any_account_one_is_made_up() {
    let accounts = Accounts::of(&asked(&[])).unwrap();
    let password = accounts.password.as_ref().unwrap().as_str();
    assert_eq!(accounts.lines, [format!("wharf   password  {password}")]);
    assert!(login(&accounts, "wharf", password).is_ok());
    assert_eq!(login(&accounts, "wharf", "x"), Err(AuthError::Refused));
    assert_eq!(login(&accounts, "anonymous", "x"), Err(AuthError::Refused));
    assert!(!format!("{:?}", accounts.password).contains(password));
}

#[test]
fn given_accounts_stand_alone_and_show_no_password() {
    let accounts = Accounts::of(&asked(&["--user", "alice:canary", "--user", "bob:b"])).unwrap();
    assert_eq!(accounts.lines, ["alice", "bob"]);
    assert_eq!((accounts.name.as_str(), accounts.password.is_none()), ("alice", true));
    assert!(login(&accounts, "alice", "canary").is_ok() && login(&accounts, "bob", "b").is_ok());
    assert!(!format!("{accounts:?}").contains("canary"));
    let twice = Accounts::of(&asked(&["--user", "alice:canary", "--user", "alice:b"])).unwrap_err();
    assert!(twice.to_string().contains("alice") && !twice.to_string().contains("canary"));
}

#[test]
fn read_only_holds_for_every_kind_of_account() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("users");
    std::fs::write(&file, users_file_line("carol", b"c", "sub", Rights::FULL).unwrap()).unwrap();
    let words = ["--user", "alice:a", "--users", file.to_str().unwrap(), "--anonymous"];
    let accounts = Accounts::of(&asked(&words)).unwrap();
    assert_eq!(login(&accounts, "carol", "c").unwrap(), Grant::new("carol", "sub"));
    let accounts = Accounts::of(&asked(&[&words[..], &["--read-only"]].concat())).unwrap();
    for (user, password) in [("alice", "a"), ("carol", "c"), ("ftp", "x")] {
        let grant = login(&accounts, user, password).unwrap();
        assert_eq!(grant.rights_at(&grant.home), Rights::READ_ONLY, "{user}");
    }
}

#[test]
fn a_broken_users_file_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("users");
    std::fs::write(&file, "# x\ncarol\n").unwrap();
    let failure = Accounts::of(&asked(&["--users", file.to_str().unwrap()])).unwrap_err().to_string();
    assert!(failure.contains("line 2") && failure.contains(&shown(&file)), "{failure}");
    let failure = Accounts::of(&asked(&["--users", "/nowhere/users"])).unwrap_err().to_string();
    assert!(failure.contains(&shown(Path::new("/nowhere/users"))), "{failure}");
}
