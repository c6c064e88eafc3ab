//! Who may log in.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_server::{
    Anonymous, AuthError, Authenticator, Chain, Credentials, FixedUsers, Grant, Rights, UsersFile,
};
use zeroize::Zeroizing;

use crate::{
    args::Serve,
    failure::{Failure, shown},
    password,
};

/// The user that is made up where none is given.
const MADE_UP: &str = "wharf";

/// Who may log in, and what is told about it.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) authenticator: Arc<dyn Authenticator>,
    /// A line for each kind of account.
    pub(crate) lines: Vec<String>,
    /// Who the lines to paste log in.
    pub(crate) name: String,
    /// The password, if it was made up here.
    pub(crate) password: Option<MadeUp>,
}

/// A password that was made up. Its `Debug` shows nothing of it.
pub(crate) struct MadeUp(Zeroizing<String>);

impl MadeUp {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for MadeUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MadeUp(..)")
    }
}

impl Accounts {
    /// The accounts that the command line asks for, or a user with a password that is made up.
    pub(crate) fn of(asked: &Serve) -> Result<Self, Failure> {
        let mut chain: Vec<Arc<dyn Authenticator>> = Vec::new();
        let mut lines = Vec::new();
        let mut name = None;
        let mut made_up = None;
        let system = |error: &dyn std::fmt::Display| Failure::system(error.to_string(), "try again");

        let mut fixed = FixedUsers::new().map_err(|error| system(&error))?;
        for user in &asked.user {
            let (user, password) = user.parts()?;
            fixed.add(password, Grant::new(user, "")).map_err(|error| {
                Failure::input(format!("--user {}: {error}", user.escape_debug()), "give each account once")
            })?;
            lines.push(user.escape_debug().to_string());
            name.get_or_insert_with(|| user.to_owned());
        }
        if asked.user.is_empty() && asked.users.is_none() && !asked.anonymous {
            let password = password::make_up().map_err(|error| system(&error))?;
            fixed.add(password.as_bytes(), Grant::new(MADE_UP, "")).map_err(|error| system(&error))?;
            lines.push(format!("{MADE_UP}   password  {}", *password));
            name = Some(MADE_UP.to_owned());
            made_up = Some(MadeUp(password));
        }
        if !lines.is_empty() {
            chain.push(Arc::new(fixed));
        }
        if let Some(path) = &asked.users {
            let users = UsersFile::load(path).map_err(|error| {
                let place = error.line.map_or_else(String::new, |line| format!(", line {line}"));
                Failure::input(format!("the users file {}{place}: {}", shown(path), error.cause), error.cure)
            })?;
            let count = users.count();
            if count == 0 {
                tracing::warn!(
                    "the users file holds no account; add one with wharfd passwd --users FILE NAME"
                );
            }
            lines.push(format!("{count} from {}", shown(path)));
            name.get_or_insert_with(|| "NAME".to_owned());
            chain.push(Arc::new(users));
        }
        if asked.anonymous {
            lines.push("anonymous (any password, to read)".to_owned());
            name.get_or_insert_with(|| "anonymous".to_owned());
            chain.push(Arc::new(Anonymous::new("")));
        }

        let mut authenticator: Arc<dyn Authenticator> = Arc::new(Chain::new(chain));
        if asked.read_only {
            authenticator = Arc::new(ReadOnly(authenticator));
        }
        Ok(Self { authenticator, lines, name: name.unwrap_or_default(), password: made_up })
    }
}

/// Takes every right to change anything from the accounts of another authenticator.
#[derive(Debug)]
struct ReadOnly(Arc<dyn Authenticator>);

#[async_trait]
impl Authenticator for ReadOnly {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        Ok(self.0.authenticate(who).await?.limited_to(Rights::READ_ONLY))
    }

    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        Ok(self.0.authenticate_certificate(who).await?.limited_to(Rights::READ_ONLY))
    }

    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        Ok(self.0.account(user, host).await?.map(|grant| grant.limited_to(Rights::READ_ONLY)))
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        self.0.knows(user).await
    }

    fn is_slow(&self) -> bool {
        self.0.is_slow()
    }
}

#[cfg(test)]
mod tests;
