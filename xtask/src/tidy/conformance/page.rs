//! The page that shows what proves what.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Deviation, Proofs, Row};

/// Where the page lies.
pub(in crate::tidy) const PAGE: &str = "docs/conformance.md";

const HEAD: &str = "\
# Conformance

The requirements that Wharf is measured by, in its own words, and the tests that name them. Ids stand in comments of
tests and at the head of transcripts (`.ftp`), which are dialogues played against the server machine.

`MUST`, `SHOULD` and `MAY` are those of the RFC; `FIELD` is what no RFC says and deployed peers depend on; `PROJ` is a
choice of this project where documents leave it open. `S` is the server, `C` the client.

This page is made by `cargo xtask tidy --write` from `docs/conformance-ids.tsv`, `docs/conformance-deviations.tsv` and
the tests; `cargo xtask tidy` fails when it is old.
";

/// The families of ids and what they are about.
const FAMILIES: [(&str, &str); 10] = [
    ("CTL", "Control connection"),
    ("LOG", "Login"),
    ("TLS", "TLS"),
    ("IMP", "Implicit TLS"),
    ("DAT", "Data connections"),
    ("XFR", "Transfers"),
    ("LST", "Listings"),
    ("I18", "Features, names and languages"),
    ("VH", "Virtual hosts"),
    ("SEC", "Safety"),
];

/// The page: deviations first, then every requirement with what proves it.
pub(super) fn page(
    rows: &[Row<'_>],
    proofs: &Proofs<'_>,
    deviations: &BTreeMap<&str, Deviation<'_>>,
) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## Deliberate deviations\n\n");
    if deviations.is_empty() {
        page.push_str("None.\n");
    }
    for row in rows {
        if let Some(Deviation { instead, why }) = deviations.get(row.id) {
            line(
                &mut page,
                format_args!("- **{}** ({}): {} {instead} {why}", row.id, row.level, row.requirement),
            );
        }
    }
    let mut family = "";
    for row in rows {
        let prefix = row.id.split('-').next().unwrap_or_default();
        if prefix != family {
            family = prefix;
            let about =
                FAMILIES.iter().find(|(known, _)| *known == prefix).map_or(prefix, |(_, about)| about);
            line(&mut page, format_args!("\n## {about}\n"));
        }
        line(&mut page, format_args!("- **{}** ({}, {}) {}", row.id, row.level, row.side, row.requirement));
        if let Some(Deviation { why, .. }) = deviations.get(row.id) {
            line(&mut page, format_args!("  - deviation: {why}"));
        }
        for (file, functions) in proofs.get(row.id).into_iter().flatten() {
            let functions: Vec<String> = functions.iter().map(|name| format!("`{name}`")).collect();
            let colon = if functions.is_empty() { "" } else { ": " };
            line(&mut page, format_args!("  - `{file}`{colon}{}", functions.join(", ")));
        }
    }
    page
}

fn line(page: &mut String, line: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = writeln!(page, "{line}");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tells_what_proves_what_and_what_is_done_otherwise() {
        let row = |id, requirement| Row { id, level: "MUST", side: "S", requirement };
        let rows = [row("CTL-01", "One."), row("CTL-02", "Two."), row("DAT-01", "Three.")];
        let mut proofs = Proofs::new();
        let functions = BTreeSet::from(["b", "a"]);
        proofs.insert("CTL-01", BTreeMap::from([("x.rs", functions), ("y.ftp", BTreeSet::new())]));
        let deviations = BTreeMap::from([("CTL-02", Deviation { instead: "Nothing.", why: "Because." })]);
        let page = page(&rows, &proofs, &deviations);
        let body = page.strip_prefix(HEAD).unwrap();
        assert_eq!(
            body,
            "\n## Deliberate deviations\n\n- **CTL-02** (MUST): Two. Nothing. Because.\n\
             \n## Control connection\n\n- **CTL-01** (MUST, S) One.\n  - `x.rs`: `a`, `b`\n  - `y.ftp`\n\
             - **CTL-02** (MUST, S) Two.\n  - deviation: Because.\n\
             \n## Data connections\n\n- **DAT-01** (MUST, S) Three.\n"
        );
    }
}
