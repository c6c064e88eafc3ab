//! Several authenticators at once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use wharf_auth::{Anonymous, AuthError, Authenticator, Chain, Credentials};
use wharf_types::Grant;

use super::{fixed, login};

/// Knows `dora`, and counts how often it had to pay for a check.
#[derive(Debug, Default)]
struct Costly {
    checks: AtomicU32,
    down: bool,
}

#[async_trait]
impl Authenticator for Costly {
    async fn authenticate(&self, who: &Credentials<'_>) -> Result<Grant, AuthError> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        if who.user == b"dora" && who.password == b"right" {
            return Ok(Grant::new("dora", ""));
        }
        Err(AuthError::Refused)
    }

    async fn knows(&self, user: &[u8]) -> Result<bool, AuthError> {
        if self.down {
            return Err(AuthError::Unavailable("down".into()));
        }
        Ok(user == b"dora")
    }
}

fn chain(costly: &Arc<Costly>) -> Chain {
    Chain::new(vec![Arc::new(fixed()), Arc::clone(costly) as _, Arc::new(Anonymous::new("public"))])
}

#[tokio::test]
async fn a11_every_refusal_costs_one_check() {
    let costly = Arc::new(Costly::default());
    let chain = chain(&costly);
    for (checks, user) in (1..).zip([&b"alice"[..], b"dora", b"nobody", b"bob"]) {
        assert_eq!(chain.authenticate(&login(user, b"wrong")).await, Err(AuthError::Refused));
        assert_eq!(costly.checks.load(Ordering::SeqCst), checks, "{}", user.escape_ascii());
    }
}

#[tokio::test]
async fn the_first_that_knows_the_name_decides() {
    let costly = Arc::new(Costly::default());
    let chain = chain(&costly);
    assert_eq!(chain.authenticate(&login(b"alice", b"half past nine")).await.unwrap().account, "alice");
    assert_eq!(chain.authenticate(&login(b"dora", b"right")).await.unwrap().account, "dora");
    assert!(chain.authenticate(&login(b"ftp", b"")).await.unwrap().anonymous);
    assert!(chain.knows(b"bob").await.unwrap() && !chain.knows(b"nobody").await.unwrap());
}

#[tokio::test]
async fn a_back_end_that_is_down_lets_nobody_in_by_another_way() {
    let costly = Arc::new(Costly { down: true, ..Costly::default() });
    let refused = chain(&costly).authenticate(&login(b"nobody", b"x")).await;
    assert_eq!(refused, Err(AuthError::Unavailable("down".into())));
}
