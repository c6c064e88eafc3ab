//! The tests of the project as text, cut at their functions: what a test names and what it is called.

use super::Tree;

/// A function of test code with the comments above it, the head of such a file, or a whole transcript.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) file: &'t str,
    /// The name of the function; none in transcripts and at the head of a file.
    pub(super) function: Option<&'t str>,
    /// Whether the function is a test by itself, and not one that tests call.
    pub(super) is_test: bool,
    pub(super) text: &'t [u8],
}

/// All test code of the crates, and the cases of the runs against other programs.
pub(super) fn pieces(tree: &Tree) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for (file, bytes) in tree.iter() {
        let in_crates = file.starts_with("crates/");
        if in_crates && file.ends_with(".ftp") {
            pieces.push(Piece { file, function: None, is_test: true, text: bytes });
        } else if in_crates && file.ends_with(".rs") {
            if let Some(text) = std::str::from_utf8(bytes).ok().and_then(|text| test_code(file, text)) {
                cut(file, text, &["fn "], &mut pieces);
            }
        } else if file.starts_with("xtask/interop/")
            && file.ends_with(".py")
            // Why answers differ from those of others is told there, and proven elsewhere.
            && !file.ends_with("_reasons.py")
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            cut(file, text, &["def ", "class "], &mut pieces);
        }
    }
    pieces
}

/// The part of a file that only tests are made of.
fn test_code<'t>(file: &str, text: &'t str) -> Option<&'t str> {
    let all = file.contains("/tests/") || file.ends_with("/tests.rs") || file.contains("/src/properties/");
    if all { Some(text) } else { text.find("#[cfg(test)]\nmod tests {").and_then(|at| text.get(at..)) }
}

/// Cuts a file in front of each function: its comments and attributes are part of it.
fn cut<'t>(file: &'t str, text: &'t str, words: &[&str], pieces: &mut Vec<Piece<'t>>) {
    let mut start = 0;
    let mut function = None;
    // Where the comments and attributes begin that stand right above the line at hand.
    let mut above = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if let Some(name) = declared(bare, words) {
            let from = above.unwrap_or(at);
            push(file, function, text.get(start..from).unwrap_or_default(), pieces);
            (start, function) = (from, Some(name));
        }
        let belongs = ["//", "#[", "#", "@"].iter().any(|mark| bare.starts_with(mark))
            && !bare.starts_with("//!")
            && !bare.starts_with("#!");
        above = if belongs { above.or(Some(at)) } else { None };
        at += line.len();
    }
    push(file, function, text.get(start..).unwrap_or_default(), pieces);
}

fn push<'t>(file: &'t str, function: Option<&'t str>, text: &'t str, pieces: &mut Vec<Piece<'t>>) {
    let is_test =
        text.lines().map(str::trim).any(|line| line == "#[test]" || line.starts_with("#[tokio::test"));
    pieces.push(Piece { file, function, is_test, text: text.as_bytes() });
}

/// The name behind the word that declares a function, as in `pub(crate) async fn name(..)`.
fn declared<'t>(line: &'t str, words: &[&str]) -> Option<&'t str> {
    let mut rest = line;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = words.iter().find_map(|word| rest.strip_prefix(word))?;
    name.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .next()
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'t>(pieces: &'t [Piece<'t>], word: &str) -> Vec<(Option<&'t str>, bool)> {
        let holds = |piece: &&Piece<'_>| std::str::from_utf8(piece.text).unwrap().contains(word);
        pieces.iter().filter(holds).map(|piece| (piece.function, piece.is_test)).collect()
    }

    #[test]
    fn a_word_belongs_to_the_function_below_or_around_it() {
        let text = "//! HEAD\n\n// ABOVE\n#[test]\nfn one() {\n    // INSIDE\n}\n\n/// HELP\npub(crate) async fn two() {}\n";
        let tree = Tree::of(&[("crates/a/tests/it/x.rs", text)]);
        let pieces = pieces(&tree);
        assert_eq!(names(&pieces, "HEAD"), [(None, false)]);
        assert_eq!(names(&pieces, "ABOVE"), [(Some("one"), true)]);
        assert_eq!(names(&pieces, "INSIDE"), [(Some("one"), true)]);
        assert_eq!(names(&pieces, "HELP"), [(Some("two"), false)]);
    }

    #[test]
    fn code_that_is_no_test_is_left_out() {
        let text =
            "// CODE\nfn one() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn two() {} // TEST\n}\n";
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", text),
            ("crates/a/src/other.rs", "// CODE\n"),
            ("crates/a/README.md", "CODE"),
            ("crates/a/tests/x.ftp", "# WIRE\n"),
            ("xtask/interop/x.py", "# HEAD\n\ndef one():\n    pass  # CASE\n"),
        ]);
        let pieces = pieces(&tree);
        assert!(names(&pieces, "CODE").is_empty());
        assert_eq!(names(&pieces, "TEST"), [(Some("two"), true)]);
        assert_eq!(names(&pieces, "WIRE"), [(None, true)]);
        assert_eq!(names(&pieces, "CASE"), [(Some("one"), false)]);
    }
}
