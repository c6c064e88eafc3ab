//! The wall clock, read at one place: certificates need dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since 1970.
#[expect(clippy::disallowed_methods, reason = "the validity of a certificate is counted from today")]
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
