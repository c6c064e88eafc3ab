//! The facts of a file as MLST and MLSD tell them.

use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

use bytes::Bytes;
use wharf_codec::{FactType, Facts, PermFact, TimeVal};
use wharf_types::{FileKind, Grant, Metadata, Right, Rights, VirtualPath};

/// The facts of `metadata` at `path`, as `grant`'s holder may see them (RFC 3659 §7.5).
///
/// `perm` tells what the account may do; `unique` is a hash under `key`, so that it tells nothing of the disk.
#[must_use]
pub fn facts_of(metadata: &Metadata, path: &VirtualPath, grant: &Grant, key: &[u8; 16]) -> Facts {
    let mut facts = facts_with(metadata, grant.rights_at(path), key);
    if path.is_root() {
        // The root is neither removed nor renamed.
        facts.perm = facts.perm.map(|perm| perm.without('d').without('f'));
    }
    facts
}

/// The same of what lies beneath the root, where the account's `rights` are known.
#[must_use]
pub fn facts_with(metadata: &Metadata, rights: Rights, key: &[u8; 16]) -> Facts {
    let kind = match metadata.kind {
        FileKind::File => FactType::File,
        FileKind::Directory => FactType::Dir,
        FileKind::DanglingLink | FileKind::Special | _ => FactType::Os(Bytes::from_static(b"unix=special")),
    };
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    metadata.identity.hash(&mut hasher);
    Facts {
        kind,
        size: metadata.is_file().then_some(metadata.size),
        modify: Some(TimeVal::new(metadata.modified.secs, 0)),
        perm: Some(perm(metadata, rights)),
        unique: Some(hexadecimal(hasher.finish())),
        unix_mode: Some(metadata.mode & 0o7777),
        ..Facts::default()
    }
}

/// Sixteen digits.
fn hexadecimal(number: u64) -> Bytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = DIGITS[(number >> (4 * place) & 15) as usize];
    }
    Bytes::copy_from_slice(&digits)
}

fn perm(metadata: &Metadata, rights: Rights) -> PermFact {
    let letters: &[(char, Right)] = if metadata.is_directory() {
        &[
            ('c', Right::Write),
            ('d', Right::Delete),
            ('e', Right::List),
            ('f', Right::Rename),
            ('l', Right::List),
            ('m', Right::MakeDirectory),
            ('p', Right::Delete),
        ]
    } else {
        &[
            ('a', Right::Append),
            ('d', Right::Delete),
            ('f', Right::Rename),
            ('r', Right::Read),
            ('w', Right::Write),
        ]
    };
    let mut perm = PermFact::default();
    for (letter, right) in letters {
        if rights.contains(*right) {
            perm.insert(*letter);
        }
    }
    perm
}
