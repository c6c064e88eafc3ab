//! Where things lie, and how cargo is called.

use std::path::PathBuf;

use xshell::{Cmd, Shell, cmd};

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.pop();
    here
}

/// A shell that stands in the workspace's root.
pub(crate) fn shell() -> Result<Shell, xshell::Error> {
    let sh = Shell::new()?;
    sh.change_dir(root());
    Ok(sh)
}

/// The cargo that runs this.
pub(crate) fn cargo(sh: &Shell) -> Cmd<'_> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    cmd!(sh, "{cargo}")
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
