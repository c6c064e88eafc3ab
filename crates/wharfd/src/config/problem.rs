//! What is wrong in the file.

use crate::failure::Failure;

/// One thing that is wrong, and what to do about it. It shows no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The line, counted from 1; `None` when it is about the whole file.
    pub(crate) line: Option<usize>,
    /// What is wrong.
    pub(crate) cause: String,
    /// What to do about it.
    pub(crate) cure: String,
}

impl Problem {
    pub(crate) fn at(line: usize, cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { line: Some(line), cause: cause.into(), cure: cure.into() }
    }

    pub(crate) fn whole(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { line: None, cause: cause.into(), cure: cure.into() }
    }

    /// The same as the program tells it.
    pub(crate) fn failure(&self, file: &str) -> Failure {
        let place = self.line.map_or_else(String::new, |line| format!(", line {line}"));
        Failure::input(format!("{file}{place}: {}", self.cause), self.cure.clone())
    }
}

/// Words as a list that ends with "or".
pub(super) fn alternatives(words: impl IntoIterator<Item = String>) -> String {
    list(words, "or")
}

/// Words as a list whose last one comes behind `last`.
pub(super) fn list(words: impl IntoIterator<Item = String>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [firsts @ .., end] => format!("{} {last} {end}", firsts.join(", ")),
    }
}

/// What somebody wrote, in quotes and cut where it is long.
pub(super) fn quoted(written: &str) -> String {
    const MOST: usize = 60;
    match written.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}...", &written[..end]),
        None => format!("{written:?}"),
    }
}
