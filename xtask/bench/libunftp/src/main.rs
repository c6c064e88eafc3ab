//! libunftp on one port, clear and explicit TLS, with files of a folder: PORT ROOT USER PASSWORD CERT KEY.
//!
//! What its documentation shows, but for TLS 1.3, which it leaves out by default, and for its log, which goes nowhere.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use libunftp::ServerBuilder;
use libunftp::options::TlsFlags;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};
use unftp_sbe_fs::Filesystem;

/// Below the ports that the system gives to the other ends of connections.
const PASSIVE_PORTS: std::ops::RangeInclusive<u16> = 10_000..=32_000;
/// Seconds; longer than any row.
const IDLE: u64 = 3600;

/// One account, and `anonymous` with any password.
struct Accounts {
    user: String,
    password: String,
}

/// Without the password.
impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("user", &self.user).finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for Accounts {
    async fn authenticate(&self, user: &str, given: &Credentials) -> Result<Principal, AuthenticationError> {
        if user != "anonymous" && user != self.user {
            return Err(AuthenticationError::BadUser);
        }
        if user == self.user && given.password.as_ref() != Some(&self.password) {
            return Err(AuthenticationError::BadPassword);
        }
        Ok(Principal { username: user.to_owned() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "--version") {
        println!("libunftp {}", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let [port, root, user, password, cert, key] =
        words.try_into().map_err(|_| "PORT ROOT USER PASSWORD CERT KEY")?;
    // A folder that is not there is told now, not to the first session.
    Filesystem::new(root.as_str())?;
    let files = move || Filesystem::new(root.as_str()).expect("the folder was there a moment ago");
    ServerBuilder::new(Box::new(files))
        .authenticator(Arc::new(Accounts { user, password }))
        .ftps(cert, key)
        .ftps_tls_flags(
            TlsFlags::LATEST_VERSIONS | TlsFlags::RESUMPTION_SESS_ID | TlsFlags::RESUMPTION_TICKETS,
        )
        .passive_ports(PASSIVE_PORTS)
        .idle_session_timeout(IDLE)
        .logger(slog::Logger::root(slog::Discard, slog::o!()))
        .build()?
        .listen(format!("127.0.0.1:{port}"))
        .await?;
    Ok(())
}
