//! What a client can be asked to do, and what comes of it.

use core::fmt;

use bytes::Bytes;
use wharf_codec::{Command, Pathname, Reply, Secret, Text, UserName};

use super::output::LostReason;
use crate::contract::{DataFailure, JobId};

/// Names one operation within one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub(super) u64);

impl OpId {
    /// The job number under which a transfer's data connection names it.
    #[must_use]
    pub const fn job(self) -> JobId {
        JobId(self.0)
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "o{}", self.0)
    }
}

/// What the application asks for. One operation runs at a time; only [`Abort`](Self::Abort) joins a running transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// AUTH TLS, the handshake, PBSZ and PROT (RFC 4217 §12.1).
    Secure {
        /// The name that the server's certificate must hold.
        host: String,
    },
    /// USER, PASS and ACCT as the server asks for them, and then what it can do (FEAT).
    Login {
        /// The user.
        user: UserName,
        /// The password, sent only when asked for.
        password: Option<Secret>,
        /// The account, sent only when asked for.
        account: Option<Secret>,
    },
    /// One command that moves no file.
    Command(Command),
    /// One line as the user typed it (RFC 1123 §4.1.4.2).
    Raw(Text),
    /// A command that sets up a data connection between this server and another one: PASV, EPSV, CPSV, PORT, EPRT, or
    /// SSCN. The next transfer is then [elsewhere](TransferSpec::elsewhere).
    SetUp(Command),
    /// A file or a listing.
    Transfer(TransferSpec),
    /// Sends the commands that were posted; ends with the last of their replies.
    Flush,
    /// Stops the running transfer.
    Abort,
    /// The end of the session.
    Quit,
}

/// Which transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferVerb {
    /// Fetches a file.
    Retr,
    /// Stores a file.
    Stor,
    /// Adds to a file.
    Appe,
    /// Stores a file under a name that the server chooses.
    Stou,
    /// Fetches a listing for people.
    List,
    /// Fetches names.
    Nlst,
    /// Fetches a listing for programs.
    Mlsd,
}

impl TransferVerb {
    /// Whether bytes go to the server.
    #[must_use]
    pub const fn is_upload(self) -> bool {
        matches!(self, Self::Stor | Self::Appe | Self::Stou)
    }

    /// Whether it is a listing.
    #[must_use]
    pub const fn is_listing(self) -> bool {
        matches!(self, Self::List | Self::Nlst | Self::Mlsd)
    }
}

/// How a file is represented on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TransferType {
    /// Lines of text (TYPE A).
    Ascii,
    /// Bytes (TYPE I).
    #[default]
    Image,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSpec {
    /// Which.
    pub verb: TransferVerb,
    /// The file or directory; for LIST and NLST flags may stand before it.
    pub path: Option<Pathname>,
    /// Bytes to leave out at the start (REST); only for RETR and STOR.
    pub offset: u64,
    /// How a file is represented. Listings choose for themselves.
    pub representation: TransferType,
    /// How many bytes a download must bring, where that is known.
    pub expected: Option<u64>,
    /// How many bytes a download must bring at least, as long as [`expected`](Self::expected) is not known: a listing
    /// told the size, and the file may have grown since.
    pub at_least: Option<u64>,
    /// Whether the server is asked for the size first (SIZE), to know how many bytes a download must bring; its refusal
    /// is no error (XFR-05). Only for RETR of the whole file in bytes.
    pub ask_size: bool,
    /// The bytes go to or come from another server, as [`Operation::SetUp`] has arranged: only the replies are seen here.
    pub elsewhere: bool,
}

impl TransferSpec {
    /// A whole transfer of bytes.
    #[must_use]
    pub const fn new(verb: TransferVerb, path: Option<Pathname>) -> Self {
        Self {
            verb,
            path,
            offset: 0,
            representation: TransferType::Image,
            expected: None,
            at_least: None,
            ask_size: false,
            elsewhere: false,
        }
    }
}

/// What an operation brought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server did it, or accepted it and waits for more (3yz).
    Done(Reply),
    /// All bytes moved, and both sides agree that they did.
    Transferred {
        /// How many.
        bytes: u64,
        /// The server's last word.
        reply: Reply,
        /// The name that the server chose (STOU), where it said.
        name: Option<Bytes>,
    },
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// The greeting.
    Greeting,
    /// The TLS handshake of the control connection.
    Tls,
    /// The reply to a command.
    Reply,
    /// The data connection.
    DataOpen,
    /// Any byte of a running transfer.
    DataStall,
    /// The reply that ends a transfer.
    FinalReply,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting did not come",
            Self::Tls => "the TLS handshake did not end",
            Self::Reply => "the reply did not come",
            Self::DataOpen => "the data connection did not come about",
            Self::DataStall => "no byte moved on the data connection",
            Self::FinalReply => "the bytes moved, but the reply that confirms them did not come",
        })
    }
}

/// Why an operation brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The server said no.
    #[error("{0}")]
    Refused(Reply),
    /// The server does not do TLS; the connection is still in clear.
    #[error("TLS was refused: {0}")]
    TlsRefused(Reply),
    /// The server does not protect data connections.
    #[error("protection of data connections was refused: {0}")]
    ProtectionRefused(Reply),
    /// The server asks for a password, and none was given.
    #[error("a password is needed: {0}")]
    NeedPassword(Reply),
    /// The server asks for an account, and none was given.
    #[error("an account is needed: {0}")]
    NeedAccount(Reply),
    /// The server's answer makes no sense.
    #[error("the server does not keep to the protocol: {0}")]
    PeerMisbehaved(String),
    /// The data connection failed.
    #[error("the data connection failed: {failure}")]
    Data {
        /// How.
        failure: DataFailure,
        /// What the server said about it, if anything.
        reply: Option<Reply>,
    },
    /// What came is not whole, or may not be.
    #[error("{bytes} bytes came, and that is not the whole file")]
    Truncated {
        /// Bytes that came.
        bytes: u64,
        /// Bytes that should have come; `None` when only the end mark of TLS is missing.
        expected: Option<u64>,
    },
    /// Nothing happened for too long; the session goes on.
    #[error("{0}")]
    TimedOut(Waiting),
    /// The session is over.
    #[error("{0}")]
    Lost(LostReason),
    /// The application stopped it.
    #[error("stopped")]
    Aborted,
}

/// The machine was asked for what makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// Another operation runs.
    #[error("another operation is running")]
    Busy,
    /// The greeting has not come yet.
    #[error("the session has not begun yet")]
    NotReady,
    /// The session is over.
    #[error("the session is over")]
    Closed,
    /// No transfer runs.
    #[error("no transfer is running")]
    NothingToAbort,
    /// A password would go in clear, and the configuration does not allow that.
    #[error("without TLS a password would go in clear")]
    ClearLogin,
    /// The connection is protected already.
    #[error("the connection is protected already")]
    AlreadySecure,
    /// The command changes what the machine keeps track of.
    #[error("this command is part of a larger operation and cannot be sent alone")]
    NotAlone,
    /// The verb needs a path.
    #[error("a path is needed")]
    NoPath,
    /// Only RETR and STOR can begin in the middle of a file.
    #[error("this transfer cannot begin in the middle of a file")]
    NoOffset,
}
