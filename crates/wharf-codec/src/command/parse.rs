//! From a line to a command.

use nom::Parser as _;

use crate::command::argument::{self, Parsed};
use crate::command::{Command, CommandError, CommandErrorKind, Verb};
use crate::frame::Line;
use crate::text::{HostName, Pathname, Secret, Text, TextError, Token, UserName, is_text};

/// How much bad spelling is forgiven. The default is what meets every client in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leniency {
    /// Ignore stray spaces around arguments that are no path names, and behind verbs that take none (CTL-06).
    pub trim_spaces: bool,
    /// Ignore an argument where none belongs, as in `NOOP again`.
    pub ignore_extra_argument: bool,
    /// Read `TYPE L8` as `TYPE L 8`, and `TYPE I N` as `TYPE I`.
    pub loose_type: bool,
}

impl Default for Leniency {
    fn default() -> Self {
        Self { trim_spaces: true, ignore_extra_argument: false, loose_type: true }
    }
}

impl Leniency {
    /// Nothing but the grammar of the documents.
    #[must_use]
    pub const fn strict() -> Self {
        Self { trim_spaces: false, ignore_extra_argument: false, loose_type: false }
    }
}

/// First words of other protocols; none of them is a verb of FTP.
const FOREIGN: &[&str] = &[
    "CONNECT", "DELETE", "EHLO", "GET", "HEAD", "HELO", "LHLO", "OPTIONS", "PATCH", "POST", "PRI", "PUT",
    "TRACE",
];

/// Whether the first bytes of a connection, or of a line, are HTTP, SMTP, SSH or a TLS record instead of FTP (CTL-23).
///
/// A TLS record need not hold a line end, so a server asks this of what comes first, before there is a line.
///
/// ```
/// use wharf_codec::is_foreign_protocol;
/// assert!(is_foreign_protocol(b"GET / HTTP/1.1"));
/// assert!(is_foreign_protocol(b"\x16\x03\x01\x02\x00"));
/// assert!(!is_foreign_protocol(b"USER alice"));
/// ```
#[must_use]
pub fn is_foreign_protocol(start: &[u8]) -> bool {
    let word = start.split(|&byte| matches!(byte, b' ' | b'\r' | b'\n')).next().unwrap_or_default();
    start.starts_with(b"\x16\x03")
        || start.starts_with(b"SSH-")
        || FOREIGN.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

impl Command {
    /// Reads one line: `verb [ SP argument ]`. The verb and keywords ignore case (CTL-04), all bytes behind the one
    /// space belong to a path name (CTL-05).
    ///
    /// # Errors
    /// Says what is wrong, and with [`CommandError::reply_code`] what to answer.
    pub fn parse(line: &Line, how: &Leniency) -> Result<Self, CommandError> {
        let bytes = line.as_bytes();
        let refuse = |kind, offset| Err(CommandError { kind, verb: None, offset });
        if bytes.is_empty() {
            return refuse(CommandErrorKind::Empty, 0);
        }
        if is_foreign_protocol(bytes) {
            return refuse(CommandErrorKind::ForeignProtocol, 0);
        }
        let end = memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
        let (word, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
        if let Some(offset) = word.iter().position(|byte| !byte.is_ascii_graphic()) {
            return refuse(CommandErrorKind::BadVerb, offset);
        }
        if !word.first().is_some_and(u8::is_ascii_alphabetic) {
            return refuse(CommandErrorKind::BadVerb, 0);
        }
        let verb = Verb::from_bytes(word);
        if let Some(offset) = bytes.iter().position(|&byte| !is_text(byte)) {
            return Err(CommandError { kind: CommandErrorKind::BadCharacter, verb, offset });
        }
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let argument = Argument { rest, start: bytes.len().saturating_sub(rest.len()), verb, how };
        match verb {
            Some(verb) => argument.into_command(verb),
            None => Ok(Self::Unknown {
                verb: argument.word(word, Token::copy_from)?,
                argument: argument.word(argument.rest, Text::copy_from)?,
            }),
        }
    }
}

/// What follows the verb and its space.
#[derive(Clone, Copy)]
struct Argument<'a> {
    rest: &'a [u8],
    /// Where it begins in the line.
    start: usize,
    verb: Option<Verb>,
    how: &'a Leniency,
}

impl<'a> Argument<'a> {
    /// The dispatch: one line per verb.
    fn into_command(self, verb: Verb) -> Result<Command, CommandError> {
        use Command as C;
        Ok(match verb {
            Verb::Abor => self.none(C::Abor)?,
            Verb::Acct => C::Acct(self.secret()?),
            Verb::Adat => C::Adat(self.text()?),
            Verb::Allo => self.with(argument::allo)?,
            Verb::Appe => C::Appe(self.path()?),
            Verb::Auth => C::Auth(self.with(argument::mechanism)?),
            Verb::Avbl => C::Avbl(self.perhaps(Self::path)?),
            Verb::Ccc => self.none(C::Ccc)?,
            Verb::Cdup => self.none(C::Cdup)?,
            Verb::Clnt => C::Clnt(self.text()?),
            Verb::Comb => self.with(argument::comb)?,
            Verb::Conf => C::Conf(self.text()?),
            Verb::Cpsv => self.none(C::Cpsv)?,
            Verb::Csid => C::Csid(self.text()?),
            Verb::Cwd => C::Cwd(self.path()?),
            Verb::Dele => C::Dele(self.path()?),
            Verb::Dsiz => C::Dsiz(self.perhaps(Self::path)?),
            Verb::Enc => C::Enc(self.text()?),
            Verb::Eprt => C::Eprt(self.with(argument::extended_host_port)?),
            Verb::Epsv => {
                C::Epsv(self.trimmed().perhaps(|this| this.with(argument::epsv))?.unwrap_or_default())
            }
            Verb::Feat => self.none(C::Feat)?,
            Verb::Esta => self.none(C::Esta)?,
            Verb::Estp => self.none(C::Estp)?,
            Verb::Hash => C::Hash(self.path()?),
            Verb::Help => C::Help(self.perhaps(Self::text)?),
            Verb::Host => C::Host(self.host()?),
            Verb::Lang => C::Lang(self.perhaps(Self::text)?),
            Verb::List => C::List(self.perhaps(Self::text)?),
            Verb::Lprt => C::Lprt(self.with(argument::long_host_port)?),
            Verb::Lpsv => self.none(C::Lpsv)?,
            Verb::Macb => C::Macb(self.text()?),
            Verb::Md5 => C::Md5(self.path()?),
            Verb::Mdtm => C::Mdtm(self.path()?),
            Verb::Mfct => self.with_path(argument::mfct)?,
            Verb::Mff => self.with_path(argument::mff)?,
            Verb::Mfmt => self.with_path(argument::mfmt)?,
            Verb::Mic => C::Mic(self.text()?),
            Verb::Mkd => C::Mkd(self.path()?),
            Verb::Mlsd => C::Mlsd(self.perhaps(Self::path)?),
            Verb::Mlst => C::Mlst(self.perhaps(Self::path)?),
            Verb::Mmd5 => C::Mmd5(self.text()?),
            Verb::Mode => C::Mode(self.with(argument::mode)?),
            Verb::Nlst => C::Nlst(self.perhaps(Self::text)?),
            Verb::Noop => self.none(C::Noop)?,
            Verb::Opts => C::Opts(self.with_path(argument::opts)?),
            Verb::Pass => C::Pass(self.secret()?),
            Verb::Pasv => self.none(C::Pasv)?,
            Verb::Pbsz => C::Pbsz(self.with(argument::number)?),
            Verb::Port => C::Port(self.with(argument::host_port)?),
            Verb::Pret => C::Pret(self.text()?),
            Verb::Prot => C::Prot(self.with(argument::protection)?),
            Verb::Pwd => self.none(C::Pwd)?,
            Verb::Quit => self.none(C::Quit)?,
            Verb::Rang => self.with(argument::rang)?,
            Verb::Rein => self.none(C::Rein)?,
            Verb::Rest => C::Rest(self.with(argument::number)?),
            Verb::Retr => C::Retr(self.path()?),
            Verb::Rmd => C::Rmd(self.path()?),
            Verb::Rnfr => C::Rnfr(self.path()?),
            Verb::Rnto => C::Rnto(self.path()?),
            Verb::Site => C::Site(self.text()?),
            Verb::Size => C::Size(self.path()?),
            Verb::Smnt => C::Smnt(self.path()?),
            Verb::Spsv => self.none(C::Spsv)?,
            Verb::Sscn => C::Sscn(self.trimmed().perhaps(|this| this.with(argument::on_off))?),
            Verb::Stat => C::Stat(self.perhaps(Self::path)?),
            Verb::Stor => C::Stor(self.path()?),
            Verb::Stou => C::Stou(self.perhaps(Self::path)?),
            Verb::Stru => C::Stru(self.with(argument::structure)?),
            Verb::Syst => self.none(C::Syst)?,
            Verb::Thmb => C::Thmb(self.text()?),
            Verb::Type => {
                let loose = self.how.loose_type;
                C::Type(self.with(|rest| argument::representation(rest, loose))?)
            }
            Verb::User => C::User(self.needed()?.word(self.rest, UserName::copy_from)?),
            Verb::Xcrc => C::Xcrc(self.with_path(argument::checksum)?),
            Verb::Xmd5 => C::Xmd5(self.with_path(argument::checksum)?),
            Verb::Xsha => C::Xsha(self.with_path(argument::checksum)?),
            Verb::Xsha256 => C::Xsha256(self.with_path(argument::checksum)?),
            Verb::Xsha512 => C::Xsha512(self.with_path(argument::checksum)?),
        })
    }

    fn refuse(self, kind: CommandErrorKind, offset: usize) -> CommandError {
        CommandError { kind, verb: self.verb, offset }
    }

    /// Without the spaces that do not count.
    fn trimmed(self) -> Self {
        let (mut rest, mut start) = (self.rest, self.start);
        if self.how.trim_spaces {
            while let Some(inner) = rest.strip_prefix(b" ") {
                (rest, start) = (inner, start + 1);
            }
            while let Some(inner) = rest.strip_suffix(b" ") {
                rest = inner;
            }
        }
        Self { rest, start, ..self }
    }

    fn none(self, command: Command) -> Result<Command, CommandError> {
        if self.trimmed().rest.is_empty() || self.how.ignore_extra_argument {
            Ok(command)
        } else {
            Err(self.refuse(CommandErrorKind::UnexpectedArgument, self.start))
        }
    }

    fn needed(self) -> Result<Self, CommandError> {
        if self.rest.is_empty() {
            Err(self.refuse(CommandErrorKind::MissingArgument, self.start))
        } else {
            Ok(self)
        }
    }

    /// An argument that may be left out: `LIST` and `LIST` with a space are the same.
    fn perhaps<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, CommandError>,
    ) -> Result<Option<T>, CommandError> {
        if self.rest.is_empty() { Ok(None) } else { read(self).map(Some) }
    }

    fn word<T>(
        self,
        bytes: &[u8],
        new: impl FnOnce(&[u8]) -> Result<T, TextError>,
    ) -> Result<T, CommandError> {
        new(bytes).map_err(|error| match error {
            TextError::Empty => self.refuse(CommandErrorKind::MissingArgument, self.start),
            TextError::Forbidden { offset, .. } => {
                self.refuse(CommandErrorKind::BadCharacter, self.start + offset)
            }
            TextError::NotHostName => self.refuse(CommandErrorKind::BadArgument, self.start),
        })
    }

    fn path(self) -> Result<Pathname, CommandError> {
        self.word(self.rest, Pathname::copy_from)
    }

    fn text(self) -> Result<Text, CommandError> {
        self.needed()?.word(self.rest, Text::copy_from)
    }

    /// All bytes count, none is legal: a password may be empty or begin with a space.
    fn secret(self) -> Result<Secret, CommandError> {
        self.word(self.rest, |bytes| Secret::new(bytes))
    }

    fn host(self) -> Result<HostName, CommandError> {
        let this = self.trimmed().needed()?;
        this.word(this.rest, |bytes| HostName::new(bytes.to_vec()))
    }

    /// An argument with a grammar of its own, in which stray spaces do not count.
    fn with<T>(self, parser: impl Fn(&'a [u8]) -> Parsed<'a, T>) -> Result<T, CommandError> {
        self.trimmed().with_path(parser)
    }

    /// An argument with a grammar of its own that ends in something where each space counts.
    fn with_path<T>(self, mut parser: impl FnMut(&'a [u8]) -> Parsed<'a, T>) -> Result<T, CommandError> {
        let this = self.needed()?;
        let length = this.rest.len();
        match parser.parse(this.rest) {
            Ok((_, value)) => Ok(value),
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => Err(CommandError {
                kind: fault.kind,
                verb: this.verb,
                offset: this.start + length.saturating_sub(fault.left),
            }),
            Err(nom::Err::Incomplete(_)) => Err(this.refuse(CommandErrorKind::BadArgument, this.start)),
        }
    }
}
