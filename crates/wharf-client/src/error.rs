//! What goes wrong, by who is to blame.

use std::io;

use wharf_codec::{Reply, ReplyCode, TextError};
use wharf_transport::{Fingerprint, TlsError, TlsFailure};

/// The kind of an [`Error`], for exit codes and for deciding whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The server cannot be reached, or the connection broke.
    Network,
    /// TLS did not come about.
    Tls,
    /// The server's certificate is not trusted.
    Certificate,
    /// The server does not let this user in.
    Login,
    /// The server refused a command.
    Refused,
    /// The file or directory is not there, or may not be seen.
    NotFound,
    /// Something on this computer: a disk, an argument.
    Local,
    /// The server does not keep to the protocol.
    Protocol,
    /// Nothing happened for too long.
    Timeout,
    /// The data connection failed, or what came over it is not whole.
    Data,
}

/// Why something did not work. The text names the cause and, where there is one, the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused a command.
    #[error("{command}: the server refused: {reply}")]
    Refused {
        /// The command, secrets masked.
        command: String,
        /// What the server said.
        reply: Reply,
    },
    /// The server does not let this user in.
    #[error("login failed: {reply}")]
    Login {
        /// What the server said.
        reply: Reply,
    },
    /// The server wants an account beside the password.
    #[error("the server asks for an account beside the password: {reply}")]
    AccountNeeded {
        /// What the server said.
        reply: Reply,
    },
    /// The server turned the connection away.
    #[error("the server turned the connection away: {reply}")]
    TurnedAway {
        /// What the server said.
        reply: Reply,
    },
    /// The server does not do TLS, or not now.
    #[error(
        "the server refused TLS ({reply}): use implicit TLS if it has a port for that, or go without TLS knowingly"
    )]
    TlsRefused {
        /// What the server said.
        reply: Reply,
    },
    /// The server did TLS before and refuses it now. Nothing has been said of the user.
    #[error(
        "{host} port {port} did TLS before and refuses it now ({reply}): somebody on the way may be taking TLS out \
        to read along, or the server was changed. If it was changed, go without TLS knowingly, or have it forgotten: \
        its line `{host} {port}` stands in {place}"
    )]
    Downgrade {
        /// The host as typed.
        host: String,
        /// Its control port.
        port: u16,
        /// Where it is remembered that it did TLS.
        place: String,
        /// What the server said.
        reply: Reply,
    },
    /// The server does not protect data connections.
    #[error(
        "the server refused to protect data connections ({reply}): allow clear data knowingly if that will do"
    )]
    ProtectionRefused {
        /// What the server said.
        reply: Reply,
    },
    /// The password would go in clear to another machine.
    #[error(
        "the server offers no TLS, and the password would go in clear: switch TLS off explicitly if that will do"
    )]
    ClearPassword,
    /// The handshake or the TLS stream of the control connection failed.
    #[error("{0}")]
    Tls(#[source] TlsFailure),
    /// A further connection was shown another certificate than the first one. Nothing has been said of the user.
    #[error(
        "the server shows the certificate sha256:{seen} on a further connection, and showed sha256:{first} on the \
        first: several servers may share the name, or somebody is in the way"
    )]
    OtherCertificate {
        /// The one that the first connection was shown.
        first: Fingerprint,
        /// The one that came.
        seen: Fingerprint,
    },
    /// The options for TLS do not work.
    #[error("{0}")]
    TlsSetup(#[from] TlsError),
    /// The network failed.
    #[error("{what}: {source}")]
    Network {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server closed the control connection.
    #[error("the server closed the connection{}", .said.as_ref().map(|r| format!(" ({r})")).unwrap_or_default())]
    Closed {
        /// What it said before, if anything.
        said: Option<Reply>,
    },
    /// The server does not keep to the protocol.
    #[error("the server does not keep to the protocol: {0}")]
    PeerMisbehaved(String),
    /// The data connection failed.
    #[error("the data connection failed: {what}{}", .reply.as_ref().map(|r| format!(" (the server says: {r})")).unwrap_or_default())]
    Data {
        /// What happened, and what may help.
        what: String,
        /// What the server said.
        reply: Option<Reply>,
    },
    /// Fewer or more bytes than there should be, or an end that anybody on the way could have made.
    #[error("the transfer is not whole: {what}")]
    Truncated {
        /// What shows it.
        what: String,
        /// Bytes that came.
        bytes: u64,
    },
    /// What came in MODE Z is no zlib stream, or a damaged one: no part of what was written can be relied on.
    #[error("the transfer is damaged: {what}")]
    Damaged {
        /// What shows it.
        what: String,
    },
    /// A listing or text is larger than this side takes.
    #[error("the server sends more than {limit} bytes of listing: that is more than this side takes")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// Reading or writing on this side failed.
    #[error("on this side: {0}")]
    Local(#[source] io::Error),
    /// Nothing happened for too long.
    #[error("timed out: {what}")]
    TimedOut {
        /// What was waited for.
        what: String,
    },
    /// An argument that cannot be sent.
    #[error("{what} cannot be sent: it {why}")]
    InvalidArgument {
        /// Which argument.
        what: &'static str,
        /// What is wrong with it.
        why: TextError,
    },
    /// The transfer was stopped from this side.
    #[error("stopped")]
    Aborted,
    /// The library was called in a way that makes no sense.
    #[error("{0}")]
    ApiMisuse(String),
}

impl Error {
    /// Which kind of error it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Refused { reply, .. } => match reply.code() {
                ReplyCode::NOT_LOGGED_IN | ReplyCode::NEED_ACCOUNT_FOR_STORING => ErrorClass::Login,
                ReplyCode::FILE_UNAVAILABLE => ErrorClass::NotFound,
                ReplyCode::CANNOT_OPEN_DATA | ReplyCode::TRANSFER_ABORTED => ErrorClass::Data,
                _ => ErrorClass::Refused,
            },
            Self::Login { .. } | Self::AccountNeeded { .. } | Self::ClearPassword => ErrorClass::Login,
            Self::TurnedAway { .. } => ErrorClass::Refused,
            Self::TlsRefused { .. } | Self::Downgrade { .. } | Self::ProtectionRefused { .. } => {
                ErrorClass::Tls
            }
            Self::Tls(failure) => {
                if is_about_certificate(failure) {
                    ErrorClass::Certificate
                } else {
                    ErrorClass::Tls
                }
            }
            Self::OtherCertificate { .. } => ErrorClass::Certificate,
            Self::TlsSetup(_) | Self::Local(_) | Self::InvalidArgument { .. } | Self::ApiMisuse(_) => {
                ErrorClass::Local
            }
            Self::Aborted => ErrorClass::Local,
            Self::Network { .. } | Self::Closed { .. } => ErrorClass::Network,
            Self::PeerMisbehaved(_) | Self::TooLarge { .. } => ErrorClass::Protocol,
            Self::Damaged { .. } | Self::Data { .. } | Self::Truncated { .. } => ErrorClass::Data,
            Self::TimedOut { .. } => ErrorClass::Timeout,
        }
    }

    /// The server's reply, where one is behind the error.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Refused { reply, .. }
            | Self::Login { reply }
            | Self::AccountNeeded { reply }
            | Self::TurnedAway { reply }
            | Self::TlsRefused { reply }
            | Self::Downgrade { reply, .. }
            | Self::ProtectionRefused { reply } => Some(reply),
            Self::Closed { said: reply } | Self::Data { reply, .. } => reply.as_ref(),
            Self::ClearPassword
            | Self::Tls(_)
            | Self::OtherCertificate { .. }
            | Self::TlsSetup(_)
            | Self::Network { .. }
            | Self::PeerMisbehaved(_)
            | Self::Damaged { .. }
            | Self::Truncated { .. }
            | Self::TooLarge { .. }
            | Self::Local(_)
            | Self::TimedOut { .. }
            | Self::InvalidArgument { .. }
            | Self::Aborted
            | Self::ApiMisuse(_) => None,
        }
    }
}

/// Whether the certificate is at fault rather than the handshake.
fn is_about_certificate(failure: &TlsFailure) -> bool {
    matches!(
        failure,
        TlsFailure::UnknownIssuer { .. }
            | TlsFailure::WrongName { .. }
            | TlsFailure::Expired { .. }
            | TlsFailure::NotYetValid
            | TlsFailure::Revoked
            | TlsFailure::BadCertificate { .. }
            | TlsFailure::PinMismatch { .. }
            | TlsFailure::TofuChanged { .. }
            | TlsFailure::KnownHosts(_)
    )
}
