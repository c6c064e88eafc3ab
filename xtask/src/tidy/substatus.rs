//! Every sub-status is explained, and the machine says each of them somewhere.

use super::{Findings, Tree};

/// The table.
const TABLE: &str = "crates/wharf-session/src/substatus/table.rs";

/// Where they are said.
const SAYERS: &str = "crates/wharf-session/src/";

/// The page, which a test of wharf-session writes.
const PAGE: &str = "docs/substatus.md";

/// Checks every row of the table.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let said: String = tree
        .under(SAYERS, ".rs")
        .filter(|(name, _)| !name.contains("substatus") && !name.contains("/tests"))
        .filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok())
        .collect();
    let page = tree.text(PAGE).unwrap_or_default();
    let rows: Vec<(&str, &str, &str)> =
        tree.text(TABLE).unwrap_or_default().lines().filter_map(row).collect();
    if rows.is_empty() {
        findings.error(format!("{TABLE} has no rows that this check understands"));
    }
    let missing = |variant: &&(&str, &str, &str)| {
        let name = format!("SubStatus::{}", variant.0);
        let whole = |(at, _): (usize, &str)| {
            !said.get(at + name.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()))
        };
        !said.match_indices(&name).any(whole)
    };
    for (variant, ..) in rows.iter().filter(missing) {
        findings.error(format!("nothing says SubStatus::{variant} ({TABLE})"));
    }
    for (_, number, name) in &rows {
        if !page.contains(&format!("| {number} | `{name}` |")) {
            findings.error(format!("{PAGE} does not list {number} {name}: WHARF_WRITE_DOCS=1 cargo test -p wharf-session substatus"));
        }
    }
    findings.note(format!("{} sub-statuses are said and explained", rows.len()));
}

/// `Variant = number, "name", [`: the first line of a row.
fn row(line: &str) -> Option<(&str, &str, &str)> {
    let (variant, rest) = line.strip_prefix("    ")?.split_once(" = ")?;
    let (number, rest) = rest.split_once(", \"")?;
    let (name, rest) = rest.split_once("\", [")?;
    let fits = variant.starts_with(char::is_uppercase) && number.parse::<u16>().is_ok() && !rest.is_empty();
    fits.then_some((variant, number, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_nobody_says_or_explains_is_found() {
        let table = "    One = 1, \"one\", [OKAY],\n    Two = 2, \"two\", [OKAY],\n    Twofold = 3, \"twofold\", [OKAY],\n";
        let tree = Tree::of(&[
            (TABLE, table),
            (PAGE, "| 1 | `one` | ... |\n| 3 | `twofold` | ... |\n"),
            ("crates/wharf-session/src/server/x.rs", "SubStatus::One, SubStatus::Twofold"),
        ]);
        let mut findings = Findings::default();
        check(&tree, &mut findings);
        assert_eq!(findings.errors.len(), 2, "{:?}", findings.errors);
        assert!(findings.errors.iter().all(|error| error.contains("Two") || error.contains("two")));
    }
}
