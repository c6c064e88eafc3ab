//! Which numbered requirements no test names yet.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Tree};

/// The project's own table: id, level, side, one row each.
const TABLE: &str = "docs/conformance-ids.tsv";

/// Reports how many ids of the table some test names, level by level, and refuses ids that the table does not have.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let Some(table) = tree.text(TABLE) else {
        findings.error(format!("{TABLE} is not there"));
        return;
    };
    let mut levels = BTreeMap::new();
    for row in table.lines().filter(|row| !row.starts_with('#')).skip(1) {
        match row.split('\t').collect::<Vec<_>>().as_slice() {
            [id, level, side] if !id.is_empty() && ["S", "C", "SC"].contains(side) => {
                levels.insert(*id, *level);
            }
            _ => findings.error(format!("{TABLE}: not id, level, side: {row}")),
        }
    }
    let families: BTreeSet<&str> = levels.keys().filter_map(|id| id.split('-').next()).collect();
    let mut named = BTreeSet::new();
    for (name, bytes) in tree.iter() {
        let code =
            name.starts_with("crates/") && [".rs", ".ftp", ".py"].iter().any(|end| name.ends_with(end));
        if !code && !name.starts_with("xtask/interop/") {
            continue;
        }
        for id in ids(bytes, &families) {
            if levels.contains_key(id.as_str()) {
                named.insert(id);
            } else {
                findings.error(format!("{name} names {id}, which {TABLE} does not have"));
            }
        }
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut missing = Vec::new();
    for (id, level) in &levels {
        let count = counts.entry(level).or_default();
        count.1 += 1;
        if named.contains(*id) {
            count.0 += 1;
        } else {
            missing.push(*id);
        }
    }
    let shares: Vec<String> =
        counts.iter().map(|(level, (done, all))| format!("{level} {done}/{all}")).collect();
    findings.note(format!(
        "{} of {} conformance ids are named by a test ({})",
        named.len(),
        levels.len(),
        shares.join(", ")
    ));
    if !missing.is_empty() {
        findings.detail(format!("no test names: {}", missing.join(" ")));
    }
}

/// Every `FAMILY-00` in a file (transcripts may hold any byte), for the families of the table.
fn ids(bytes: &[u8], families: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for word in bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-') {
        if let Ok(word) = std::str::from_utf8(word)
            && let Some((family, number)) = word.split_once('-')
            && families.contains(family)
            && number.len() == 2
            && number.bytes().all(|digit| digit.is_ascii_digit())
        {
            found.insert(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "id\tlevel\tside\nCTL-01\tMUST\tS\nCTL-02\tMUST\tSC\nDAT-03\tFIELD\tS\n";

    #[test]
    fn counts_what_tests_name() {
        let tree = Tree::of(&[
            (TABLE, ROWS),
            ("crates/a/src/lib.rs", "// CTL-01, DAT-03.\n"),
            ("crates/a/README.md", "CTL-02 in prose is no test"),
        ]);
        let mut findings = Findings::default();
        check(&tree, &mut findings);
        assert!(findings.errors.is_empty());
        assert_eq!(findings.notes, ["2 of 3 conformance ids are named by a test (FIELD 1/1, MUST 1/2)"]);
        assert_eq!(findings.details, ["no test names: CTL-02"]);
    }

    #[test]
    fn an_id_that_is_not_in_the_table_is_an_error() {
        let tree = Tree::of(&[(TABLE, ROWS), ("crates/a/tests/x.ftp", "# CTL-77\n# UTF-16 CTL-1\n")]);
        let mut findings = Findings::default();
        check(&tree, &mut findings);
        assert_eq!(findings.errors.len(), 1);
    }

    #[test]
    fn a_broken_row_is_an_error() {
        let mut findings = Findings::default();
        check(&Tree::of(&[(TABLE, "id\tlevel\tside\nCTL-01 MUST S\n")]), &mut findings);
        assert_eq!(findings.errors.len(), 1);
    }
}
