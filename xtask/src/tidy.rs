//! `cargo xtask tidy`: what no compiler checks.
//!
//! Each check is a function over values, the [`Tree`] of files or what cargo printed, so that a test can hand it a
//! made-up one.

mod conformance;
mod edges;
mod faults;
mod fuzzing;
mod manifests;
mod pieces;
mod substatus;
mod text;
mod trees;
mod verbs;

use std::collections::BTreeMap;

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::Outcome;
use crate::workspace::{cargo, root, shell};

/// The files of the project by their path from the root, `/` between parts.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// Reads every file that git tracks or would track.
    fn read(sh: &Shell) -> Result<Self, Box<dyn std::error::Error>> {
        let listed = cmd!(sh, "git ls-files --cached --others --exclude-standard -z").quiet().read()?;
        let mut files = BTreeMap::new();
        for name in listed.split('\0').filter(|name| !name.is_empty()) {
            // A file that was just deleted is still listed.
            if let Ok(bytes) = std::fs::read(root().join(name)) {
                files.insert(name.to_owned(), bytes);
            }
        }
        Ok(Self { files })
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        Self {
            files: files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect(),
        }
    }

    /// Paths and contents, in order.
    fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The text of one file, when it is there and is UTF-8.
    fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }

    /// The files under a folder whose names end so.
    fn under<'t>(&'t self, folder: &'t str, end: &'t str) -> impl Iterator<Item = (&'t str, &'t [u8])> {
        self.iter().filter(move |(name, _)| name.starts_with(folder) && name.ends_with(end))
    }
}

/// What the checks found.
#[derive(Default)]
pub(crate) struct Findings {
    /// Each of these fails the run.
    errors: Vec<String>,
    /// Each of these is a line of the report.
    notes: Vec<String>,
    /// Shown with `--verbose` only.
    details: Vec<String>,
}

impl Findings {
    fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn detail(&mut self, text: impl Into<String>) {
        self.details.push(text.into());
    }
}

/// Runs every check and fails when one of them found an error; with `write` the page of requirements is made anew first.
pub(crate) fn run(verbose: bool, write: bool) -> Outcome {
    let sh = shell()?;
    let tree = Tree::read(&sh)?;
    let mut findings = Findings::default();

    let metadata =
        cargo(&sh).args(["metadata", "--format-version", "1", "--locked", "--no-deps"]).quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    edges::check(&metadata, &mut findings);
    manifests::check(&metadata, &tree, &mut findings);
    let fuzz = cargo(&sh)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--no-deps",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ])
        .quiet()
        .read()?;
    edges::check(&serde_json::from_str(&fuzz)?, &mut findings);

    let whole = ["tree", "--locked", "--workspace", "--all-features", "--target", "all", "--prefix", "none"];
    let printed = cargo(&sh).args(whole).quiet().ignore_stderr().read()?;
    trees::nowhere("the workspace", &printed, trees::FOREIGN_TLS, &mut findings);
    let printed =
        cargo(&sh).args(whole).args(["--manifest-path", "fuzz/Cargo.toml"]).quiet().ignore_stderr().read()?;
    trees::nowhere("fuzz", &printed, trees::FOREIGN_TLS, &mut findings);
    for name in ["wharf-codec", "wharf-types", "wharf-session"] {
        // Without its default features a crate shows what it cannot do without; with them, what most people get.
        for features in [["--no-default-features"].as_slice(), &[]] {
            let printed = cargo(&sh)
                .args(["tree", "--locked", "-e", "normal", "--target", "all", "--prefix", "none", "-p", name])
                .args(features)
                .quiet()
                .ignore_stderr()
                .read()?;
            trees::nowhere(name, &printed, trees::NO_IO, &mut findings);
        }
    }
    for name in ["wharf-codec", "wharf-types"] {
        let built = cargo(&sh)
            .args(["check", "--locked", "--quiet", "--no-default-features", "-p", name])
            .quiet()
            .run();
        if built.is_err() {
            findings.error(format!("{name} does not build with --no-default-features"));
        }
    }

    text::check(&tree, &mut findings);
    fuzzing::check(&tree, &mut findings);
    verbs::check(&tree, &mut findings);
    faults::check(&tree, &mut findings);
    substatus::check(&tree, &mut findings);
    if let Some(page) = conformance::check(&tree, &mut findings) {
        if write {
            std::fs::write(root().join(conformance::PAGE), page)?;
        } else if tree.text(conformance::PAGE) != Some(&*page) {
            findings.error(format!("{} is old: run `cargo xtask tidy --write`", conformance::PAGE));
        }
    }

    if verbose {
        findings.details.iter().for_each(|line| println!("  {line}"));
    }
    findings.notes.iter().for_each(|line| println!("tidy: {line}"));
    findings.errors.iter().for_each(|line| eprintln!("tidy: error: {line}"));
    if findings.errors.is_empty() {
        Ok(())
    } else {
        Err(format!("tidy: {} errors", findings.errors.len()).into())
    }
}
