//! Why the program ends, as it tells people and scripts.

use std::{fmt, path::Path, process::ExitCode};

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// What is wrong.
    pub(crate) cause: String,
    /// What to do about it.
    pub(crate) cure: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What the command line says, or a file that it names, cannot be used.
    Input,
    /// The system did not allow what was asked.
    System,
}

impl Failure {
    /// Something in the command line, or in a file that it names, is wrong.
    pub(crate) fn input(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { kind: Kind::Input, cause: cause.into(), cure: cure.into() }
    }

    /// The system refused something.
    pub(crate) fn system(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { kind: Kind::System, cause: cause.into(), cure: cure.into() }
    }

    /// 2 for wrong input, as the argument parser has it; 1 for the rest.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Input => ExitCode::from(2),
            Kind::System => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.cause, self.cure)
    }
}

/// One or more things that keep the program from what it was asked; there is at least one.
#[derive(Debug)]
pub(crate) struct Failures(pub(crate) Vec<Failure>);

impl Failures {
    /// That of the first one.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.0.first().map_or(ExitCode::FAILURE, Failure::exit_code)
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

/// A path in quotes, with everything that could disturb a terminal or forge a line escaped.
pub(crate) fn shown(path: &Path) -> String {
    format!("{path:?}")
}
