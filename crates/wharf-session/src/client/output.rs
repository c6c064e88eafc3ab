//! What the machine asks of its driver, and what it tells.

use bytes::Bytes;
use wharf_codec::{Features, Reply};

use super::operation::{OpError, OpId, Outcome, Waiting};
use crate::contract::{DataCommand, TlsInfo};

/// What the driver has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes on the control connection.
    Transmit(Bytes),
    /// When everything before is sent, begin TLS as the client and report how that went.
    UpgradeTls {
        /// The name that the server's certificate must hold.
        host: String,
    },
    /// When everything before is sent, end TLS, keep the connection and report [`TlsEvent::Cleared`](crate::TlsEvent::Cleared).
    ClearTls,
    /// Something about a data connection.
    Data(DataCommand),
    /// News for the application.
    Event(Event),
    /// When everything before is sent, close the control connection.
    Close,
}

impl From<Event> for Output {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

/// News for the application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server is ready for operations.
    Greeting(Reply),
    /// A command was queued; secrets are masked, odd bytes escaped.
    Sent(String),
    /// A reply came.
    Received(Reply),
    /// An operation is over.
    Finished {
        /// Which.
        op: OpId,
        /// What came of it.
        result: Result<Outcome, OpError>,
    },
    /// The session is over. A running operation has been finished before.
    Lost(LostReason),
}

/// Why a session ended without QUIT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LostReason {
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server turned the connection away instead of greeting.
    #[error("the server turned the connection away: {0}")]
    TurnedAway(Reply),
    /// The server ended the session by itself (421).
    #[error("the server ended the session: {0}")]
    ServiceClosing(Reply),
    /// TLS on the control connection failed.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Clear bytes stood behind the reply that began TLS: somebody tried to slip in replies (TLS-04).
    #[error("clear bytes stood behind the reply that began TLS: somebody on the way may have put them there")]
    PlaintextBehindTls,
    /// The server's bytes make no sense.
    #[error("the server does not keep to the protocol: {0}")]
    PeerMisbehaved(String),
    /// Something did not come in time.
    #[error("{0}")]
    TimedOut(Waiting),
    /// Of several commands that went out together only the first were answered. Another session that sends one at a
    /// time will do.
    #[error("the server loses commands that come together")]
    Pipelined,
}

/// What is known of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerFacts {
    /// The answer to FEAT; `None` before login and for servers that have no FEAT.
    pub features: Option<Features>,
    /// The text of the answer to SYST, asked only when there is no MLSD.
    pub syst: Option<Bytes>,
    /// Whether names are UTF-8 (FEAT).
    pub utf8: bool,
    /// TLS of the control connection.
    pub tls: Option<TlsInfo>,
    /// Whether data connections are protected (PROT P).
    pub data_protected: bool,
    /// TLS of the last protected data connection.
    pub data_tls: Option<TlsInfo>,
    /// Whether EPSV works; `None` until tried.
    pub epsv: Option<bool>,
    /// Whether MLSD works; `None` until tried.
    pub mlsd: Option<bool>,
    /// Whether SIZE works, whatever FEAT says of it; `None` until the server has said.
    pub size: Option<bool>,
    /// Whether a user is logged in.
    pub logged_in: bool,
}
