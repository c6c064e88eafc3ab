//! The anonymous account.

use async_trait::async_trait;
use wharf_types::{Grant, Rights};

use crate::{AuthError, Authenticator, Credentials};

/// The anonymous account: the names `anonymous` and `ftp` in any case, any password ([RFC 1635]), read-only.
///
/// [RFC 1635]: https://www.rfc-editor.org/rfc/rfc1635
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Anonymous {
    /// The account's root, as the storage understands it.
    pub root: String,
}

impl Anonymous {
    /// An anonymous account that sees `root`.
    pub fn new(root: impl Into<String>) -> Self {
        Self { root: root.into() }
    }

    /// Whether `user` is one of the two names.
    #[must_use]
    pub fn is_anonymous(user: &[u8]) -> bool {
        user.eq_ignore_ascii_case(b"anonymous") || user.eq_ignore_ascii_case(b"ftp")
    }
}

#[async_trait]
impl Authenticator for Anonymous {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        if !Self::is_anonymous(who.user) {
            return Err(AuthError::Refused);
        }
        let mut grant = Grant::new("anonymous", self.root.clone()).with_rights(Rights::READ_ONLY);
        grant.anonymous = true;
        Ok(grant)
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        Ok(Self::is_anonymous(user))
    }

    fn is_slow(&self) -> bool {
        false
    }
}
