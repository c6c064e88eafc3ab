//! How to reach a server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Charset;
use wharf_transport::{HostMemory, Identity, Net, TlsVersion, TokioNet, Trust};

/// Whether and how the control connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TlsMode {
    /// `AUTH TLS` on the usual port, and nothing else will do (RFC 4217).
    #[default]
    Explicit,
    /// `AUTH TLS` where the server takes it. Where it does not, the session goes on in clear, but then a password
    /// is sent to the loopback interface only; anonymous users may log in.
    ExplicitIfOffered,
    /// TLS from the first byte, by convention on port 990.
    Implicit,
    /// No TLS: passwords and files go in clear.
    Off,
}

/// One line for a log of the conversation; secrets are masked and odd bytes escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireLine {
    /// A command that was sent.
    Sent(String),
    /// A line of a reply.
    Received(String),
    /// What happened besides, TLS for example.
    Note(String),
    /// What the user ought to hear even without a log ([`Client::warnings`](crate::Client::warnings)).
    Warning(String),
}

impl fmt::Display for WireLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(line) => write!(f, "> {line}"),
            Self::Received(line) => write!(f, "< {line}"),
            Self::Note(line) => write!(f, "* {line}"),
            Self::Warning(line) => write!(f, "! {line}"),
        }
    }
}

/// Takes the lines of the conversation as they happen.
pub type WireLog = Arc<dyn Fn(WireLine) + Send + Sync>;

/// Where to connect to, and on what terms.
#[derive(Clone)]
pub struct ConnectOptions {
    /// Host name or address literal, as the user typed it: the certificate is checked against it.
    pub host: String,
    /// Port; 21, or 990 for implicit TLS, when absent.
    pub port: Option<u16>,
    /// Protection of the control connection.
    pub tls: TlsMode,
    /// How the server's certificate is judged.
    pub trust: Trust,
    /// The certificate that this side shows where the server asks for one, on control and data connections alike.
    pub client_identity: Option<Identity>,
    /// What earlier connections learnt of their servers, and where this one adds to it. With it a server that did
    /// TLS before and refuses it now is found out ([`Error::Downgrade`](crate::Error::Downgrade)).
    pub memory: Option<Arc<dyn HostMemory>>,
    /// Lowest version of TLS.
    pub min_version: TlsVersion,
    /// Highest version of TLS.
    pub max_version: TlsVersion,
    /// Whether the server is asked for a good number of TLS session tickets (RFC 9149).
    pub request_tickets: bool,
    /// Whether data connections must be protected where the control connection is.
    pub data_tls: bool,
    /// Whether that is asked for (PBSZ, PROT) behind the login only: some servers forget what they took before it.
    pub protect_after_login: bool,
    /// Whether the server is told the name in [`host`](Self::host) (HOST, RFC 7151), where it says that it takes it.
    /// Servers with several hosts on one address need it when TLS does not tell them.
    pub send_host: bool,
    /// The character set of names on the server; UTF-8 when nothing is said. With another one the server is not asked for
    /// UTF-8 (OPTS UTF8 ON). Paths are bytes all the same: [`Charset::encode`] and [`Charset::decode`] are for the caller.
    pub charset: Option<Charset>,
    /// Whether the end of a protected download needs TLS's own end mark (close_notify). Without it a file that was
    /// cut on its way looks whole, unless its size is known.
    pub strict_close: bool,
    /// Whether the server dials the data connections (PORT, EPRT) instead of this side.
    pub active: bool,
    /// Whether files and listings are compressed on their way (MODE Z) where the server offers it. Off by default: it
    /// costs time on both sides, and gains nothing on a fast network or with files that are compressed already.
    pub compress: bool,
    /// Whether EPSV is tried before PASV.
    pub epsv: bool,
    /// Whether commands that do not depend on each other go out together, which saves round trips. A server that
    /// loses them is found out and gets them one by one; with a memory that is remembered.
    pub pipeline: bool,
    /// Connects to whatever address a 227 reply names instead of the server's own.
    pub dangerous_trust_pasv_host: bool,
    /// Longest wait for a TCP connection to come about.
    pub connect_timeout: Duration,
    /// Longest wait for a reply, and longest stall of a transfer.
    pub timeout: Duration,
    /// Where the conversation is logged.
    pub wire_log: Option<WireLog>,
    /// The network.
    pub net: Arc<dyn Net>,
}

impl ConnectOptions {
    /// Explicit TLS, required, with the system's trust.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls: TlsMode::Explicit,
            trust: Trust::System,
            client_identity: None,
            memory: None,
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_3,
            request_tickets: true,
            data_tls: true,
            protect_after_login: false,
            send_host: false,
            charset: None,
            strict_close: true,
            active: false,
            compress: false,
            epsv: true,
            pipeline: true,
            dangerous_trust_pasv_host: false,
            connect_timeout: Duration::from_secs(15),
            timeout: Duration::from_secs(60),
            wire_log: None,
            net: Arc::new(TokioNet),
        }
    }

    /// The port that is dialled.
    #[must_use]
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.tls == TlsMode::Implicit { 990 } else { 21 })
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("host", &self.host)
            .field("port", &self.effective_port())
            .field("tls", &self.tls)
            .field("trust", &self.trust)
            .field("client_identity", &self.client_identity)
            .field("min_version", &self.min_version)
            .field("max_version", &self.max_version)
            .field("data_tls", &self.data_tls)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}
