//! White space, bare `allow`s, and the lengths of files.

use super::{Findings, Tree};

/// A file of code that is longer is named in the report: it may hold more than one thing.
const LONG: usize = 400;

/// Endings of files that people edit. Transcripts and seeds are protocol bytes and stay as they are.
const EDITED: &[&str] = &[".rs", ".toml", ".md", ".py", ".sh", ".dict", "run"];

/// Checks every edited file of the tree.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let mut long = Vec::new();
    for (name, bytes) in tree.iter() {
        if !EDITED.iter().any(|end| name.ends_with(end)) || name.starts_with("fuzz/seeds/") {
            continue;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            findings.error(format!("{name} is not UTF-8"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{name}:{}", number + 1);
            if line.ends_with([' ', '\r']) {
                findings.error(format!("{}: white space at the end of the line", place()));
            }
            if line.contains('\t') {
                findings.error(format!("{}: a tab", place()));
            }
            // In two pieces, so that this line does not find itself.
            if name.ends_with(".rs") && line.trim_start().starts_with(concat!("#", "[allow(")) {
                findings.error(format!("{}: use #[expect(.., reason = ..)]", place()));
            }
        }
        let lines = text.lines().count();
        if name.ends_with(".rs") && lines > LONG {
            long.push((lines, name));
        }
    }
    long.sort_unstable_by(|one, other| other.cmp(one));
    if let Some((lines, name)) = long.first() {
        findings.note(format!(
            "{} files of code have over {LONG} lines; the longest is {name} ({lines})",
            long.len()
        ));
    }
    for (lines, name) in long {
        findings.detail(format!("{lines} lines: {name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(name: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&Tree::of(&[(name, text)]), &mut findings);
        findings.errors
    }

    #[test]
    fn white_space_is_found_where_people_write() {
        assert_eq!(errors("a.rs", "fn a() {} \n"), ["a.rs:1: white space at the end of the line"]);
        assert_eq!(errors("a.md", "x\n\ty\n"), ["a.md:2: a tab"]);
        assert_eq!(
            errors("a.toml", "x = 1\r\n").len(),
            0,
            "lines() takes a CR before the LF for part of the end"
        );
        assert!(errors("a.ftp", "C: USER x \n").is_empty());
        assert!(errors("fuzz/seeds/x/run", "USER x \r\n").is_empty());
    }

    #[test]
    fn a_bare_allow_is_found() {
        let line = concat!("    #", "[allow(dead_code)]\n");
        assert_eq!(errors("a.rs", line), ["a.rs:1: use #[expect(.., reason = ..)]"]);
    }

    #[test]
    fn long_files_are_reported_not_refused() {
        let mut findings = Findings::default();
        check(&Tree::of(&[("a.rs", &"\n".repeat(LONG + 1)), ("b.rs", "\n")]), &mut findings);
        assert!(findings.errors.is_empty());
        assert_eq!(findings.notes.len(), 1);
        assert!(findings.notes[0].contains("a.rs (401)"), "{}", findings.notes[0]);
    }
}
