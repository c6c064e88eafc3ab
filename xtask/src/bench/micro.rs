//! `cargo xtask bench --micro`: instructions of single functions, against those that are written down.
//!
//! A count is the difference between two runs of one function, one with twice the calls of the other, by the calls
//! between them: what happens once falls out.

mod page;
mod verdict;

use std::path::Path;

use xshell::{Shell, cmd};

use self::page::Page;
use crate::Outcome;
use crate::workspace::{cargo, root, shell, target};

const BASELINE: &str = "xtask/bench/micro.tsv";

type Error = Box<dyn std::error::Error>;

/// Counts, and compares with the baseline, or with `write` makes it anew.
pub(super) fn run(write: bool) -> Outcome {
    let sh = shell()?;
    let Ok(valgrind) = cmd!(sh, "valgrind --version").quiet().ignore_stderr().read() else {
        return Err("--micro needs valgrind, and there is none (Debian: apt-get install valgrind)".into());
    };
    cargo(&sh).args(["build", "--release", "--locked", "--quiet", "-p", "wharf-micro"]).run()?;
    let now = Page { counted_on: circumstances(&sh, valgrind)?, counts: count_all(&sh)? };
    let baseline = root().join(BASELINE);
    if write {
        std::fs::write(baseline, now.to_text())?;
        println!("micro: {} functions are in {BASELINE}", now.counts.len());
        return Ok(());
    }
    let Ok(text) = std::fs::read_to_string(baseline) else {
        return Err(format!("{BASELINE} is not there: --micro --write makes it").into());
    };
    let verdict = verdict::compare(&Page::from_text(&text)?, &now);
    print!("{}", verdict.report);
    verdict.outcome.map_err(Into::into)
}

/// Instructions of one call of each function, in the order of the program.
fn count_all(sh: &Shell) -> Result<Vec<(String, u64)>, Error> {
    let program = target().join("release/wharf-micro");
    let folder = target().join("micro");
    std::fs::create_dir_all(&folder)?;
    let listed = cmd!(sh, "{program} list").quiet().read()?;
    let mut counts = Vec::new();
    for line in listed.lines() {
        let (name, calls) =
            line.split_once('\t').ok_or("wharf-micro list: a name and a number are expected")?;
        let calls: u32 = calls.parse()?;
        let few = count(sh, &program, &folder, name, calls)?;
        let many = count(sh, &program, &folder, name, calls * 2)?;
        let between = many.checked_sub(few).ok_or_else(|| format!("{name}: more calls took less"))?;
        counts.push((name.to_owned(), between / u64::from(calls)));
    }
    Ok(counts)
}

/// All instructions of one process. The profile stays in `target/micro`, for `callgrind_annotate`.
fn count(sh: &Shell, program: &Path, folder: &Path, name: &str, calls: u32) -> Result<u64, Error> {
    let profile = folder.join(format!("{}.out", name.replace('/', "-")));
    let calls = calls.to_string();
    cmd!(sh, "valgrind --quiet --tool=callgrind --callgrind-out-file={profile} {program} run {name} {calls}")
        .quiet()
        .run()?;
    let text = std::fs::read_to_string(&profile)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.ok_or_else(|| format!("{} has no totals", profile.display()))?;
    Ok(total.trim().parse()?)
}

/// What counts depend on besides the code.
fn circumstances(sh: &Shell, valgrind: String) -> Result<Vec<(String, String)>, Error> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiler = cmd!(sh, "{compiler} -vV").quiet().read()?;
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("unknown");
    let libc = cmd!(sh, "ldd --version").quiet().ignore_stderr().read().unwrap_or_default();
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = std::env::var("RUSTFLAGS").ok().filter(|flags| !flags.is_empty());
    let pairs = [
        ("compiler", compiler.lines().next().unwrap_or("unknown").to_owned()),
        ("host", host.to_owned()),
        ("flags", flags.unwrap_or_else(|| "none".to_owned())),
        ("libc", libc.lines().next().unwrap_or("unknown").to_owned()),
        ("valgrind", valgrind.trim().to_owned()),
        ("processor", features(&processor)),
    ];
    Ok(pairs.into_iter().map(|(what, is)| (what.to_owned(), is)).collect())
}

/// Those features of the processor by which the C library and `memchr` choose between their ways, as far as valgrind
/// lets them be seen.
fn features(cpuinfo: &str) -> String {
    const KNOWN: &[&str] = &["sse4_2", "avx", "avx2", "bmi1", "bmi2", "erms", "fsrm"];
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    let found: Vec<&str> = flags.split_whitespace().filter(|flag| KNOWN.contains(flag)).collect();
    if found.is_empty() { "unknown".to_owned() } else { found.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_processor_only_what_counts() {
        let text = "processor : 0\nflags\t\t: fpu avx sse avx2 avx512f erms\nflags\t\t: fpu\n";
        assert_eq!(features(text), "avx avx2 erms");
        assert_eq!(features("processor : 0"), "unknown");
    }
}
