//! `cargo xtask fuzz`: coverage-guided fuzzing of one target or all, from the committed seeds.

use xshell::{Shell, cmd};

use crate::Outcome;
use crate::workspace::{self, cargo, root, shell};

/// Seconds for a target when none are given.
const DEFAULT_SECONDS: u64 = 60;

/// Whether cargo-fuzz is installed.
pub(crate) fn available(sh: &Shell) -> bool {
    cmd!(sh, "cargo-fuzz --version").quiet().ignore_stderr().read().is_ok()
}

/// Runs `target`, or every target in turn, for `seconds` each.
pub(crate) fn run(target: Option<&str>, seconds: Option<u64>) -> Outcome {
    let sh = shell()?;
    if !available(&sh) {
        return Err("cargo-fuzz is not installed: cargo install cargo-fuzz --locked --version 0.13.2".into());
    }
    let known = targets(&sh)?;
    let chosen = match target {
        None => known,
        Some(name) if known.iter().any(|other| other == name) => vec![name.to_owned()],
        Some(name) => return Err(format!("no target {name}; there are: {}", known.join(", ")).into()),
    };
    let seconds = seconds.unwrap_or(DEFAULT_SECONDS);
    for name in &chosen {
        println!("fuzz: {name}, {seconds} s");
        // libFuzzer adds what it finds to the first folder; the seeds are only read.
        let corpus = workspace::target().join("fuzz-corpus").join(name);
        sh.create_dir(&corpus)?;
        // The sanitizer needs a nightly compiler; bounds checks and assertions are on without it.
        cargo(&sh)
            .args(["fuzz", "run", "--sanitizer", "none", name])
            .arg(&corpus)
            .arg(format!("fuzz/seeds/{name}"))
            .args(["--", "-dict=fuzz/ftp.dict", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .arg(format!("-max_total_time={seconds}"))
            .run()?;
    }
    println!("{} targets, no finding", chosen.len());
    Ok(())
}

/// The names of the files in fuzz/fuzz_targets.
fn targets(sh: &Shell) -> Result<Vec<String>, xshell::Error> {
    let mut names: Vec<String> = sh
        .read_dir(root().join("fuzz/fuzz_targets"))?
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .filter_map(|path| path.file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}
