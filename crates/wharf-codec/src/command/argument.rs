//! One parser per kind of argument, by the grammar of the documents. Each takes the whole rest of the line.

mod extension;

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while1};
use nom::character::complete::{char, digit1, one_of, satisfy, space0};
use nom::combinator::{cut, eof, map, map_opt, opt, success, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::separated_list0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use crate::address::HostPort;
use crate::command::{
    AuthMechanism, Command, CommandErrorKind, EpsvArgument, Format, OptsArgument, ProtectionLevel,
    Representation, Structure, TransferMode,
};
use crate::text::{Text, Token};

pub(super) use extension::{checksum, comb, long_host_port, mfct, mff, mfmt, names, on_off, rang};

/// What went wrong in an argument, and how much of the line was left then.
pub(super) struct Fault {
    pub(super) kind: CommandErrorKind,
    pub(super) left: usize,
}

impl Fault {
    fn new(input: &[u8], kind: CommandErrorKind) -> Self {
        Self { kind, left: input.len() }
    }
}

impl ParseError<&[u8]> for Fault {
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        Self::new(input, CommandErrorKind::BadArgument)
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of several ways to read an argument, the one that came furthest tells best what is wrong.
    fn or(self, other: Self) -> Self {
        if other.left < self.left { other } else { self }
    }
}

pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

/// Gives up for good with a reason.
pub(super) fn fail<T>(input: &[u8], kind: CommandErrorKind) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Fault::new(input, kind)))
}

/// `decimal = 1*DIGIT`, which must fit the type.
///
/// [RFC 959 §5.3.2](https://www.rfc-editor.org/rfc/rfc959): `<decimal-integer> ::= any decimal integer`
pub(super) fn decimal<T: TryFrom<u64>>(input: &[u8]) -> Parsed<'_, T> {
    let (rest, digits) = digit1(input)?;
    let number = digits
        .iter()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .and_then(|number| T::try_from(number).ok());
    match number {
        Some(number) => Ok((rest, number)),
        None => fail(input, CommandErrorKind::NumberTooLarge),
    }
}

/// A whole argument that is one number: `PBSZ`, `REST`.
///
/// [RFC 3659 §5.2](https://www.rfc-editor.org/rfc/rfc3659): `rest = "Rest" SP 1*DIGIT CRLF`;
/// [RFC 2228 §3](https://www.rfc-editor.org/rfc/rfc2228): `PBSZ <SP> <decimal-integer>`
pub(super) fn number<T: TryFrom<u64>>(input: &[u8]) -> Parsed<'_, T> {
    terminated(decimal, eof).parse(input)
}

/// [RFC 959 §5.3.1](https://www.rfc-editor.org/rfc/rfc959):
/// `ALLO <SP> <decimal-integer> [<SP> R <SP> <decimal-integer>]`
pub(super) fn allo(input: &[u8]) -> Parsed<'_, Command> {
    let record = preceded((char(' '), tag_no_case("R"), char(' ')), decimal);
    map((decimal, opt(record), eof), |(size, record, _)| Command::Allo { size, record }).parse(input)
}

/// [RFC 959 §5.3.2](https://www.rfc-editor.org/rfc/rfc959):
/// `<host-port> ::= <host-number>,<port-number>`, six numbers from 0 to 255 in all.
pub(super) fn host_port(input: &[u8]) -> Parsed<'_, HostPort> {
    let octet = || terminated(decimal::<u8>, char(','));
    let (rest, (a, b, c, d, high, low)) =
        (octet(), octet(), octet(), octet(), octet(), terminated(decimal::<u8>, eof)).parse(input)?;
    let ip = Ipv4Addr::new(a, b, c, d);
    Ok((rest, HostPort::V4(SocketAddrV4::new(ip, u16::from_be_bytes([high, low])))))
}

/// [RFC 2428 §2](https://www.rfc-editor.org/rfc/rfc2428):
/// `EPRT<space><d><net-prt><d><net-addr><d><tcp-port><d>`, where `<d>` is one character from 33 to 126.
pub(super) fn extended_host_port(input: &[u8]) -> Parsed<'_, HostPort> {
    let (rest, mark) = satisfy(|c| ('!'..='~').contains(&c) && !c.is_ascii_digit()).parse(input)?;
    let field = |rest| {
        let not_mark = |byte: u8| char::from(byte) != mark;
        terminated(take_while1(not_mark), char(mark)).parse(rest)
    };
    let (rest, family) = terminated(decimal::<u8>, char(mark)).parse(rest)?;
    let at_address = rest;
    let (rest, address) = field(rest)?;
    // Another family may have ports of its own kind: its number is all that the answer 522 needs.
    if !matches!(family, 1 | 2) {
        return Ok((&[], HostPort::Unsupported { family }));
    }
    let (rest, port) = terminated(decimal::<u16>, (char(mark), eof)).parse(rest)?;
    let text = core::str::from_utf8(address).unwrap_or_default();
    let address = if family == 1 {
        text.parse().ok().map(|ip: Ipv4Addr| HostPort::V4(SocketAddrV4::new(ip, port)))
    } else {
        text.parse().ok().map(|ip: Ipv6Addr| HostPort::V6(SocketAddrV6::new(ip, port, 0, 0)))
    };
    match address {
        Some(address) => Ok((rest, address)),
        None => fail(at_address, CommandErrorKind::BadArgument),
    }
}

/// [RFC 2428 §3](https://www.rfc-editor.org/rfc/rfc2428): `EPSV<space><net-prt>` or `EPSV<space>ALL`
pub(super) fn epsv(input: &[u8]) -> Parsed<'_, EpsvArgument> {
    let all = value(EpsvArgument::All, tag_no_case("ALL"));
    terminated(alt((all, map(decimal, EpsvArgument::Family))), eof).parse(input)
}

/// [RFC 2228 §8](https://www.rfc-editor.org/rfc/rfc2228): `<mechanism-name> ::= <string>`
pub(super) fn mechanism(input: &[u8]) -> Parsed<'_, AuthMechanism> {
    map(terminated(token, eof), AuthMechanism::from_name).parse(input)
}

/// One word of visible ASCII.
pub(super) fn token(input: &[u8]) -> Parsed<'_, Token> {
    let (rest, word) = take_while1(|byte: u8| byte.is_ascii_graphic()).parse(input)?;
    match Token::copy_from(word) {
        Ok(token) => Ok((rest, token)),
        Err(_) => fail(input, CommandErrorKind::BadArgument),
    }
}

/// One letter that stands for a value. Any other single character is a value that is not supported, more than one is
/// no value at all.
fn letter<T: Copy>(input: &[u8], known: &[(char, T)]) -> Result<T, Fault> {
    let kind = match input {
        &[byte] => match known.iter().find(|(letter, _)| char::from(byte).eq_ignore_ascii_case(letter)) {
            Some(&(_, value)) => return Ok(value),
            None if byte.is_ascii_graphic() => CommandErrorKind::NotSupportedValue,
            None => CommandErrorKind::BadArgument,
        },
        _ => CommandErrorKind::BadArgument,
    };
    Err(Fault::new(input, kind))
}

fn only_letter<'a, T: Copy>(input: &'a [u8], known: &[(char, T)]) -> Parsed<'a, T> {
    letter(input, known).map(|value| (&[][..], value)).map_err(nom::Err::Failure)
}

/// [RFC 2228 §8](https://www.rfc-editor.org/rfc/rfc2228): `<prot-code> ::= C | S | E | P`
pub(super) fn protection(input: &[u8]) -> Parsed<'_, ProtectionLevel> {
    use ProtectionLevel::{Clear, Confidential, Private, Safe};
    only_letter(input, &[('C', Clear), ('S', Safe), ('E', Confidential), ('P', Private)])
}

/// [RFC 959 §5.3.2](https://www.rfc-editor.org/rfc/rfc959): `<structure-code> ::= F | R | P`
pub(super) fn structure(input: &[u8]) -> Parsed<'_, Structure> {
    only_letter(input, &[('F', Structure::File), ('R', Structure::Record), ('P', Structure::Page)])
}

/// [RFC 959 §5.3.2](https://www.rfc-editor.org/rfc/rfc959): `<mode-code> ::= S | B | C`, and `Z` for deflate.
pub(super) fn mode(input: &[u8]) -> Parsed<'_, TransferMode> {
    use TransferMode::{Block, Compressed, Deflate, Stream};
    only_letter(input, &[('S', Stream), ('B', Block), ('C', Compressed), ('Z', Deflate)])
}

/// [RFC 959 §5.3.2](https://www.rfc-editor.org/rfc/rfc959):
/// ```text
/// <type-code> ::= A [<sp> <form-code>] | E [<sp> <form-code>] | I | L <sp> <byte-size>
/// <form-code> ::= N | T | C
/// ```
pub(super) fn representation(input: &[u8], loose: bool) -> Parsed<'_, Representation> {
    let form = |rest| -> Parsed<'_, Format> {
        match opt(char(' ')).parse(rest)? {
            (rest, Some(_)) => {
                use Format::{Carriage, NonPrint, Telnet};
                only_letter(rest, &[('N', NonPrint), ('T', Telnet), ('C', Carriage)])
            }
            (rest, None) => terminated(success(Format::NonPrint), eof).parse(rest),
        }
    };
    let (rest, code) = one_of("AaEeIiLl").parse(input).or_else(|_: nom::Err<Fault>| {
        // Not one of the letters: tells a lone letter from garbage.
        only_letter::<char>(input, &[])
    })?;
    match code.to_ascii_uppercase() {
        'A' => map(form, Representation::Ascii).parse(rest),
        'E' => map(form, Representation::Ebcdic).parse(rest),
        'I' if loose && rest.eq_ignore_ascii_case(b" N") => Ok((&[], Representation::Image)),
        'I' => value(Representation::Image, eof).parse(rest),
        _ => {
            let (rest, gap) = opt(char(' ')).parse(rest)?;
            if gap.is_none() && !loose {
                return fail(rest, CommandErrorKind::BadArgument);
            }
            map(number, Representation::Local).parse(rest)
        }
    }
}

/// [RFC 2389 §4.1](https://www.rfc-editor.org/rfc/rfc2389): `opts-cmd = "OPTS" SP command-name [ SP command-options ]`;
/// [RFC 3659 §7.9](https://www.rfc-editor.org/rfc/rfc3659): `mlst-opts = "OPTS" SP "MLST" [ SP 1*( factname ";" ) ]`
pub(super) fn opts(input: &[u8]) -> Parsed<'_, OptsArgument> {
    let (rest, name) = token(input)?;
    let (options, _) = alt((eof, tag(" "))).parse(rest)?;
    let words = options.trim_ascii();
    let state = match words {
        b"" => Some(None),
        _ if words.eq_ignore_ascii_case(b"ON") => Some(Some(true)),
        _ if words.eq_ignore_ascii_case(b"OFF") => Some(Some(false)),
        _ => None,
    };
    if name.is("MLST") {
        return map(cut(facts), OptsArgument::Mlst).parse(options);
    }
    if name.is("HASH") {
        let algorithm = opt(preceded(char(' '), terminated(token, space0)));
        return map(terminated(cut(algorithm), eof), OptsArgument::Hash).parse(rest);
    }
    if let Some(state) = state
        && (name.is("UTF8") || name.is("UTF-8"))
    {
        return Ok((&[], OptsArgument::Utf8(state)));
    }
    match Text::copy_from(options) {
        Ok(value) => Ok((&[], OptsArgument::Other { name, value })),
        Err(_) => fail(options, CommandErrorKind::BadCharacter),
    }
}

/// A row of fact names, each with `;` behind it; the last one may lack it, as many clients forget it.
fn facts(input: &[u8]) -> Parsed<'_, Vec<Token>> {
    let fact = || {
        let name = take_while1(|byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b'='));
        map_opt(name, |name| Token::copy_from(name).ok())
    };
    let names = terminated(separated_list0(char(';'), fact()), opt(char(';')));
    delimited(space0, names, (space0, eof)).parse(input)
}
