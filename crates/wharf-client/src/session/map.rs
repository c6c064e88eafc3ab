//! Between the transport's words, the machine's and the application's.

use wharf_codec::ReplyCode;
use wharf_session::client::{ApiMisuse, LostReason, OpError, Waiting};
use wharf_session::{DeflateFault, PeerRule};
use wharf_transport::{DataFailure, EndMark, TlsInfo, TlsVersion};
use wharf_types::FileErrorKind;

use super::{DataReport, Failure, Session};
use crate::Error;

pub(super) fn tls_info(info: &TlsInfo) -> wharf_session::TlsInfo {
    wharf_session::TlsInfo {
        version: match info.version {
            TlsVersion::V1_2 => wharf_session::TlsVersion::V1_2,
            TlsVersion::V1_3 => wharf_session::TlsVersion::V1_3,
        },
        cipher: info.cipher.clone(),
        resumed: info.resumed,
        server_name: info.sni.clone(),
        // This side shows one; who is asked is the server's matter.
        client_certificate: wharf_session::ClientCertificate::NotAsked,
    }
}

pub(super) fn peer_rule(rule: PeerRule) -> wharf_transport::PeerRule {
    match rule {
        PeerRule::Only(ip) => wharf_transport::PeerRule::Only(ip),
        PeerRule::Any => wharf_transport::PeerRule::Any,
    }
}

pub(super) fn end_mark(end: EndMark) -> wharf_session::EndMark {
    match end {
        EndMark::Clean => wharf_session::EndMark::Clean,
        EndMark::NoCloseNotify => wharf_session::EndMark::NoCloseNotify,
    }
}

pub(super) fn data_failure(failure: DataFailure) -> wharf_session::DataFailure {
    use wharf_session::DataFailure as Told;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the transport's own words will do for what it adds")]
    match failure {
        DataFailure::Connect(error) | DataFailure::Bind(error) | DataFailure::Accept(error) => {
            Told::Connect(error.to_string())
        }
        DataFailure::Handshake(failure) => Told::Tls(failure.to_string()),
        DataFailure::NotResumed => Told::NotResumed,
        other => Told::Tls(other.to_string()),
    }
}

/// Something on this side; the details stay in the report.
pub(super) fn storage_failure() -> wharf_session::DataFailure {
    wharf_session::DataFailure::Storage(FileErrorKind::Io.into())
}

/// Whether a transfer failed because its data connection did not resume the TLS session of the control connection.
pub(crate) fn lacks_resumption(failure: &Failure, report: &DataReport) -> bool {
    let Failure::Op(error) = failure else { return false };
    if report.wrong_certificate || report.tls.as_ref().is_some_and(|tls| tls.resumed) {
        return false;
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is about the data connection")]
    match error {
        OpError::Refused(reply) => {
            let code = reply.code();
            code == ReplyCode::PROTOCOL_OR_TLS_REFUSED
                || (report.tls.is_some()
                    && matches!(code, ReplyCode::CANNOT_OPEN_DATA | ReplyCode::TRANSFER_ABORTED))
        }
        OpError::Data { failure, .. } => {
            use wharf_session::DataFailure as Told;
            matches!(failure, Told::Tls(_) | Told::NotResumed)
        }
        _ => false,
    }
}

impl Session {
    /// What the application is told; `what` names the command.
    pub(crate) fn error(&mut self, what: &str, failure: Failure, report: DataReport) -> Error {
        use wharf_session::DataFailure as Told;
        if let Some(error) = report.local {
            return Error::Local(error);
        }
        if let Some(limit) = report.too_large {
            return Error::TooLarge { limit };
        }
        let error = match failure {
            Failure::Misuse(ApiMisuse::Closed) => match self.lost.clone() {
                Some(reason) => OpError::Lost(reason),
                None => return Error::Closed { said: None },
            },
            Failure::Misuse(ApiMisuse::ClearLogin) => return Error::ClearPassword,
            Failure::Misuse(misuse) => return Error::ApiMisuse(format!("{what}: {misuse}")),
            Failure::Op(error) => error,
        };
        match error {
            OpError::Refused(reply) => Error::Refused { command: what.to_owned(), reply },
            OpError::TlsRefused(reply) => Error::TlsRefused { reply },
            OpError::ProtectionRefused(reply) => Error::ProtectionRefused { reply },
            OpError::NeedPassword(reply) => Error::Login { reply },
            OpError::NeedAccount(reply) => Error::AccountNeeded { reply },
            OpError::PeerMisbehaved(text) => Error::PeerMisbehaved(format!("{what}: {text}")),
            OpError::Data { failure: Told::Deflate(fault), .. } => {
                let what = format!("{what}: {fault}");
                match fault {
                    DeflateFault::Cut => Error::Truncated { what, bytes: report.moved },
                    DeflateFault::Corrupt | DeflateFault::Trailing | DeflateFault::Ratio => {
                        Error::Damaged { what }
                    }
                }
            }
            OpError::Data { failure, reply } => {
                Error::Data { what: format!("{what}: {failure}{}", cure(&failure)), reply }
            }
            OpError::Truncated { bytes, expected } => {
                let what = match expected {
                    Some(expected) => {
                        format!("{what}: {bytes} bytes came, but by the server's size {expected} were due")
                    }
                    None => format!(
                        "{what}: after {bytes} bytes the connection ended without TLS's end mark, \
                        so the file may be cut; a server that never sends the mark needs it relaxed"
                    ),
                };
                Error::Truncated { what, bytes }
            }
            OpError::TimedOut(waiting) => Error::TimedOut { what: waited(what, waiting) },
            OpError::Lost(reason) => self.lost_error(what, reason),
            OpError::Aborted => Error::Aborted,
            other => Error::PeerMisbehaved(format!("{what}: {other}")),
        }
    }

    fn lost_error(&mut self, what: &str, reason: LostReason) -> Error {
        match reason {
            LostReason::Closed => match self.network_failure.take() {
                Some(source) => Error::Network { what: format!("{what}: the connection broke"), source },
                None => Error::Closed { said: None },
            },
            LostReason::TurnedAway(reply) => Error::TurnedAway { reply },
            LostReason::ServiceClosing(reply) => Error::Closed { said: Some(reply) },
            LostReason::Tls(text) => match self.tls_failure.take() {
                Some(failure) => Error::Tls(failure),
                None => Error::PeerMisbehaved(text),
            },
            LostReason::TimedOut(waiting) => Error::TimedOut { what: waited(what, waiting) },
            LostReason::PlaintextBehindTls | LostReason::Pipelined => {
                Error::PeerMisbehaved(reason.to_string())
            }
            LostReason::PeerMisbehaved(text) => Error::PeerMisbehaved(text),
            other => Error::PeerMisbehaved(other.to_string()),
        }
    }
}

fn waited(what: &str, waiting: Waiting) -> String {
    format!("{what}: {waiting}")
}

/// What may help.
fn cure(failure: &wharf_session::DataFailure) -> &'static str {
    use wharf_session::DataFailure as Told;
    match failure {
        Told::Connect(_) => {
            ": the server's passive ports may be closed by a firewall on either side, or (in active mode) this side's"
        }
        Told::NotResumed => ": try TLS 1.2 at most",
        Told::Tls(_) => ": if the server demands that the TLS session is reused, try TLS 1.2 at most",
        Told::NoPortFree(_)
        | Told::ClientCertificate(_)
        | Told::Broken(_)
        | Told::Deflate(_)
        | Told::Storage(_) => "",
    }
}
