//! Between the transport's words and the machine's.

use std::sync::Arc;

use wharf_session::{
    ClientCertificate, ClientCertificateProblem as ToldProblem, DataFailure as Told, EndMark as ToldEnd,
    PeerRule as AskedRule, TicketPlan as AskedPlan, TlsInfo as ToldTls, TlsVersion as ToldVersion,
};
use wharf_transport::{
    CertificateProblem, ClientVerdict, DataFailure, EndMark, PassiveError, PeerRule, TicketPlan, TlsInfo,
    TlsVersion,
};
use wharf_types::ClientIdentity;

pub(crate) fn tls_info(info: &TlsInfo) -> ToldTls {
    ToldTls {
        version: match info.version {
            TlsVersion::V1_2 => ToldVersion::V1_2,
            TlsVersion::V1_3 => ToldVersion::V1_3,
        },
        cipher: info.cipher.clone(),
        resumed: info.resumed,
        server_name: info.sni.clone(),
        client_certificate: client_certificate(&info.client),
    }
}

pub(crate) fn client_certificate(verdict: &ClientVerdict) -> ClientCertificate {
    match verdict {
        ClientVerdict::NotAsked => ClientCertificate::NotAsked,
        ClientVerdict::Missing => ClientCertificate::Missing,
        ClientVerdict::Refused(problem) => ClientCertificate::Refused(certificate_problem(*problem)),
        ClientVerdict::Verified(identity) => ClientCertificate::Verified(Arc::new(ClientIdentity {
            fingerprint: *identity.fingerprint.as_bytes(),
            common_name: identity.common_name.clone(),
            emails: identity.emails.clone(),
            dns_names: identity.dns_names.clone(),
        })),
    }
}

fn certificate_problem(problem: CertificateProblem) -> ToldProblem {
    match problem {
        CertificateProblem::Missing => ToldProblem::Missing,
        CertificateProblem::UnknownIssuer => ToldProblem::UnknownIssuer,
        CertificateProblem::Expired => ToldProblem::Expired,
        CertificateProblem::NotYetValid => ToldProblem::NotYetValid,
        CertificateProblem::Revoked => ToldProblem::Revoked,
        CertificateProblem::RevocationUnknown => ToldProblem::RevocationUnknown,
        CertificateProblem::RevocationExpired => ToldProblem::RevocationExpired,
        CertificateProblem::WrongPurpose => ToldProblem::WrongPurpose,
        CertificateProblem::Unusable => ToldProblem::Unusable,
        CertificateProblem::Different => ToldProblem::Different,
    }
}

pub(crate) fn peer_rule(rule: AskedRule) -> PeerRule {
    match rule {
        AskedRule::Only(ip) => PeerRule::Only(ip),
        AskedRule::Any => PeerRule::Any,
    }
}

pub(crate) fn ticket_plan(plan: AskedPlan) -> TicketPlan {
    match plan {
        AskedPlan::Unknown => TicketPlan::Early,
        AskedPlan::Download => TicketPlan::Download,
        AskedPlan::Upload => TicketPlan::Upload,
    }
}

pub(crate) fn end_mark(end: EndMark) -> ToldEnd {
    match end {
        EndMark::Clean => ToldEnd::Clean,
        EndMark::NoCloseNotify => ToldEnd::NoCloseNotify,
    }
}

pub(crate) fn no_port(error: &PassiveError) -> Told {
    Told::NoPortFree(error.to_string())
}

pub(crate) fn data_failure(failure: &DataFailure) -> Told {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the transport's own words will do for what it adds")]
    match failure {
        DataFailure::Connect(_) | DataFailure::Bind(_) | DataFailure::Accept(_) | DataFailure::Closed => {
            Told::Connect(failure.to_string())
        }
        DataFailure::NotResumed => Told::NotResumed,
        DataFailure::ClientCertificate(problem) => Told::ClientCertificate(certificate_problem(*problem)),
        other => Told::Tls(other.to_string()),
    }
}
