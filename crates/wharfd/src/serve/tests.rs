use clap::Parser;

use super::*;
use crate::args::{Command, CommandLine};

fn warned(words: &[&str]) -> Vec<&'static str> {
    let all = ["wharfd", "serve", "dir"].iter().chain(words);
    match CommandLine::try_parse_from(all).unwrap().command {
        Command::Serve(asked) => warnings(&asked),
        Command::Run(_) | Command::Audit(_) | Command::Check(_) | Command::Passwd(_) => {
            unreachable!("serve was asked for")
        }
    }
}

#[test]
fn safe_arguments_are_not_warned_of() {
    for words in [
        &[][..],
        &["--listen", "0.0.0.0:21", "--implicit", "0.0.0.0:990", "--users", "u"],
        &["--control-tls", "allow", "--data-tls", "allow"],
        &["--implicit", "0.0.0.0:990", "--control-tls", "allow"],
        &["--public-ip", "203.0.113.5", "--passive-ports", "50000-50100"],
    ] {
        assert!(warned(words).is_empty(), "{words:?}: {:?}", warned(words));
    }
}

#[test]
fn risky_arguments_are() {
    for (words, start) in [
        (&["--listen", "127.0.0.1:990"][..], "port 990 given with --listen is explicit"),
        (&["--report-only"], "--report-only: nothing is enforced"),
        (&["--user", "alice:secret"], "passwords given with --user"),
        (&["--listen", "0.0.0.0:21", "--control-tls", "allow"], "--control-tls allow"),
        (&["--listen", "0.0.0.0:21", "--data-tls", "deny"], "--data-tls"),
        (&["--implicit", "0.0.0.0:990", "--data-tls", "allow"], "--data-tls"),
        (&["--public-ip", "203.0.113.5"], "--public-ip without"),
    ] {
        let texts = warned(words);
        assert!(texts.len() == 1 && texts[0].starts_with(start), "{words:?}: {texts:?}");
    }
}
