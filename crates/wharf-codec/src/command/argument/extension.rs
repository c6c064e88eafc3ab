//! The arguments of commands that came after the standards: drafts, and what servers agree on.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::char;
use nom::combinator::{eof, opt, value};
use nom::multi::separated_list1;
use nom::sequence::{preceded, separated_pair, terminated};

use super::{Parsed, decimal, fail};
use crate::address::HostPort;
use crate::command::{ChecksumArgument, Command, CommandErrorKind};
use crate::text::{Pathname, Token};
use crate::time::TimeVal;

/// A path name that is the rest of the line.
fn last_path(input: &[u8]) -> Parsed<'_, Pathname> {
    match Pathname::copy_from(input) {
        Ok(path) => Ok((&[], path)),
        Err(_) => fail(input, CommandErrorKind::MissingArgument),
    }
}

/// `time-val SP pathname`.
fn time_and_path(input: &[u8]) -> Parsed<'_, (TimeVal, Pathname)> {
    let (rest, time) = terminated(take_while1(|byte| byte != b' '), char(' ')).parse(input)?;
    match TimeVal::parse(time) {
        Some(time) => last_path(rest).map(|(rest, path)| (rest, (time, path))),
        None => fail(input, CommandErrorKind::BadArgument),
    }
}

/// draft-somers-ftp-mfxx §3.1: `mfmt = "MFMT" SP time-val SP pathname CRLF`
pub(in crate::command) fn mfmt(input: &[u8]) -> Parsed<'_, Command> {
    time_and_path(input).map(|(rest, (time, path))| (rest, Command::Mfmt { time, path }))
}

/// draft-somers-ftp-mfxx §4.1: `mfct = "MFCT" SP time-val SP pathname CRLF`
pub(in crate::command) fn mfct(input: &[u8]) -> Parsed<'_, Command> {
    time_and_path(input).map(|(rest, (time, path))| (rest, Command::Mfct { time, path }))
}

/// draft-somers-ftp-mfxx §5.1: `mff = "MFF" [ mff-facts ] SP pathname CRLF`, `mff-facts = 1*( mff-fact ";" )`; its
/// examples have a space in front of the facts, and without facts there is nothing to do.
pub(in crate::command) fn mff(input: &[u8]) -> Parsed<'_, Command> {
    let (tail, word) = terminated(take_while1(|byte| byte != b' '), char(' ')).parse(input)?;
    let mut facts = Vec::new();
    for fact in word.strip_suffix(b";").unwrap_or(word).split(|&byte| byte == b';') {
        let mut halves = fact.splitn(2, |&byte| byte == b'=');
        let mut half = || halves.next().and_then(|half| Token::copy_from(half).ok());
        match (half(), half()) {
            (Some(name), Some(value)) => facts.push((name, value)),
            _ => return fail(input, CommandErrorKind::BadArgument),
        }
    }
    let (tail, path) = last_path(tail)?;
    Ok((tail, Command::Mff { facts, path }))
}

/// A name in double quotes, each quote inside doubled, and what follows it.
fn quoted(input: &[u8]) -> Parsed<'_, Pathname> {
    let (mut tail, _) = char('"').parse(input)?;
    let mut name = Vec::new();
    loop {
        let Some((part, behind)) = memchr::memchr(b'"', tail).and_then(|at| tail.split_at_checked(at)) else {
            return fail(input, CommandErrorKind::BadArgument);
        };
        name.extend(part);
        let behind = behind.strip_prefix(b"\"").unwrap_or_default();
        match behind.strip_prefix(b"\"") {
            Some(more) => {
                name.push(b'"');
                tail = more;
            }
            None => {
                return match Pathname::new(name) {
                    Ok(name) => Ok((behind, name)),
                    Err(_) => fail(input, CommandErrorKind::MissingArgument),
                };
            }
        }
    }
}

/// A name in quotes, or one without spaces.
fn name(input: &[u8]) -> Parsed<'_, Pathname> {
    if input.starts_with(b"\"") {
        return quoted(input);
    }
    let (tail, word) = take_while1(|byte| byte != b' ').parse(input)?;
    last_path(word).map(|(_, name)| (tail, name))
}

/// De facto: names, each in quotes or without spaces, with one space between them.
pub(in crate::command) fn names(input: &[u8]) -> Parsed<'_, Vec<Pathname>> {
    terminated(separated_list1(char(' '), name), eof).parse(input)
}

/// De facto: `COMB SP target 1*( SP part )`.
pub(in crate::command) fn comb(input: &[u8]) -> Parsed<'_, Command> {
    let (tail, mut names) = names(input)?;
    if names.len() < 2 {
        return fail(tail, CommandErrorKind::MissingArgument);
    }
    let target = names.remove(0);
    Ok((tail, Command::Comb { target, parts: names }))
}

/// De facto: `path | <"> path <"> [ SP start SP end ]`.
///
/// A name without quotes may hold spaces. Whether one number behind it is part of the name cannot be told: that is
/// refused.
pub(in crate::command) fn checksum(input: &[u8]) -> Parsed<'_, ChecksumArgument> {
    let range = |input| separated_pair(decimal::<u64>, char(' '), decimal::<u64>).parse(input);
    if input.starts_with(b"\"") {
        let (tail, (path, range)) =
            terminated((quoted, opt(preceded(char(' '), range))), eof).parse(input)?;
        return Ok((tail, ChecksumArgument { path, range }));
    }
    let is_number = |word: &&[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let mut words = input.rsplitn(3, |&byte| byte == b' ');
    let (last, before, head) = (words.next(), words.next(), words.next());
    let (path, range) = match (last.filter(is_number), before, head) {
        (Some(last), Some(before), Some(head)) if is_number(&before) && !head.is_empty() => {
            let ((_, start), (_, end)) = (decimal(before)?, decimal(last)?);
            (head, Some((start, end)))
        }
        (Some(_), Some(_), None) => return fail(input, CommandErrorKind::BadArgument),
        _ => (input, None),
    };
    let (tail, path) = last_path(path)?;
    Ok((tail, ChecksumArgument { path, range }))
}

/// draft-bryan-ftp-range §3: `rang = "RANG" SP start-point SP end-point CRLF`
pub(in crate::command) fn rang(input: &[u8]) -> Parsed<'_, Command> {
    let (tail, (start, end)) = terminated(separated_pair(decimal, char(' '), decimal), eof).parse(input)?;
    Ok((tail, Command::Rang { start, end }))
}

/// De facto: `ON` or `OFF`.
pub(in crate::command) fn on_off(input: &[u8]) -> Parsed<'_, bool> {
    let on = value(true, tag_no_case("ON"));
    terminated(alt((on, value(false, tag_no_case("OFF")))), eof).parse(input)
}

/// [RFC 1639 §2](https://www.rfc-editor.org/rfc/rfc1639):
/// `LPRT <SP> af,hal,h1,h2,...,hal octets,pal,p1,p2,...` with 4 octets of IPv4 or 16 of IPv6, and two of a port.
pub(in crate::command) fn long_host_port(input: &[u8]) -> Parsed<'_, HostPort> {
    let (tail, family) = terminated(decimal::<u8>, char(',')).parse(input)?;
    if !matches!(family, 4 | 6) {
        // Another family has addresses of its own kind: its number is all that the answer 521 needs.
        return Ok((&[], HostPort::Unsupported { family }));
    }
    let (tail, octets) = terminated(separated_list1(char(','), decimal::<u8>), eof).parse(tail)?;
    let address = match *octets.as_slice() {
        [4, a, b, c, d, 2, high, low] if family == 4 => {
            Some(HostPort::V4(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low]))))
        }
        [16, ref address @ .., 2, high, low] if family == 6 => {
            <[u8; 16]>::try_from(address).ok().map(|address| {
                let port = u16::from_be_bytes([high, low]);
                HostPort::V6(SocketAddrV6::new(Ipv6Addr::from(address), port, 0, 0))
            })
        }
        _ => None,
    };
    match address {
        Some(address) => Ok((tail, address)),
        None => fail(input, CommandErrorKind::BadArgument),
    }
}
