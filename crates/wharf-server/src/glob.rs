//! Patterns of names: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` in front of one of these.

use wharf_types::{FileError, FileErrorKind};

/// The most comparisons of one listing: far more than any honest pattern needs for the most names that are looked at.
const STEPS: u64 = 20_000_000;

/// The most names that one pattern is held against.
const NAMES: u64 = 200_000;

/// A pattern, and what it may still cost.
///
/// There are no braces and no recursion, and of all stars only the last one is ever tried again, so that a name costs at
/// most its length times that of the pattern; what that adds up to over a directory is counted.
#[derive(Debug)]
pub(crate) struct Glob {
    parts: Vec<Part>,
    hidden: bool,
    steps: u64,
    names: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Any bytes, or none.
    Star,
    /// One byte.
    Any,
    /// This byte.
    Byte(u8),
    /// One byte of these ranges, or with `false` one of all others.
    Class(bool, Vec<(u8, u8)>),
}

impl Part {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Byte(wanted) => *wanted == byte,
            Self::Class(inside, ranges) => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&byte)) == *inside
            }
        }
    }
}

impl Glob {
    /// Reads a pattern; every row of bytes is one. With `all` it chooses hidden names as well; without, only when it
    /// begins with a dot itself.
    pub(crate) fn new(pattern: &[u8], all: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            let part = match byte {
                b'*' => Part::Star,
                b'?' => Part::Any,
                b'\\' => match rest.split_first() {
                    Some((&byte, tail)) => {
                        rest = tail;
                        Part::Byte(byte)
                    }
                    None => Part::Byte(byte),
                },
                b'[' => match class(rest) {
                    Some((class, tail)) => {
                        rest = tail;
                        class
                    }
                    None => Part::Byte(byte),
                },
                byte => Part::Byte(byte),
            };
            // Several stars mean what one means.
            if part != Part::Star || parts.last() != Some(&Part::Star) {
                parts.push(part);
            }
        }
        Self { parts, hidden: all || pattern.starts_with(b"."), steps: STEPS, names: NAMES }
    }

    /// Whether the pattern chooses `name`.
    ///
    /// # Errors
    /// When the directory and the pattern are too large for each other.
    pub(crate) fn chooses(&mut self, name: &[u8]) -> Result<bool, FileError> {
        self.names = self.names.checked_sub(1).ok_or_else(too_much)?;
        if name.starts_with(b".") && !self.hidden {
            return Ok(false);
        }
        let (mut at, mut part) = (0, 0);
        // Where to go on when what follows the last star does not fit: the part behind it, and the next byte it takes.
        let mut again: Option<(usize, usize)> = None;
        loop {
            self.steps = self.steps.checked_sub(1).ok_or_else(too_much)?;
            match (self.parts.get(part), name.get(at)) {
                (None, None) => return Ok(true),
                (Some(Part::Star), _) => {
                    part += 1;
                    again = Some((part, at));
                    continue;
                }
                (Some(wanted), Some(&byte)) if wanted.takes(byte) => {
                    (part, at) = (part + 1, at + 1);
                    continue;
                }
                (_, None) => return Ok(false),
                (_, Some(_)) => {}
            }
            match &mut again {
                Some((behind, from)) => {
                    *from += 1;
                    (part, at) = (*behind, *from);
                }
                None => return Ok(false),
            }
        }
    }
}

fn too_much() -> FileError {
    FileError::with_detail(FileErrorKind::Io, "the pattern takes too long here")
}

/// What follows `[`, up to its `]`, which as the first byte stands for itself.
fn class(rest: &[u8]) -> Option<(Part, &[u8])> {
    let (inside, rest) = match rest.split_first() {
        Some((b'!' | b'^', tail)) => (false, tail),
        _ => (true, rest),
    };
    let end = rest.iter().skip(1).position(|byte| *byte == b']')? + 1;
    let (mut bytes, tail) = rest.split_at_checked(end)?;
    let mut ranges = Vec::new();
    while let Some((&first, more)) = bytes.split_first() {
        bytes = more;
        let mut last = first;
        if let [b'-', byte, more @ ..] = bytes {
            (last, bytes) = (*byte, more);
        }
        ranges.push((first, last));
    }
    Some((Part::Class(inside, ranges), tail.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chooses(pattern: &str, name: &str) -> bool {
        Glob::new(pattern.as_bytes(), false).chooses(name.as_bytes()).unwrap()
    }

    #[test]
    fn patterns_choose_names() {
        for (pattern, name, wanted) in [
            ("*", "a", true),
            ("*", "", true),
            ("*", ".a", false),
            (".*", ".a", true),
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txt.gz", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("[a-]", "-", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            // No braces: they are names like any other.
            ("{a,b}", "{a,b}", true),
            ("{a,b}", "a", false),
            ("*.TXT", "a.txt", false),
        ] {
            assert_eq!(chooses(pattern, name), wanted, "{pattern} {name}");
        }
        assert!(Glob::new(b"*", true).chooses(b".a").unwrap());
    }

    #[test]
    fn c7_hostile_patterns_cost_little() {
        let name = [b'a'; 255];
        let mut stars = vec![b'*'; 4_000];
        stars.push(b'b');
        let mut glob = Glob::new(&stars, false);
        for _ in 0..10_000 {
            assert!(!glob.chooses(&name).unwrap());
        }
        let spent = STEPS - glob.steps;
        assert!(spent < 10_000 * 600, "{spent}");
        // One that is meant to be slow ends, in an error.
        let slow = [&b"*"[..], &[b'a'; 127], b"b"].concat();
        let mut glob = Glob::new(&slow, false);
        let failed = (0..10_000).find_map(|_| glob.chooses(&name).err());
        assert_eq!(failed.unwrap().kind(), FileErrorKind::Io);
        let mut glob = Glob::new(b"x", false);
        assert!((0..=NAMES).any(|_| glob.chooses(b"y").is_err()));
    }
}
