//! Clients that shake hands on the data connection before they send the command (TLS-33).

use super::driver::{Driver, config};
use crate::policy::{ControlPolicy, DataPolicy};

fn ready() -> Driver {
    let mut driver = Driver::new(config(ControlPolicy::Require, DataPolicy::Require, false));
    for line in ["AUTH TLS", "PBSZ 0", "PROT P", "USER alice", "PASS secret"] {
        driver.codes(line);
    }
    driver.slow_tls = true;
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
