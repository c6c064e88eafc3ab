//! What both machines and their drivers say to each other about TLS and data connections.

use core::fmt;
use std::net::SocketAddr;

use wharf_codec::FactSelection;
use wharf_types::FileError;

use crate::{
    certificate::{ClientCertificate, ClientCertificateProblem},
    mode::{DataMode, DeflateFault},
};

/// Names one data connection within one control session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataId(pub(crate) u64);

impl fmt::Display for DataId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

/// Names what the driver opened for a transfer: the spent ticket's number on the server, the operation's on the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(crate) u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "j{}", self.0)
    }
}

/// A version of TLS; older ones are never spoken (RFC 8996).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 => "TLSv1.3",
        })
    }
}

/// What a finished handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite's name.
    pub cipher: String,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The host name that the client asked for (SNI, RFC 6066 §3).
    pub server_name: Option<String>,
    /// The certificate of the client, as the server sees it; on a client nothing.
    pub client_certificate: ClientCertificate,
}

/// What happened to TLS on the control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsEvent {
    /// The handshake is done; everything from here on is protected.
    Established(TlsInfo),
    /// TLS was ended by both sides as asked; everything from here on is clear.
    Cleared,
    /// The handshake failed; the text names the cause.
    Failed(String),
    /// The peer ended TLS though nobody asked: no command comes any more.
    CloseNotify,
}

/// Whom a passive port serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRule {
    /// Only this address; others are dropped and the port goes on listening.
    Only(std::net::IpAddr),
    /// Anybody (server-to-server transfers that were configured).
    Any,
}

/// How many session tickets a server gives away on a data connection, by the direction of its bytes.
///
/// A client that only writes never reads tickets, and closing over unread bytes destroys what it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketPlan {
    /// The direction is not known yet: the client shook hands before the command, and such clients read before
    /// they close.
    Unknown,
    /// The server writes: some.
    Download,
    /// The client writes: only for a client that asks for them.
    Upload,
}

/// Which way the bytes go, seen from the one who holds the machine, and what the driver opened for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// To the peer.
    Send(JobId),
    /// From the peer.
    Receive(JobId),
}

/// How bytes are changed on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Not at all (TYPE I, TYPE L 8).
    Image,
    /// Lines end in CRLF on the wire and in LF on the host (TYPE A, RFC 959 §3.1.1.1).
    Ascii {
        /// Bytes on the wire to leave out at the start (REST).
        skip: u64,
    },
    /// A listing that the driver writes out.
    Listing(ListingForm),
}

/// What a listing needs to be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingForm {
    /// The facts that this session's client chose (OPTS MLST).
    pub facts: FactSelection,
    /// What stands before each name of NLST, so that the names work in RETR (RFC 1123 §4.1.2.7); may be empty.
    pub prefix: Vec<u8>,
}

/// How a data connection ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelHow {
    /// Nothing moved on it yet, or nobody waits for it: close it.
    Close,
    /// A transfer runs on it: stop at once.
    Abort,
}

/// What a machine asks of the driver for a data connection.
///
/// TLS roles follow the FTP roles, whoever dials (RFC 4217 §7), but for [`SecureAsClient`](Self::SecureAsClient).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataCommand {
    /// Opens a port on the control connection's local address and reports [`DataEvent::Listening`].
    Listen {
        /// The new data connection.
        id: DataId,
        /// Who may come.
        peer: PeerRule,
    },
    /// Connects and reports [`DataEvent::Connected`].
    Dial {
        /// The data connection, new.
        id: DataId,
        /// Where to.
        to: SocketAddr,
        /// The port to leave from when the system permits it, and the address; `None` on the client side.
        from: Option<SocketAddr>,
    },
    /// Shakes hands as soon as a peer is there and reports [`DataEvent::Secured`]. Said twice, the second one
    /// changes the ticket plan of a handshake that has not begun.
    Secure {
        /// The data connection.
        id: DataId,
        /// Tickets to give away (server only).
        tickets: TicketPlan,
    },
    /// Shakes hands as the TLS client, once, whatever the FTP role is, and reports [`DataEvent::Secured`], not bound (server
    /// only: SSCN, CPSV).
    SecureAsClient {
        /// The data connection, connected.
        id: DataId,
    },
    /// Moves the bytes and reports [`DataEvent::Finished`] after the close ladder.
    Start {
        /// The data connection, connected, and secured where asked.
        id: DataId,
        /// Direction and job.
        flow: Flow,
        /// Conversion.
        form: Form,
        /// How the converted bytes lie on the connection.
        mode: DataMode,
    },
    /// Ends the data connection; nothing more is reported for it.
    Cancel {
        /// The data connection.
        id: DataId,
        /// How.
        how: CancelHow,
    },
}

/// How the bytes of a data connection ended. In stream mode the end of the connection is the end of the file
/// (RFC 959 §3.4.1), so under TLS an end that nobody announced may be a truncated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndMark {
    /// Closed as it should be: TLS by close_notify, clear by FIN.
    Clean,
    /// TLS ended without close_notify.
    NoCloseNotify,
}

/// Why a data connection failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataFailure {
    /// No port is free to listen on.
    NoPortFree(String),
    /// Nobody came or nobody answered.
    Connect(String),
    /// The TLS handshake failed.
    Tls(String),
    /// The peer did not resume the control connection's TLS session though that is required.
    NotResumed,
    /// The client's certificate is missing, counts for nothing, or is another one than on the control connection.
    ClientCertificate(ClientCertificateProblem),
    /// The connection broke while bytes moved.
    Broken(String),
    /// In MODE Z what came is no whole zlib stream.
    Deflate(DeflateFault),
    /// What is read or written on this side failed.
    Storage(FileError),
}

impl fmt::Display for DataFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPortFree(text) => write!(f, "no port is free: {text}"),
            Self::Connect(text) => write!(f, "cannot connect: {text}"),
            Self::Tls(text) => write!(f, "TLS failed: {text}"),
            Self::NotResumed => f.write_str("the TLS session of the control connection was not resumed"),
            Self::ClientCertificate(problem) => problem.fmt(f),
            Self::Broken(text) => write!(f, "the connection broke: {text}"),
            Self::Deflate(fault) => fault.fmt(f),
            Self::Storage(error) => write!(f, "{error}"),
        }
    }
}

/// What happened to a data connection. Events for one that the machine no longer knows are ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataEvent {
    /// The port is open, at this address.
    Listening(SocketAddr),
    /// A peer that fits the rule is connected.
    Connected {
        /// Its address.
        peer: SocketAddr,
    },
    /// The peer's first TLS message is there; [`Secured`](Self::Secured) or [`Failed`](Self::Failed) follows (server only).
    HandshakeBegun,
    /// Whoever has begun has failed, and nobody else has begun; the port listens on (server only).
    HandshakeLost,
    /// TLS is up.
    Secured {
        /// What was agreed.
        tls: TlsInfo,
        /// Whether the connection provably belongs to this control session.
        bound: bool,
    },
    /// Bytes of the connection moved since the start, in all: said at least every few seconds while some do, and in
    /// MODE Z at the end.
    Progress {
        /// Bytes so far.
        bytes: u64,
    },
    /// All bytes moved and the close ladder is done.
    Finished {
        /// Bytes in all, as they stand in the file.
        bytes: u64,
        /// How it ended.
        end: EndMark,
    },
    /// It failed; nothing more is reported for it.
    Failed(DataFailure),
}
