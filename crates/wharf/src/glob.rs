//! Patterns for names: `*`, `?` and `[...]`, as shells have them.

use globset::{Candidate, GlobBuilder, GlobMatcher};

/// A pattern for one component of a path.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    matcher: GlobMatcher,
    /// A leading dot is matched by a dot only.
    dotted: bool,
}

impl Pattern {
    /// `text` has its plain special characters behind backslashes; braces mean themselves.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut pattern = String::with_capacity(text.len());
        let mut escaped = false;
        for c in text.chars() {
            if matches!(c, '{' | '}' | ',') && !escaped {
                pattern.push('\\');
            }
            escaped = c == '\\' && !escaped;
            pattern.push(c);
        }
        let matcher = GlobBuilder::new(&pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| format!("`{text}` is no pattern: {}", error.kind()))?
            .compile_matcher();
        Ok(Self { matcher, dotted: text.starts_with('.') })
    }

    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        (self.dotted || !name.starts_with(b"."))
            && self.matcher.is_match_candidate(&Candidate::from_bytes(name))
    }
}

pub(crate) fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &[u8]) -> bool {
        Pattern::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn names() {
        assert!(matches("*.txt", b"a.txt") && !matches("*.txt", b"a.txt2"));
        assert!(matches("?", b"a") && !matches("?", b"ab"));
        assert!(matches("[a-c]x", b"bx") && !matches("[!a-c]x", b"bx"));
        assert!(matches("*", b"r\xe9sum\xe9"), "names are bytes");
        assert!(matches("\\*", b"*") && !matches("\\*", b"a"));
        assert!(matches("{a,b}*", b"{a,b}c") && !matches("{a,b}*", b"ac"));
    }

    #[test]
    fn hidden_names_want_their_dot() {
        assert!(!matches("*", b".profile") && matches(".*", b".profile"));
    }

    #[test]
    fn an_open_bracket_is_an_error() {
        assert!(Pattern::new("[a").is_err());
    }
}
