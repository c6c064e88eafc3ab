//! FEAT: what this listener offers, and after login what the account can use of it.

use wharf_types::{HashAlgorithm, Right};

use super::{
    Server,
    answer::{Answer, Good},
};
use crate::policy::{ControlPolicy, offers_ccc};

impl Server {
    /// FEAT tells the same before and after AUTH (RFC 2389 §3.2, TLS-11). After login, what the account has no right
    /// to anywhere is left out.
    pub(super) fn feat(&mut self) {
        let cfg = &self.cfg;
        let policy = self.policy();
        let tls = cfg.tls_available && (cfg.policy.control != ControlPolicy::Deny || policy.report_only);
        let may = |right| self.settings.grant.as_ref().is_none_or(|grant| grant.has_somewhere(right));
        let features: [(bool, &str); 31] = [
            (tls && !cfg.implicit, "AUTH TLS"),
            (may(Right::List), "AVBL"),
            (offers_ccc(&policy, cfg.implicit, tls), "CCC"),
            (true, "CLNT"),
            (may(Right::Append) && may(Right::Read) && may(Right::Delete), "COMB target;source_list"),
            (tls && cfg.dangerous_tls_client, "CPSV"),
            (true, "CSID"),
            (cfg.active, "EPRT"),
            (true, "EPSV"),
            (may(Right::Read), "HASH"),
            (true, "HOST"),
            (true, "LANG EN*"),
            (may(Right::Read), "MD5"),
            (may(Right::List), "MDTM"),
            (may(Right::SetTimes) || may(Right::SetMode), "MFF"),
            (may(Right::SetTimes), "MFMT"),
            (true, "MLST"),
            (cfg.deflate, "MODE Z"),
            (tls, "PBSZ"),
            (tls, "PROT"),
            (true, "RANG STREAM"),
            (true, "REST STREAM"),
            (may(Right::Read) && may(Right::Write), "SITE COPY"),
            (may(Right::MakeDirectory), "SITE MKDIR"),
            (cfg.site_rmdir && may(Right::Delete), "SITE RMDIR"),
            (may(Right::Link), "SITE SYMLINK"),
            (may(Right::SetTimes), "SITE UTIME"),
            (may(Right::List), "SIZE"),
            (tls && cfg.dangerous_tls_client, "SSCN"),
            (true, "TVFS"),
            (true, "UTF8"),
        ];
        let sums = ["XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"];
        let sums = sums.into_iter().filter(|_| may(Right::Read)).map(str::to_owned);
        let features = features.into_iter().filter(|(offered, _)| *offered).map(|(_, label)| match label {
            "HASH" => self.hash_line(),
            "MFF" => {
                let facts = [(Right::SetTimes, "Modify;"), (Right::SetMode, "UNIX.mode;")];
                let facts = facts.into_iter().filter(|(right, _)| may(*right)).map(|(_, fact)| fact);
                format!("MFF {}", facts.collect::<String>())
            }
            "MLST" => self.settings.facts.feat_line(),
            label => label.to_owned(),
        });
        let lines = core::iter::once("Features:".to_owned())
            .chain(features.chain(sums).map(|feature| format!(" {feature}")))
            .chain(core::iter::once("End".to_owned()));
        let reply = Answer::lines(Good::SYSTEM_STATUS, lines);
        self.done(reply);
    }

    /// The algorithms, with a star behind the current one (XFR-20).
    fn hash_line(&self) -> String {
        let names = HashAlgorithm::ALL.map(|algorithm| {
            let star = if algorithm == self.settings.hash { "*" } else { "" };
            format!("{algorithm}{star}")
        });
        format!("HASH {}", names.join(";"))
    }
}
