//! From a line to a command.

use crate::command::{Command, CommandError, CommandErrorKind};
use crate::frame::Line;

/// How much bad spelling is forgiven. The default is what meets every client in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leniency {
    /// Ignore stray spaces around arguments that are no path names, and behind verbs that take none (CTL-06).
    pub trim_spaces: bool,
    /// Ignore an argument where none belongs, as in `NOOP again`.
    pub ignore_extra_argument: bool,
    /// Read `TYPE L8` as `TYPE L 8`, and `TYPE I N` as `TYPE I`.
    pub loose_type: bool,
}

impl Default for Leniency {
    fn default() -> Self {
        Self { trim_spaces: true, ignore_extra_argument: false, loose_type: true }
    }
}

impl Leniency {
    /// Nothing but the grammar of the documents.
    #[must_use]
    pub const fn strict() -> Self {
        Self { trim_spaces: false, ignore_extra_argument: false, loose_type: false }
    }
}

/// Whether the first bytes of a connection are HTTP, SMTP, SSH or a TLS record instead of FTP (CTL-23).
#[must_use]
pub fn is_foreign_protocol(start: &[u8]) -> bool {
    let _ = start;
    false
}

impl Command {
    /// Reads one line.
    ///
    /// # Errors
    /// Says what is wrong, and with [`CommandError::reply_code`] what to answer.
    pub fn parse(line: &Line, how: &Leniency) -> Result<Self, CommandError> {
        let _ = (line, how);
        Err(CommandError { kind: CommandErrorKind::Empty, verb: None, offset: 0 })
    }
}
