//! Paths as the user of a server sees them.

use alloc::vec::Vec;
use core::fmt;

/// Why bytes are not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// No path was given where one is needed.
    Empty,
    /// The path holds NUL, CR or LF, which no name may hold.
    ForbiddenByte,
    /// The path is longer than [`VirtualPath::MAX_LEN`] bytes.
    TooLong,
    /// The path has more than [`VirtualPath::MAX_DEPTH`] components.
    TooDeep,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the path is empty",
            Self::ForbiddenByte => "a name may not hold NUL, CR or LF",
            Self::TooLong => "the path is too long",
            Self::TooDeep => "the path has too many levels",
        })
    }
}

impl core::error::Error for PathError {}

/// An absolute, normalised path inside an account's root.
///
/// It begins with `/`, holds no empty, `.` or `..` component and no NUL, CR or LF; the root is `/` alone.
/// It is made by [`resolve`](Self::resolve) and nowhere else, so that storage never meets `..`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VirtualPath(Vec<u8>);

impl VirtualPath {
    /// The longest path, in bytes.
    pub const MAX_LEN: usize = 4096;
    /// The deepest path, in components.
    pub const MAX_DEPTH: usize = 256;

    /// The root, `/`.
    #[must_use]
    pub fn root() -> Self {
        Self(b"/".to_vec())
    }

    /// Resolves `name`, absolute or relative to this directory, as RFC 3659 §6 (TVFS) has it.
    ///
    /// `..` above the root stays at the root; empty components and `.` count for nothing.
    ///
    /// # Errors
    /// When `name` is empty, too long or holds a byte that no name may hold.
    pub fn resolve(&self, name: &[u8]) -> Result<Self, PathError> {
        if name.is_empty() {
            return Err(PathError::Empty);
        }
        if name.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(PathError::ForbiddenByte);
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        if name.first() != Some(&b'/') {
            parts.extend(self.components());
        }
        for part in name.split(|b| *b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        Self::from_components(&parts)
    }

    /// This directory's child `name`, one component.
    ///
    /// # Errors
    /// When `name` is not one plain component.
    pub fn child(&self, name: &[u8]) -> Result<Self, PathError> {
        self.may_hold(name)?;
        let above: &[u8] = if self.is_root() { b"" } else { &self.0 };
        Ok(Self([above, b"/", name].concat()))
    }

    /// Whether this directory can have a [`child`](Self::child) of that name, without making its path.
    ///
    /// # Errors
    /// When `name` is not one plain component, or its path would be too long or too deep.
    pub fn may_hold(&self, name: &[u8]) -> Result<(), PathError> {
        if name.is_empty() || name == b"." || name == b".." {
            return Err(PathError::Empty);
        }
        if name.iter().any(|b| matches!(b, 0 | b'\r' | b'\n' | b'/')) {
            return Err(PathError::ForbiddenByte);
        }
        let above = if self.is_root() { 0 } else { self.0.len() };
        if self.components().count() >= Self::MAX_DEPTH {
            return Err(PathError::TooDeep);
        }
        if above + 1 + name.len() > Self::MAX_LEN {
            return Err(PathError::TooLong);
        }
        Ok(())
    }

    fn from_components(parts: &[&[u8]]) -> Result<Self, PathError> {
        if parts.len() > Self::MAX_DEPTH {
            return Err(PathError::TooDeep);
        }
        let mut bytes = Vec::new();
        for part in parts {
            bytes.push(b'/');
            bytes.extend_from_slice(part);
        }
        if bytes.is_empty() {
            bytes.push(b'/');
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(PathError::TooLong);
        }
        Ok(Self(bytes))
    }

    /// The components from the root down; none for the root itself.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|part| !part.is_empty())
    }

    /// The last component; `None` for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&[u8]> {
        self.components().last()
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let cut = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        let bytes = self.0.get(..cut.max(1)).unwrap_or(b"/");
        Some(Self(bytes.to_vec()))
    }

    /// Whether this is `/`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0 == b"/"
    }

    /// Whether this path is `other` or lies below it.
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        let mut mine = self.components();
        other.components().all(|part| mine.next() == Some(part))
    }

    /// The bytes, from the leading `/` on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Default for VirtualPath {
    fn default() -> Self {
        Self::root()
    }
}

/// Shows the path for a log: bytes that are no printable ASCII are escaped, so that a name cannot forge a line.
impl fmt::Display for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::metadata::write_escaped(f, &self.0)
    }
}

impl fmt::Debug for VirtualPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtualPath({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cwd: &[u8], name: &[u8]) -> Vec<u8> {
        VirtualPath::root().resolve(cwd).unwrap().resolve(name).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn resolves_inside_the_root() {
        // XFR-15
        assert_eq!(at(b"/a/b", b"c"), b"/a/b/c");
        assert_eq!(at(b"/a/b", b"../c"), b"/a/c");
        assert_eq!(at(b"/a/b", b"../../../../c"), b"/c");
        assert_eq!(at(b"/a/b", b"/c//d/./e/"), b"/c/d/e");
        assert_eq!(at(b"/a", b".."), b"/");
        assert_eq!(at(b"/", b"\xff e "), b"/\xff e ");
        assert_eq!(at(b"/", b"..."), b"/...");
    }

    #[test]
    fn refuses_forbidden_bytes() {
        for name in [&b"a\0b"[..], b"a\rb", b"a\nb", b""] {
            assert!(VirtualPath::root().resolve(name).is_err());
        }
        assert!(VirtualPath::root().child(b"..").is_err());
        assert!(VirtualPath::root().child(b"a/b").is_err());
        let deep = b"a/".repeat(300);
        assert_eq!(VirtualPath::root().resolve(&deep), Err(PathError::TooDeep));
    }

    #[test]
    fn parents_and_prefixes() {
        let path = VirtualPath::root().resolve(b"/a/b").unwrap();
        assert_eq!(path.parent().unwrap().as_bytes(), b"/a");
        assert_eq!(path.parent().unwrap().parent().unwrap(), VirtualPath::root());
        assert_eq!(VirtualPath::root().parent(), None);
        assert!(path.starts_with(&VirtualPath::root().resolve(b"/a").unwrap()));
        assert!(!path.starts_with(&VirtualPath::root().resolve(b"/a/bc").unwrap()));
        assert!(path.starts_with(&VirtualPath::root()));
    }

    #[test]
    fn length_and_depth_have_an_end() {
        let longest = [&b"/"[..], &b"n".repeat(VirtualPath::MAX_LEN - 1)].concat();
        let path = VirtualPath::root().resolve(&longest).unwrap();
        assert_eq!(path.as_bytes().len(), VirtualPath::MAX_LEN);
        assert_eq!(path.resolve(b"x"), Err(PathError::TooLong));
        assert_eq!(path.child(b"x"), Err(PathError::TooLong));
        let deepest = VirtualPath::root().resolve(&b"a/".repeat(VirtualPath::MAX_DEPTH)).unwrap();
        assert_eq!(deepest.components().count(), VirtualPath::MAX_DEPTH);
        assert_eq!(deepest.child(b"x"), Err(PathError::TooDeep));
        // What `..` takes away again does not count.
        assert!(VirtualPath::root().resolve(&b"a/../".repeat(1000)).is_ok());
    }

    #[test]
    fn a_directory_may_hold_what_can_be_its_child() {
        use PathError::{Empty, ForbiddenByte, TooDeep, TooLong};
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let long = |length: usize| b"n".repeat(length);
        let (root, plain) = (VirtualPath::root(), path(b"/a/b"));
        let almost_full = path(&[&b"/"[..], &long(VirtualPath::MAX_LEN - 3)].concat());
        let almost_deepest = path(&b"a/".repeat(VirtualPath::MAX_DEPTH - 1));
        let deepest = almost_deepest.child(b"a").unwrap();
        for (directory, name, expected) in [
            (&root, long(VirtualPath::MAX_LEN - 1), Ok(())),
            (&root, long(VirtualPath::MAX_LEN), Err(TooLong)),
            (&almost_full, long(1), Ok(())),
            (&almost_full, long(2), Err(TooLong)),
            (&almost_deepest, long(1), Ok(())),
            (&deepest, long(1), Err(TooDeep)),
            (&plain, b"...".to_vec(), Ok(())),
            (&plain, b" \xff\\~*".to_vec(), Ok(())),
        ] {
            assert_eq!(directory.may_hold(&name), expected);
            // Nothing else than the path would say.
            assert_eq!(directory.resolve(&name).map(drop), expected);
            assert_eq!(directory.child(&name), directory.resolve(&name));
        }
        for (name, why) in [
            (&b""[..], Empty),
            (b".", Empty),
            (b"..", Empty),
            (b"/", ForbiddenByte),
            (b"a/b", ForbiddenByte),
            (b"a\0", ForbiddenByte),
            (b"a\r", ForbiddenByte),
            (b"a\n", ForbiddenByte),
        ] {
            for directory in [&root, &plain, &deepest] {
                assert_eq!(directory.may_hold(name), Err(why));
                assert_eq!(directory.child(name), Err(why));
            }
        }
    }

    #[test]
    fn a_resolved_path_resolves_to_itself() {
        for name in [&b"/"[..], b"a//b/", b"/../x", b"a/./b/../c", b" ", b"\xff/\x01"] {
            let path = VirtualPath::root().resolve(name).unwrap();
            let elsewhere = VirtualPath::root().resolve(b"/else/where").unwrap();
            assert_eq!(elsewhere.resolve(path.as_bytes()).unwrap(), path);
            assert_eq!(path.parent().is_none(), path.is_root());
            if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
                assert_eq!(parent.child(name).unwrap(), path);
            }
        }
    }

    #[test]
    fn a_log_line_stays_one_line() {
        let path = VirtualPath::root().resolve("/a\\\u{1b}[2J\u{202e}\u{e9}".as_bytes()).unwrap();
        assert_eq!(alloc::format!("{path}"), "/a\\\\\\x1b[2J\\xe2\\x80\\xae\u{e9}");
        let path = VirtualPath::root().resolve(b"/\xff\xfe").unwrap();
        assert_eq!(alloc::format!("{path:?}"), "VirtualPath(/\\xff\\xfe)");
    }
}
