//! What an account may do, and where.

use alloc::{string::String, vec::Vec};
use core::fmt;

use crate::{FileOp, TlsRule, VirtualPath};

/// One thing that an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Right {
    /// Add to a file's end (APPE).
    Append = 1,
    /// Remove files and directories.
    Delete = 1 << 1,
    /// See names and metadata, enter directories.
    List = 1 << 2,
    /// Make directories.
    MakeDirectory = 1 << 3,
    /// Fetch files.
    Read = 1 << 4,
    /// Give files and directories another name.
    Rename = 1 << 5,
    /// Set times.
    SetTimes = 1 << 6,
    /// Store files.
    Write = 1 << 7,
    /// Set permission bits (SITE CHMOD, the fact UNIX.mode).
    SetMode = 1 << 8,
    /// Make symbolic links (SITE SYMLINK).
    Link = 1 << 9,
}

impl Right {
    /// Every right with the letter that stands for it in a users file.
    pub const LETTERS: [(char, Self); 10] = [
        ('a', Self::Append),
        ('d', Self::Delete),
        ('l', Self::List),
        ('m', Self::MakeDirectory),
        ('r', Self::Read),
        ('n', Self::Rename),
        ('t', Self::SetTimes),
        ('w', Self::Write),
        ('p', Self::SetMode),
        ('s', Self::Link),
    ];
}

/// A set of [`Right`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u16);

impl Rights {
    /// Nothing at all.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const FULL: Self = Self(0x3ff);
    /// See and fetch.
    pub const READ_ONLY: Self = Self(Right::List as u16 | Right::Read as u16);
    /// See names, store new content, make directories; fetch and remove nothing.
    pub const UPLOAD_ONLY: Self = Self(
        Right::List as u16
            | Right::Write as u16
            | Right::Append as u16
            | Right::MakeDirectory as u16
            | Right::SetTimes as u16,
    );

    /// This set and one more right.
    #[must_use]
    pub const fn with(self, right: Right) -> Self {
        Self(self.0 | right as u16)
    }

    /// Whether the set holds `right`.
    #[must_use]
    pub const fn contains(self, right: Right) -> bool {
        self.0 & right as u16 != 0
    }

    /// What both sets hold.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Reads `full`, `read-only`, `upload-only`, `none` or letters of [`Right::LETTERS`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "full" => Some(Self::FULL),
            "read-only" => Some(Self::READ_ONLY),
            "upload-only" => Some(Self::UPLOAD_ONLY),
            "none" => Some(Self::NONE),
            letters if !letters.is_empty() => letters.chars().try_fold(Self::NONE, |set, c| {
                Right::LETTERS.iter().find(|(letter, _)| *letter == c).map(|(_, right)| set.with(*right))
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (letter, right) in Right::LETTERS {
            if self.contains(right) {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

/// A right that an effect needed and the account does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// What was missing.
    pub right: Right,
}

/// What a login gives: who, where, and what he may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The account's name.
    pub account: String,
    /// The account's root as the storage back end understands it (for the local disk a directory).
    pub root: String,
    /// The directory after login.
    pub home: VirtualPath,
    /// Whether this is the anonymous account.
    pub anonymous: bool,
    /// What must be encrypted for this account, besides what other scopes ask for.
    pub tls: TlsRule,
    rights: Rights,
    rules: Vec<(VirtualPath, Rights)>,
}

impl Grant {
    /// An account with every right below `root`.
    pub fn new(account: impl Into<String>, root: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            root: root.into(),
            home: VirtualPath::root(),
            anonymous: false,
            tls: TlsRule::NONE,
            rights: Rights::FULL,
            rules: Vec::new(),
        }
    }

    /// Sets the rights that hold where no rule says otherwise.
    #[must_use]
    pub const fn with_rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }

    /// Sets the rights at `path` and below it; the longest rule that fits wins.
    #[must_use]
    pub fn with_rule(mut self, path: VirtualPath, rights: Rights) -> Self {
        self.rules.push((path, rights));
        self
    }

    /// Takes every right away that `most` does not hold, rules included.
    #[must_use]
    pub fn limited_to(mut self, most: Rights) -> Self {
        self.rights = self.rights.intersection(most);
        for (_, rights) in &mut self.rules {
            *rights = rights.intersection(most);
        }
        self
    }

    /// The rights at `path`.
    #[must_use]
    pub fn rights_at(&self, path: &VirtualPath) -> Rights {
        self.rules
            .iter()
            .filter(|(prefix, _)| path.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.components().count())
            .map_or(self.rights, |(_, rights)| *rights)
    }

    /// The rights at every child of `directory`, where they are the same for all of them: no rule lies below it.
    #[must_use]
    pub fn rights_within(&self, directory: &VirtualPath) -> Option<Rights> {
        let below =
            |(prefix, _): &(VirtualPath, Rights)| prefix != directory && prefix.starts_with(directory);
        (!self.rules.iter().any(below)).then(|| self.rights_at(directory))
    }

    /// The one permission check: whether this account may have that effect.
    ///
    /// # Errors
    /// The first right that is missing.
    pub fn allows(&self, op: &FileOp) -> Result<(), Denied> {
        for (path, right) in op.needs() {
            if !self.rights_at(path).contains(right) || self.moves_past_a_rule(op, path, right) {
                return Err(Denied { right });
            }
        }
        // A link leads elsewhere once it or its directory is moved, so no check of paths at its birth holds for long:
        // accounts with rules for paths make none.
        if matches!(op, FileOp::Symlink { .. }) && !self.rules.is_empty() {
            return Err(Denied { right: Right::Link });
        }
        Ok(())
    }

    /// Whether there is any place where this account has `right`.
    #[must_use]
    pub fn has_somewhere(&self, right: Right) -> bool {
        self.rights.contains(right) || self.rules.iter().any(|(_, rights)| rights.contains(right))
    }

    /// Whether a rename or a removal takes a whole tree along, and a rule inside that tree does not give `right`: otherwise the
    /// new name would be a way around the rule.
    fn moves_past_a_rule(&self, op: &FileOp, path: &VirtualPath, right: Right) -> bool {
        matches!(op, FileOp::RemoveTree(_) | FileOp::Rename { .. } | FileOp::RenameFrom(_))
            && self
                .rules
                .iter()
                .any(|(prefix, _)| prefix.starts_with(path) && !self.rights_at(prefix).contains(right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_rule_wins() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let grant = Grant::new("a", "/")
            .with_rights(Rights::READ_ONLY)
            .with_rule(path(b"/in"), Rights::FULL)
            .with_rule(path(b"/in/old"), Rights::NONE);
        assert!(grant.allows(&FileOp::RemoveFile(path(b"/x"))).is_err());
        assert!(grant.allows(&FileOp::RemoveFile(path(b"/in/x"))).is_ok());
        assert!(grant.allows(&FileOp::Metadata(path(b"/in/old/x"))).is_err());
        let read_only = grant.limited_to(Rights::READ_ONLY);
        assert!(read_only.allows(&FileOp::RemoveFile(path(b"/in/x"))).is_err());
    }

    #[test]
    fn a_rename_needs_both_ends() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let grant = Grant::new("a", "/").with_rule(path(b"/locked"), Rights::READ_ONLY);
        let op = FileOp::Rename { from: path(b"/x"), to: path(b"/locked/x") };
        assert_eq!(grant.allows(&op), Err(Denied { right: Right::Write }));
    }

    #[test]
    fn words_and_letters() {
        assert_eq!(Rights::from_word("lr"), Some(Rights::READ_ONLY));
        assert_eq!(Rights::from_word("full"), Some(Rights::FULL));
        assert_eq!(Rights::from_word("lx"), None);
        assert_eq!(Rights::from_word(""), None);
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for rights in [Rights::FULL, Rights::READ_ONLY, Rights::UPLOAD_ONLY] {
            assert_eq!(Rights::from_word(&alloc::format!("{rights}")), Some(rights));
        }
        for (letter, right) in Right::LETTERS {
            let rights = Rights::from_word(letter.encode_utf8(&mut [0; 4])).unwrap();
            assert_eq!(rights, Rights::NONE.with(right));
            assert!(Rights::FULL.contains(right) && !Rights::NONE.contains(right));
        }
        assert_eq!(Rights::from_word("none"), Some(Rights::NONE));
    }

    #[test]
    fn rules_hold_for_whole_components() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let grant = Grant::new("a", "/").with_rule(path(b"/in"), Rights::NONE);
        assert_eq!(grant.rights_at(&path(b"/inbox")), Rights::FULL);
        assert_eq!(grant.rights_at(&path(b"/in")), Rights::NONE);
        assert_eq!(grant.rights_at(&path(b"/in/x")), Rights::NONE);
        let later = grant.with_rule(path(b"/in"), Rights::READ_ONLY);
        assert_eq!(
            later.rights_at(&path(b"/in")),
            Rights::READ_ONLY,
            "of two rules for one path the later one"
        );
    }

    #[test]
    fn rights_within_a_directory_are_told_where_all_children_have_the_same() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let plain = Grant::new("a", "/").with_rights(Rights::READ_ONLY);
        assert_eq!(plain.rights_within(&VirtualPath::root()), Some(Rights::READ_ONLY));
        let grant = plain
            .with_rule(path(b"/in"), Rights::FULL)
            .with_rule(path(b"/in/old"), Rights::NONE)
            .with_rule(path(b"/out/box"), Rights::UPLOAD_ONLY);
        for (directory, within) in [
            (&b"/"[..], None),
            (b"/in", None),
            (b"/out", None),
            (b"/in/old", Some(Rights::NONE)),
            (b"/in/old/er", Some(Rights::NONE)),
            (b"/in/new", Some(Rights::FULL)),
            (b"/out/box", Some(Rights::UPLOAD_ONLY)),
            // Whole components count.
            (b"/in/ol", Some(Rights::FULL)),
            (b"/ou", Some(Rights::READ_ONLY)),
        ] {
            let directory = path(directory);
            assert_eq!(grant.rights_within(&directory), within, "{directory}");
            for name in [&b"x"[..], b"old", b"box", b"in"] {
                let rights = grant.rights_at(&directory.child(name).unwrap());
                assert_eq!(within.unwrap_or(rights), rights, "{directory}");
            }
        }
        let grant = grant.with_rule(path(b"/in/old"), Rights::READ_ONLY);
        assert_eq!(grant.rights_within(&path(b"/in/old")), Some(Rights::READ_ONLY), "the later rule");
    }

    #[test]
    fn a_rename_of_a_directory_is_no_way_around_a_rule_inside_it() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let grant = Grant::new("a", "/").with_rule(path(b"/in/secret"), Rights::READ_ONLY);
        let rename = |from: &[u8], to: &[u8]| FileOp::Rename { from: path(from), to: path(to) };
        assert!(grant.allows(&rename(b"/in", b"/out")).is_err());
        assert!(grant.allows(&FileOp::RenameFrom(path(b"/in"))).is_err());
        assert!(grant.allows(&rename(b"/x", b"/in")).is_err());
        assert!(grant.allows(&rename(b"/in/plain", b"/out")).is_ok());
        assert!(grant.allows(&FileOp::MakeDirectory(path(b"/in"))).is_ok());
        assert!(grant.allows(&FileOp::RemoveTree(path(b"/in"))).is_err());
        assert!(grant.allows(&FileOp::RemoveTree(path(b"/in/plain"))).is_ok());
    }

    #[test]
    fn an_account_with_rules_makes_no_links() {
        let path = |p: &[u8]| VirtualPath::root().resolve(p).unwrap();
        let link = FileOp::Symlink { target: path(b"/a"), link: path(b"/b") };
        let grant = Grant::new("a", "/");
        assert!(grant.allows(&link).is_ok());
        let grant = grant.with_rule(path(b"/c"), Rights::READ_ONLY);
        assert_eq!(grant.allows(&link), Err(Denied { right: Right::Link }));
        assert!(grant.has_somewhere(Right::Link));
        assert!(!Grant::new("a", "/").with_rights(Rights::READ_ONLY).has_somewhere(Right::Write));
    }
}
