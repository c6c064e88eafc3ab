//! What is offered and what is declined, and the page that says so.

use core::fmt::Write as _;
use std::sync::Arc;

use wharf_codec::{SiteVerb, Verb};
use wharf_types::TlsRule;

use super::{
    super::{
        VirtualHost,
        declined::{TLS_CLIENT, declined, declined_site},
    },
    driver::{Driver, config},
    verbs::line,
};
use crate::policy::{AccountRules, ControlPolicy, DataPolicy};

fn logged_in() -> Driver {
    let mut driver = Driver::new(config(ControlPolicy::Allow, DataPolicy::Allow, false));
    driver.take();
    driver.codes("USER alice");
    driver.codes("PASS secret");
    driver
}

#[test]
fn what_is_declined_says_so_and_nothing_else_does() {
    // CTL-21, TLS-30
    for verb in Verb::ALL {
        let mut driver = logged_in();
        let replies = driver.replies(&line(*verb));
        let code = replies.last().map_or(0, |reply| reply.code().get());
        match declined(*verb) {
            Some((wanted, reason)) => {
                assert_eq!(code, wanted.get(), "{verb}");
                assert_eq!(replies[0].text_lines().next(), Some(reason.as_bytes()));
                assert_eq!(driver.record.opened + driver.record.dialled, 0, "{verb}");
            }
            None => assert!(!matches!(code, 500 | 502), "{verb}: {code}"),
        }
        // HELP tells of what is offered alone.
        let help = logged_in().replies("HELP");
        let words: Vec<&[u8]> =
            help[0].text_lines().flat_map(|line| line.split(|byte| *byte == b' ')).collect();
        assert_eq!(words.contains(&verb.name().as_bytes()), declined(*verb).is_none(), "{verb}");
    }
}

#[test]
fn every_command_of_site_is_answered_once() {
    // SEC-03, CTL-12
    for verb in SiteVerb::ALL {
        let argument = match verb.name() {
            "CHGRP" => " staff x",
            "CHMOD" => " 644 x",
            "COPY" | "SYMLINK" => " x y",
            "UTIME" => " 202601010000 x",
            "HELP" | "IDLE" | "QUOTA" | "UMASK" | "WHO" => "",
            _ => " x",
        };
        let mut driver = logged_in();
        let code = driver.code(&format!("SITE {}{argument}", verb.name()));
        match declined_site(*verb) {
            Some((wanted, _)) => assert_eq!(code, wanted.get(), "{}", verb.name()),
            None => assert!(!matches!(code, 500 | 501 | 502 | 504), "{}: {code}", verb.name()),
        }
    }
}

#[test]
fn a_host_may_greet_with_words_of_its_own() {
    // VH-01
    let mut config = config(ControlPolicy::Allow, DataPolicy::Allow, false);
    let mut greeting = VirtualHost::new(vec!["one.example".to_owned()]);
    greeting.greeting = Some("Welcome to one".to_owned());
    config.hosts = vec![greeting, VirtualHost::new(vec!["two.example".to_owned()])];
    let mut driver = Driver::new(config);
    driver.take();
    for (name, wanted) in [("one.example", "Welcome to one"), ("two.example", "Host accepted")] {
        let replies = driver.replies(&format!("HOST {name}"));
        assert_eq!(replies[0].code().get(), 220);
        assert_eq!(replies[0].text_lines().next(), Some(wanted.as_bytes()));
    }
}

#[test]
fn a_star_stands_for_one_label_of_a_host() {
    // VH-01
    let mut config = config(ControlPolicy::Allow, DataPolicy::Allow, false);
    config.hosts = vec![
        VirtualHost::new(vec!["own.example.org".to_owned()]),
        VirtualHost::new(vec!["*.example.org".to_owned()]),
    ];
    config.hosts[0].greeting = Some("Own".to_owned());
    let mut driver = Driver::new(config);
    driver.take();
    for (name, code) in [
        ("ftp.example.org", 220),
        ("FTP.Example.ORG", 220),
        ("example.org", 504),
        ("a.b.example.org", 504),
        ("ftp.example.net", 504),
    ] {
        assert_eq!(driver.code(&format!("HOST {name}")), code, "{name}");
    }
    // Who is called so exactly comes first.
    let replies = driver.replies("HOST own.example.org");
    assert_eq!(replies[0].text_lines().next(), Some(&b"Own"[..]));
}

#[test]
fn a_host_that_tls_named_greets_behind_an_implicit_handshake() {
    // VH-01
    let mut config = config(ControlPolicy::Require, DataPolicy::Allow, true);
    let mut host = VirtualHost::new(vec!["one.example".to_owned()]);
    host.greeting = Some("Welcome to one".to_owned());
    config.hosts = vec![host];
    for (sni, wanted) in [(Some("One.Example"), "Welcome to one"), (None, "Wharf ready")] {
        let greeting = Driver::naming(config.clone(), sni).take();
        assert_eq!(greeting[0].code().get(), 220);
        assert_eq!(greeting[0].text_lines().next(), Some(wanted.as_bytes()));
    }
}

#[test]
fn a_host_with_accounts_of_its_own_judges_names_by_them() {
    // TLS-10 VH-01: at each place an unknown name is answered as the strictest account there.
    let rules = |name: &str, control| {
        let mut rules = AccountRules::new();
        rules.add(name, TlsRule { control: Some(control), data: None });
        Arc::new(rules)
    };
    let mut config = config(ControlPolicy::Allow, DataPolicy::Allow, false);
    config.accounts = rules("alice", ControlPolicy::Allow);
    let mut host = VirtualHost::new(vec!["one.example".to_owned()]);
    host.accounts = Some(rules("bob", ControlPolicy::Require));
    config.hosts = vec![host];
    let mut driver = Driver::new(config);
    driver.take();
    for name in ["alice", "bob", "nobody"] {
        assert_eq!(driver.code(&format!("USER {name}")), 331, "{name}");
    }
    assert_eq!(driver.code("HOST one.example"), 220);
    for name in ["alice", "bob", "nobody"] {
        assert_eq!(driver.code(&format!("USER {name}")), 530, "{name}");
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Commands\n\n\
         Every command that the server understands, as its tables have it: this page is made from them, and a test\n\
         compares. A command that is declined is answered with the code and the reason given here.\n\n\
         | Command | Defined in | Login | Answer |\n|---|---|---|---|\n",
    );
    for verb in Verb::ALL {
        let info = verb.info();
        let aliases = info.aliases.iter().fold(String::new(), |all, alias| format!("{all}, `{alias}`"));
        let login = if info.needs_login { "yes" } else { "no" };
        let answer = match declined(*verb) {
            Some((code, reason)) if TLS_CLIENT.contains(verb) => {
                format!("{} Off unless configured: declined, {code}: {reason}", info.help)
            }
            Some((code, reason)) => format!("declined, {code}: {reason}"),
            None => info.help.to_owned(),
        };
        let syntax = info.syntax.replace('|', "\\|");
        writeln!(page, "| `{syntax}`{aliases} | {} | {login} | {answer} |", info.reference).unwrap();
    }
    page.push_str("\n## SITE\n\n| Command | Answer |\n|---|---|\n");
    for verb in SiteVerb::ALL {
        let info = verb.info();
        let answer = match declined_site(*verb) {
            Some((code, reason)) => format!("declined, {code}: {reason}"),
            None => info.help.to_owned(),
        };
        writeln!(page, "| `{}` | {answer} |", info.syntax).unwrap();
    }
    page.push_str(
        "\n## Notes\n\n\
         * `HASH`, `XCRC` and their kin digest the bytes of the file whatever TYPE is set. Ranges name the first and the\n\
         \x20 last byte, counted from 0. A name without quotes and one number behind it is refused: whether the number\n\
         \x20 belongs to the name cannot be told. `ABOR` ends a digest.\n\
         * `RANG` applies to `RETR`, `STOR` and `HASH`, in TYPE I. An upload into a range may end before the range does,\n\
         \x20 not behind it; everything outside the range stays as it is.\n\
         * `PRET` is taken and changes nothing; `FEAT` does not list it, since clients that see it there ask before\n\
         \x20 every transfer.\n\
         * `SSCN` and `CPSV` are for transfers between two servers under TLS: this one is the TLS client then. They are\n\
         \x20 offered where certificates of other servers are configured, and such a connection is not bound to the\n\
         \x20 session, since nothing could be resumed on it.\n\
         * `LPRT` and `LPSV` are taken for old clients over IPv4 and IPv6.\n\
         * `SIZE` in TYPE A reads the file, up to a limit, and tells exactly what `RETR` would send.\n\
         * `LIST` and `NLST` choose by a pattern (`*`, `?`, `[a-z]`) in the last component, unless something stands under\n\
         \x20 just that name.\n\
         * `SITE CPFR` and `SITE CPTO`, `SITE COPY` and `COMB` store as an upload does: whole and durable, or not at all.\n\
         * `SITE CHMOD` and `MFF` set no setuid, setgid or sticky bits.\n\
         * `SITE SYMLINK` makes links to what is there, below the root and not over other links; accounts with rules for\n\
         \x20 paths make none. A relative target is meant from where the link stands.\n\
         * `SITE RMDIR` is off unless the server is told to permit it: 550.\n\
         * `SITE WHO` tells of the sessions of the same account only.\n",
    );
    page
}

#[test]
fn the_page_of_commands_is_current() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = page();
    if std::env::var_os("WHARF_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == page, "docs/commands.md is old: run the test with WHARF_WRITE_DOCS=1");
}
