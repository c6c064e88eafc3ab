//! Every fuzz target starts from seeds and is explained.

use super::{
    Findings, Tree,
    verbs::{VERBS, row},
};

/// The words that libFuzzer puts into its inputs.
const DICTIONARY: &str = "fuzz/ftp.dict";

/// Checks the targets of `fuzz/fuzz_targets` against the seeds and the README.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let readme = tree.text("fuzz/README.md").unwrap_or_default();
    for (path, _) in tree.under("fuzz/fuzz_targets/", ".rs") {
        let name = path.trim_start_matches("fuzz/fuzz_targets/").trim_end_matches(".rs");
        if tree.under(&format!("fuzz/seeds/{name}/"), "").next().is_none() {
            findings.error(format!("fuzz target {name} has no seeds (fuzz/seeds/{name}/)"));
        }
        if !readme.lines().any(|line| line.starts_with(&format!("| `{name}` |"))) {
            findings.error(format!("fuzz target {name} has no row in fuzz/README.md"));
        }
    }
    let words = tree.text(DICTIONARY).unwrap_or_default();
    for (verb, _) in tree.text(VERBS).unwrap_or_default().lines().filter_map(row) {
        if !words.lines().any(|line| line.trim_matches('"') == verb) {
            findings.error(format!("{DICTIONARY} lacks the verb {verb}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_knows_every_verb() {
        let table = "verbs! {\n    Abor \"ABOR\" [] \"ABOR\", None;\n    Cdup \"CDUP\" [\"XCUP\"] \"CDUP\", None;\n}\n";
        let mut findings = Findings::default();
        check(&Tree::of(&[(VERBS, table), (DICTIONARY, "# words\n\"ABOR\"\n")]), &mut findings);
        assert_eq!(findings.errors, ["fuzz/ftp.dict lacks the verb CDUP"]);
    }

    #[test]
    fn a_target_needs_seeds_and_a_row() {
        let mut findings = Findings::default();
        check(&Tree::of(&[("fuzz/fuzz_targets/a.rs", "")]), &mut findings);
        assert_eq!(findings.errors.len(), 2);
        let mut findings = Findings::default();
        check(
            &Tree::of(&[
                ("fuzz/fuzz_targets/a.rs", ""),
                ("fuzz/seeds/a/one", "x"),
                ("fuzz/README.md", "| target | purpose |\n| `a` | all |\n"),
            ]),
            &mut findings,
        );
        assert!(findings.errors.is_empty());
    }
}
