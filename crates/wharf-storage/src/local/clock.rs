//! The time of day, which decides about the age of partials alone.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, as the times of files count them.
#[expect(
    clippy::disallowed_methods,
    reason = "the age of a file is measured against the clock that dated it"
)]
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
