//! The access log: what happened in which session. Nothing in it is a secret, and bytes of clients are escaped.

use std::net::SocketAddr;

use wharf_codec::{Escaped, ReplyCode};
use wharf_session::{
    ClientCertificate, SubStatus, TlsInfo,
    server::{AuditEvent, TicketId},
};
use wharf_types::ClientIdentity;

use crate::audit::{Outcome, SessionAudit};

const TARGET: &str = "wharf::access";

/// One session's entry in every line of the log.
#[derive(Debug)]
pub(crate) struct AccessLog {
    pub(crate) session: u64,
    pub(crate) peer: SocketAddr,
    /// Empty before login.
    pub(crate) account: String,
    tls: Option<TlsInfo>,
    /// The question to storage that was open when the session ended.
    asked: Option<TicketId>,
    /// Where there is an audit log.
    pub(crate) audit: Option<Box<SessionAudit>>,
}

macro_rules! line {
    ($level:ident, $log:expr, $($rest:tt)*) => {
        tracing::$level!(
            target: TARGET,
            session = $log.session,
            peer = %$log.peer,
            account = $log.account,
            $($rest)*
        )
    };
}

impl AccessLog {
    pub(crate) fn new(session: u64, peer: SocketAddr) -> Self {
        Self { session, peer, account: String::new(), tls: None, asked: None, audit: None }
    }

    pub(crate) fn opened(&self, implicit: bool) {
        line!(info, self, implicit, "opened");
    }

    pub(crate) fn note(&mut self, event: AuditEvent) {
        if let Some(audit) = &mut self.audit {
            audit.note(&event);
        }
        match event {
            AuditEvent::Replied { command, code, substatus, path: _ } => {
                let tls = self.tls.as_ref();
                line!(
                    info,
                    self,
                    command,
                    code = code.get(),
                    substatus = substatus.map(SubStatus::number),
                    why = substatus.map(SubStatus::name),
                    tls = tls.map(|tls| tracing::field::display(tls.version)),
                    "replied"
                );
            }
            AuditEvent::Unanswered { command, path: _, asked } => {
                self.asked = asked.or(self.asked);
                line!(info, self, command, "not answered: the session ends before");
            }
            AuditEvent::Announced { code, substatus } => {
                line!(
                    info,
                    self,
                    code = code.get(),
                    substatus = substatus.number(),
                    why = substatus.name(),
                    "announced"
                );
            }
            AuditEvent::WouldRefuse { command, code, substatus, reason } => {
                line!(
                    warn,
                    self,
                    command,
                    code = code.get(),
                    substatus = substatus.number(),
                    reason,
                    "would be refused if the policy were enforced"
                );
            }
            AuditEvent::Secured(tls) => {
                line!(
                    info,
                    self,
                    tls = %tls.version,
                    cipher = tls.cipher,
                    resumed = tls.resumed,
                    server_name = tls.server_name.as_deref(),
                    client = client(&tls).map(|client| tracing::field::display(client.shown_fingerprint())),
                    client_name = client(&tls).and_then(name).map(tracing::field::display),
                    "secured"
                );
                // What was before TLS counts no more (RFC 4217 §4).
                self.account.clear();
                self.tls = Some(tls);
            }
            AuditEvent::CertificateRefused(problem) => {
                line!(warn, self, %problem, "client certificate refused")
            }
            AuditEvent::Cleared => {
                self.tls = None;
                line!(info, self, "TLS ended as asked");
            }
            AuditEvent::TlsFailed(cause) => line!(warn, self, cause, "TLS failed"),
            AuditEvent::PlaintextAfterAuth => {
                line!(
                    warn,
                    self,
                    "clear bytes stood behind AUTH: a broken client, or an attempt to inject commands"
                );
            }
            AuditEvent::LoggedIn { account, secured } => {
                self.account = account;
                line!(info, self, secured, "logged in");
            }
            AuditEvent::ClientNamed { name } => line!(info, self, name, "the client names itself"),
            AuditEvent::LoginFailed { user } => line!(warn, self, user, "login failed"),
            AuditEvent::DataSecured { tls, bound } => {
                line!(
                    debug,
                    self,
                    tls = %tls.version,
                    cipher = tls.cipher,
                    resumed = tls.resumed,
                    bound,
                    "data connection secured"
                );
            }
            AuditEvent::DataFailed(failure) => line!(warn, self, %failure, "data connection failed"),
            AuditEvent::Transferred(record) => {
                line!(
                    info,
                    self,
                    verb = record.verb,
                    path = %Escaped(record.path.as_bytes()),
                    bytes = record.bytes,
                    mode = %record.mode,
                    wire = record.wire,
                    secs = record.took.as_secs_f64(),
                    secured = record.secured,
                    bound = record.bound,
                    code = record.code.map(ReplyCode::get),
                    substatus = record.substatus.map(SubStatus::number),
                    "transferred"
                );
            }
            AuditEvent::ForeignProtocol => line!(warn, self, "another protocol knocked"),
            AuditEvent::Closed(reason) => line!(info, self, ?reason, "closed"),
            _ => line!(debug, self, "something happened"),
        }
    }

    /// What became of a question to storage whose answer comes too late for a reply.
    pub(crate) fn outcome(&mut self, ticket: TicketId, outcome: Outcome) {
        if self.asked.take_if(|asked| *asked == ticket).is_some() {
            line!(info, self, %outcome, "outcome");
            if let Some(audit) = &mut self.audit {
                audit.outcome(ticket, outcome);
            }
        }
    }

    /// What storage said beyond what the client is told.
    pub(crate) fn storage(&self, error: &wharf_types::FileError) {
        line!(debug, self, %error, "storage refused");
    }

    /// A login could not be judged, or its storage not opened.
    pub(crate) fn unavailable(&self, cause: &str) {
        line!(error, self, cause, "logins are not possible");
    }

    /// Commit or suspension failed.
    pub(crate) fn not_kept(session: u64, error: &wharf_types::FileError) {
        tracing::warn!(target: TARGET, session, %error, "an upload that was cut could not be kept");
    }
}

/// Whom TLS has proved the client to be.
fn client(tls: &TlsInfo) -> Option<&ClientIdentity> {
    match &tls.client_certificate {
        ClientCertificate::Verified(identity) => Some(identity),
        ClientCertificate::Missing | ClientCertificate::NotAsked | ClientCertificate::Refused(_) => None,
    }
}

fn name(client: &ClientIdentity) -> Option<Escaped<'_>> {
    client.common_name.as_ref().map(|name| Escaped(name.as_bytes()))
}

/// A client was turned away.
pub(crate) fn refused(session: u64, peer: SocketAddr, why: SubStatus) {
    let substatus = why.number();
    tracing::warn!(target: TARGET, session, %peer, substatus, %why, "turned away");
}

/// A session ended by a panic.
pub(crate) fn panicked(session: u64, peer: SocketAddr) {
    tracing::error!(target: TARGET, session, %peer, "a panic ended the session");
}
