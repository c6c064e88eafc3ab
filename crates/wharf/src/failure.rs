//! Why the program stops, and with which exit code.

use std::io;

use wharf_client::{Error, ErrorClass, TlsFailure};

/// What ends a command. The text names the cause and, where there is one, the cure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}{hint}", hint = hint(.0).map(|hint| format!("\n  {hint}")).unwrap_or_default())]
    Remote(#[from] Error),
    /// What the server says makes no sense, or leads nowhere.
    #[error("{0}")]
    Peer(String),
    /// The server's tree seems to have no end: none of it is worth going on with.
    #[error("{0}")]
    Endless(String),
    #[error("{what}: {source}")]
    Local { what: String, source: io::Error },
    /// A failure whose own text does not say what it is about.
    #[error("{0}: {1}")]
    At(String, #[source] Box<Self>),
    /// Each of them has been reported.
    #[error("{0} could not be done")]
    Some(u64),
    #[error("stopped")]
    Interrupted,
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub(crate) fn local(what: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Local { what: what.into(), source: source.into() }
    }

    /// Something on this computer that is not as it must be.
    pub(crate) fn here(what: impl Into<String>, why: &'static str) -> Self {
        Self::local(what, io::Error::other(why))
    }

    /// With what it is about, where the text does not name it already.
    pub(crate) fn at(self, what: &str) -> Self {
        if self.says(what) { self } else { Self::At(what.to_owned(), Box::new(self)) }
    }

    /// The text, with what it is about.
    pub(crate) fn about(&self, what: &str) -> String {
        if self.says(what) { self.to_string() } else { format!("{what}: {self}") }
    }

    fn says(&self, what: &str) -> bool {
        let itself = self.is_closed_pipe() || matches!(self, Self::Interrupted | Self::Some(_));
        // Short names are parts of other words: it stands by itself, and what happened to it behind it.
        let text = self.to_string();
        let mut places = text.match_indices(what).map(|(at, _)| (&text[..at], &text[at + what.len()..]));
        let stands = |(before, after): (&str, &str)| {
            (before.is_empty() || before.ends_with([' ', '/', '`'])) && after.starts_with([':', '`'])
        };
        itself || what.is_empty() || places.any(stands)
    }

    /// What the connection failed with, if it is that.
    #[expect(clippy::wildcard_enum_match_arm, reason = "it is one of two kinds or none")]
    pub(crate) fn remote(&self) -> Option<&Error> {
        match self {
            Self::Remote(error) => Some(error),
            Self::At(_, failure) => failure.remote(),
            _ => None,
        }
    }

    /// As the README and `--help` list them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::At(_, failure) => failure.exit_code(),
            Self::Some(_) => 1,
            Self::Usage(_) | Self::Remote(Error::InvalidArgument { .. }) => 2,
            Self::Remote(error) => match class(error) {
                ErrorClass::Network => 3,
                ErrorClass::Tls | ErrorClass::Certificate => 4,
                ErrorClass::Login => 5,
                ErrorClass::Refused | ErrorClass::NotFound => 6,
                ErrorClass::Timeout => 8,
                ErrorClass::Protocol => 9,
                ErrorClass::Data => 10,
                ErrorClass::Local | _ => 7,
            },
            Self::Peer(_) | Self::Endless(_) => 9,
            Self::Local { .. } => 7,
            Self::Interrupted => 130,
        }
    }

    /// Whoever read the output wants no more: no failure.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        match self {
            Self::At(_, failure) => failure.is_closed_pipe(),
            Self::Local { source, .. } | Self::Remote(Error::Local(source)) => {
                source.kind() == io::ErrorKind::BrokenPipe
            }
            Self::Usage(_)
            | Self::Remote(_)
            | Self::Peer(_)
            | Self::Endless(_)
            | Self::Some(_)
            | Self::Interrupted => false,
        }
    }

    /// Whether going on with the next file makes no sense.
    pub(crate) fn ends_all(&self) -> bool {
        match self {
            Self::At(_, failure) => failure.ends_all(),
            Self::Remote(Error::Local(source)) | Self::Local { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
                    || self.is_closed_pipe()
            }
            Self::Remote(Error::InvalidArgument { .. }) => false,
            Self::Remote(error) => {
                !matches!(class(error), ErrorClass::Refused | ErrorClass::NotFound | ErrorClass::Data)
                    || error.reply().is_some_and(|reply| reply.code().get() == 421)
            }
            Self::Interrupted | Self::Endless(_) => true,
            Self::Usage(_) | Self::Peer(_) | Self::Some(_) => false,
        }
    }

    /// Whether the server said no, as opposed to anything that broke.
    pub(crate) fn is_refusal(&self) -> bool {
        self.remote().is_some_and(|error| matches!(class(error), ErrorClass::Refused | ErrorClass::NotFound))
    }
}

/// Whoever gets as far as a command is logged in: 530 and 532 are about what it names.
fn class(error: &Error) -> ErrorClass {
    match (error, error.class()) {
        (Error::Refused { .. }, ErrorClass::Login) => ErrorClass::Refused,
        (_, class) => class,
    }
}

/// What to type, in the words of this program.
#[expect(clippy::wildcard_enum_match_arm, reason = "few errors have an option that helps")]
fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::TlsRefused { .. } => Some("try --tls implicit; --tls off goes without TLS"),
        Error::ClearPassword => Some("--tls off sends it in clear"),
        Error::Downgrade { .. } => {
            Some("--tls off goes without TLS; wharf forget URL has the server forgotten")
        }
        Error::Tls(TlsFailure::TofuChanged { .. }) => {
            Some("wharf forget URL has the old certificate forgotten")
        }
        Error::Tls(TlsFailure::NoCommonVersionOrCipher(_)) => {
            Some("--tls-min and --tls-max say which versions this side offers")
        }
        Error::Tls(TlsFailure::Alert(alert)) if alert == "CertificateRequired" => {
            Some("--client-cert PEM shows one")
        }
        Error::AccountNeeded { .. } => Some("an account can stand in the netrc file"),
        Error::Tls(_) if error.class() == ErrorClass::Certificate => {
            Some("--trust ca:FILE, pin:sha256:HEX or tofu says which certificates are good")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_codes() {
        assert_eq!(Failure::usage("x").exit_code(), 2);
        assert_eq!(Failure::from(Error::ClearPassword).exit_code(), 5);
        assert_eq!(Failure::from(Error::TimedOut { what: "x".into() }).exit_code(), 8);
        assert_eq!(Failure::from(Error::Closed { said: None }).exit_code(), 3);
        assert_eq!(Failure::here("x", "y").exit_code(), 7);
        assert_eq!(Failure::Some(3).exit_code(), 1);
    }

    #[test]
    fn each_failure_has_a_name_once() {
        let about = |what| Failure::here("writing t/a", "it is a disk").about(what);
        assert_eq!(about("t/a"), "writing t/a: it is a disk");
        assert_eq!(about("a"), "writing t/a: it is a disk");
        assert_eq!(about("i"), "i: writing t/a: it is a disk");
        let named = Failure::usage("no").at("x");
        assert_eq!((named.to_string(), named.exit_code()), ("x: no".to_owned(), 2));
        assert_eq!(Failure::Interrupted.at("x").to_string(), "stopped");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Failure::from(Error::Local(pipe())).is_closed_pipe());
        assert!(Failure::local("x", pipe()).is_closed_pipe());
        assert!(!Failure::here("x", "y").is_closed_pipe());
    }
}
