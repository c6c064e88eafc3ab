//! What this server understands and does not do, with the code that says so and the reason.

use wharf_codec::{ReplyCode, SiteVerb, Verb};

use super::Server;

const NO: ReplyCode = ReplyCode::NOT_IMPLEMENTED;
const NO_SITE: ReplyCode = ReplyCode::PARAMETER_NOT_IMPLEMENTED;
const NO_NEED: ReplyCode = ReplyCode::COMMAND_PROT_NOT_SUPPORTED;

const DECLINED: &[(Verb, ReplyCode, &str)] = &[
    (Verb::Adat, ReplyCode::BAD_SEQUENCE, "No ADAT is expected, TLS needs none"),
    (Verb::Conf, NO_NEED, "TLS protects commands here, use AUTH TLS"),
    (Verb::Cpsv, NO, "This server is always the TLS server on data connections"),
    (Verb::Dsiz, NO, "The size of a tree is not counted here, use MLSD"),
    (Verb::Enc, NO_NEED, "TLS protects commands here, use AUTH TLS"),
    (Verb::Esta, NO, "Data connections open with the transfer, STAT tells of it"),
    (Verb::Estp, NO, "Data connections open with the transfer, STAT tells of it"),
    (Verb::Macb, NO, "MacBinary is not spoken here, use TYPE I"),
    (Verb::Mfct, NO, "The system keeps no time of creation that could be set, use MFMT"),
    (Verb::Mic, NO_NEED, "TLS protects commands here, use AUTH TLS"),
    (Verb::Mmd5, NO, "One file at a time, use HASH or MD5"),
    (Verb::Smnt, NO, "There is one file system"),
    (Verb::Spsv, NO, "That is no standard, use EPSV"),
    (Verb::Sscn, NO, "This server is always the TLS server on data connections"),
    (Verb::Thmb, NO, "Pictures are not made smaller here, use RETR"),
];

const DECLINED_SITE: &[(SiteVerb, ReplyCode, &str)] = &[
    (SiteVerb::Chgrp, NO_SITE, "Groups are the administrator's business"),
    (SiteVerb::Xdupe, NO_SITE, "Names are not told in refusals, use NLST"),
];

/// What is offered where the configuration says so.
pub(super) const TLS_CLIENT: [Verb; 2] = [Verb::Cpsv, Verb::Sscn];

/// Why a command is declined as the configuration is by default; `None` when it is offered.
pub(super) fn declined(verb: Verb) -> Option<(ReplyCode, &'static str)> {
    DECLINED.iter().find(|(declined, ..)| *declined == verb).map(|&(_, code, reason)| (code, reason))
}

impl Server {
    /// Why a command is declined here.
    pub(super) fn declines(&self, verb: Verb) -> Option<(ReplyCode, &'static str)> {
        let offered = self.cfg.dangerous_tls_client && TLS_CLIENT.contains(&verb);
        if offered { None } else { declined(verb) }
    }
}

/// The same for a command of SITE.
pub(super) fn declined_site(verb: SiteVerb) -> Option<(ReplyCode, &'static str)> {
    DECLINED_SITE.iter().find(|(declined, ..)| *declined == verb).map(|&(_, code, reason)| (code, reason))
}
