//! Fault classes of FTP servers (`docs/fault-classes.md`), each kept out by a test that is called after it.

mod control;
mod data;

use super::driver::{Driver, config};
use crate::policy::{ControlPolicy, DataPolicy};

/// Greeted, where nothing has to be encrypted.
fn tolerant() -> Driver {
    with(ControlPolicy::Allow, DataPolicy::Allow)
}

fn with(control: ControlPolicy, data: DataPolicy) -> Driver {
    let mut driver = Driver::new(config(control, data, false));
    driver.take();
    driver
}

fn log_in(driver: &mut Driver) {
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("PASS secret"), 230);
}

/// The codes of all that is there.
fn codes(driver: &mut Driver) -> Vec<u16> {
    driver.take().iter().map(|reply| reply.code().get()).collect()
}
