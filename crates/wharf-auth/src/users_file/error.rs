//! What is wrong with a users file.

use std::fmt;

/// What is wrong with a users file, where, and what to do about it. It shows no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsersFileError {
    /// The line, counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub cure: String,
}

impl UsersFileError {
    pub(super) fn new(line: Option<usize>, cause: String, cure: &str) -> Self {
        Self { line, cause, cure: cure.to_owned() }
    }
}

impl fmt::Display for UsersFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.cause, self.cure)
    }
}

impl std::error::Error for UsersFileError {}
