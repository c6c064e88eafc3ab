//! Why a line is not a command.

use crate::command::Verb;
use crate::reply_code::ReplyCode;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommandErrorKind {
    /// Nothing on the line.
    Empty,
    /// The first word cannot be a verb.
    BadVerb,
    /// CR, LF or NUL in the argument (CTL-17).
    BadCharacter,
    /// The verb needs an argument.
    MissingArgument,
    /// The verb takes no argument, or less than there is.
    UnexpectedArgument,
    /// The argument does not follow its grammar.
    BadArgument,
    /// The argument follows the grammar, but names a value that does not exist.
    NotSupportedValue,
    /// A number beyond its range.
    NumberTooLarge,
    /// A line of HTTP, SMTP or TLS: whoever sent it does not speak FTP, and the session should end (CTL-23).
    ForeignProtocol,
}

/// A line that is not a command: what is wrong, in which command, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?} at offset {offset} of {}", verb.map_or("a line", Verb::name))]
pub struct CommandError {
    /// What is wrong.
    pub kind: CommandErrorKind,
    /// The verb, if it was read.
    pub verb: Option<Verb>,
    /// Where in the line, in bytes from 0.
    pub offset: usize,
}

impl CommandError {
    /// The code to refuse the line with (CTL-21).
    #[must_use]
    pub const fn reply_code(&self) -> ReplyCode {
        match self.kind {
            CommandErrorKind::Empty | CommandErrorKind::BadVerb | CommandErrorKind::ForeignProtocol => {
                ReplyCode::UNRECOGNIZED
            }
            CommandErrorKind::NotSupportedValue => ReplyCode::PARAMETER_NOT_IMPLEMENTED,
            CommandErrorKind::BadCharacter
            | CommandErrorKind::MissingArgument
            | CommandErrorKind::UnexpectedArgument
            | CommandErrorKind::BadArgument
            | CommandErrorKind::NumberTooLarge => ReplyCode::BAD_PARAMETER,
        }
    }
}
