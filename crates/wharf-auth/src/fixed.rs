//! Accounts that live in memory only.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use wharf_types::Grant;
use zeroize::Zeroizing;

use crate::{AuthError, Authenticator, Credentials};

/// Why an account was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FixedUserError {
    /// The account is there already.
    #[error("an account of that name is there already")]
    Duplicate,
    /// The name is empty.
    #[error("an account needs a name")]
    EmptyName,
    /// The password is empty.
    #[error("an account needs a password")]
    EmptyPassword,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// Accounts that live in memory only, such as those from a command line.
///
/// Passwords are compared in constant time, by hashes under a key made up at the start; the passwords themselves are
/// not kept.
pub struct FixedUsers {
    key: Zeroizing<[u8; 32]>,
    users: Vec<FixedUser>,
}

struct FixedUser {
    name: [u8; 32],
    password: Zeroizing<[u8; 32]>,
    grant: Grant,
}

impl FixedUsers {
    /// No account.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new() -> Result<Self, FixedUserError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(|_| FixedUserError::NoRandomness)?;
        Ok(Self { key, users: Vec::new() })
    }

    /// Adds the account of `grant`, which logs in under its name ([`Grant::account`]).
    ///
    /// # Errors
    /// When name or password are empty, or the name is taken.
    pub fn add(&mut self, password: &[u8], grant: Grant) -> Result<(), FixedUserError> {
        if grant.account.is_empty() {
            return Err(FixedUserError::EmptyName);
        }
        if password.is_empty() {
            return Err(FixedUserError::EmptyPassword);
        }
        if self.users.iter().any(|user| user.grant.account == grant.account) {
            return Err(FixedUserError::Duplicate);
        }
        let name = *self.digest(b'n', grant.account.as_bytes());
        let password = self.digest(b'p', password);
        self.users.push(FixedUser { name, password, grant });
        Ok(())
    }

    fn digest(&self, what: u8, bytes: &[u8]) -> Zeroizing<[u8; 32]> {
        let hash = Sha256::new().chain_update(*self.key).chain_update([what]).chain_update(bytes);
        Zeroizing::new(hash.finalize().into())
    }
}

impl fmt::Debug for FixedUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.users.iter().map(|user| &user.grant.account);
        f.debug_set().entries(names).finish()
    }
}

#[async_trait]
impl Authenticator for FixedUsers {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        let (name, password) = (self.digest(b'n', who.user), self.digest(b'p', who.password));
        // Every account is looked at in full, whichever it is and whether it is there.
        let mut found = 0_u64;
        for (number, user) in (1..).zip(&self.users) {
            let fits = user.name.ct_eq(&*name) & user.password.ct_eq(&*password);
            found.conditional_assign(&number, fits);
        }
        let user = found.checked_sub(1).and_then(|index| self.users.get(usize::try_from(index).ok()?));
        user.filter(|_| !who.password.is_empty()).map(|user| user.grant.clone()).ok_or(AuthError::Refused)
    }

    async fn account(&self, user: &[u8], _: Option<&str>) -> Result<Option<Grant>, AuthError> {
        Ok(self
            .users
            .iter()
            .find(|known| known.grant.account.as_bytes() == user)
            .map(|known| known.grant.clone()))
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        let name = self.digest(b'n', user);
        Ok(self.users.iter().fold(false, |known, user| known | bool::from(user.name.ct_eq(&*name))))
    }

    fn is_slow(&self) -> bool {
        false
    }
}
