//! Facts of `MLST` and `MLSD` ([RFC 3659](https://www.rfc-editor.org/rfc/rfc3659) §7).

mod perm;
mod selection;

use alloc::vec::Vec;
use core::fmt::Write as _;

use bytes::{Bytes, BytesMut};

use crate::digits::{decimal, octal};
use crate::line_buf::LineBuf;
use crate::reply::Reply;
use crate::text::{Token, is_text};
use crate::time::TimeVal;

pub use perm::PermFact;
pub use selection::{Fact, FactSelection};

/// What kind of object it is ([RFC 3659](https://www.rfc-editor.org/rfc/rfc3659) §7.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum FactType {
    /// The fact is not given.
    #[default]
    Unspecified,
    /// A file.
    File,
    /// A directory.
    Dir,
    /// The listed directory itself.
    Cdir,
    /// Its parent.
    Pdir,
    /// Something else, such as `OS.unix=slink:/target` (LST-13).
    Os(Bytes),
}

/// Why a line is not a row of facts and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// No space between the facts and the name.
    #[error("no space in front of a name")]
    NoName,
    /// The name is empty, or holds CR, LF or NUL.
    #[error("not a name")]
    BadName,
    /// The reply does not have the shape of an answer to `MLST`.
    #[error("not an answer to MLST")]
    NotMlst,
}

/// The facts about one object. A fact that is not given, or not understood, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `type`.
    pub kind: FactType,
    /// `size`: bytes of a file.
    pub size: Option<u64>,
    /// `modify`: time of the last change.
    pub modify: Option<TimeVal>,
    /// `create`: time of creation.
    pub create: Option<TimeVal>,
    /// `perm`: what the user may do with it.
    pub perm: Option<PermFact>,
    /// `unique`: equal values mean the same object.
    pub unique: Option<Bytes>,
    /// `UNIX.mode`: permission bits.
    pub unix_mode: Option<u32>,
    /// `UNIX.owner`, a number or a name.
    pub unix_owner: Option<Bytes>,
    /// `UNIX.group`, a number or a name.
    pub unix_group: Option<Bytes>,
    /// Every other fact, and those whose value could not be read, as they came.
    pub other: Vec<(Token, Bytes)>,
}

impl Facts {
    /// Reads a line `facts SP name` of `MLSD`.
    ///
    /// ```text
    /// entry = [ 1*( factname "=" value ";" ) ] SP pathname
    /// ```
    /// Order and letters' case of the names do not matter, unknown facts are kept, and the name may hold spaces, `;`
    /// and `=` (LST-20). The line comes without its end.
    ///
    /// # Errors
    /// When there is no name. No fact is an error.
    pub fn parse_line(line: &[u8]) -> Result<(Self, Bytes), FactsError> {
        // A value may hold a space against the grammar (a link's target), so the end of the facts is `; ` if any.
        let split = match line.first() {
            Some(b' ') => Some(0),
            _ => memchr::memmem::find(line, b"; ")
                .and_then(|at| at.checked_add(1))
                .or_else(|| memchr::memchr(b' ', line)),
        };
        let (facts, rest) = split.and_then(|at| line.split_at_checked(at)).ok_or(FactsError::NoName)?;
        let name = rest.strip_prefix(b" ").unwrap_or(rest);
        if name.is_empty() || !name.iter().copied().all(is_text) {
            return Err(FactsError::BadName);
        }
        let mut parsed = Self::default();
        for fact in facts.split(|&byte| byte == b';') {
            let mut halves = fact.splitn(2, |&byte| byte == b'=');
            if let (Some(name), Some(value)) = (halves.next(), halves.next())
                && let Ok(name) = Token::copy_from(name)
            {
                parsed.set(name, value);
            }
        }
        Ok((parsed, Bytes::copy_from_slice(name)))
    }

    /// Reads the answer to `MLST`: the facts stand on the second line, behind one space (LST-08).
    ///
    /// # Errors
    /// When the reply has no such line, or as [`parse_line`](Self::parse_line).
    pub fn parse_mlst(reply: &Reply) -> Result<(Self, Bytes), FactsError> {
        let mut lines = reply.text_lines();
        let line = lines.nth(1).ok_or(FactsError::NotMlst)?;
        if lines.next().is_none() {
            return Err(FactsError::NotMlst);
        }
        Self::parse_line(line.strip_prefix(b" ").unwrap_or(line))
    }

    /// Puts one fact where it belongs; the first of several equal ones wins.
    fn set(&mut self, name: Token, value: &[u8]) {
        let bytes = || Bytes::copy_from_slice(value);
        let text = core::str::from_utf8(value).ok();
        let taken = match Fact::from_name(name.as_bytes()) {
            Some(Fact::Type) if self.kind == FactType::Unspecified => {
                self.kind = kind(value);
                true
            }
            Some(Fact::Size) => {
                fill(&mut self.size, text.filter(|t| !t.starts_with('+')).and_then(|t| t.parse().ok()))
            }
            Some(Fact::Modify) => fill(&mut self.modify, TimeVal::parse(value)),
            Some(Fact::Create) => fill(&mut self.create, TimeVal::parse(value)),
            Some(Fact::Perm) => fill(&mut self.perm, Some(PermFact::from_letters(value))),
            Some(Fact::Unique) => fill(&mut self.unique, Some(bytes())),
            Some(Fact::UnixMode) => {
                let octal = text.filter(|t| !t.starts_with('+')).and_then(|t| u32::from_str_radix(t, 8).ok());
                fill(&mut self.unix_mode, octal)
            }
            Some(Fact::UnixOwner) => fill(&mut self.unix_owner, Some(bytes())),
            Some(Fact::UnixGroup) => fill(&mut self.unix_group, Some(bytes())),
            Some(Fact::Type) | None => false,
        };
        if !taken {
            self.other.push((name, bytes()));
        }
    }

    /// Appends `facts SP name` without a line end: the selected facts that are known, in the order of [`Fact::ALL`].
    ///
    /// Returns false and appends nothing when the name cannot stand in a line, being empty or holding CR, LF or NUL
    /// (LST-23). A value that would break the line is left out.
    pub fn encode(&self, which: &FactSelection, name: &[u8], dst: &mut BytesMut) -> bool {
        if name.is_empty() || !name.iter().copied().all(is_text) {
            return false;
        }
        let mut line = LineBuf::new(dst);
        for &fact in Fact::ALL {
            if which.contains(fact) {
                self.encode_fact(fact, &mut line);
            }
        }
        line.put(b" ");
        line.put(name);
        line.pour();
        true
    }

    fn encode_fact(&self, fact: Fact, dst: &mut LineBuf<'_>) {
        let name = fact.name();
        match fact {
            Fact::Type => match &self.kind {
                FactType::Unspecified => {}
                FactType::File => put_all(dst, name, b"file"),
                FactType::Dir => put_all(dst, name, b"dir"),
                FactType::Cdir => put_all(dst, name, b"cdir"),
                FactType::Pdir => put_all(dst, name, b"pdir"),
                FactType::Os(kind) => put_bytes(dst, name, kind),
            },
            Fact::Size => self.size.iter().for_each(|size| put_all(dst, name, decimal(*size, &mut [0; 20]))),
            Fact::Modify => self.modify.iter().for_each(|time| put_time(dst, name, *time)),
            Fact::Create => self.create.iter().for_each(|time| put_time(dst, name, *time)),
            Fact::Perm => self.perm.iter().for_each(|perm| put_perm(dst, *perm)),
            Fact::Unique => self.unique.iter().for_each(|value| put_bytes(dst, name, value)),
            Fact::UnixMode => match self.unix_mode {
                Some(mode @ 0..=0o7777) => put_all(dst, name, &octal::<4>(mode)),
                Some(mode) => put_formatted(dst, format_args!("{name}={mode:o};")),
                None => {}
            },
            Fact::UnixOwner => self.unix_owner.iter().for_each(|value| put_bytes(dst, name, value)),
            Fact::UnixGroup => self.unix_group.iter().for_each(|value| put_bytes(dst, name, value)),
        }
    }
}

/// Sets a fact once.
fn fill<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let free = place.is_none() && value.is_some();
    if free {
        *place = value;
    }
    free
}

fn kind(value: &[u8]) -> FactType {
    let is = |word: &[u8]| value.eq_ignore_ascii_case(word);
    if is(b"file") {
        FactType::File
    } else if is(b"dir") {
        FactType::Dir
    } else if is(b"cdir") {
        FactType::Cdir
    } else if is(b"pdir") {
        FactType::Pdir
    } else {
        FactType::Os(Bytes::copy_from_slice(value))
    }
}

/// A fact whose value needs no look.
#[inline]
fn put_all(dst: &mut LineBuf<'_>, name: &str, value: &[u8]) {
    dst.put(name.as_bytes());
    dst.put(b"=");
    dst.put(value);
    dst.put(b";");
}

/// What is rare enough for formatting.
fn put_formatted(dst: &mut LineBuf<'_>, fact: core::fmt::Arguments<'_>) {
    // Writing to a buffer that grows cannot fail.
    let _ = dst.pour().write_fmt(fact);
}

/// A time; its fraction only if there is one.
fn put_time(dst: &mut LineBuf<'_>, name: &str, time: TimeVal) {
    if time.nanos() == 0 {
        put_all(dst, name, &time.whole_seconds());
    } else {
        put_formatted(dst, format_args!("{name}={time};"));
    }
}

fn put_perm(dst: &mut LineBuf<'_>, perm: PermFact) {
    let (mut room, mut length) = ([0; 10], 0);
    for (place, letter) in room.iter_mut().zip(perm.letters()) {
        *place = letter;
        length += 1;
    }
    put_all(dst, Fact::Perm.name(), room.get(..length).unwrap_or_default());
}

/// A fact of free bytes, unless they would end it or the line early.
fn put_bytes(dst: &mut LineBuf<'_>, name: &str, value: &[u8]) {
    if value.iter().all(|&byte| is_text(byte) && !matches!(byte, b';' | b' ')) {
        put_all(dst, name, value);
    }
}
