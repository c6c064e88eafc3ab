//! What a log must not repeat.

use alloc::vec::Vec;

use crate::command::{AuthMechanism, Command, DataDirection, OptsArgument, SiteCommand, SiteVerb, Verb};
use crate::text::Text;

impl Command {
    /// Whether the argument may hold what was meant for PASS: where the verb is known and its argument is not.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other arguments are names and numbers")]
    pub(super) fn is_doubtful(&self) -> bool {
        let transfers = |line: &Text| {
            let verb = line.as_bytes().split(|b| *b == b' ').next().unwrap_or_default();
            Verb::from_bytes(verb).is_some_and(|verb| verb.info().direction != DataDirection::None)
        };
        match self {
            Self::Adat(_)
            | Self::Auth(AuthMechanism::Other(_))
            | Self::Conf(_)
            | Self::Enc(_)
            | Self::Mic(_) => true,
            Self::Help(Some(topic)) => {
                let words: Vec<&[u8]> = topic.as_bytes().split(|b| *b == b' ').collect();
                match words[..] {
                    [verb] => !verb.is_empty() && Verb::from_bytes(verb).is_none(),
                    [site, verb] => {
                        !site.eq_ignore_ascii_case(b"SITE") || SiteVerb::from_bytes(verb).is_none()
                    }
                    _ => true,
                }
            }
            Self::Lang(Some(tag)) => {
                let tag = tag.as_bytes();
                tag.len() > 5 || !tag.get(..2).is_none_or(|tag| tag.eq_ignore_ascii_case(b"en"))
            }
            Self::Opts(OptsArgument::Other { name, .. }) => !name.is("MODE"),
            Self::Pret(line) => !transfers(line),
            Self::Site(text) => SiteCommand::parse(text).is_err(),
            _ => false,
        }
    }
}
