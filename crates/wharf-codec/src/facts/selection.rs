//! Which facts a listing shows: `OPTS MLST` and the MLST line of `FEAT`.

use alloc::string::String;

use crate::text::Token;

/// A fact that this crate can read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// `type`.
    Type,
    /// `size`.
    Size,
    /// `modify`.
    Modify,
    /// `create`.
    Create,
    /// `perm`.
    Perm,
    /// `unique`.
    Unique,
    /// `UNIX.mode`.
    UnixMode,
    /// `UNIX.owner`.
    UnixOwner,
    /// `UNIX.group`.
    UnixGroup,
}

impl Fact {
    /// Every fact, in the order in which they are written.
    pub const ALL: &[Self] = &[
        Self::Type,
        Self::Size,
        Self::Modify,
        Self::Create,
        Self::Perm,
        Self::Unique,
        Self::UnixMode,
        Self::UnixOwner,
        Self::UnixGroup,
    ];

    /// Those that a server on files of Unix can always tell.
    pub const OFFERED: &[Self] =
        &[Self::Type, Self::Size, Self::Modify, Self::Perm, Self::Unique, Self::UnixMode];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Size => "size",
            Self::Modify => "modify",
            Self::Create => "create",
            Self::Perm => "perm",
            Self::Unique => "unique",
            Self::UnixMode => "UNIX.mode",
            Self::UnixOwner => "UNIX.owner",
            Self::UnixGroup => "UNIX.group",
        }
    }

    /// The fact of that name, in any case of letters.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|fact| fact.name().as_bytes().eq_ignore_ascii_case(name))
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of facts. The default is type, size, modify, perm and unique (LST-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactSelection(u16);

impl Default for FactSelection {
    fn default() -> Self {
        [Fact::Type, Fact::Size, Fact::Modify, Fact::Perm, Fact::Unique].into_iter().collect()
    }
}

impl FromIterator<Fact> for FactSelection {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        Self(facts.into_iter().fold(0, |set, fact| set | fact.bit()))
    }
}

impl FactSelection {
    /// Every fact that this crate can write.
    #[must_use]
    pub fn all() -> Self {
        Fact::ALL.iter().copied().collect()
    }

    /// No fact.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// What `OPTS MLST` asked for; facts that are not offered are left out without a word (LST-18).
    #[must_use]
    pub fn from_opts(wanted: &[Token]) -> Self {
        let offered = |fact: &Fact| Fact::OFFERED.contains(fact);
        wanted.iter().filter_map(|name| Fact::from_name(name.as_bytes())).filter(offered).collect()
    }

    /// Whether a fact is in the set.
    #[must_use]
    pub const fn contains(&self, fact: Fact) -> bool {
        self.0 & fact.bit() != 0
    }

    /// The line of `FEAT`, without its leading space: every offered fact, with a star if selected (LST-17).
    #[must_use]
    pub fn feat_line(&self) -> String {
        let mut line = String::from("MLST ");
        for &fact in Fact::OFFERED {
            line.push_str(fact.name());
            line.push_str(if self.contains(fact) { "*;" } else { ";" });
        }
        line
    }

    /// The text of the 200 reply to `OPTS MLST`.
    #[must_use]
    pub fn opts_reply(&self) -> String {
        let mut line = String::from("MLST OPTS");
        for (at, &fact) in Fact::ALL.iter().filter(|&&fact| self.contains(fact)).enumerate() {
            line.push_str(if at == 0 { " " } else { "" });
            line.push_str(fact.name());
            line.push(';');
        }
        line
    }
}
