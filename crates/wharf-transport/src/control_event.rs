//! What a control stream tells.

use std::io;

use crate::failure::TlsFailure;
use crate::options::TlsInfo;

/// What [`ControlStream::progress`](crate::ControlStream::progress) has to tell.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlEvent {
    /// The [buffer](crate::ControlStream::buffer) grew.
    Read,
    /// Everything queued is with the operating system.
    Flushed,
    /// TLS is up.
    Secured(TlsInfo),
    /// TLS did not come up; the alert has been sent as far as possible. The stream is of no more use.
    SecureFailed(TlsFailure),
    /// TLS has ended both ways as asked for; the stream is clear.
    Cleared,
    /// The peer ended TLS without being asked.
    CloseNotify,
    /// The peer sends no more.
    Eof {
        /// Whether TLS ended before, or there was none; `false` means that the last bytes may be missing.
        clean: bool,
    },
    /// Clear text came behind the command that starts TLS: somebody may have slipped it in. Close the stream.
    PlaintextAfterUpgrade,
    /// [`ControlStream::start_close`](crate::ControlStream::start_close) is done.
    Closed,
    /// The connection is broken.
    Failed(io::Error),
}

/// The stream cannot be upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// It carries TLS already.
    #[error("the stream carries TLS already")]
    AlreadySecure,
    /// Another change is under way, or the stream is closing.
    #[error("another change of the stream is under way")]
    Busy,
}
