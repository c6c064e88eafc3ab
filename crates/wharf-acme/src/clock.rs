//! The time of the system, read at one place: certificates have dates.

use std::time::SystemTime;

#[cfg(not(test))]
#[expect(clippy::disallowed_methods, reason = "the validity of a certificate is counted from today")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// In tests the dates go on with the timers, also where those are virtual.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the validity of a certificate is counted from today")]
pub(crate) fn now() -> SystemTime {
    use std::sync::LazyLock;
    use tokio::time::Instant;

    static START: LazyLock<(SystemTime, std::time::Instant)> =
        LazyLock::new(|| (SystemTime::now(), std::time::Instant::now()));
    let (date, start) = *START;
    date + Instant::now().into_std().saturating_duration_since(start)
}
