//! FEAT, HELP, OPTS, LANG, SITE, TYPE, STRU, MODE.

use wharf_codec::{Format, Reply, ReplyCode, Representation, Structure, Text, Token, TransferMode, Verb};

use super::Server;
use crate::policy::{ControlPolicy, offers_ccc};

impl Server {
    /// FEAT tells what this listener offers, the same before and after AUTH (RFC 2389 §3.2, TLS-11).
    pub(super) fn feat(&mut self) {
        let cfg = &self.cfg;
        let policy = self.policy();
        let tls = cfg.tls_available && (cfg.policy.control != ControlPolicy::Deny || policy.report_only);
        let mut features: Vec<String> = Vec::new();
        if tls && !cfg.implicit {
            features.push("AUTH TLS".to_owned());
        }
        if offers_ccc(&policy, cfg.implicit, tls) {
            features.push("CCC".to_owned());
        }
        features.push("CLNT".to_owned());
        if cfg.active {
            features.push("EPRT".to_owned());
        }
        features.extend(["EPSV", "HOST", "LANG EN*", "MDTM", "MFMT"].map(str::to_owned));
        features.push(self.settings.facts.feat_line());
        if tls {
            features.extend(["PBSZ", "PROT"].map(str::to_owned));
        }
        features.extend(["REST STREAM", "SIZE", "TVFS", "UTF8"].map(str::to_owned));
        let lines = core::iter::once("Features:".to_owned())
            .chain(features.into_iter().map(|feature| format!(" {feature}")))
            .chain(core::iter::once("End".to_owned()));
        self.done(&Reply::lines(ReplyCode::SYSTEM_STATUS, lines));
    }

    pub(super) fn help(&mut self, topic: Option<&Text>) {
        let Some(topic) = topic.filter(|topic| !topic.is_empty()) else {
            let names: Vec<&str> = Verb::ALL.iter().map(|verb| verb.name()).collect();
            let lines = core::iter::once("Commands known here:".to_owned())
                .chain(names.chunks(10).map(|row| format!(" {}", row.join(" "))))
                .chain(core::iter::once("HELP with a command tells its syntax".to_owned()));
            return self.done(&Reply::lines(ReplyCode::HELP, lines));
        };
        match Verb::from_bytes(topic.as_bytes()) {
            Some(verb) => {
                let info = verb.info();
                self.done(&Reply::new(
                    ReplyCode::HELP,
                    format!("{}: {} ({})", info.syntax, info.help, info.reference),
                ));
            }
            None => self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "No such command"),
        }
    }

    pub(super) fn lang(&mut self, language: Option<&Text>) {
        let english = language.is_none_or(|tag| {
            let tag = tag.as_bytes();
            tag.is_empty()
                || tag.get(..2).is_some_and(|primary| primary.eq_ignore_ascii_case(b"en"))
                    && matches!(tag.get(2), None | Some(b'-'))
        });
        if english {
            self.done_with(ReplyCode::OKAY, "English it is");
        } else {
            self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "Texts are in English only");
        }
    }

    pub(super) fn opts_mlst(&mut self, facts: &[Token]) {
        self.settings.facts = wharf_codec::FactSelection::from_opts(facts);
        let text = self.settings.facts.opts_reply();
        self.done(&Reply::new(ReplyCode::OKAY, text));
    }

    pub(super) fn opts_utf8(&mut self, on: Option<bool>) {
        if on == Some(false) {
            self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "Names are UTF-8 here, always");
        } else {
            self.done_with(ReplyCode::OKAY, "Names are UTF-8");
        }
    }

    pub(super) fn site(&mut self, text: &Text) {
        let word = text.as_bytes().split(|b| *b == b' ').next().unwrap_or_default();
        if word.eq_ignore_ascii_case(b"HELP") {
            self.done_with(ReplyCode::HELP, "SITE has HELP only");
        } else {
            self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "No such SITE command");
        }
    }

    /// TYPE (RFC 1123 §4.1.2.1): lines, bytes, and bytes of eight bits.
    pub(super) fn set_type(&mut self, representation: Representation) {
        let taken = match representation {
            Representation::Ascii(Format::NonPrint | Format::Telnet) => {
                Representation::Ascii(Format::NonPrint)
            }
            Representation::Image | Representation::Local(8) => Representation::Image,
            Representation::Ascii(_) | Representation::Ebcdic(_) | Representation::Local(_) => {
                return self.done_with(
                    ReplyCode::PARAMETER_NOT_IMPLEMENTED,
                    "Types are A (lines), I (bytes) and L 8 (the same)",
                );
            }
        };
        self.settings.representation = taken;
        let image = taken == Representation::Image;
        self.done_with(
            ReplyCode::OKAY,
            if image { "Type is I, bytes as they are" } else { "Type is A, lines" },
        );
    }

    pub(super) fn stru(&mut self, structure: Structure) {
        match structure {
            Structure::File => self.done_with(ReplyCode::OKAY, "Structure is F"),
            Structure::Record | Structure::Page => {
                self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "The only structure is F")
            }
        }
    }

    pub(super) fn mode(&mut self, mode: TransferMode) {
        match mode {
            TransferMode::Stream => self.done_with(ReplyCode::OKAY, "Mode is S"),
            TransferMode::Block | TransferMode::Compressed | TransferMode::Deflate => {
                self.done_with(ReplyCode::PARAMETER_NOT_IMPLEMENTED, "The only mode is S")
            }
        }
    }
}
