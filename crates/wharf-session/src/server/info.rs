//! HELP, OPTS, LANG, CLNT, CSID, PRET, TYPE, STRU, MODE.

use wharf_codec::{
    Command, DataDirection, Escaped, Format, Leniency, Line, ReplyCode, Representation, Structure, Text,
    Token, Verb,
};

use super::{
    AuditEvent, Server,
    answer::{Answer, Good},
};
use crate::SubStatus;

/// HELP has no 504 (RFC 959 §5.4): what it is asked about is not implemented.
const UNKNOWN_TOPIC: ReplyCode = ReplyCode::NOT_IMPLEMENTED;

impl Server {
    pub(super) fn help(&mut self, topic: Option<&Text>) {
        let Some(topic) = topic.filter(|topic| !topic.is_empty()) else {
            let offered = Verb::ALL.iter().filter(|verb| self.declines(**verb).is_none());
            let names: Vec<&str> = offered.map(|verb| verb.name()).collect();
            let lines = core::iter::once("Commands known here:".to_owned())
                .chain(names.chunks(10).map(|row| format!(" {}", row.join(" "))))
                .chain(core::iter::once("HELP with a command tells its syntax".to_owned()));
            return self.done(Answer::lines(Good::HELP, lines));
        };
        if let Some(site) = topic.as_bytes().get(..5).filter(|word| word.eq_ignore_ascii_case(b"SITE ")) {
            let rest = topic.as_bytes().get(site.len()..).unwrap_or_default();
            let topic = Text::copy_from(rest).ok().filter(|rest| !rest.is_empty());
            return self.site_help(topic.as_ref(), UNKNOWN_TOPIC);
        }
        match Verb::from_bytes(topic.as_bytes()).filter(|verb| self.declines(*verb).is_none()) {
            Some(verb) => {
                let info = verb.info();
                self.done(Answer::good(
                    Good::HELP,
                    format!("{}: {} ({})", info.syntax, info.help, info.reference),
                ));
            }
            None => self.no_as(UNKNOWN_TOPIC, SubStatus::UnknownTopic, "No such command"),
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
            self.done_with(Good::OKAY, "English it is");
        } else {
            self.no(SubStatus::ValueUnsupported, "Texts are in English only");
        }
    }

    pub(super) fn opts_mlst(&mut self, facts: &[Token]) {
        self.settings.facts = wharf_codec::FactSelection::from_opts(facts);
        let text = self.settings.facts.opts_reply();
        self.done(Answer::good(Good::OKAY, text));
    }

    pub(super) fn opts_utf8(&mut self, on: Option<bool>) {
        if on == Some(false) {
            self.no(SubStatus::ValueUnsupported, "Names are UTF-8 here, always");
        } else {
            self.done_with(Good::OKAY, "Names are UTF-8");
        }
    }

    /// CLNT: the name goes to the log, and is believed by nobody.
    pub(super) fn clnt(&mut self, name: &Text) {
        self.event(AuditEvent::ClientNamed { name: Escaped(name.as_bytes()).to_string() });
        self.done_with(Good::OKAY, "Noted");
    }

    /// CSID: the same, and an answer in kind; version and system are nobody's business.
    pub(super) fn csid(&mut self, facts: &Text) {
        self.event(AuditEvent::ClientNamed { name: Escaped(facts.as_bytes()).to_string() });
        self.done_with(Good::OKAY, "Name=Wharf;CaseSensitive=1;DirSep=/;");
    }

    /// PRET: nothing depends on it here, as any port serves any transfer.
    pub(super) fn pret(&mut self, command: &Text) {
        let verb = Command::parse(&Line::new(command.as_bytes().to_vec()), &Leniency::default())
            .map(|command| command.verb());
        match verb {
            Err(_) => self.no(SubStatus::BadArgument, "PRET announces a transfer command"),
            Ok(Some(verb)) if verb.info().direction != DataDirection::None => {
                self.done_with(Good::OKAY, "Ask for a port now");
            }
            Ok(_) => self.no(SubStatus::ValueUnsupported, "That command transfers nothing"),
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
                return self
                    .no(SubStatus::ValueUnsupported, "Types are A (lines), I (bytes) and L 8 (the same)");
            }
        };
        self.settings.representation = taken;
        let image = taken == Representation::Image;
        self.done_with(Good::OKAY, if image { "Type is I, bytes as they are" } else { "Type is A, lines" });
    }

    pub(super) fn stru(&mut self, structure: Structure) {
        match structure {
            Structure::File => self.done_with(Good::OKAY, "Structure is F"),
            Structure::Record | Structure::Page => {
                self.no(SubStatus::ValueUnsupported, "The only structure is F")
            }
        }
    }
}
