//! The time of the system, read at one place: certificates have dates.

use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "the validity of a certificate is counted from today")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
