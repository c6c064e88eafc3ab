//! Several authenticators, one after the other.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_types::Grant;

use crate::{AuthError, Authenticator, Credentials};

/// Several authenticators: the first one that knows the name decides, and no other is asked.
///
/// A refusal takes as long as that of the slow ones, once, whoever refused: how long it took tells nobody whether a name
/// is known, nor to whom.
#[derive(Debug, Clone, Default)]
pub struct Chain(Vec<Arc<dyn Authenticator>>);

impl Chain {
    /// Asks `authenticators` in this order.
    #[must_use]
    pub fn new(authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        Self(authenticators)
    }

    async fn first_that_knows(&self, user: &[u8]) -> Result<Option<&Arc<dyn Authenticator>>, AuthError> {
        let mut found = None;
        // All are asked, so that the place in the chain shows no time either.
        for authenticator in &self.0 {
            let knows = authenticator.knows(user).await?;
            if knows && found.is_none() {
                found = Some(authenticator);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Authenticator for Chain {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        let deciding = self.first_that_knows(who.user).await?;
        if let Some(authenticator) = deciding {
            let judged = authenticator.authenticate(who).await;
            // Empty passwords are refused at once everywhere.
            if judged != Err(AuthError::Refused) || authenticator.is_slow() || who.password.is_empty() {
                return judged;
            }
        }
        // What it costs a slow one to refuse; where there is none, what it costs a quick one. Its judgement does not count.
        let costly = self.0.iter().find(|authenticator| authenticator.is_slow());
        let spare = if deciding.is_none() { self.0.first() } else { None };
        if let Some(authenticator) = costly.or(spare) {
            let _ = authenticator.authenticate(who).await;
        }
        Err(AuthError::Refused)
    }

    async fn authenticate_certificate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        match self.first_that_knows(who.user).await? {
            Some(authenticator) => authenticator.authenticate_certificate(who).await,
            None => Err(AuthError::Refused),
        }
    }

    async fn account(&self, user: &[u8], host: Option<&str>) -> Result<Option<Grant>, AuthError> {
        match self.first_that_knows(user).await? {
            Some(authenticator) => authenticator.account(user, host).await,
            None => Ok(None),
        }
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        Ok(self.first_that_knows(user).await?.is_some())
    }

    fn is_slow(&self) -> bool {
        self.0.iter().any(|authenticator| authenticator.is_slow())
    }
}
