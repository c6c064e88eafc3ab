//! Every verb is parsed by a test, sent by a transcript, and explained.

use super::{Findings, Tree};

/// The table of verbs that the parser is made from.
pub(super) const VERBS: &str = "crates/wharf-codec/src/command/verb.rs";

/// The tests of the parser.
const PARSER: &str = "crates/wharf-codec/tests/";

/// The dialogues with the server machine.
const TRANSCRIPTS: &str = "crates/wharf-session/tests/transcripts/";

/// The page of commands, which a test of wharf-session writes.
const COMMANDS: &str = "docs/commands.md";

/// Checks every name and alias of the table.
pub(super) fn check(tree: &Tree, findings: &mut Findings) {
    let texts = |folder, end| -> String {
        let texts = tree.under(folder, end).filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
        texts.map(str::to_ascii_uppercase).collect()
    };
    let (parser, transcripts) = (texts(PARSER, ".rs"), texts(TRANSCRIPTS, ".ftp"));
    let commands = tree.text(COMMANDS).unwrap_or_default();
    let mut verbs = 0;
    for (verb, aliases) in tree.text(VERBS).unwrap_or_default().lines().filter_map(row) {
        verbs += 1;
        for name in std::iter::once(verb).chain(aliases) {
            if !holds(&parser, &format!("\"{name}")) {
                findings.error(format!("no test of the parser has a line of {name} ({PARSER})"));
            }
            if !holds(&transcripts, &format!("C: {name}")) {
                findings.error(format!("no transcript sends {name} ({TRANSCRIPTS})"));
            }
            if !holds(commands, &format!("`{name}")) {
                findings.error(format!("{COMMANDS} does not explain {name}"));
            }
        }
    }
    if verbs == 0 {
        findings.error(format!("{VERBS} has no verb that can be read"));
    }
}

/// Whether the text has this, and no letter or digit right behind it.
fn holds(text: &str, start: &str) -> bool {
    text.match_indices(start).any(|(at, _)| {
        let behind = text.as_bytes().get(at + start.len());
        !behind.is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// The verb and its aliases in a row of the table, as in `Cdup "CDUP" ["XCUP"] ...`.
pub(super) fn row(line: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let (variant, rest) = line.trim_start().split_once(" \"")?;
    let (verb, rest) = rest.split_once('"')?;
    let (aliases, _) = rest.strip_prefix(" [")?.split_once(']')?;
    variant.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| {
        let aliases = aliases.split_ascii_whitespace().map(|alias| alias.trim_matches('"'));
        (verb, aliases)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "verbs! {\n    Cdup \"CDUP\" [\"XCUP\"] \"CDUP\", None;\n    Md5 \"MD5\" [] \"MD5 path\", None;\n}\n";
    const FILES: [(&str, &str); 4] = [
        (VERBS, TABLE),
        ("crates/wharf-codec/tests/it/x.rs", "(\"CDUP\", \"xcup\", \"MD5 x\")"),
        ("crates/wharf-session/tests/transcripts/x.ftp", "C: CDUP\nC: xcup\nC: MD5 x\n"),
        (COMMANDS, "| `CDUP`, `XCUP` |\n| `MD5 path` |\n"),
    ];

    fn errors(change: impl Fn(&mut [(&str, &str); 4])) -> Vec<String> {
        let mut files = FILES;
        change(&mut files);
        let mut findings = Findings::default();
        check(&Tree::of(&files), &mut findings);
        findings.errors
    }

    #[test]
    fn whole_ones_pass() {
        assert!(errors(|_| {}).is_empty());
    }

    #[test]
    fn each_of_the_three_is_missed() {
        let parser = errors(|files| files[1].1 = "(\"CDUP\", \"xcup\", \"MD55\")");
        assert_eq!(parser, ["no test of the parser has a line of MD5 (crates/wharf-codec/tests/)"]);
        let transcript = errors(|files| files[2].1 = "S: XCUP\nC: CDUP\nC: MD5\n");
        assert_eq!(transcript, ["no transcript sends XCUP (crates/wharf-session/tests/transcripts/)"]);
        assert_eq!(
            errors(|files| files[3].1 = ""),
            [
                "docs/commands.md does not explain CDUP",
                "docs/commands.md does not explain XCUP",
                "docs/commands.md does not explain MD5",
            ]
        );
    }

    #[test]
    fn a_table_that_cannot_be_read_is_no_empty_one() {
        assert_eq!(errors(|files| files[0].1 = "").len(), 1);
    }
}
