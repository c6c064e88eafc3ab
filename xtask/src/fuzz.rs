//! `cargo xtask fuzz`: coverage-guided fuzzing of one target or all, from the committed seeds.

use xshell::{Shell, cmd};

use crate::Outcome;
use crate::workspace::{self, cargo, root, shell};

/// Seconds for a target when none are given.
const DEFAULT_SECONDS: u64 = 60;

/// How long it goes on.
#[derive(Clone, Copy)]
pub(crate) enum Effort {
    /// By chance, for so many seconds or the usual number; what is new is kept for the next time.
    Search(Option<u64>),
    /// The seeds alone: for what must not depend on chance. No number for the generator would do for that, since what is
    /// tried next depends on what was reached, and that is not the same in each process.
    Replay,
}

/// Whether cargo-fuzz is installed.
pub(crate) fn available(sh: &Shell) -> bool {
    cmd!(sh, "cargo-fuzz --version").quiet().ignore_stderr().read().is_ok()
}

/// Runs `target`, or every target in turn.
pub(crate) fn run(target: Option<&str>, effort: Effort) -> Outcome {
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
    for name in &chosen {
        // libFuzzer adds what it finds to the first folder; the seeds are only read.
        let (folder, limit) = match effort {
            Effort::Search(seconds) => {
                let seconds = seconds.unwrap_or(DEFAULT_SECONDS);
                println!("fuzz: {name}, {seconds} s");
                ("fuzz-corpus", format!("-max_total_time={seconds}"))
            }
            Effort::Replay => {
                println!("fuzz: {name}, the seeds");
                // What a search has kept is not replayed, but the first folder has to be there.
                ("fuzz-replay", "-runs=0".to_owned())
            }
        };
        let corpus = workspace::target().join(folder).join(name);
        sh.create_dir(&corpus)?;
        // The sanitizer needs a nightly compiler; bounds checks and assertions are on without it.
        cargo(&sh)
            .args(["fuzz", "run", "--sanitizer", "none", name])
            .arg(&corpus)
            .arg(format!("fuzz/seeds/{name}"))
            .args(["--", "-dict=fuzz/ftp.dict", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .arg(limit)
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
