//! `cargo xtask ci`: everything that has to pass before a change lands, the quick checks first.

use xshell::cmd;

use crate::workspace::{cargo, shell};
use crate::{Outcome, flags, fuzz, interop, test, tidy};

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn run() -> Outcome {
    let sh = shell()?;
    step("format");
    cargo(&sh).args(["fmt", "--all", "--check"]).run()?;
    cargo(&sh).args(["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"]).run()?;
    step("clippy");
    cargo(&sh).args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()?;
    step("tidy");
    tidy::run(false, false)?;
    step("deny");
    if cmd!(sh, "cargo-deny --version").quiet().ignore_stderr().read().is_ok() {
        cargo(&sh).args(["deny", "check", "bans", "licenses", "sources"]).run()?;
    } else {
        println!("skipped: cargo-deny is not installed");
    }
    step("documentation");
    cargo(&sh)
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    step("test");
    test::run()?;
    step("fuzz");
    if fuzz::available(&sh) {
        fuzz::run(None, fuzz::Effort::Replay)?;
    } else {
        println!(
            "skipped: cargo-fuzz is not installed; the targets are checked, and the tests replay the seeds"
        );
        cargo(&sh).args(["check", "--locked", "--manifest-path", "fuzz/Cargo.toml"]).run()?;
    }
    step("interop");
    interop::run(&flags::Interop { differential: false, install: true, only: None, peers_only: false })?;
    Ok(())
}

fn step(name: &str) {
    println!("\n== {name}");
}
