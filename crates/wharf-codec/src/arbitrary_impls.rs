//! Commands and replies out of the bytes of a fuzzer. Every value is canonical: reading back what it encodes to gives
//! an equal one.

use alloc::vec::Vec;
use core::net::{SocketAddrV4, SocketAddrV6};

use arbitrary::{Arbitrary, Error, Result, Unstructured};
use bytes::Bytes;

use crate::address::HostPort;
use crate::command::{
    AuthMechanism, ChecksumArgument, Command, EpsvArgument, Format, OptsArgument, ProtectionLevel,
    Representation, Structure, TransferMode, Verb, is_foreign_protocol,
};
use crate::reply::{Reply, TextLine};
use crate::reply_code::ReplyCode;
use crate::text::{HostName, Pathname, Secret, Text, TextError, Token, UserName};
use crate::time::TimeVal;

/// Bytes with those that cannot stand in an argument replaced.
fn bytes(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes: Vec<u8> = u.arbitrary()?;
    bytes.iter_mut().filter(|byte| matches!(byte, 0 | b'\r' | b'\n')).for_each(|byte| *byte = b' ');
    Ok(bytes)
}

fn checked<T>(value: core::result::Result<T, TextError>) -> Result<T> {
    value.map_err(|_| Error::IncorrectFormat)
}

/// At least one byte: none at all reads back as a missing argument.
fn text(u: &mut Unstructured<'_>) -> Result<Text> {
    let mut bytes = bytes(u)?;
    if bytes.is_empty() {
        bytes.push(b'x');
    }
    checked(Text::new(bytes))
}

fn path(u: &mut Unstructured<'_>) -> Result<Pathname> {
    checked(Pathname::new(text(u)?.into_bytes()))
}

fn secret(u: &mut Unstructured<'_>) -> Result<Secret> {
    checked(Secret::new(bytes(u)?))
}

fn perhaps<T>(u: &mut Unstructured<'_>, make: fn(&mut Unstructured<'_>) -> Result<T>) -> Result<Option<T>> {
    if u.arbitrary()? { make(u).map(Some) } else { Ok(None) }
}

/// A word of letters, digits and some marks.
fn token(u: &mut Unstructured<'_>) -> Result<Token> {
    let mut word = alloc::vec![*u.choose(b"abcXYZ")?];
    for byte in bytes(u)?.into_iter().take(12) {
        word.push(if byte.is_ascii_alphanumeric() { byte } else { b'-' });
    }
    checked(Token::new(word))
}

fn v4(u: &mut Unstructured<'_>) -> Result<HostPort> {
    Ok(HostPort::V4(SocketAddrV4::new(u.arbitrary::<[u8; 4]>()?.into(), u.arbitrary()?)))
}

fn extended(u: &mut Unstructured<'_>) -> Result<HostPort> {
    match u.int_in_range(0..=2)? {
        0 => v4(u),
        1 => Ok(HostPort::V6(SocketAddrV6::new(u.arbitrary::<[u8; 16]>()?.into(), u.arbitrary()?, 0, 0))),
        _ => Ok(HostPort::Unsupported { family: u.int_in_range(3..=255)? }),
    }
}

fn long(u: &mut Unstructured<'_>) -> Result<HostPort> {
    match extended(u)? {
        HostPort::Unsupported { family } => Ok(HostPort::Unsupported { family: family.max(7) }),
        known @ (HostPort::V4(_) | HostPort::V6(_)) => Ok(known),
    }
}

fn checksum(u: &mut Unstructured<'_>) -> Result<ChecksumArgument> {
    Ok(ChecksumArgument { path: path(u)?, range: u.arbitrary()? })
}

fn representation(u: &mut Unstructured<'_>) -> Result<Representation> {
    let format = *u.choose(&[Format::NonPrint, Format::Telnet, Format::Carriage])?;
    let bits = u.arbitrary()?;
    Ok(*u.choose(&[
        Representation::Ascii(format),
        Representation::Ebcdic(format),
        Representation::Image,
        Representation::Local(bits),
    ])?)
}

fn options(u: &mut Unstructured<'_>) -> Result<OptsArgument> {
    match u.int_in_range(0..=3)? {
        0 => {
            let count = u.int_in_range(0..=4)?;
            Ok(OptsArgument::Mlst((0..count).map(|_| token(u)).collect::<Result<_>>()?))
        }
        1 => Ok(OptsArgument::Utf8(u.arbitrary()?)),
        2 => Ok(OptsArgument::Hash(perhaps(u, token)?)),
        _ => {
            let name = token(u)?;
            if name.is("HASH") || name.is("MLST") || name.is("UTF8") || name.is("UTF-8") {
                return Err(Error::IncorrectFormat);
            }
            Ok(OptsArgument::Other { name, value: checked(Text::new(bytes(u)?))? })
        }
    }
}

fn unknown(u: &mut Unstructured<'_>) -> Result<Command> {
    let (verb, argument) = (token(u)?, checked(Text::new(bytes(u)?))?);
    if Verb::from_bytes(verb.as_bytes()).is_some() || is_foreign_protocol(verb.as_bytes()) {
        return Err(Error::IncorrectFormat);
    }
    Ok(Command::Unknown { verb, argument })
}

impl<'a> Arbitrary<'a> for Verb {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(Self::ALL).copied()
    }
}

impl<'a> Arbitrary<'a> for Command {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.ratio(1_u8, 32_u8)? {
            return unknown(u);
        }
        let verb = Verb::arbitrary(u)?;
        Ok(match verb {
            Verb::Abor => Self::Abor,
            Verb::Acct => Self::Acct(secret(u)?),
            Verb::Adat => Self::Adat(text(u)?),
            Verb::Allo => Self::Allo { size: u.arbitrary()?, record: u.arbitrary()? },
            Verb::Appe => Self::Appe(path(u)?),
            Verb::Auth => {
                let name = token(u)?;
                let known =
                    [AuthMechanism::Tls, AuthMechanism::TlsC, AuthMechanism::TlsP, AuthMechanism::Ssl];
                Self::Auth(
                    perhaps(u, |u| u.choose_index(4))?
                        .and_then(|at| known.get(at).cloned())
                        .unwrap_or_else(|| AuthMechanism::from_name(name)),
                )
            }
            Verb::Avbl => Self::Avbl(perhaps(u, path)?),
            Verb::Ccc => Self::Ccc,
            Verb::Cdup => Self::Cdup,
            Verb::Clnt => Self::Clnt(text(u)?),
            Verb::Comb => {
                let (target, first) = (path(u)?, path(u)?);
                let more: u8 = u.int_in_range(0..=2)?;
                let parts = core::iter::once(Ok(first)).chain((0..more).map(|_| path(u)));
                Self::Comb { target, parts: parts.collect::<Result<_>>()? }
            }
            Verb::Conf => Self::Conf(text(u)?),
            Verb::Cpsv => Self::Cpsv,
            Verb::Csid => Self::Csid(text(u)?),
            Verb::Cwd => Self::Cwd(path(u)?),
            Verb::Dele => Self::Dele(path(u)?),
            Verb::Dsiz => Self::Dsiz(perhaps(u, path)?),
            Verb::Enc => Self::Enc(text(u)?),
            Verb::Eprt => Self::Eprt(extended(u)?),
            Verb::Epsv => {
                let family = EpsvArgument::Family(u.arbitrary()?);
                Self::Epsv(*u.choose(&[EpsvArgument::Any, EpsvArgument::All, family])?)
            }
            Verb::Esta => Self::Esta,
            Verb::Estp => Self::Estp,
            Verb::Feat => Self::Feat,
            Verb::Hash => Self::Hash(path(u)?),
            Verb::Help => Self::Help(perhaps(u, text)?),
            Verb::Host => {
                let name = *u.choose(&["ftp.example.com", "192.0.2.1", "[2001:db8::1]", "localhost"])?;
                Self::Host(checked(HostName::new(name))?)
            }
            Verb::Lang => Self::Lang(perhaps(u, text)?),
            Verb::List => Self::List(perhaps(u, text)?),
            Verb::Lprt => Self::Lprt(long(u)?),
            Verb::Lpsv => Self::Lpsv,
            Verb::Macb => Self::Macb(text(u)?),
            Verb::Md5 => Self::Md5(path(u)?),
            Verb::Mdtm => Self::Mdtm(path(u)?),
            Verb::Mfct => Self::Mfct { time: TimeVal::new(u.arbitrary()?, u.arbitrary()?), path: path(u)? },
            Verb::Mff => {
                let more: u8 = u.int_in_range(0..=2)?;
                let facts = (0..=more).map(|_| Ok((token(u)?, token(u)?))).collect::<Result<_>>()?;
                Self::Mff { facts, path: path(u)? }
            }
            Verb::Mfmt => Self::Mfmt { time: TimeVal::new(u.arbitrary()?, u.arbitrary()?), path: path(u)? },
            Verb::Mic => Self::Mic(text(u)?),
            Verb::Mkd => Self::Mkd(path(u)?),
            Verb::Mlsd => Self::Mlsd(perhaps(u, path)?),
            Verb::Mlst => Self::Mlst(perhaps(u, path)?),
            Verb::Mmd5 => Self::Mmd5(text(u)?),
            Verb::Mode => {
                use TransferMode::{Block, Compressed, Deflate, Stream};
                Self::Mode(*u.choose(&[Stream, Block, Compressed, Deflate])?)
            }
            Verb::Nlst => Self::Nlst(perhaps(u, text)?),
            Verb::Noop => Self::Noop,
            Verb::Opts => Self::Opts(options(u)?),
            Verb::Pass => Self::Pass(secret(u)?),
            Verb::Pasv => Self::Pasv,
            Verb::Pbsz => Self::Pbsz(u.arbitrary()?),
            Verb::Port => Self::Port(v4(u)?),
            Verb::Pret => Self::Pret(text(u)?),
            Verb::Prot => {
                use ProtectionLevel::{Clear, Confidential, Private, Safe};
                Self::Prot(*u.choose(&[Clear, Safe, Confidential, Private])?)
            }
            Verb::Pwd => Self::Pwd,
            Verb::Quit => Self::Quit,
            Verb::Rang => Self::Rang { start: u.arbitrary()?, end: u.arbitrary()? },
            Verb::Rein => Self::Rein,
            Verb::Rest => Self::Rest(u.arbitrary()?),
            Verb::Retr => Self::Retr(path(u)?),
            Verb::Rmd => Self::Rmd(path(u)?),
            Verb::Rnfr => Self::Rnfr(path(u)?),
            Verb::Rnto => Self::Rnto(path(u)?),
            Verb::Site => Self::Site(text(u)?),
            Verb::Size => Self::Size(path(u)?),
            Verb::Smnt => Self::Smnt(path(u)?),
            Verb::Spsv => Self::Spsv,
            Verb::Sscn => Self::Sscn(u.arbitrary()?),
            Verb::Stat => Self::Stat(perhaps(u, path)?),
            Verb::Stor => Self::Stor(path(u)?),
            Verb::Stou => Self::Stou(perhaps(u, path)?),
            Verb::Stru => Self::Stru(*u.choose(&[Structure::File, Structure::Record, Structure::Page])?),
            Verb::Syst => Self::Syst,
            Verb::Thmb => Self::Thmb(text(u)?),
            Verb::Type => Self::Type(representation(u)?),
            Verb::User => Self::User(checked(UserName::new(text(u)?.into_bytes()))?),
            Verb::Xcrc => Self::Xcrc(checksum(u)?),
            Verb::Xmd5 => Self::Xmd5(checksum(u)?),
            Verb::Xsha => Self::Xsha(checksum(u)?),
            Verb::Xsha256 => Self::Xsha256(checksum(u)?),
            Verb::Xsha512 => Self::Xsha512(checksum(u)?),
        })
    }
}

impl<'a> Arbitrary<'a> for Reply {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let code = ReplyCode::new(u.int_in_range(100..=699)?).ok_or(Error::IncorrectFormat)?;
        let count = u.int_in_range(1..=6)?;
        let line = |u: &mut Unstructured<'a>| Ok(TextLine::from(Bytes::from(u.arbitrary::<Vec<u8>>()?)));
        Ok(Self::lines(code, (0..count).map(|_| line(u)).collect::<Result<Vec<_>>>()?))
    }
}
