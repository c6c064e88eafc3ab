//! Where virtual time begins.

use std::time::Instant;

/// Some instant to begin with. Tests add to it; none of them reads the clock again.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "any instant will do to begin virtual time with")]
pub fn start() -> Instant {
    Instant::now()
}
