//! The audit log of a server that runs: opened at its start, opened anew on SIGUSR1.

use tokio::signal::unix::{SignalKind, signal};
use wharf_server::{AuditLog, AuditOptions};

use crate::failure::{Failure, shown};

/// Opens it.
///
/// # Errors
/// Those of the file.
pub(crate) fn open(options: AuditOptions) -> Result<AuditLog, Failure> {
    let file = shown(&options.file);
    AuditLog::open(options).map_err(|error| {
        Failure::system(
            format!("the audit log {file} cannot be opened: {error}"),
            "check that its directory is there, and that this user may write in it",
        )
    })
}

/// Opens it anew whenever SIGUSR1 comes, so that programs may move it away. Call it on the runtime.
///
/// # Errors
/// When signals cannot be listened for.
pub(crate) fn reopen_on_signal(log: AuditLog) -> Result<(), Failure> {
    let mut moved = signal(SignalKind::user_defined1()).map_err(|error| {
        Failure::system(format!("signals cannot be listened for: {error}"), "see the limits of the user")
    })?;
    tokio::spawn(async move {
        while moved.recv().await.is_some() {
            tracing::info!("the audit log is opened anew");
            log.reopen();
        }
    });
    Ok(())
}
