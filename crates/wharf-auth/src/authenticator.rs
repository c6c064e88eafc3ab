//! Who judges a login, and by what.

use std::{fmt, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use wharf_types::{ClientIdentity, Grant};

/// What a login offers. Its `Debug` shows no password.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "servers fill it in")]
pub struct Credentials<'a> {
    /// The name, as it came.
    pub user: &'a [u8],
    /// The password, as it came.
    pub password: &'a [u8],
    /// Where the control connection comes from.
    pub peer: IpAddr,
    /// The virtual host that the session is meant for, by the first of its names; `None` for none.
    pub host: Option<&'a str>,
    /// Whether the control connection was protected by TLS when the password came.
    pub secured: bool,
    /// What TLS has proved of the client by its certificate.
    pub certificate: Option<&'a ClientIdentity>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user.escape_ascii().to_string())
            .field("peer", &self.peer)
            .field("host", &self.host)
            .field("secured", &self.secured)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Why a login gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The name is not known or the password is not right: which of them is never told.
    #[error("the name or the password is not right")]
    Refused,
    /// It cannot be judged now; the text is for the log.
    #[error("logins cannot be judged now: {0}")]
    Unavailable(String),
}

/// Judges logins.
///
/// An implementation takes the same time for a name that it does not know as for a wrong password, refuses empty
/// passwords (but for anonymous accounts), and logs no secret.
#[async_trait]
pub trait Authenticator: Send + Sync + fmt::Debug + 'static {
    /// Judges a login.
    ///
    /// # Errors
    /// [`AuthError::Refused`], or [`AuthError::Unavailable`] when a back end does not answer.
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError>;

    /// Judges a login by the certificate of the client alone, before a password is asked for; that of `who` is empty and
    /// counts for nothing. By default nobody logs in so.
    ///
    /// # Errors
    /// [`AuthError::Refused`] when a password is needed, [`AuthError::Unavailable`] when a back end does not answer.
    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        let _ = who;
        Err(AuthError::Refused)
    }

    /// What the account `user` may do at `host` once something else than this has proved who it is
    /// ([`ByCertificate`](crate::ByCertificate)); `None`, the default, for none that could log in so.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] when a back end does not answer.
    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        let _ = (user, host);
        Ok(None)
    }

    /// Whether this one decides about `user` where several are asked ([`Chain`](crate::Chain)); by default about everybody.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] when a back end does not answer.
    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        let _ = user;
        Ok(true)
    }

    /// Whether judging takes noticeable time (a password hash, a question to another machine), so that quick answers
    /// beside it would tell who is known; by default it does.
    fn is_slow(&self) -> bool {
        true
    }
}

#[async_trait]
impl<A: Authenticator + ?Sized> Authenticator for Arc<A> {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        (**self).authenticate(who).await
    }

    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        (**self).authenticate_certificate(who).await
    }

    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        (**self).account(user, host).await
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        (**self).knows(user).await
    }

    fn is_slow(&self) -> bool {
        (**self).is_slow()
    }
}
