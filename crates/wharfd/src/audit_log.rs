//! The audit log of a server that runs: opened at its start, opened anew on SIGUSR1.

use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, accessat};
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

/// What is to be said where files would be rotated, and this user cannot write in their directory.
pub(crate) fn cannot_rotate(options: &AuditOptions) -> Option<String> {
    let rotates = options.daily || options.max_size.is_some();
    // A file in the working directory has a parent without a name.
    let dir =
        options.file.parent().map(|dir| if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
    // What is no directory cannot hold it either, and that is an error of its own.
    let closed =
        dir.is_dir() && accessat(CWD, dir, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err();
    (rotates && closed).then(|| {
        format!(
            "the directory of the audit log {} cannot be written by this user: the log cannot be rotated, and grows in one \
            file; give it a directory of its own, or leave rotation to another program",
            shown(&options.file)
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
            log.reopen();
        }
    });
    Ok(())
}
