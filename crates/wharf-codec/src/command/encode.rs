//! From a command to a line.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::net::SocketAddrV6;

use bytes::{BufMut as _, BytesMut};
use zeroize::Zeroize as _;

use crate::address::{HostPort, host_port_text, long_host_port_text};
use crate::command::{Command, EpsvArgument, OptsArgument, Representation, Verb};
use crate::escape::Escaped;
use crate::pathquote::quote_pathname;
use crate::telnet::put_doubled;

/// Whether secrets are written or hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Written,
    Hidden,
}

impl Command {
    /// The verb, when it is one of the known ones.
    #[must_use]
    pub fn verb(&self) -> Option<Verb> {
        Some(match self {
            Self::Abor => Verb::Abor,
            Self::Acct(_) => Verb::Acct,
            Self::Adat(_) => Verb::Adat,
            Self::Allo { .. } => Verb::Allo,
            Self::Appe(_) => Verb::Appe,
            Self::Auth(_) => Verb::Auth,
            Self::Avbl(_) => Verb::Avbl,
            Self::Ccc => Verb::Ccc,
            Self::Cdup => Verb::Cdup,
            Self::Clnt(_) => Verb::Clnt,
            Self::Comb { .. } => Verb::Comb,
            Self::Conf(_) => Verb::Conf,
            Self::Cpsv => Verb::Cpsv,
            Self::Csid(_) => Verb::Csid,
            Self::Cwd(_) => Verb::Cwd,
            Self::Dele(_) => Verb::Dele,
            Self::Dsiz(_) => Verb::Dsiz,
            Self::Enc(_) => Verb::Enc,
            Self::Eprt(_) => Verb::Eprt,
            Self::Epsv(_) => Verb::Epsv,
            Self::Esta => Verb::Esta,
            Self::Estp => Verb::Estp,
            Self::Feat => Verb::Feat,
            Self::Hash(_) => Verb::Hash,
            Self::Help(_) => Verb::Help,
            Self::Host(_) => Verb::Host,
            Self::Lang(_) => Verb::Lang,
            Self::List(_) => Verb::List,
            Self::Lprt(_) => Verb::Lprt,
            Self::Lpsv => Verb::Lpsv,
            Self::Macb(_) => Verb::Macb,
            Self::Md5(_) => Verb::Md5,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Mfct { .. } => Verb::Mfct,
            Self::Mff { .. } => Verb::Mff,
            Self::Mfmt { .. } => Verb::Mfmt,
            Self::Mic(_) => Verb::Mic,
            Self::Mkd(_) => Verb::Mkd,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mlst(_) => Verb::Mlst,
            Self::Mmd5(_) => Verb::Mmd5,
            Self::Mode(_) => Verb::Mode,
            Self::Nlst(_) => Verb::Nlst,
            Self::Noop => Verb::Noop,
            Self::Opts(_) => Verb::Opts,
            Self::Pass(_) => Verb::Pass,
            Self::Pasv => Verb::Pasv,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Port(HostPort::V4(_)) => Verb::Port,
            Self::Port(_) => Verb::Eprt,
            Self::Pret(_) => Verb::Pret,
            Self::Prot(_) => Verb::Prot,
            Self::Pwd => Verb::Pwd,
            Self::Quit => Verb::Quit,
            Self::Rang { .. } => Verb::Rang,
            Self::Rein => Verb::Rein,
            Self::Rest(_) => Verb::Rest,
            Self::Retr(_) => Verb::Retr,
            Self::Rmd(_) => Verb::Rmd,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Site(_) => Verb::Site,
            Self::Size(_) => Verb::Size,
            Self::Smnt(_) => Verb::Smnt,
            Self::Spsv => Verb::Spsv,
            Self::Sscn(_) => Verb::Sscn,
            Self::Stat(_) => Verb::Stat,
            Self::Stor(_) => Verb::Stor,
            Self::Stou(_) => Verb::Stou,
            Self::Stru(_) => Verb::Stru,
            Self::Syst => Verb::Syst,
            Self::Thmb(_) => Verb::Thmb,
            Self::Type(_) => Verb::Type,
            Self::User(_) => Verb::User,
            Self::Xcrc(_) => Verb::Xcrc,
            Self::Xmd5(_) => Verb::Xmd5,
            Self::Xsha(_) => Verb::Xsha,
            Self::Xsha256(_) => Verb::Xsha256,
            Self::Xsha512(_) => Verb::Xsha512,
            Self::Unknown { .. } => return None,
        })
    }

    /// Appends the command as it goes on the wire: one line with its CRLF, 0xFF doubled (CTL-15).
    ///
    /// `PORT` can carry IPv4 only; with any other address the command goes out as the `EPRT` that means the same.
    pub fn encode(&self, dst: &mut BytesMut) {
        let mut line = self.line(Secrets::Written);
        put_doubled(dst, &line);
        dst.put_slice(b"\r\n");
        line.zeroize();
    }

    /// Verb and argument, without a line end and without doubling.
    fn line(&self, secrets: Secrets) -> Vec<u8> {
        let mut line = Vec::with_capacity(32);
        match (self, self.verb()) {
            (Self::Unknown { verb, argument }, _) => {
                line.extend(verb.as_bytes());
                if !argument.is_empty() {
                    line.push(b' ');
                    line.extend(argument.as_bytes());
                }
            }
            (_, Some(verb)) => {
                line.extend(verb.name().bytes());
                self.put_argument(secrets, &mut line);
            }
            (_, None) => {}
        }
        line
    }

    /// The argument with the space in front of it, if there is one.
    fn put_argument(&self, secrets: Secrets, line: &mut Vec<u8>) {
        let mut put = |bytes: &[u8]| {
            line.push(b' ');
            line.extend(bytes);
        };
        match self {
            Self::Abor
            | Self::Ccc
            | Self::Cdup
            | Self::Cpsv
            | Self::Esta
            | Self::Estp
            | Self::Feat
            | Self::Lpsv
            | Self::Noop
            | Self::Pasv
            | Self::Pwd
            | Self::Quit
            | Self::Rein
            | Self::Spsv
            | Self::Syst
            | Self::Unknown { .. } => {}
            Self::Acct(secret) | Self::Pass(secret) => match secrets {
                Secrets::Written => put(secret.expose()),
                Secrets::Hidden => put(b"***"),
            },
            // Security data can be as secret as a password, and where a word is not known, it may be one.
            _ if secrets == Secrets::Hidden && self.is_doubtful() => put(b"***"),
            Self::Adat(text)
            | Self::Clnt(text)
            | Self::Conf(text)
            | Self::Csid(text)
            | Self::Enc(text)
            | Self::Macb(text)
            | Self::Mic(text)
            | Self::Mmd5(text)
            | Self::Pret(text)
            | Self::Site(text)
            | Self::Thmb(text) => put(text.as_bytes()),
            Self::Help(text) | Self::Lang(text) | Self::List(text) | Self::Nlst(text) => {
                text.iter().filter(|text| !text.is_empty()).for_each(|text| put(text.as_bytes()));
            }
            Self::Appe(path)
            | Self::Cwd(path)
            | Self::Dele(path)
            | Self::Hash(path)
            | Self::Md5(path)
            | Self::Mdtm(path)
            | Self::Mkd(path)
            | Self::Retr(path)
            | Self::Rmd(path)
            | Self::Rnfr(path)
            | Self::Rnto(path)
            | Self::Size(path)
            | Self::Smnt(path)
            | Self::Stor(path) => put(path.as_bytes()),
            Self::Avbl(path)
            | Self::Dsiz(path)
            | Self::Mlsd(path)
            | Self::Mlst(path)
            | Self::Stat(path)
            | Self::Stou(path) => {
                path.iter().for_each(|path| put(path.as_bytes()));
            }
            Self::Allo { size, record: None } => show(line, format_args!("{size}")),
            Self::Allo { size, record: Some(record) } => show(line, format_args!("{size} R {record}")),
            Self::Auth(mechanism) => put(mechanism.name().as_bytes()),
            Self::Port(HostPort::V4(addr)) => show(line, format_args!("{}", host_port_text(*addr))),
            Self::Eprt(addr) | Self::Port(addr) => put_extended(line, *addr),
            Self::Epsv(EpsvArgument::Any) => {}
            Self::Epsv(EpsvArgument::Family(family)) => show(line, format_args!("{family}")),
            Self::Epsv(EpsvArgument::All) => put(b"ALL"),
            Self::Host(name) => put(name.as_bytes()),
            Self::Comb { target, parts } => {
                put(&quote_pathname(target.as_bytes()));
                parts.iter().for_each(|part| put(&quote_pathname(part.as_bytes())));
            }
            Self::Lprt(addr) => show(line, format_args!("{}", long_host_port_text(*addr))),
            Self::Mff { facts, path } => {
                line.push(b' ');
                for (name, value) in facts {
                    line.extend(name.as_bytes());
                    line.push(b'=');
                    line.extend(value.as_bytes());
                    line.push(b';');
                }
                line.push(b' ');
                line.extend(path.as_bytes());
            }
            Self::Mfct { time, path } | Self::Mfmt { time, path } => {
                show(line, format_args!("{time} "));
                line.extend(path.as_bytes());
            }
            Self::Mode(mode) => show(line, format_args!("{}", mode.letter())),
            Self::Opts(options) => put_options(line, options),
            Self::Pbsz(size) => show(line, format_args!("{size}")),
            Self::Prot(level) => show(line, format_args!("{}", level.letter())),
            Self::Rang { start, end } => show(line, format_args!("{start} {end}")),
            Self::Rest(offset) => show(line, format_args!("{offset}")),
            Self::Sscn(None) => {}
            Self::Sscn(Some(on)) => put(if *on { b"ON" } else { b"OFF" }),
            Self::Stru(structure) => show(line, format_args!("{}", structure.letter())),
            Self::Type(Representation::Ascii(format)) => show(line, format_args!("A {}", format.letter())),
            Self::Type(Representation::Ebcdic(format)) => show(line, format_args!("E {}", format.letter())),
            Self::Type(Representation::Image) => put(b"I"),
            Self::Type(Representation::Local(bits)) => show(line, format_args!("L {bits}")),
            Self::User(name) => put(name.as_bytes()),
            Self::Xcrc(what)
            | Self::Xmd5(what)
            | Self::Xsha(what)
            | Self::Xsha256(what)
            | Self::Xsha512(what) => {
                put(&quote_pathname(what.path.as_bytes()));
                if let Some((start, end)) = what.range {
                    show(line, format_args!("{start} {end}"));
                }
            }
        }
    }
}

/// Appends a space and what is formatted.
fn show(line: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    struct Bytes<'a>(&'a mut Vec<u8>);
    impl fmt::Write for Bytes<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.extend(text.bytes());
            Ok(())
        }
    }
    line.push(b' ');
    // The writer above never fails, and neither does the formatting of numbers and letters.
    let _ = Bytes(line).write_fmt(text);
}

fn put_extended(line: &mut Vec<u8>, addr: HostPort) {
    match addr {
        HostPort::V4(addr) => show(line, format_args!("|1|{}|{}|", addr.ip(), addr.port())),
        HostPort::V6(addr) => {
            let addr = SocketAddrV6::new(*addr.ip(), addr.port(), 0, 0);
            show(line, format_args!("|2|{}|{}|", addr.ip(), addr.port()));
        }
        HostPort::Unsupported { family } => show(line, format_args!("|{family}|-|0|")),
    }
}

fn put_options(line: &mut Vec<u8>, options: &OptsArgument) {
    match options {
        OptsArgument::Mlst(facts) => {
            line.extend(b" MLST");
            for (at, fact) in facts.iter().enumerate() {
                line.extend(if at == 0 { &b" "[..] } else { b"" });
                line.extend(fact.as_bytes());
                line.push(b';');
            }
        }
        OptsArgument::Hash(algorithm) => {
            line.extend(b" HASH");
            if let Some(name) = algorithm {
                line.push(b' ');
                line.extend(name.as_bytes());
            }
        }
        OptsArgument::Utf8(state) => {
            line.extend(b" UTF8");
            line.extend(match state {
                None => &b""[..],
                Some(true) => b" ON",
                Some(false) => b" OFF",
            });
        }
        OptsArgument::Other { name, value } => {
            line.push(b' ');
            line.extend(name.as_bytes());
            if !value.is_empty() {
                line.push(b' ');
                line.extend(value.as_bytes());
            }
        }
    }
}

impl fmt::Display for Command {
    /// What goes on the wire, fit for a log: no line end, secrets as `***`, odd bytes escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.line(Secrets::Hidden)).fmt(f)
    }
}
