//! The TLS policy said at every scope, in every dialect, against a table written down by hand.

use std::sync::Arc;

use proptest::prelude::*;
use wharf_types::{ControlPolicy, DataPolicy, TlsRule};

use super::driver::{Driver, config};
use crate::{
    policy::{AccountRules, Dialect, Networks},
    server::{ServerConfig, VirtualHost},
};

const CONTROL: [ControlPolicy; 3] =
    [ControlPolicy::Allow, ControlPolicy::Credentials, ControlPolicy::Require];
const DATA: [DataPolicy; 3] = [DataPolicy::Allow, DataPolicy::Require, DataPolicy::Deny];
const DIALECTS: [Dialect; 3] = [Dialect::Rfc4217, Dialect::Iis, Dialect::Vsftpd];

/// Where a rule is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Listener,
    Network,
    /// The client names the host by HOST.
    Host,
    /// The client names the host in TLS.
    Sni,
    Account,
    Anonymous,
    /// Of the strictest account; the client gives a name that is not known.
    Unknown,
}

const SCOPES: [Scope; 7] = [
    Scope::Listener,
    Scope::Network,
    Scope::Host,
    Scope::Sni,
    Scope::Account,
    Scope::Anonymous,
    Scope::Unknown,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Clear,
    Explicit,
    Implicit,
}

const MODES: [Mode; 3] = [Mode::Clear, Mode::Explicit, Mode::Implicit];

/// A listener that permits everything, with `rule` at `scope`.
fn said_at(scope: Scope, rule: TlsRule, dialect: Dialect, implicit: bool) -> ServerConfig {
    let mut cfg = config(ControlPolicy::Allow, DataPolicy::Allow, implicit);
    cfg.policy.dialect = dialect;
    add(&mut cfg, scope, rule);
    cfg
}

fn add(cfg: &mut ServerConfig, scope: Scope, rule: TlsRule) {
    let mut accounts = AccountRules::clone(&cfg.accounts);
    match scope {
        Scope::Listener => cfg.policy = cfg.policy.and(rule),
        Scope::Network => {
            let mut networks = Networks::new();
            networks.add("192.0.2.0/24".parse().unwrap(), rule);
            networks.add("0.0.0.0/0".parse().unwrap(), TlsRule::NONE);
            cfg.networks = Arc::new(networks);
        }
        Scope::Host | Scope::Sni => {
            let mut host = VirtualHost::new(vec!["files.example".to_owned()]);
            host.tls = rule;
            cfg.hosts = vec![VirtualHost::new(vec!["other.example".to_owned()]), host];
        }
        Scope::Account | Scope::Unknown => {
            accounts.add("alice", rule);
            accounts.add("bob", TlsRule::NONE);
        }
        Scope::Anonymous => accounts.allow_anonymous(rule),
    }
    cfg.accounts = Arc::new(accounts);
}

/// A session up to where USER comes next, and the name to give.
fn open(cfg: ServerConfig, scope: Scope, mode: Mode) -> (Driver, &'static str) {
    let sni = (scope == Scope::Sni).then_some("Files.Example");
    let mut driver = Driver::naming(cfg, sni);
    assert_eq!(driver.take().len(), 1, "one greeting");
    if scope == Scope::Host {
        assert_eq!(driver.code("HOST files.example"), 220);
    }
    if mode == Mode::Explicit {
        assert_eq!(driver.code("AUTH TLS"), 234);
    }
    let name = match scope {
        Scope::Unknown => "nobody",
        Scope::Anonymous => "anonymous",
        Scope::Listener | Scope::Network | Scope::Host | Scope::Sni | Scope::Account => "alice",
    };
    (driver, name)
}

/// Whether the rule at `scope` is known to count before USER was sent.
const fn counts_before_user(scope: Scope, mode: Mode) -> bool {
    match scope {
        Scope::Listener | Scope::Network | Scope::Host => true,
        Scope::Sni => !matches!(mode, Mode::Clear),
        Scope::Account | Scope::Anonymous | Scope::Unknown => false,
    }
}

/// Whether the rule at `scope` counts in this mode at all: in clear no host is named in TLS.
fn counts(scope: Scope, mode: Mode) -> bool {
    scope != Scope::Sni || mode != Mode::Clear
}

#[test]
fn logins_at_every_scope_in_every_dialect() {
    // TLS-10, LOG-03
    for scope in SCOPES {
        for control in CONTROL {
            for dialect in DIALECTS {
                for mode in MODES {
                    let cell = format!("{scope:?} {control:?} {dialect:?} {mode:?}");
                    let rule = TlsRule { control: Some(control), data: None };
                    let cfg = said_at(scope, rule, dialect, mode == Mode::Implicit);
                    let (mut driver, name) = open(cfg, scope, mode);
                    let clear = mode == Mode::Clear && counts(scope, mode);
                    let refusal = match dialect {
                        Dialect::Rfc4217 | Dialect::Vsftpd => 530,
                        Dialect::Iis => 534,
                    };
                    // Other commands than those that lead to TLS.
                    let wanted =
                        if clear && control == ControlPolicy::Require && counts_before_user(scope, mode) {
                            refusal
                        } else {
                            530
                        };
                    assert_eq!(driver.code("PWD"), wanted, "{cell} PWD");
                    assert_eq!(driver.code("NOOP"), 200, "{cell}");
                    // A password is not even asked for.
                    let invited = !clear || control == ControlPolicy::Allow;
                    let user = if invited { 331 } else { refusal };
                    assert_eq!(driver.code(&format!("USER {name}")), user, "{cell} USER");
                    let pass = match (invited, scope) {
                        (true, Scope::Unknown) => 530,
                        (true, _) => 230,
                        // The scope is of the listener's kind: PASS is as bad as USER. Otherwise no USER was taken.
                        (false, _) if counts_before_user(scope, mode) => refusal,
                        (false, _) => 503,
                    };
                    assert_eq!(driver.code("PASS secret"), pass, "{cell} PASS");
                    assert_eq!(
                        driver.code("PWD"),
                        if pass == 230 { 257 } else { wanted },
                        "{cell} PWD after"
                    );
                }
            }
        }
    }
}

#[test]
fn leaving_tls_at_every_scope() {
    // TLS-25
    for scope in SCOPES.into_iter().filter(|scope| *scope != Scope::Unknown) {
        for control in CONTROL {
            for dialect in DIALECTS {
                let rule = TlsRule { control: Some(control), data: None };
                let (mut driver, name) = open(said_at(scope, rule, dialect, false), scope, Mode::Explicit);
                driver.codes(&format!("USER {name}"));
                assert_eq!(driver.code("PASS secret"), 230);
                let feat = driver.replies("FEAT").remove(0).to_string();
                let wanted = if control == ControlPolicy::Require { 534 } else { 200 };
                assert_eq!(feat.contains("CCC"), wanted == 200, "{scope:?} {control:?}: {feat}");
                assert_eq!(driver.code("CCC"), wanted, "{scope:?} {control:?} {dialect:?}");
                // In clear again, nobody logs in anew where that needs TLS.
                if control == ControlPolicy::Credentials {
                    let refusal = if dialect == Dialect::Iis { 534 } else { 530 };
                    let rein = driver.code("REIN");
                    assert_eq!(rein, 220);
                    let by_name = driver.code(&format!("USER {name}"));
                    // REIN forgets the host; it has to be named again.
                    let forgotten = matches!(scope, Scope::Host | Scope::Sni);
                    assert_eq!(by_name, if forgotten { 331 } else { refusal }, "{scope:?}");
                }
            }
        }
    }
}

#[test]
fn data_at_every_scope_in_every_dialect() {
    // TLS-13, TLS-17, TLS-18
    for scope in SCOPES.into_iter().filter(|scope| *scope != Scope::Unknown) {
        for data in DATA {
            for dialect in DIALECTS {
                for mode in MODES {
                    for setup in ["EPSV", "PASV", "EPRT |1|192.0.2.7|51200|", "PORT 192,0,2,7,200,0"] {
                        for letter in ['C', 'P'] {
                            for before_login in [false, true] {
                                data_cell(scope, data, dialect, mode, setup, letter, before_login);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn data_cell(
    scope: Scope,
    data: DataPolicy,
    dialect: Dialect,
    mode: Mode,
    setup: &str,
    letter: char,
    before_login: bool,
) {
    let cell = format!("{scope:?} {data:?} {dialect:?} {mode:?} {setup} {letter} {before_login}");
    let rule = TlsRule { control: None, data: Some(data) };
    let (mut driver, name) = open(said_at(scope, rule, dialect, mode == Mode::Implicit), scope, mode);
    let counts = counts(scope, mode);
    // The level that holds once TLS is up; HOST, behind implicit TLS, comes too late for it.
    let counts_at_once = counts_before_user(scope, mode) && scope != Scope::Host;
    let mut private = mode == Mode::Implicit && !(data == DataPolicy::Deny && counts_at_once);
    let mut ask = |driver: &mut Driver, known: bool| {
        if mode == Mode::Clear {
            return;
        }
        driver.codes("PBSZ 0");
        let wanted = match (data, letter) {
            (DataPolicy::Require, 'C') | (DataPolicy::Deny, 'P') if known => 534,
            _ => 200,
        };
        assert_eq!(driver.code(&format!("PROT {letter}")), wanted, "{cell} PROT");
        if wanted == 200 {
            private = letter == 'P';
        }
    };
    if before_login {
        // What is said of accounts does not show before the login.
        ask(&mut driver, counts_before_user(scope, mode));
    }
    driver.codes(&format!("USER {name}"));
    assert_eq!(driver.code("PASS secret"), 230, "{cell}");
    if !before_login {
        ask(&mut driver, counts);
    }
    driver.codes(setup);
    let started = driver.record.started;
    let wanted = match (data, private, dialect) {
        _ if !counts => 226,
        (DataPolicy::Require, false, Dialect::Rfc4217) => 521,
        (DataPolicy::Require, false, Dialect::Vsftpd) | (DataPolicy::Deny, true, Dialect::Vsftpd) => 522,
        (DataPolicy::Require, false, Dialect::Iis)
        | (DataPolicy::Deny, true, Dialect::Rfc4217 | Dialect::Iis) => 534,
        _ => 226,
    };
    let codes = driver.codes("RETR x");
    assert_eq!(codes.last(), Some(&wanted), "{cell}: {codes:?}");
    if wanted != 226 {
        assert_eq!(codes.len(), 1, "{cell}");
        assert_eq!((driver.record.started, driver.record.dialled), (started, 0), "{cell}");
    }
}

#[test]
fn of_two_scopes_the_stricter_one_counts() {
    let strictness = |control| match control {
        ControlPolicy::Allow | ControlPolicy::Deny => 0,
        ControlPolicy::Credentials => 1,
        ControlPolicy::Require => 2,
    };
    let combined = [Scope::Listener, Scope::Network, Scope::Host, Scope::Account];
    for one in combined {
        for other in combined.into_iter().filter(|other| *other != one) {
            for first in CONTROL {
                for second in CONTROL {
                    let rule = |control| TlsRule { control: Some(control), data: None };
                    let mut cfg = said_at(one, rule(first), Dialect::Rfc4217, false);
                    add(&mut cfg, other, rule(second));
                    let mut driver = Driver::new(cfg);
                    driver.take();
                    driver.codes("HOST files.example");
                    let strict = strictness(first).max(strictness(second)) > 0;
                    let wanted = if strict { 530 } else { 331 };
                    assert_eq!(driver.code("USER alice"), wanted, "{one:?} {first:?} {other:?} {second:?}");
                }
            }
        }
    }
}

#[test]
fn scopes_that_contradict_each_other_let_no_data_pass() {
    let mut cfg = config(ControlPolicy::Allow, DataPolicy::Require, false);
    add(&mut cfg, Scope::Account, TlsRule { control: None, data: Some(DataPolicy::Deny) });
    let mut driver = Driver::new(cfg);
    driver.take();
    assert_eq!(driver.code("AUTH TLS"), 234);
    driver.codes("USER alice");
    assert_eq!(driver.code("PASS secret"), 230);
    driver.codes("PBSZ 0");
    for (letter, wanted) in [('C', 521), ('P', 534)] {
        assert_eq!(driver.code(&format!("PROT {letter}")), 534);
        driver.codes("EPSV");
        assert_eq!(driver.codes("LIST"), if letter == 'C' { [wanted] } else { [521] });
    }
    // The account without that rule is not touched.
    assert_eq!(driver.code("REIN"), 220);
}

#[test]
fn tls_that_a_listener_does_not_have_is_not_asked_for_in_vain() {
    let mut cfg = config(ControlPolicy::Deny, DataPolicy::Allow, false);
    add(&mut cfg, Scope::Account, TlsRule { control: Some(ControlPolicy::Credentials), data: None });
    let mut driver = Driver::new(cfg);
    driver.take();
    assert_eq!(driver.code("AUTH TLS"), 534);
    let reply = driver.replies("USER alice").remove(0);
    assert_eq!(reply.code().get(), 530);
    assert!(reply.to_string().contains("another port"), "{reply}");
    assert_eq!(driver.code("USER bob"), 331);
}

#[test]
fn the_strictest_account_and_an_unknown_name_get_the_same_bytes() {
    // LOG-02
    let lines = [
        "USER ?",
        "PASS wrong",
        "ACCT x",
        "PBSZ 0",
        "PROT C",
        "PROT P",
        "FEAT",
        "STAT",
        "PWD",
        "USER ?",
        "CCC",
        "REIN",
        "USER ?",
    ];
    for control in CONTROL {
        for data in DATA {
            for mode in MODES {
                let texts = |name: &str| {
                    let rule = TlsRule { control: Some(control), data: Some(data) };
                    let cfg = said_at(Scope::Account, rule, Dialect::Rfc4217, mode == Mode::Implicit);
                    let (mut driver, _) = open(cfg, Scope::Account, mode);
                    let mut said = Vec::new();
                    for line in lines {
                        let mut replies = driver.replies(&line.replace('?', name));
                        if replies.is_empty() {
                            replies = driver.wait();
                        }
                        said.extend(replies.iter().map(ToString::to_string));
                    }
                    (said, driver.record.clone())
                };
                assert_eq!(texts("alice"), texts("nobody"), "{control:?} {data:?} {mode:?}");
            }
        }
    }
}

#[test]
fn a_rule_that_only_the_account_back_end_knows_counts_too() {
    // The driver's accounts say nothing; the grant does.
    let mut driver = Driver::new(config(ControlPolicy::Allow, DataPolicy::Allow, false));
    driver.grant_rule =
        TlsRule { control: Some(ControlPolicy::Credentials), data: Some(DataPolicy::Require) };
    driver.take();
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("PASS secret"), 530);
    assert_eq!(driver.code("AUTH TLS"), 234);
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("PASS secret"), 230);
    driver.codes("EPSV");
    assert_eq!(driver.codes("LIST"), [521]);
}

#[test]
fn host_and_tls_name_the_same_host() {
    // VH-03: another host than TLS was started for is refused; a second name of the same one is not.
    let mut cfg = config(ControlPolicy::Allow, DataPolicy::Allow, false);
    cfg.hosts = vec![
        VirtualHost::new(vec!["files.example".to_owned(), "ftp.example".to_owned()]),
        VirtualHost::new(vec!["other.example".to_owned()]),
    ];
    let mut driver = Driver::naming(cfg.clone(), Some("files.example"));
    driver.take();
    assert_eq!(driver.code("AUTH TLS"), 234);
    assert_eq!(driver.code("HOST other.example"), 504);
    assert_eq!(driver.code("HOST ftp.example"), 220);

    let mut driver = Driver::naming(cfg, Some("other.example"));
    driver.take();
    assert_eq!(driver.code("HOST files.example"), 220);
    assert_eq!(driver.codes("AUTH TLS"), [234, 421]);
    assert!(driver.record.closed);
}

const LINES: [&str; 24] = [
    "AUTH TLS",
    "USER alice",
    "USER bob",
    "USER nobody",
    "PASS secret",
    "PASS wrong",
    "ACCT x",
    "PBSZ 0",
    "PROT C",
    "PROT P",
    "CCC",
    "REIN",
    "EPSV",
    "PORT 192,0,2,7,200,0",
    "LIST",
    "RETR x",
    "STOR x",
    "MLSD",
    "PWD",
    "NOOP",
    "FEAT",
    "HOST files.example",
    "STAT",
    "TYPE I",
];

fn rule() -> impl Strategy<Value = TlsRule> {
    (
        prop::option::of(prop::sample::select(CONTROL.to_vec())),
        prop::option::of(prop::sample::select(DATA.to_vec())),
    )
        .prop_map(|(control, data)| TlsRule { control, data })
}

proptest! {
    /// A policy that only reports names, at each command, exactly what the enforced one answers.
    #[test]
    fn shadow_decisions_are_the_enforced_ones(
        listener in rule(),
        network in rule(),
        host in rule(),
        account in rule(),
        dialect in prop::sample::select(DIALECTS.to_vec()),
        denied in prop::bool::weighted(0.1),
        implicit in prop::bool::weighted(0.2),
        script in prop::collection::vec(prop::sample::select(LINES.to_vec()), 1..40),
    ) {
        let mut cfg = config(ControlPolicy::Allow, DataPolicy::Allow, implicit && !denied);
        if denied {
            cfg.policy.control = ControlPolicy::Deny;
        }
        cfg.policy.dialect = dialect;
        for (scope, rule) in [
            (Scope::Listener, listener),
            (Scope::Network, network),
            (Scope::Host, host),
            (Scope::Account, account),
        ] {
            add(&mut cfg, scope, rule);
        }
        let mut shadow = cfg.clone();
        shadow.policy.report_only = true;
        let (mut enforced, mut shadow) = (Driver::new(cfg), Driver::new(shadow));
        prop_assert_eq!(enforced.take().len(), shadow.take().len());
        for line in script {
            let reply = |driver: &mut Driver| {
                let mut replies = driver.replies(line);
                if replies.is_empty() && !driver.record.closed {
                    replies = driver.wait();
                }
                replies.iter().map(|reply| reply.code().get()).collect::<Vec<_>>()
            };
            let (strict, lax) = (reply(&mut enforced), reply(&mut shadow));
            prop_assert!(enforced.record.would_refuse.is_empty());
            if let [would] = shadow.record.would_refuse[..] {
                prop_assert_eq!(strict, vec![would], "{}", line);
                // From here on the two are in different states.
                break;
            }
            prop_assert!(shadow.record.would_refuse.is_empty());
            prop_assert_eq!(strict, lax, "{}", line);
        }
    }
}
