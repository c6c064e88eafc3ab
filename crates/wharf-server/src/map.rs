//! Between the transport's words and the machine's.

use wharf_session::{
    DataFailure as Told, EndMark as ToldEnd, PeerRule as AskedRule, TicketPlan as AskedPlan,
    TlsInfo as ToldTls, TlsVersion as ToldVersion,
};
use wharf_transport::{DataFailure, EndMark, PassiveError, PeerRule, TicketPlan, TlsInfo, TlsVersion};

pub(crate) fn tls_info(info: &TlsInfo) -> ToldTls {
    ToldTls {
        version: match info.version {
            TlsVersion::V1_2 => ToldVersion::V1_2,
            TlsVersion::V1_3 => ToldVersion::V1_3,
        },
        cipher: info.cipher.clone(),
        resumed: info.resumed,
        server_name: info.sni.clone(),
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
        other => Told::Tls(other.to_string()),
    }
}
