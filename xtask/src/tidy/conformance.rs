//! Every numbered requirement is named by a test, or stands among the deliberate deviations with a reason.

mod page;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use page::PAGE;

use super::{
    Findings, Tree,
    pieces::{Piece, pieces},
};

/// The project's own table: id, level, side, requirement, one row each.
const TABLE: &str = "docs/conformance-ids.tsv";

/// What is done otherwise on purpose: id, what is done instead, why.
const DEVIATIONS: &str = "docs/conformance-deviations.tsv";

/// A requirement, in the order of the table.
struct Row<'t> {
    id: &'t str,
    level: &'t str,
    side: &'t str,
    requirement: &'t str,
}

/// What is done instead of a requirement, and why.
struct Deviation<'t> {
    instead: &'t str,
    why: &'t str,
}

/// Whose tests live where; the other crates are of both.
const SIDES: [(&str, &str); 9] = [
    ("crates/wharf-session/src/client/", "C"),
    ("crates/wharf-client/", "C"),
    ("crates/wharf/", "C"),
    ("crates/wharf-session/src/server/", "S"),
    ("crates/wharf-session/tests/", "S"),
    ("crates/wharf-server/", "S"),
    ("crates/wharfd/", "S"),
    ("crates/wharf-storage/", "S"),
    ("crates/wharf-auth/", "S"),
];

/// The tests that name a requirement: files, and the functions there that do.
type Proofs<'t> = BTreeMap<&'t str, BTreeMap<&'t str, BTreeSet<&'t str>>>;

/// Checks the tables against the tests, and gives the page as it should be.
pub(super) fn check(tree: &Tree, findings: &mut Findings) -> Option<String> {
    let rows = rows(tree, findings)?;
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
    let families: BTreeSet<&str> = known.iter().filter_map(|id| id.split('-').next()).collect();
    let deviations = deviations(tree, &known, findings);
    unknown(tree, &known, &families, findings);
    let pieces = pieces(tree);
    let proofs = proofs(&pieces, &known, &families);

    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in &rows {
        sides(row, proofs.get(row.id), findings);
        let count = counts.entry(row.level).or_default();
        count.1 += 1;
        match (proofs.get(row.id), deviations.contains_key(row.id)) {
            (Some(_), false) => count.0 += 1,
            (None, true) => {}
            (None, false) => {
                findings.error(format!("no test names {}, and {DEVIATIONS} does not have it", row.id))
            }
            (Some(files), true) => {
                let files: Vec<&str> = files.keys().copied().collect();
                findings.error(format!(
                    "{} stands in {DEVIATIONS} and is named by {}",
                    row.id,
                    files.join(", ")
                ));
            }
        }
    }
    let shares: Vec<String> =
        counts.iter().map(|(level, (done, all))| format!("{level} {done}/{all}")).collect();
    findings.note(format!(
        "{} of {} conformance ids are named by a test, {} are deliberate deviations ({})",
        counts.values().map(|(done, _)| done).sum::<usize>(),
        rows.len(),
        deviations.len(),
        shares.join(", ")
    ));
    Some(page::page(&rows, &proofs, &deviations))
}

/// A test of the other side proves nothing, and a requirement of both sides needs a test of each.
fn sides(row: &Row<'_>, files: Option<&BTreeMap<&str, BTreeSet<&str>>>, findings: &mut Findings) {
    let Some(files) = files else { return };
    let side_of =
        |file: &str| SIDES.iter().find(|(start, _)| file.starts_with(start)).map_or("SC", |(_, side)| side);
    for file in files.keys().filter(|file| side_of(file) != "SC" && !row.side.contains(side_of(file))) {
        findings
            .error(format!("{file} names {}, which is a requirement of the other side ({TABLE})", row.id));
    }
    for side in row.side.split("").filter(|side| !side.is_empty()) {
        if !files.keys().any(|file| side_of(file).contains(side)) {
            findings.error(format!("{} is named by no test of side {side} ({TABLE})", row.id));
        }
    }
}

fn rows<'t>(tree: &'t Tree, findings: &mut Findings) -> Option<Vec<Row<'t>>> {
    let Some(table) = tree.text(TABLE) else {
        findings.error(format!("{TABLE} is not there"));
        return None;
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in table.lines().skip(1) {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [id, level, side, requirement]
                if !id.is_empty() && ["S", "C", "SC"].contains(side) && !requirement.is_empty() =>
            {
                if rows.iter().any(|row| row.id == *id) {
                    findings.error(format!("{TABLE} has {id} twice"));
                }
                rows.push(Row { id, level, side, requirement });
            }
            _ => findings.error(format!("{TABLE}: not id, level, side, requirement: {line}")),
        }
    }
    Some(rows)
}

fn deviations<'t>(
    tree: &'t Tree,
    known: &BTreeSet<&str>,
    findings: &mut Findings,
) -> BTreeMap<&'t str, Deviation<'t>> {
    let mut deviations = BTreeMap::new();
    for line in tree.text(DEVIATIONS).unwrap_or_default().lines().skip(1) {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [id, instead, why] if !instead.is_empty() && !why.is_empty() => {
                if !known.contains(id) {
                    findings.error(format!("{DEVIATIONS} names {id}, which {TABLE} does not have"));
                }
                deviations.insert(*id, Deviation { instead, why });
            }
            _ => findings.error(format!("{DEVIATIONS}: not id, what is done instead, why: {line}")),
        }
    }
    deviations
}

/// Ids that the table does not have, wherever the project names them.
fn unknown(tree: &Tree, known: &BTreeSet<&str>, families: &BTreeSet<&str>, findings: &mut Findings) {
    const ENDS: [&str; 5] = [".rs", ".ftp", ".py", ".md", ".toml"];
    for (file, bytes) in tree.iter() {
        // The checks' own tests make ids up.
        if file.starts_with("xtask/src/") || file == PAGE || !ENDS.iter().any(|end| file.ends_with(end)) {
            continue;
        }
        for id in ids(bytes, families).into_iter().filter(|id| !known.contains(id)) {
            findings.error(format!("{file} names {id}, which {TABLE} does not have"));
        }
    }
}

fn proofs<'t>(pieces: &[Piece<'t>], known: &BTreeSet<&'t str>, families: &BTreeSet<&str>) -> Proofs<'t> {
    let mut proofs: Proofs<'t> = BTreeMap::new();
    for piece in pieces {
        for id in ids(piece.text, families) {
            if let Some(id) = known.get(id) {
                proofs.entry(id).or_default().entry(piece.file).or_default().extend(piece.function);
            }
        }
    }
    proofs
}

/// Every `FAMILY-00` in a file (transcripts may hold any byte), for the families of the table.
fn ids<'t>(bytes: &'t [u8], families: &BTreeSet<&str>) -> BTreeSet<&'t str> {
    let words = bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
    words
        .filter_map(|word| std::str::from_utf8(word).ok())
        .filter(|word| {
            word.split_once('-').is_some_and(|(family, number)| {
                families.contains(family)
                    && number.len() == 2
                    && number.bytes().all(|digit| digit.is_ascii_digit())
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "id\tlevel\tside\trequirement\nCTL-01\tMUST\tS\tOne.\nDAT-03\tFIELD\tSC\tTwo.\n";
    const TEST: (&str, &str) = ("crates/a/tests/x.rs", "#[test]\nfn one() {} // CTL-01\n");

    fn errors(files: &[(&str, &str)]) -> Vec<String> {
        let mut findings = Findings::default();
        check(&Tree::of(files), &mut findings);
        findings.errors
    }

    #[test]
    fn each_id_needs_a_test_or_a_reason() {
        assert_eq!(
            errors(&[(TABLE, ROWS), TEST]),
            ["no test names DAT-03, and docs/conformance-deviations.tsv does not have it"]
        );
        let deviation = (DEVIATIONS, "id\tinstead\twhy\nDAT-03\tNothing.\tBecause.\n");
        assert!(errors(&[(TABLE, ROWS), TEST, deviation]).is_empty());
        // Code names it, prose names it: neither is a test.
        assert_eq!(errors(&[(TABLE, ROWS), TEST, ("crates/a/src/lib.rs", "// DAT-03\n")]).len(), 1);
        assert_eq!(errors(&[(TABLE, ROWS), TEST, ("crates/a/README.md", "DAT-03\n")]).len(), 1);
    }

    #[test]
    fn both_a_test_and_a_reason_is_one_too_many() {
        let both = (DEVIATIONS, "id\tinstead\twhy\nCTL-01\tNothing.\tBecause.\nDAT-03\tx\ty\n");
        assert_eq!(
            errors(&[(TABLE, ROWS), TEST, both]),
            ["CTL-01 stands in docs/conformance-deviations.tsv and is named by crates/a/tests/x.rs"]
        );
    }

    #[test]
    fn an_id_that_is_not_in_the_table_is_an_error_wherever_it_stands() {
        let table = (TABLE, "id\tlevel\tside\trequirement\nCTL-01\tMUST\tS\tOne.\n");
        for file in ["crates/a/tests/x.ftp", "crates/a/src/lib.rs", "docs/page.md", "xtask/interop/x.py"] {
            assert_eq!(errors(&[table, TEST, (file, "# CTL-77\n# UTF-16 CTL-1\n")]).len(), 1, "{file}");
        }
        assert_eq!(errors(&[table, TEST, (DEVIATIONS, "id\tinstead\twhy\nCTL-02\tx\ty\n")]).len(), 1);
    }

    #[test]
    fn a_test_of_the_other_side_proves_nothing() {
        let table = (TABLE, "id\tlevel\tside\trequirement\nCTL-01\tMUST\tS\tOne.\nCTL-02\tMUST\tSC\tTwo.\n");
        let server = |text| ("crates/wharf-session/tests/x.ftp", text);
        let client = |text| ("crates/wharf-client/tests/it/x.rs", text);
        let both = [table, server("# CTL-01 CTL-02\n"), client("// CTL-02\n")];
        assert!(errors(&both).is_empty());
        assert_eq!(errors(&[table, server("# CTL-02\n"), client("// CTL-01 CTL-02\n")]).len(), 2);
        assert_eq!(
            errors(&[table, server("# CTL-01 CTL-02\n")]),
            ["CTL-02 is named by no test of side C (docs/conformance-ids.tsv)"]
        );
        // What both are made of counts for both.
        assert!(errors(&[table, ("crates/wharf-codec/tests/it/x.rs", "// CTL-01 CTL-02\n")]).is_empty());
    }

    #[test]
    fn a_broken_row_is_an_error() {
        assert_eq!(errors(&[(TABLE, "id\tlevel\tside\trequirement\nCTL-01 MUST S\n")]).len(), 1);
        assert_eq!(errors(&[(TABLE, "id\tlevel\tside\trequirement\nCTL-01\tMUST\tS\t\n")]).len(), 1);
        let deviation = (DEVIATIONS, "id\tinstead\twhy\nDAT-03\tNothing.\t\n");
        assert_eq!(errors(&[(TABLE, ROWS), TEST, deviation]).len(), 2, "without a reason it does not count");
    }
}
