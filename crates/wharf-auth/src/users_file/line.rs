//! One line of a users file.

use argon2::{Params, PasswordHash};
use wharf_types::Rights;

use crate::hashing;

/// What is wrong, and what to do about it.
pub(super) type Fault = (String, &'static str);

const MAKE_HASH: &str = "make a line with `wharfd passwd`";

/// What stands for the hash of an account without a password.
const NO_PASSWORD: &str = "*";

/// One account as its line has it.
pub(super) struct Account<'a> {
    pub(super) name: &'a str,
    /// `None` where no password fits.
    pub(super) hash: Option<PasswordHash>,
    pub(super) costs: Option<Params>,
    pub(super) root: &'a str,
    pub(super) rights: Rights,
}

impl<'a> Account<'a> {
    /// Reads `name:hash:root:permissions`; only the root may hold colons.
    pub(super) fn parse(line: &'a str) -> Result<Self, Fault> {
        let fields = || {
            let (name, rest) = line.split_once(':')?;
            let (hash, rest) = rest.split_once(':')?;
            let (root, permissions) = rest.rsplit_once(':')?;
            Some((name, hash, root, permissions))
        };
        let (name, hash, root, permissions) = fields().ok_or_else(|| {
            (
                "the line has too few fields".to_owned(),
                "write name:hash:root:permissions (the root may be empty)",
            )
        })?;
        check_name(name)?;
        if hash.is_empty() {
            return Err((format!("the account {name} has no password hash"), MAKE_HASH));
        }
        let (hash, costs) = match hash {
            NO_PASSWORD => (None, None),
            hash => {
                let (hash, costs) = hashing::parse(hash).map_err(|cause| (cause.to_owned(), MAKE_HASH))?;
                (Some(hash), Some(costs))
            }
        };
        let rights = Rights::from_word(permissions.trim_end()).ok_or_else(|| {
            (
                "the permissions cannot be read".to_owned(),
                "write full, read-only, upload-only, none, or letters of adlmrntwps",
            )
        })?;
        Ok(Self { name, hash, costs, root, rights })
    }
}

/// Whether `name` can stand in a users file.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let cure =
        "give a name without colons, spaces at its ends and control characters, that does not begin with #";
    if name.is_empty() {
        return Err(("the name is empty".into(), cure));
    }
    let odd = name.contains(|c: char| c == ':' || c.is_control());
    if odd || name.starts_with('#') || name.trim() != name {
        return Err(("the name cannot stand in a users file".into(), cure));
    }
    Ok(())
}
