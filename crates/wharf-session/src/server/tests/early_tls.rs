//! Clients that shake hands on the data connection before they send the command (TLS-33).

use std::time::Duration;

use super::driver::{Driver, config};
use crate::{
    contract::TlsVersion,
    policy::{ControlPolicy, DataPolicy},
};

const MILLISECOND: Duration = Duration::from_millis(1);

fn logged_in() -> Driver {
    logged_in_after(Duration::ZERO, TlsVersion::V1_3)
}

fn logged_in_after(handshake: Duration, version: TlsVersion) -> Driver {
    let mut driver = Driver::new(config(ControlPolicy::Require, DataPolicy::Require, false));
    driver.handshake = handshake;
    driver.version = version;
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
    for line in ["RETR x", "LIST"] {
        let mut driver = ready();
        assert!(driver.codes(line).is_empty(), "{line}");
        assert_eq!(driver.secured(true), [150, 226], "{line}");
    }
}

/// The codes of what is said once `time` is over, and nothing just before.
fn just_after(driver: &mut Driver, time: Duration) -> Vec<u16> {
    assert_eq!(driver.pass(time - MILLISECOND), []);
    driver.pass(MILLISECOND).iter().map(|reply| reply.code().get()).collect()
}

#[test]
fn an_upload_waits_until_the_ticket_has_had_time_to_arrive() {
    // TLS-33: about two round trips, within bounds
    for (handshake, rest) in [(0, 10), (80, 80), (3000, 500)] {
        let mut driver = logged_in_after(Duration::from_millis(handshake), TlsVersion::V1_3);
        for secured_first in [false, true] {
            assert_eq!(driver.code("EPSV"), 229);
            if secured_first {
                assert!(driver.secured(true).is_empty());
                assert!(driver.codes("STOR x").is_empty());
            } else {
                assert!(driver.codes("STOR x").is_empty());
                assert!(driver.secured(true).is_empty());
            }
            assert_eq!(just_after(&mut driver, Duration::from_millis(rest)), [150, 226], "{handshake} ms");
        }
    }
    // With TLS 1.2 tickets come within the handshake.
    let mut driver = logged_in_after(Duration::ZERO, TlsVersion::V1_2);
    assert_eq!(driver.code("EPSV"), 229);
    assert!(driver.codes("STOR x").is_empty());
    assert_eq!(driver.secured(true), [150, 226]);
}

#[test]
fn the_first_upload_waits_a_moment_to_see_who_begins() {
    let mut driver = logged_in();
    driver.slow_hello = true;
    assert_eq!(driver.code("EPSV"), 229);
    assert!(driver.codes("STOR x").is_empty());
    assert_eq!(just_after(&mut driver, Duration::from_millis(50)), [150]);
    assert_eq!(driver.secured(true), [226]);
    // This client waits for 150: it gets it at once from now on.
    assert_eq!(driver.code("EPSV"), 229);
    assert_eq!(driver.codes("STOR x"), [150]);
    assert_eq!(driver.secured(true), [226]);
}

#[test]
fn an_abort_while_the_ticket_travels_leaves_nothing_behind() {
    let mut driver = ready();
    assert!(driver.codes("STOR x").is_empty());
    assert!(driver.secured(true).is_empty());
    assert_eq!(driver.codes("ABOR"), [426, 226]);
    assert_eq!(driver.pass(Duration::from_secs(1)), []);
    assert_eq!(driver.record.started, 0);
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
    assert!(driver.secured(true).is_empty());
    assert_eq!(just_after(&mut driver, Duration::from_millis(10)), [150, 226]);
    // The next time its first message is late: 150 waits for it, within a bound.
    driver.slow_hello = true;
    assert_eq!(driver.code("EPSV"), 229);
    assert!(driver.codes("STOR x").is_empty());
    assert_eq!(just_after(&mut driver, Duration::from_millis(500)), [150]);
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

#[test]
fn a_stranger_who_begins_and_never_ends_does_not_keep_the_preliminary_reply() {
    // DAT-10: the client that waits for 150 comes behind him
    for line in ["RETR x", "STOR x"] {
        let mut driver = ready();
        assert!(driver.codes(line).is_empty());
        assert_eq!(just_after(&mut driver, Duration::from_millis(500)), [150], "{line}");
        assert_eq!(driver.secured(true), [226], "{line}");
    }
}

#[test]
fn a_stranger_who_fails_costs_the_client_nothing() {
    // DAT-10
    for line in ["RETR x", "STOR x"] {
        let mut driver = ready();
        assert!(driver.codes(line).is_empty());
        assert_eq!(driver.handshake_lost(), [150], "{line}");
        assert_eq!(driver.secured(true), [226], "{line}");
    }
    // Or before the command.
    let mut driver = ready();
    driver.handshake_lost();
    assert_eq!(driver.codes("RETR x"), [150]);
    assert_eq!(driver.secured(true), [226]);
}
