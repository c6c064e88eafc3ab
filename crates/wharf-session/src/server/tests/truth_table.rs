//! The TLS policy, cell by cell: control x data x how the session stands x what is asked, against a table written down
//! by hand and not against the function that decides.

use super::driver::{Driver, config};
use crate::policy::{ControlPolicy, DataPolicy};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Clear,
    Explicit,
    Implicit,
}

const CONTROL: [ControlPolicy; 4] =
    [ControlPolicy::Allow, ControlPolicy::Credentials, ControlPolicy::Require, ControlPolicy::Deny];
const DATA: [DataPolicy; 3] = [DataPolicy::Allow, DataPolicy::Require, DataPolicy::Deny];
const MODES: [Mode; 3] = [Mode::Clear, Mode::Explicit, Mode::Implicit];
const SETUPS: [&str; 4] = ["PASV", "EPSV", "PORT 192,0,2,7,200,0", "EPRT |1|192.0.2.7|51200|"];

/// Every cell that can exist: a listener without TLS has no session under TLS.
fn cells() -> impl Iterator<Item = (ControlPolicy, DataPolicy, Mode)> {
    CONTROL.into_iter().flat_map(|control| {
        DATA.into_iter().flat_map(move |data| {
            MODES
                .into_iter()
                .filter(move |mode| control != ControlPolicy::Deny || *mode == Mode::Clear)
                .map(move |mode| (control, data, mode))
        })
    })
}

fn open(control: ControlPolicy, data: DataPolicy, mode: Mode) -> Driver {
    let mut driver = Driver::new(config(control, data, mode == Mode::Implicit));
    assert_eq!(driver.take().len(), 1, "one greeting");
    if mode == Mode::Explicit {
        assert_eq!(driver.code("AUTH TLS"), 234);
    }
    driver
}

/// What a login gets: in clear only where no policy asks for TLS.
const fn login_passes(control: ControlPolicy, mode: Mode) -> bool {
    match mode {
        Mode::Explicit | Mode::Implicit => true,
        Mode::Clear => matches!(control, ControlPolicy::Allow | ControlPolicy::Deny),
    }
}

#[test]
fn user_and_pass() {
    // TLS-10, LOG-03
    for (control, data, mode) in cells() {
        let mut driver = open(control, data, mode);
        let (user, pass) = if login_passes(control, mode) { (331, 230) } else { (530, 530) };
        assert_eq!(driver.code("USER alice"), user, "{control:?} {data:?} {mode:?}");
        assert_eq!(driver.code("PASS secret"), pass, "{control:?} {data:?} {mode:?}");
        assert_eq!(driver.code("ACCT x"), if pass == 230 { 202 } else { 530 }, "{control:?} {mode:?}");
    }
}

#[test]
fn auth_where_there_is_no_tls() {
    // TLS-03
    for data in DATA {
        let mut driver = open(ControlPolicy::Deny, data, Mode::Clear);
        assert_eq!(driver.code("AUTH TLS"), 534);
        let feat = driver.replies("FEAT");
        assert!(!feat[0].to_string().contains("TLS") && !feat[0].to_string().contains("PROT"));
    }
}

#[test]
fn ccc() {
    // TLS-25, TLS-26, IMP-04
    for (control, data, mode) in cells() {
        let mut driver = open(control, data, mode);
        // Before login nobody leaves TLS.
        assert_eq!(driver.code("CCC"), if mode == Mode::Clear { 533 } else { 534 }, "{control:?} {mode:?}");
        driver.codes("USER alice");
        driver.codes("PASS secret");
        let wanted = match (mode, control) {
            (Mode::Clear, _) => 533,
            (Mode::Implicit, _) | (Mode::Explicit, ControlPolicy::Require) => 534,
            (Mode::Explicit, _) => 200,
        };
        assert_eq!(driver.code("CCC"), wanted, "{control:?} {data:?} {mode:?}");
        assert_eq!(driver.record.clear_tls, usize::from(wanted == 200));
        if wanted == 200 {
            // P4: nothing of TLS is taken any more, commands go on.
            for line in ["PBSZ 0", "PROT P", "CCC"] {
                assert_eq!(driver.code(line), 533, "{line} after CCC");
            }
            assert_eq!(driver.code("AUTH TLS"), 534);
            assert_eq!(driver.code("NOOP"), 200);
            assert_eq!(driver.code("PWD"), 257);
        }
    }
}

/// One way to set up a data connection, one level asked for, one listing.
#[test]
fn listings_after_every_setup_at_every_level() {
    // TLS-13, TLS-14, TLS-17, TLS-18, IMP-02: the level is judged on the transfer command, listings included
    for (control, data, mode) in cells() {
        for setup in SETUPS {
            for asked in [None, Some('C'), Some('P')] {
                let cell = format!("{control:?} {data:?} {mode:?} {setup} {asked:?}");
                let mut driver = open(control, data, mode);
                driver.codes("USER alice");
                driver.codes("PASS secret");
                if !login_passes(control, mode) {
                    assert_eq!(driver.code(setup), 530, "{cell}");
                    assert_eq!(driver.code("LIST"), 530, "{cell}");
                    assert_eq!((driver.record.dialled, driver.record.started), (0, 0), "{cell}");
                    continue;
                }
                // The level that holds, as ARCHITECTURE has it.
                let mut private = mode == Mode::Implicit && data != DataPolicy::Deny;
                if let Some(letter) = asked {
                    let wanted = match (mode, data, letter) {
                        (Mode::Clear, _, _) => 503,
                        (_, DataPolicy::Require, 'C') | (_, DataPolicy::Deny, 'P') => 534,
                        _ => 200,
                    };
                    assert_eq!(driver.code("PBSZ 0"), if mode == Mode::Clear { 503 } else { 200 }, "{cell}");
                    assert_eq!(driver.code(&format!("PROT {letter}")), wanted, "{cell}");
                    if wanted == 200 {
                        private = letter == 'P';
                    }
                }
                let set = driver.code(setup);
                assert!([200, 227, 229].contains(&set), "{cell}: {set}");
                let before = driver.record.clone();
                let wanted = match (data, private) {
                    (DataPolicy::Require, false) => 521,
                    (DataPolicy::Deny, true) => 534,
                    _ => 226,
                };
                let codes = driver.codes("LIST");
                assert_eq!(codes.last(), Some(&wanted), "{cell}: {codes:?}");
                if wanted == 226 {
                    assert_eq!(codes, [150, 226], "{cell}");
                    assert_eq!(driver.record.started, before.started + 1, "{cell}");
                } else {
                    // No byte moves, nothing is dialled, nothing is opened, and the port is closed.
                    assert_eq!(codes, [wanted], "{cell}");
                    assert_eq!(driver.record.started, before.started, "{cell}");
                    assert_eq!(driver.record.dialled, 0, "{cell}");
                    assert_eq!(driver.record.opened, before.opened, "{cell}");
                    let passive = setup.contains("PASV") || setup.contains("EPSV");
                    assert_eq!(driver.record.cancelled, before.cancelled + usize::from(passive), "{cell}");
                    // One setup, one transfer: the next command finds none, whatever the level.
                    assert_eq!(driver.codes("LIST"), [wanted], "{cell}");
                }
            }
        }
    }
}

#[test]
fn feat_offers_ccc_only_where_it_is_taken() {
    // TLS-11, TLS-25, I18-02
    for (control, data, mode) in cells() {
        let mut driver = open(control, data, mode);
        let reply = driver.replies("FEAT").remove(0);
        let lines: Vec<String> =
            reply.text_lines().map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
        let has = |name: &str| lines.iter().any(|line| line.trim() == name);
        let taken =
            matches!(control, ControlPolicy::Allow | ControlPolicy::Credentials) && mode != Mode::Implicit;
        assert_eq!(has("CCC"), taken, "{control:?} {mode:?}");
        assert_eq!(has("AUTH TLS"), control != ControlPolicy::Deny && mode != Mode::Implicit);
        assert_eq!(has("PROT"), control != ControlPolicy::Deny);
    }
}
