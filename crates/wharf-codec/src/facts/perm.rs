//! The `perm` fact ([RFC 3659](https://www.rfc-editor.org/rfc/rfc3659) §7.5.5).

use core::fmt;

/// The letters, in the order in which they are written.
const LETTERS: &[u8; 10] = b"acdeflmprw";

/// What the user of the session may do with an object: a set of letters (LST-14).
///
/// `a` append, `c` create files in it, `d` delete it, `e` enter it, `f` rename it, `l` list it, `m` make directories
/// in it, `p` delete things in it, `r` read it, `w` write it. The empty set is legal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermFact(u16);

impl PermFact {
    /// The set without a letter.
    pub const NONE: Self = Self(0);

    /// The set of the letters in a text; case does not matter, unknown ones are left out.
    #[must_use]
    pub fn from_letters(letters: &[u8]) -> Self {
        let mut set = Self::NONE;
        for &letter in letters {
            set.insert(char::from(letter));
        }
        set
    }

    /// Whether a letter is in the set.
    #[must_use]
    pub fn contains(self, letter: char) -> bool {
        self.0 & Self::bit(letter) != 0
    }

    /// Adds a letter; an unknown one changes nothing.
    pub fn insert(&mut self, letter: char) {
        self.0 |= Self::bit(letter);
    }

    /// The set without that letter.
    #[must_use]
    pub fn without(self, letter: char) -> Self {
        Self(self.0 & !Self::bit(letter))
    }

    /// The letters of the set in the order in which they are written.
    pub(crate) fn letters(self) -> impl Iterator<Item = u8> {
        LETTERS.iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0).map(|(_, letter)| *letter)
    }

    // The order of the letters.
    const fn bit(letter: char) -> u16 {
        match letter.to_ascii_lowercase() {
            'a' => 1,
            'c' => 1 << 1,
            'd' => 1 << 2,
            'e' => 1 << 3,
            'f' => 1 << 4,
            'l' => 1 << 5,
            'm' => 1 << 6,
            'p' => 1 << 7,
            'r' => 1 << 8,
            'w' => 1 << 9,
            _ => 0,
        }
    }
}

impl fmt::Display for PermFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        self.letters().try_for_each(|letter| f.write_char(char::from(letter)))
    }
}

impl fmt::Debug for PermFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PermFact({self})")
    }
}
