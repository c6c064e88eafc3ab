//! What a client machine may do, and for how long it waits.

use std::time::Duration;

use wharf_codec::{Leniency, Limits};

/// How long the client waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientTimeouts {
    /// From the connection to the greeting, however it drips in.
    pub greeting: Duration,
    /// For a TLS handshake on the control connection.
    pub tls: Duration,
    /// From a command to its whole reply.
    pub reply: Duration,
    /// For a data connection to come about, TLS included.
    pub data_open: Duration,
    /// For a transfer on which no byte moves.
    pub stall: Duration,
    /// From the end of the bytes to the reply that says so: a server may have a large file to make durable.
    pub final_reply: Duration,
    /// How long a second reply to ABOR is waited for; some servers send one reply, some two (DAT-18).
    pub abort: Duration,
    /// How long a protected data connection waits for the 1yz reply before TLS starts all the same: some servers
    /// shake hands first (TLS-23).
    pub early_tls: Duration,
}

impl Default for ClientTimeouts {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(60),
            tls: Duration::from_secs(30),
            reply: Duration::from_secs(60),
            data_open: Duration::from_secs(30),
            stall: Duration::from_secs(60),
            final_reply: Duration::from_secs(300),
            abort: Duration::from_secs(2),
            early_tls: Duration::from_secs(3),
        }
    }
}

/// What a client machine may do. The defaults are the safe ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// How raw lines are read, to learn what they ask for.
    pub leniency: Leniency,
    /// How large a reply may be.
    pub limits: Limits,
    /// How long to wait.
    pub timeouts: ClientTimeouts,
    /// Tries EPSV before PASV (DAT-05).
    pub use_epsv: bool,
    /// Lets the server dial the data connections (PORT, EPRT).
    pub active: bool,
    /// Dials the address that a 227 reply names. Otherwise it is the server's own, whatever the reply says (DAT-06).
    pub dangerous_trust_pasv_host: bool,
    /// Moves no file in clear while the control connection is protected.
    pub require_data_tls: bool,
    /// Takes a protected download for whole only when TLS ended properly, unless its size is known and met (TLS-24).
    pub strict_close: bool,
    /// Sends passwords over a connection without TLS.
    pub clear_login: bool,
    /// Compresses transfers and listings (MODE Z) where FEAT offers it.
    pub compress: bool,
    /// Asks for protected data connections (PBSZ, PROT) behind the login only, for servers that forget what they took
    /// before it. Otherwise they are asked at once, and again behind the login where they refused (TLS-15).
    pub protect_after_login: bool,
    /// Asks for names in UTF-8 where the server offers that (OPTS UTF8 ON, I18-06).
    pub utf8: bool,
    /// Sends commands that do not depend on each other together, where the server turns out to answer them.
    pub pipeline: bool,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            leniency: Leniency::default(),
            limits: Limits::default(),
            timeouts: ClientTimeouts::default(),
            use_epsv: true,
            active: false,
            dangerous_trust_pasv_host: false,
            require_data_tls: true,
            strict_close: true,
            clear_login: false,
            compress: false,
            protect_after_login: false,
            utf8: true,
            pipeline: true,
        }
    }
}

/// How the control connection begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartSecurity {
    /// In clear; [`Operation::Secure`](super::Operation::Secure) protects it.
    Clear,
    /// With TLS from the first byte (implicit FTPS).
    Implicit {
        /// The name that the server's certificate must hold.
        host: String,
    },
}
