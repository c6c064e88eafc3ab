//! `cargo xtask interop`: builds both programs and hands over to the programme in `xtask/interop`.

use xshell::cmd;

use crate::workspace::{cargo, root, shell, target};
use crate::{Outcome, flags};

/// Builds `wharfd` and `wharf` with optimisation, then runs the peers.
pub(crate) fn run(flags: &flags::Interop) -> Outcome {
    if flags.differential {
        return differential(flags);
    }
    let sh = shell()?;
    if !flags.peers_only {
        cargo(&sh)
            .args(["build", "--release", "--locked", "-p", "wharfd", "-p", "wharf", "-p", "wharf-bench"])
            .run()?;
    }
    let (target, programme) = (target(), root().join("xtask/interop/main.py"));
    let (wharfd, wharf) = (target.join("release/wharfd"), target.join("release/wharf"));
    // Byte code would be left beside the scripts.
    let mut command = cmd!(sh, "python3 -B {programme} --target {target} --wharfd {wharfd} --wharf {wharf}");
    if flags.install {
        command = command.arg("--install");
    }
    if flags.peers_only {
        command = command.arg("--peers-only");
    }
    if let Some(text) = &flags.only {
        command = command.args(["--only", text]);
    }
    command.run()?;
    Ok(())
}

/// Compares replies with those of other servers. They are the same without optimisation, which takes long to build.
fn differential(flags: &flags::Interop) -> Outcome {
    let sh = shell()?;
    cargo(&sh).args(["build", "--locked", "-p", "wharfd"]).run()?;
    let (target, programme) = (target(), root().join("xtask/interop/differential.py"));
    let (wharfd, docs) = (target.join("debug/wharfd"), root().join("docs"));
    let mut command = cmd!(sh, "python3 -B {programme} --target {target} --wharfd {wharfd} --docs {docs}");
    if flags.install {
        command = command.arg("--install");
    }
    if let Some(verb) = &flags.only {
        command = command.args(["--only", verb]);
    }
    command.run()?;
    Ok(())
}
