//! The time of the system, read at one place.

use std::time::SystemTime;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "a program reads the clock, to see which certificates have ended"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
