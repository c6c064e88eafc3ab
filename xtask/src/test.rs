//! `cargo xtask test`: what runs without a network.

use crate::Outcome;
use crate::workspace::{cargo, shell};

/// Unit, integration and documentation tests and the replay of the fuzz seeds; then the examples are built.
pub(crate) fn run() -> Outcome {
    let sh = shell()?;
    // Without `--all-targets`: that would leave the documentation tests out.
    cargo(&sh).args(["test", "--workspace", "--locked"]).run()?;
    cargo(&sh).args(["build", "--workspace", "--locked", "--examples"]).run()?;
    Ok(())
}
