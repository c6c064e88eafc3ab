//! What a commit promises against a loss of power.

use std::{fmt, str::FromStr};

/// What a commit promises against a loss of power; a crash of the process alone loses nothing at any level.
///
/// At every level the final name changes in one step, from the old content to the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Durability {
    /// Content, mode and name are on stable storage before the commit returns: the file is synced, renamed, and
    /// the directory is synced. So are new directories, removals and renames.
    #[default]
    Full,
    /// Content is on stable storage before it gets its name, so that after a loss of power the name shows the whole
    /// old file or the whole new one; which of the two is not promised, nor are removals and renames.
    Data,
    /// Nothing is waited for: after a loss of power recent files may be old, empty or torn.
    Off,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Data => "data",
            Self::Off => "off",
        })
    }
}

/// A word that names no level of [`Durability`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the durability is full, data or off")]
#[non_exhaustive]
pub struct ParseDurabilityError;

impl FromStr for Durability {
    type Err = ParseDurabilityError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "full" => Ok(Self::Full),
            "data" => Ok(Self::Data),
            "off" => Ok(Self::Off),
            _ => Err(ParseDurabilityError),
        }
    }
}
