//! Every fault class of the project's list has a test that is called after it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Tree, pieces::pieces};

/// The list: `| id | class | duty | test |`.
const PAGE: &str = "docs/fault-classes.md";

/// What stands in place of tests where the feature does not exist; a reason follows.
const NOT_YET: &str = "not yet: ";

/// Checks the list against the names of the tests, both ways.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let Some(page) = tree.text(PAGE) else {
        findings.error(format!("{PAGE} is not there"));
        return;
    };
    let pieces = pieces(tree);
    let mut tests: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in pieces.iter().filter(|piece| piece.is_test).filter_map(|piece| piece.function) {
        if let Some(id) = class_of(name) {
            tests.entry(id).or_default().insert(name);
        }
    }
    let mut listed = BTreeSet::new();
    for row in page.lines().filter(|row| row.starts_with("| ") && !row.starts_with("| Id ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, _, _, proof] = cells.as_slice() else {
            findings.error(format!("{PAGE}: not id, class, duty, test: {row}"));
            continue;
        };
        if !listed.insert(*id) {
            findings.error(format!("{PAGE} has {id} twice"));
        }
        let there = tests.remove(*id).unwrap_or_default();
        if let Some(reason) = proof.strip_prefix(NOT_YET) {
            if reason.is_empty() {
                findings.error(format!("{PAGE}: {id} is not there yet and does not say why"));
            }
            for name in there {
                findings.error(format!("{PAGE}: {id} is not there yet, but {name} tests it"));
            }
            continue;
        }
        if there.is_empty() {
            findings.error(format!("no test is called {}_...", id.to_ascii_lowercase()));
        }
        let named: BTreeSet<&str> =
            proof.split('`').skip(1).step_by(2).filter(|name| !name.contains('/')).collect();
        for name in named.difference(&there) {
            findings.error(format!("{PAGE}: {id} names {name}, which is no test"));
        }
        for name in there.difference(&named) {
            findings.error(format!("{PAGE}: {id} does not name {name}"));
        }
    }
    // The lists of the client's classes (e1_...) have no page of their own.
    let sections: BTreeSet<&str> = listed.iter().filter_map(|id| id.get(..1)).collect();
    for (id, names) in tests {
        if sections.contains(id.get(..1).unwrap_or_default()) {
            let names: Vec<&str> = names.into_iter().collect();
            findings.error(format!("{PAGE} has no {id}, after which {} is called", names.join(", ")));
        }
    }
    findings.note(format!("{} fault classes are listed", listed.len()));
}

/// The id that a test is called after: `A1` of `a1_bytes_behind_auth`.
fn class_of(name: &str) -> Option<String> {
    let (id, _) = name.split_once('_')?;
    let number = id.strip_prefix(|letter: char| letter.is_ascii_lowercase())?;
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| id.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(row: &str, tests: &str) -> Vec<String> {
        let page = format!("# Classes\n\n| Id | Class | Duty | Test |\n|---|---|---|---|\n{row}\n");
        let mut findings = Findings::default();
        check(&Tree::of(&[(PAGE, &page), ("crates/a/tests/x.rs", tests)]), &mut findings);
        findings.errors
    }

    #[test]
    fn a_class_needs_a_test_of_its_name() {
        let row = "| A1 | Injection | Refuse it. | `a1_no_injection` |";
        assert!(errors(row, "#[test]\nfn a1_no_injection() {}\n").is_empty());
        assert_eq!(errors(row, "#[test]\nfn a10_no_injection() {}\n").len(), 3);
        assert_eq!(
            errors(row, "fn a1_no_injection() {}\n"),
            ["no test is called a1_...", "docs/fault-classes.md: A1 names a1_no_injection, which is no test"]
        );
        assert_eq!(
            errors(row, "#[test]\nfn a1_no_injection() {}\n\n#[test]\nfn a1_more() {}\n"),
            ["docs/fault-classes.md: A1 does not name a1_more"]
        );
    }

    #[test]
    fn what_is_not_there_yet_says_why() {
        assert!(errors("| C5 | Quota | Keep it. | not yet: accounts have no quota |", "").is_empty());
        assert_eq!(errors("| C5 | Quota | Keep it. | not yet: |", "").len(), 1);
        let row = "| C5 | Quota | Keep it. | not yet: accounts have no quota |";
        assert_eq!(errors(row, "#[test]\nfn c5_sums() {}\n").len(), 1);
    }

    #[test]
    fn rows_are_whole_and_stand_once() {
        assert_eq!(errors("| A1 | Injection | `a1_x` |", "").len(), 1);
        let twice = "| A1 | x | y | `a1_x` |\n| A1 | x | y | `a1_x` |";
        assert!(errors(twice, "#[test]\nfn a1_x() {}\n")[0].contains("twice"));
        // Another section is not this list's business.
        assert!(
            errors("| A1 | x | y | `a1_x` |", "#[test]\nfn a1_x() {}\n#[test]\nfn e1_y() {}\n").is_empty()
        );
    }
}
