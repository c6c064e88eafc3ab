//! Fault classes of FTP servers (`docs/fault-classes.md`) that take real sockets or a real disk to show.

mod control;
mod data;
mod files;
mod odd_disk;
mod paths;

use wharf_server::{ControlPolicy, DataPolicy, ServerOptions};

/// Nothing has to be encrypted.
fn clear(options: &mut ServerOptions) {
    options.session.policy.control = ControlPolicy::Allow;
    options.session.policy.data = DataPolicy::Allow;
}
