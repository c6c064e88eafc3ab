//! Accounts in a text file.

mod error;
mod line;

use std::{
    collections::HashMap, fmt, fs::File, io::Read, os::unix::fs::PermissionsExt, path::Path, sync::Arc,
};

use argon2::PasswordHash;
use async_trait::async_trait;
use wharf_types::{Grant, Rights};

pub use self::error::UsersFileError;
use self::line::{Account, check_name};
use crate::{
    AuthError, Authenticator, Credentials,
    hashing::{self, Checker},
};

/// The longest users file, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// Accounts in a text file, with passwords hashed by Argon2id.
///
/// One account is one line, `name:hash:root:permissions`; empty lines and those that begin with `#` count for nothing.
/// A hash of `*` is no hash: no password fits, and only something else may prove who it is ([`ByCertificate`](crate::ByCertificate)).
/// The root is understood by the storage: relative ones lie below the directory that is served. Permissions are `full`,
/// `read-only`, `upload-only`, `none`, or letters of [`Right::LETTERS`](wharf_types::Right::LETTERS).
pub struct UsersFile {
    accounts: HashMap<Vec<u8>, (Option<Arc<PasswordHash>>, Grant)>,
    checker: Checker,
}

impl UsersFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, may be written by others than its owner, or holds a line that is not an account.
    pub fn load(path: &Path) -> Result<Self, UsersFileError> {
        Self::parse(&Self::text(path)?)
    }

    /// The text of the file at `path`, for [`UsersFile::parse`].
    ///
    /// # Errors
    /// When it cannot be read, or may be written by others than its owner.
    pub fn text(path: &Path) -> Result<String, UsersFileError> {
        let whole = |cause: String, cure: &str| UsersFileError::new(None, cause, cure);
        let unreadable = |error: std::io::Error| {
            whole(format!("the users file cannot be read: {error}"), "check its path and permissions")
        };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(whole("the users file is not a regular file".into(), "give the path of a file"));
        }
        // Who may write it may log in as anybody.
        if metadata.permissions().mode() & 0o022 != 0 {
            let cause = "the users file may be written by others than its owner";
            return Err(whole(cause.into(), "take that permission away: chmod go-w FILE"));
        }
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).map_err(unreadable)?;
        Ok(text)
    }

    /// Reads the text of a users file.
    ///
    /// # Errors
    /// When it holds a line that is not an account, or two accounts of one name.
    pub fn parse(text: &str) -> Result<Self, UsersFileError> {
        let mut accounts = HashMap::new();
        let mut params = None;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |(cause, cure)| UsersFileError::new(Some(number), cause, cure);
            let Account { name, hash, costs, root, rights } = Account::parse(line).map_err(at)?;
            params = match (params, costs) {
                (Some(others), Some(costs)) => Some(Checker::costlier(others, costs)),
                (one, other) => one.or(other),
            };
            let grant = Grant::new(name, root).with_rights(rights);
            if accounts.insert(name.as_bytes().to_vec(), (hash.map(Arc::new), grant)).is_some() {
                return Err(at((
                    format!("the account {name} is there twice"),
                    "remove one of the two lines",
                )));
            }
        }
        let checker = Checker::new(&params.unwrap_or_else(hashing::default_params))
            .map_err(|cause| UsersFileError::new(None, cause, "try again"))?;
        Ok(Self { accounts, checker })
    }

    /// How many accounts there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.accounts.len()
    }

    /// The names of the accounts, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.accounts.values().map(|(_, grant)| grant.account.as_str())
    }
}

impl fmt::Debug for UsersFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersFile").field("accounts", &self.accounts.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for UsersFile {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        if who.password.is_empty() {
            return Err(AuthError::Refused);
        }
        let account = self.accounts.get(who.user);
        let stored = account.and_then(|(hash, _)| hash.as_ref().map(Arc::clone));
        let fits = self.checker.check(who.password, stored).await?;
        account.filter(|_| fits).map(|(_, grant)| grant.clone()).ok_or(AuthError::Refused)
    }

    async fn account(&self, user: &[u8], _: Option<&str>) -> Result<Option<Grant>, AuthError> {
        Ok(self.accounts.get(user).map(|(_, grant)| grant.clone()))
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        Ok(self.accounts.contains_key(user))
    }
}

/// A line of a users file: the account `name` with a new hash of `password`.
///
/// # Errors
/// When a field cannot stand in such a line, or the password is empty.
pub fn users_file_line(
    name: &str,
    password: &[u8],
    root: &str,
    rights: Rights,
) -> Result<String, UsersFileError> {
    let error = |(cause, cure)| UsersFileError::new(None, cause, cure);
    check_name(name).map_err(error)?;
    if password.is_empty() {
        return Err(error(("the password is empty".into(), "give a password")));
    }
    if root.contains(char::is_control) {
        return Err(error(("the root holds a control character".into(), "give another directory")));
    }
    let hash = hashing::hash(password).map_err(|cause| error((cause, "try again")))?;
    let rights = match rights {
        Rights::FULL => "full".to_owned(),
        Rights::READ_ONLY => "read-only".to_owned(),
        Rights::UPLOAD_ONLY => "upload-only".to_owned(),
        Rights::NONE => "none".to_owned(),
        letters => letters.to_string(),
    };
    Ok(format!("{name}:{hash}:{root}:{rights}"))
}
