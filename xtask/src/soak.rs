//! `cargo xtask soak`: runs that are too long for every change.

use xshell::cmd;

use crate::Outcome;
use crate::workspace::{cargo, root, shell, target};

/// A long run: its name, what it shows, and the script under `xtask/soak`.
struct Soak {
    name: &'static str,
    shows: &'static str,
    script: &'static str,
}

const SOAKS: &[Soak] = &[Soak {
    name: "transfers",
    shows: "10,000 small uploads by wharf to wharfd under TLS: all arrive, and the server ends no larger than it was",
    script: "xtask/interop/soak_transfers.py",
}];

/// Runs the named soak, or lists what there is.
pub(crate) fn run(name: Option<&str>) -> Outcome {
    let Some(name) = name else {
        for soak in SOAKS {
            println!("{}: {}", soak.name, soak.shows);
        }
        return Ok(());
    };
    let Some(soak) = SOAKS.iter().find(|soak| soak.name == name) else {
        return Err(format!("no soak {name}; `cargo xtask soak` lists them").into());
    };
    let sh = shell()?;
    cargo(&sh).args(["build", "--release", "--locked", "-p", "wharfd", "-p", "wharf"]).run()?;
    let (target, script) = (target(), root().join(soak.script));
    let (wharfd, wharf) = (target.join("release/wharfd"), target.join("release/wharf"));
    cmd!(sh, "python3 -B {script} --target {target} --wharfd {wharfd} --wharf {wharf}").run()?;
    Ok(())
}
