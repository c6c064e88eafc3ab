//! libunftp on one port, clear and explicit TLS, with files of a folder: PORT ROOT USER PASSWORD CERT KEY.
//!
//! It accepts connections itself, which libunftp provides for: its own listener leaves Nagle's algorithm on, and then the
//! second of two replies in a row waits 40 ms for its client. One TLS configuration serves all sessions.

use std::error::Error;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use libunftp::ServerBuilder;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};
use unftp_sbe_fs::Filesystem;

/// Below the ports that the system gives to the other ends of connections.
const PASSIVE_PORTS: RangeInclusive<u16> = 10_000..=32_000;
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

/// TLS 1.2 and 1.3 with tickets.
fn tls(cert: &str, key: &str) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let chain = CertificateDer::pem_file_iter(cert)?.collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.ticketer = Ticketer::new()?;
    Ok(Arc::new(config))
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
    let (accounts, tls) = (Arc::new(Accounts { user, password }), tls(&cert, &key)?);
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let server = ServerBuilder::new(Box::new(files.clone()))
            .authenticator(accounts.clone())
            .ftps_manual::<PathBuf>(tls.clone())
            .passive_ports(PASSIVE_PORTS)
            .idle_session_timeout(IDLE)
            .logger(logger.clone())
            .build()?;
        tokio::spawn(server.service(stream));
    }
}
