//! From a command to a line.

use core::fmt;

use bytes::BytesMut;

use crate::command::{Command, Verb};

impl Command {
    /// The verb, when it is a known one.
    #[must_use]
    pub fn verb(&self) -> Option<Verb> {
        None
    }

    /// Appends the command as it goes on the wire, line end included.
    pub fn encode(&self, dst: &mut BytesMut) {
        let _ = dst;
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("")
    }
}
