//! What the server machine asks of its driver, and what it tells.

use std::sync::Arc;

use bytes::Bytes;
use wharf_codec::{ReplyCode, Secret, UserName};
use wharf_types::{ClientIdentity, FileOp, Grant, Metadata, Timestamp, VirtualPath};

use crate::certificate::ClientCertificateProblem;
use crate::contract::{DataCommand, DataFailure, JobId, TlsInfo};
use crate::{SubStatus, mode::DataMode};

/// What the driver has to do, in this order.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes on the control connection.
    Transmit(Bytes),
    /// When everything before is sent, begin TLS as the server and report how that went.
    UpgradeTls {
        /// The virtual host that HOST named, by the first of its names: its certificate is shown to a client that
        /// names none in TLS.
        host: Option<String>,
    },
    /// When everything before is sent, end TLS, keep the connection and report [`TlsEvent::Cleared`](crate::TlsEvent::Cleared).
    ClearTls,
    /// A question to the outside; the driver answers it with the ticket in it, in its own time.
    Ask(Question),
    /// The answer to that question is not wanted any more; answering it all the same is harmless. What a late answer
    /// opened is to be dropped.
    Withdraw(TicketId),
    /// What was opened under this job will not be used any more: a file being received keeps its bytes as a partial
    /// (`Sink::suspend`), everything else is dropped.
    Release(JobId),
    /// Something about a data connection.
    Data(DataCommand),
    /// News for the log.
    Event(AuditEvent),
    /// When everything before is sent, close the control connection.
    Close,
    /// Close the control connection at once.
    Abort,
}

/// Names a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketId(pub(crate) u64);

/// The answer came too late or to another machine; nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the question is not open any more")]
pub struct Stale;

macro_rules! ticket {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Good for one answer: it is consumed by it, and cannot be copied.
        #[derive(Debug, PartialEq, Eq)]
        #[must_use = "an unanswered question holds the session up"]
        pub struct $name(pub(crate) u64);

        impl $name {
            /// The number under which the question may be withdrawn.
            #[must_use]
            pub const fn id(&self) -> TicketId {
                TicketId(self.0)
            }

            /// The job that a positive answer begins.
            #[must_use]
            pub const fn job(&self) -> JobId {
                JobId(self.0)
            }
        }
    };
}

ticket!(
    /// The right to answer [`Question::Login`] or [`Question::Certified`].
    LoginTicket
);
ticket!(
    /// The right to answer [`Question::File`].
    FileTicket
);
ticket!(
    /// The right to answer [`Question::Lines`].
    LinesTicket
);
ticket!(
    /// The right to answer [`Question::Commit`].
    CommitTicket
);

ticket!(
    /// The right to answer [`Question::Sessions`].
    SessionsTicket
);

/// A question to the outside.
#[derive(Debug)]
pub enum Question {
    /// Who is this?
    Login {
        /// Answer with [`Server::answer_login`](super::Server::answer_login).
        ticket: LoginTicket,
        /// The name given.
        user: UserName,
        /// The password given.
        password: Secret,
        /// Whether both came under TLS.
        secured: bool,
        /// What TLS has proved of the client.
        certificate: Option<Arc<ClientIdentity>>,
        /// The virtual host, by the first of its names.
        host: Option<String>,
        /// The directory of the virtual host, below which a relative root of the account lies.
        root: Option<String>,
    },
    /// Does the certificate of the client log in under this name, without a password? Where it does not, a password is
    /// asked for and [`Question::Login`] follows, whatever the cause of that: nobody learns here which names are known.
    Certified {
        /// Answer with [`Server::answer_login`](super::Server::answer_login).
        ticket: LoginTicket,
        /// The name given.
        user: UserName,
        /// What TLS has proved of the client.
        certificate: Arc<ClientIdentity>,
        /// The virtual host, by the first of its names.
        host: Option<String>,
        /// The directory of the virtual host, below which a relative root of the account lies.
        root: Option<String>,
    },
    /// Do this; permission was checked.
    File {
        /// Answer with [`Server::answer_file`](super::Server::answer_file).
        ticket: FileTicket,
        /// What.
        op: FileOp,
    },
    /// The next lines of a listing for the control connection (STAT with a path), of the job opened before.
    Lines {
        /// Answer with [`Server::answer_lines`](super::Server::answer_lines).
        ticket: LinesTicket,
        /// The listing.
        job: JobId,
    },
    /// All bytes are there: make them the file, durable as configured. The point of no return.
    Commit {
        /// Answer with [`Server::answer_commit`](super::Server::answer_commit).
        ticket: CommitTicket,
        /// The upload, or the copy that [`FileOp::Copy`] or [`FileOp::Combine`] filled.
        job: JobId,
    },
    /// Which sessions does this account have now?
    Sessions {
        /// Answer with [`Server::answer_sessions`](super::Server::answer_sessions).
        ticket: SessionsTicket,
    },
}

/// The answer to a login.
#[derive(Debug)]
pub enum LoginAnswer {
    /// It is he; this is what he may do.
    Accept(Grant),
    /// It is not, or he may not.
    Refuse,
    /// It cannot be told now.
    Unavailable,
}

/// The answer to an effect on storage that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAnswer {
    /// Done; nothing to tell.
    Done,
    /// What is known of it.
    Metadata {
        /// The metadata; for a partial those of a file of its told length.
        metadata: Metadata,
        /// Whether it is the account's own cut upload.
        partial: bool,
    },
    /// Open under the ticket's job; after [`FileOp::Copy`] and [`FileOp::Combine`] filled, and ready to be committed.
    Opened {
        /// The length of the whole file, for a file that is sent.
        size: Option<u64>,
        /// The name that an upload will have.
        path: Option<VirtualPath>,
        /// The offset at which an upload goes on.
        offset: u64,
    },
    /// The time that is stored now.
    Time(Timestamp),
    /// Permission bits.
    Mode(u32),
    /// A number of bytes.
    Size(u64),
    /// What a file was digested to.
    Digest {
        /// The digest, of the algorithm's length.
        digest: Vec<u8>,
        /// The first byte that counted.
        start: u64,
        /// How many did.
        length: u64,
    },
}

/// News for the log. No secret is ever part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A command was answered; `command` is masked and escaped.
    Replied {
        /// What was sent.
        command: String,
        /// The code of the completing reply.
        code: ReplyCode,
        /// Why it is negative; `None` exactly when it is not.
        substatus: Option<SubStatus>,
        /// The file or directory that was meant, where there is one and [`tell_paths`](super::ServerConfig::tell_paths) is
        /// on; that of a transfer is in its record.
        path: Option<VirtualPath>,
    },
    /// A command finds no reply, since the session ends before: one that ran, or that waited behind it and was not begun.
    /// What it has done by then is done.
    Unanswered {
        /// What was sent, masked and escaped.
        command: String,
        /// The file or directory that was meant, as for a command that was answered.
        path: Option<VirtualPath>,
        /// The question to storage that is open. Its answer is stale, and still tells what became of the command.
        asked: Option<TicketId>,
    },
    /// A negative reply that no command asked for was sent (421).
    Announced {
        /// Its code.
        code: ReplyCode,
        /// Why.
        substatus: SubStatus,
    },
    /// A command passed that would be refused if the policy did not only report.
    WouldRefuse {
        /// What was sent, masked and escaped.
        command: String,
        /// The code of the refusal.
        code: ReplyCode,
        /// Its sub-status.
        substatus: SubStatus,
        /// Its text.
        reason: &'static str,
    },
    /// TLS is up on the control connection.
    Secured(TlsInfo),
    /// Nobody logs in on this control connection, since the client's certificate is missing or counts for nothing.
    CertificateRefused(ClientCertificateProblem),
    /// TLS was ended as asked.
    Cleared,
    /// The handshake on the control connection failed.
    TlsFailed(String),
    /// Bytes in clear stood behind AUTH: somebody tried to inject commands, or a client is broken.
    PlaintextAfterAuth,
    /// A login worked.
    LoggedIn {
        /// The account.
        account: String,
        /// Whether the credentials came under TLS.
        secured: bool,
    },
    /// The client says what program it is (CLNT, CSID); it may say anything.
    ClientNamed {
        /// What it says, escaped.
        name: String,
    },
    /// A login failed.
    LoginFailed {
        /// The name given, escaped.
        user: String,
    },
    /// A data connection is secured.
    DataSecured {
        /// What was agreed.
        tls: TlsInfo,
        /// Whether it provably belongs to this session.
        bound: bool,
    },
    /// A data connection failed or was refused.
    DataFailed(DataFailure),
    /// A transfer is over.
    Transferred(TransferRecord),
    /// Another protocol knocked (CTL-23).
    ForeignProtocol,
    /// The session ends; why.
    Closed(CloseReason),
}

/// What is told of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRecord {
    /// The verb.
    pub verb: &'static str,
    /// The file or directory.
    pub path: VirtualPath,
    /// Bytes moved, as they stand in the file; of a transfer that failed, bytes of the connection.
    pub bytes: u64,
    /// The transmission mode.
    pub mode: DataMode,
    /// In MODE Z the bytes of the connection, compressed.
    pub wire: Option<u64>,
    /// Whether under TLS.
    pub secured: bool,
    /// Whether its data connection resumed the TLS session of the control connection, which proves that both have the
    /// same client; `None` in clear, or when it did not come to bytes.
    pub bound: Option<bool>,
    /// How long it took, from the reply 150 on.
    pub took: std::time::Duration,
    /// The code of the final reply; `None` where the session ended before it ([`AuditEvent::Unanswered`] follows).
    pub code: Option<ReplyCode>,
    /// Why it is negative; `None` exactly when it is not.
    pub substatus: Option<SubStatus>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// QUIT.
    Quit,
    /// The client closed the connection.
    PeerClosed,
    /// No command for too long, or no login in time.
    TimedOut,
    /// Too many failed logins.
    LoginFailures,
    /// Too many bad commands, or a line without end.
    Abuse,
    /// TLS did not come up.
    TlsFailed,
    /// Bytes in clear behind AUTH, or another protocol.
    Injection,
    /// The server stops.
    Shutdown,
    /// The client's certificate counts no longer.
    Certificate,
    /// The server is full.
    Full,
    /// What happens cannot be written to the audit log now.
    Unaudited,
}
