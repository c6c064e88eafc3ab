//! `cargo xtask bench`: builds the programs and hands over to the programme in `xtask/bench`.

mod micro;

use xshell::cmd;

use crate::workspace::{cargo, root, shell, target};
use crate::{Outcome, flags};

/// Builds `wharfd`, `wharf` and the load generator with optimisation, then measures.
///
/// With `--micro`, instructions of single functions are counted instead.
pub(crate) fn run(flags: &flags::Bench) -> Outcome {
    if flags.micro {
        return micro::run(flags.write);
    }
    let sh = shell()?;
    cargo(&sh)
        .args(["build", "--release", "--locked", "-p", "wharfd", "-p", "wharf", "-p", "wharf-bench"])
        .run()?;
    let (target, programme) = (target(), root().join("xtask/bench/main.py"));
    // Byte code would be left beside the scripts.
    let mut command = cmd!(sh, "python3 -B {programme} --target {target}");
    for (given, flag) in [
        (flags.quick, "--quick"),
        (flags.full, "--full"),
        (flags.write, "--write"),
        (flags.install, "--install"),
    ] {
        if given {
            command = command.arg(flag);
        }
    }
    if let Some(rounds) = flags.rounds {
        command = command.args(["--rounds", &rounds.to_string()]);
    }
    if let Some(rows) = &flags.rows {
        command = command.args(["--rows", rows]);
    }
    if let Some(servers) = &flags.servers {
        command = command.args(["--servers", servers]);
    }
    if let Some(file) = &flags.from {
        command = command.arg("--from").arg(file);
    }
    if let Some(file) = &flags.json {
        command = command.arg("--json").arg(file);
    }
    command.run()?;
    Ok(())
}
