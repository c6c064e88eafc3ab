//! Logins by the certificate of the client.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use wharf_types::{ClientIdentity, Grant};

use crate::{AuthError, Authenticator, Credentials};

/// How a certificate names its account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CertificateMap {
    /// Not at all: a certificate opens the door, and says nothing of who comes.
    #[default]
    None,
    /// The subject's common name is the name of the account. Of a subject with several it is none.
    CommonName,
    /// One of the subject's e-mail addresses is the name of the account; the host part is compared without case.
    SanEmail,
    /// One of the subject's host names is the name of the account, compared without case.
    SanDns,
    /// The certificate is listed with the account by its fingerprint ([`ByCertificate::list`]).
    Fingerprint,
}

/// What an account needs to log in, where certificates of clients name accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CertificateLogin {
    /// Its certificate, or else its password.
    #[default]
    Either,
    /// Its certificate; a password is of no use.
    Certificate,
    /// Its certificate and its password.
    Both,
    /// Its password; certificates are of no use.
    Password,
}

/// Accounts of another authenticator, into which the certificates of clients log in as well, or without which nobody does.
///
/// What it says of a name counts for that name alone. The anonymous account needs no certificate and has none: who shows
/// one for it is asked for a password like everybody. A refusal never tells whether a certificate or a password was
/// missing, since that would tell somebody with a stolen one that it fits; the log does.
#[derive(Debug)]
pub struct ByCertificate {
    inner: Arc<dyn Authenticator>,
    map: CertificateMap,
    login: CertificateLogin,
    accounts: HashMap<Vec<u8>, Account>,
}

#[derive(Debug, Default)]
struct Account {
    login: Option<CertificateLogin>,
    fingerprints: Vec<[u8; 32]>,
}

impl ByCertificate {
    /// Certificates name accounts of `inner` as `map` says, and every account needs what `login` says.
    #[must_use]
    pub fn new(inner: Arc<dyn Authenticator>, map: CertificateMap, login: CertificateLogin) -> Self {
        Self { inner, map, login, accounts: HashMap::new() }
    }

    /// One account needs something else than the others.
    pub fn set_login(&mut self, account: impl Into<Vec<u8>>, login: CertificateLogin) {
        self.accounts.entry(account.into()).or_default().login = Some(login);
    }

    /// Adds a certificate of an account, by its SHA-256 fingerprint.
    pub fn list(&mut self, account: impl Into<Vec<u8>>, fingerprint: [u8; 32]) {
        self.accounts.entry(account.into()).or_default().fingerprints.push(fingerprint);
    }

    fn login_of(&self, user: &[u8]) -> CertificateLogin {
        self.accounts.get(user).and_then(|account| account.login).unwrap_or(self.login)
    }

    /// Whether the certificate names the account.
    fn names(&self, certificate: Option<&ClientIdentity>, user: &[u8]) -> bool {
        let Some(certificate) = certificate else { return false };
        match self.map {
            CertificateMap::None => false,
            CertificateMap::CommonName => {
                certificate.common_name.as_ref().is_some_and(|name| name.as_bytes() == user)
            }
            CertificateMap::SanEmail => certificate.emails.iter().any(|email| same_address(email, user)),
            CertificateMap::SanDns => {
                certificate.dns_names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(user))
            }
            CertificateMap::Fingerprint => self
                .accounts
                .get(user)
                .is_some_and(|account| account.fingerprints.contains(&certificate.fingerprint)),
        }
    }
}

/// The part before the last `@` has case, the host behind it has none (RFC 5321 §2.4).
fn same_address(email: &str, user: &[u8]) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else { return false };
    let Some((user, at_host)) = user.split_at_checked(local.len()) else { return false };
    user == local.as_bytes()
        && at_host
            .split_first()
            .is_some_and(|(at, rest)| *at == b'@' && rest.eq_ignore_ascii_case(host.as_bytes()))
}

#[async_trait]
impl Authenticator for ByCertificate {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        let login = self.login_of(who.user);
        // Judged whatever it needs, so that a refusal takes the same time.
        let grant = self.inner.authenticate(who).await?;
        let missing = match login {
            CertificateLogin::Either | CertificateLogin::Password => None,
            CertificateLogin::Certificate => Some("it logs in by its certificate alone"),
            CertificateLogin::Both if self.names(who.certificate, who.user) => None,
            CertificateLogin::Both => Some("its certificate was not shown"),
        };
        match missing.filter(|_| !grant.anonymous) {
            None => Ok(grant),
            Some(cause) => {
                tracing::warn!(account = %grant.account.escape_debug(), cause, "a right password is refused");
                Err(AuthError::Refused)
            }
        }
    }

    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        let enough = match self.login_of(who.user) {
            CertificateLogin::Either | CertificateLogin::Certificate => true,
            CertificateLogin::Both | CertificateLogin::Password => false,
        };
        if !enough || !self.names(who.certificate, who.user) {
            return Err(AuthError::Refused);
        }
        self.inner
            .account(who.user, who.host)
            .await?
            .filter(|grant| !grant.anonymous)
            .ok_or(AuthError::Refused)
    }

    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        self.inner.account(user, host).await
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        self.inner.knows(user).await
    }

    fn is_slow(&self) -> bool {
        self.inner.is_slow()
    }
}
