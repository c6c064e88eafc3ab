//! Accounts of virtual hosts.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use wharf_types::Grant;

use crate::{AuthError, Authenticator, Credentials};

/// An authenticator for each virtual host that has accounts of its own, and one for everything else.
///
/// Stands outside of a [`Chain`](crate::Chain), and may hold some: which host is meant a chain does not ask.
#[derive(Debug, Clone)]
pub struct ByHost {
    /// By the first name of the host.
    hosts: HashMap<String, Arc<dyn Authenticator>>,
    usual: Arc<dyn Authenticator>,
}

impl ByHost {
    /// Asks `usual`, whatever the host.
    #[must_use]
    pub fn new(usual: Arc<dyn Authenticator>) -> Self {
        Self { hosts: HashMap::new(), usual }
    }

    fn of(&self, host: Option<&str>) -> &Arc<dyn Authenticator> {
        host.and_then(|host| self.hosts.get(host)).unwrap_or(&self.usual)
    }

    /// Asks `authenticator` alone for sessions that are meant for the host of this (first) name.
    pub fn add(&mut self, host: impl Into<String>, authenticator: Arc<dyn Authenticator>) {
        self.hosts.insert(host.into(), authenticator);
    }
}

#[async_trait]
impl Authenticator for ByHost {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        self.of(who.host).authenticate(who).await
    }

    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        self.of(who.host).authenticate_certificate(who).await
    }

    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        self.of(host).account(user, host).await
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        let mut knows = self.usual.knows(user).await?;
        for own in self.hosts.values() {
            knows |= own.knows(user).await?;
        }
        Ok(knows)
    }

    fn is_slow(&self) -> bool {
        self.hosts.values().chain([&self.usual]).any(|authenticator| authenticator.is_slow())
    }
}
