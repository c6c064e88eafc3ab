//! Clients that shake hands on the data connection before they send the command (TLS-33).

use super::driver::{Driver, config};
use crate::policy::{ControlPolicy, DataPolicy};

fn logged_in() -> Driver {
    let mut driver = Driver::new(config(ControlPolicy::Require, DataPolicy::Require, false));
    for line in ["AUTH TLS", "PBSZ 0", "PROT P", "USER alice", "PASS secret"] {
        driver.codes(line);
    }
    driver.slow_tls = true;
    driver
}

fn ready() -> Driver {
    let mut driver = logged_in();
    assert_eq!(driver.code("EPSV"), 229);
    driver
}

#[test]
fn the_preliminary_reply_waits_for_a_handshake_that_began_before_the_command() {
    // TLS-33: the ticket is with the client before it can close
    for line in ["RETR x", "STOR x", "LIST"] {
        let mut driver = ready();
        assert!(driver.codes(line).is_empty(), "{line}");
        assert_eq!(driver.secured(true), [150, 226], "{line}");
    }
}

#[test]
fn a_handshake_that_fails_before_the_command_is_done_needs_no_preliminary_reply() {
    // TLS-19, TLS-20
    let mut driver = ready();
    assert!(driver.codes("STOR x").is_empty());
    assert_eq!(driver.secured(false), [522]);
    assert_eq!(driver.record.started, 0);
}

#[test]
fn a_client_known_to_be_early_is_waited_for_but_not_for_ever() {
    let mut driver = ready();
    assert!(driver.codes("STOR x").is_empty(), "the handshake runs");
    assert_eq!(driver.secured(true), [150, 226]);
    // The next time its first message is late: 150 waits for it, within a bound.
    driver.slow_hello = true;
    assert_eq!(driver.code("EPSV"), 229);
    assert!(driver.codes("STOR x").is_empty());
    driver.now += std::time::Duration::from_millis(499);
    driver.server.handle_timeout(driver.now);
    driver.drive();
    assert!(driver.take().is_empty());
    driver.now += std::time::Duration::from_millis(1);
    driver.server.handle_timeout(driver.now);
    driver.drive();
    assert_eq!(driver.take()[0].code().get(), 150);
    assert_eq!(driver.secured(true), [226]);
    // It is not taken for early any more.
    assert_eq!(driver.code("EPSV"), 229);
    assert_eq!(driver.codes("STOR x"), [150]);
}

#[test]
fn a_client_that_waits_for_the_preliminary_reply_gets_it_at_once() {
    // TLS-22
    let mut driver = logged_in();
    driver.slow_hello = true;
    assert_eq!(driver.code("EPSV"), 229);
    assert_eq!(driver.codes("RETR x"), [150]);
    assert_eq!(driver.secured(true), [226]);
}
