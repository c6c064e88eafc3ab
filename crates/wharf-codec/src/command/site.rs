//! The commands of `SITE` ([RFC 959](https://www.rfc-editor.org/rfc/rfc959) §4.1.3), as servers agree on them.

use crate::command::argument;
use crate::text::{Pathname, Text, Token};
use crate::time::TimeVal;

/// What is known about a command of `SITE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteVerbInfo {
    /// The verb.
    pub verb: SiteVerb,
    /// Its name, in capitals.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// One line of help.
    pub help: &'static str,
}

macro_rules! site_verbs {
    ($($verb:ident $name:literal $syntax:literal, $help:literal;)*) => {
        /// A command of `SITE` that this crate knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum SiteVerb {
            $(#[doc = concat!("`", $syntax, "`: ", $help)] $verb,)*
        }

        impl SiteVerb {
            /// Every one, in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$verb),*];

            /// What is known about it.
            #[must_use]
            pub const fn info(self) -> &'static SiteVerbInfo {
                match self {
                    $(Self::$verb => &SiteVerbInfo {
                        verb: Self::$verb,
                        name: $name,
                        syntax: $syntax,
                        help: $help,
                    },)*
                }
            }
        }
    };
}

site_verbs! {
    Chgrp "CHGRP" "SITE CHGRP group path", "Give a file to another group.";
    Chmod "CHMOD" "SITE CHMOD mode path", "Set the permission bits of a file.";
    Copy "COPY" "SITE COPY from to", "Copy a file on the server.";
    Cpfr "CPFR" "SITE CPFR path", "Name what to copy.";
    Cpto "CPTO" "SITE CPTO path", "Copy it to this name.";
    Help "HELP" "SITE HELP [command]", "Explain these commands.";
    Idle "IDLE" "SITE IDLE [seconds]", "How long the session may be idle.";
    Mkdir "MKDIR" "SITE MKDIR path", "Make a directory, and those above it.";
    Quota "QUOTA" "SITE QUOTA", "What the account may store, and stores.";
    Rmdir "RMDIR" "SITE RMDIR path", "Remove a directory with all below it.";
    Symlink "SYMLINK" "SITE SYMLINK target link", "Make a symbolic link.";
    Umask "UMASK" "SITE UMASK [mode]", "The permission bits that new files do not get.";
    Utime "UTIME" "SITE UTIME time path", "Set the time of a file's last change, in UTC.";
    Who "WHO" "SITE WHO", "The sessions of this account.";
    Xdupe "XDUPE" "SITE XDUPE [mode]", "Tell of names that are taken already.";
}

impl SiteVerb {
    /// Its name, in capitals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The command of that name, in any case of letters.
    #[must_use]
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|verb| verb.name().as_bytes().eq_ignore_ascii_case(name))
    }
}

/// One command of `SITE` with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteCommand {
    /// `CHGRP`: another group.
    Chgrp {
        /// Name or number of the group.
        group: Token,
        /// The file.
        path: Pathname,
    },
    /// `CHMOD`: permission bits.
    Chmod {
        /// The bits, at most `0o7777`.
        mode: u32,
        /// The file.
        path: Pathname,
    },
    /// `COPY`: a copy on the server.
    Copy {
        /// What is copied.
        from: Pathname,
        /// Its name then.
        to: Pathname,
    },
    /// `CPFR`: what is copied.
    Cpfr(Pathname),
    /// `CPTO`: the name of the copy.
    Cpto(Pathname),
    /// `HELP`, perhaps on one command.
    Help(Option<Text>),
    /// `IDLE`: seconds; without them a question.
    Idle(Option<u32>),
    /// `MKDIR`: a directory and those above it.
    Mkdir(Pathname),
    /// `QUOTA`: what may be stored.
    Quota,
    /// `RMDIR`: a directory with all below it.
    Rmdir(Pathname),
    /// `SYMLINK`: a symbolic link.
    Symlink {
        /// Where it leads.
        target: Pathname,
        /// Its name.
        link: Pathname,
    },
    /// `UMASK`: bits that new files do not get, at most `0o777`; without them a question.
    Umask(Option<u32>),
    /// `UTIME`: time of the last change.
    Utime {
        /// The time, in UTC.
        time: TimeVal,
        /// The file.
        path: Pathname,
    },
    /// `WHO`: sessions.
    Who,
    /// `XDUPE`: names that are taken.
    Xdupe,
}

/// Why the argument of `SITE` is no command of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a name is known or not")]
pub enum SiteError {
    /// Nobody knows the first word.
    Unknown,
    /// The argument of that command is malformed or missing.
    BadArgument(SiteVerb),
}

impl SiteCommand {
    /// Reads the argument of `SITE`: a word in any case of letters, and what follows it.
    ///
    /// Two names stand in double quotes, or have no spaces in them. `UTIME` has two forms in the field: a time and a
    /// name, or a name, three times (of access, change and creation) and the word `UTC`.
    ///
    /// # Errors
    /// Says which command is meant, if one is.
    pub fn parse(text: &Text) -> Result<Self, SiteError> {
        let text = text.as_bytes();
        let end = memchr::memchr(b' ', text).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end).unwrap_or_default();
        let rest = rest.strip_prefix(b" ").unwrap_or_default();
        let verb = SiteVerb::from_bytes(word).ok_or(SiteError::Unknown)?;
        Self::with_argument(verb, rest).ok_or(SiteError::BadArgument(verb))
    }

    fn with_argument(verb: SiteVerb, rest: &[u8]) -> Option<Self> {
        let path = |bytes: &[u8]| Pathname::copy_from(bytes).ok();
        let alone = |command| rest.trim_ascii().is_empty().then_some(command);
        Some(match verb {
            SiteVerb::Chgrp => {
                let (group, name) = split(rest)?;
                Self::Chgrp { group: Token::copy_from(group).ok()?, path: path(name)? }
            }
            SiteVerb::Chmod => {
                let (mode, name) = split(rest)?;
                Self::Chmod { mode: octal(mode, 0o7777)?, path: path(name)? }
            }
            SiteVerb::Copy => {
                let (from, to) = two_names(rest)?;
                Self::Copy { from, to }
            }
            SiteVerb::Cpfr => Self::Cpfr(path(rest)?),
            SiteVerb::Cpto => Self::Cpto(path(rest)?),
            SiteVerb::Help => Self::Help(match rest.trim_ascii() {
                b"" => None,
                topic => Some(Text::copy_from(topic).ok()?),
            }),
            SiteVerb::Idle => Self::Idle(match rest.trim_ascii() {
                b"" => None,
                digits => Some(core::str::from_utf8(digits).ok()?.parse().ok()?),
            }),
            SiteVerb::Mkdir => Self::Mkdir(path(rest)?),
            SiteVerb::Quota => alone(Self::Quota)?,
            SiteVerb::Rmdir => Self::Rmdir(path(rest)?),
            SiteVerb::Symlink => {
                let (target, link) = two_names(rest)?;
                Self::Symlink { target, link }
            }
            SiteVerb::Umask => Self::Umask(match rest.trim_ascii() {
                b"" => None,
                digits => Some(octal(digits, 0o777)?),
            }),
            SiteVerb::Utime => utime(rest)?,
            SiteVerb::Who => alone(Self::Who)?,
            SiteVerb::Xdupe => Self::Xdupe,
        })
    }
}

/// The first word, and what follows its space.
fn split(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (word, rest) = input.split_at_checked(memchr::memchr(b' ', input)?)?;
    Some((word, rest.strip_prefix(b" ")?))
}

fn two_names(input: &[u8]) -> Option<(Pathname, Pathname)> {
    let (_, names) = argument::names(input).ok()?;
    let [from, to] = <[Pathname; 2]>::try_from(names).ok()?;
    Some((from, to))
}

/// One to five octal digits.
fn octal(digits: &[u8], most: u32) -> Option<u32> {
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let number = digits
        .iter()
        .try_fold(0, |sum, digit| matches!(digit, b'0'..=b'7').then(|| sum * 8 + u32::from(digit - b'0')))?;
    (number <= most).then_some(number)
}

/// `YYYYMMDDhhmm[ss] path`, or `path atime mtime ctime UTC`.
fn utime(input: &[u8]) -> Option<SiteCommand> {
    let mut words = input.rsplitn(5, |&byte| byte == b' ');
    if words.next().is_some_and(|zone| zone.eq_ignore_ascii_case(b"UTC"))
        && let (Some(created), Some(changed), Some(accessed), Some(name)) =
            (words.next(), words.next(), words.next(), words.next())
        && let (Some(_), Some(time), Some(_)) =
            (TimeVal::parse(accessed), TimeVal::parse(changed), TimeVal::parse(created))
    {
        return Some(SiteCommand::Utime { time, path: Pathname::copy_from(name).ok()? });
    }
    let (time, name) = split(input)?;
    let time = match time.len() {
        12 => TimeVal::parse(&[time, b"00"].concat())?,
        _ => TimeVal::parse(time)?,
    };
    Some(SiteCommand::Utime { time, path: Pathname::copy_from(name).ok()? })
}
