//! The command line.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::OsStringValueParser, builder::TypedValueParser};
use wharf_server::{
    ControlPolicy, DataPolicy, DataSession, Dialect, Durability, Rights, Strength, TlsVersion,
};
use zeroize::Zeroizing;

use crate::{audit::Audit, duration, failure::Failure, size};

/// An FTP and FTPS server.
#[derive(Debug, Parser)]
#[command(name = "wharfd", version, about, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program is asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a directory.
    ///
    /// With DIR alone: explicit FTPS on 127.0.0.1:2121 and implicit FTPS on 127.0.0.1:2990, a self-signed certificate
    /// that is kept between runs, and the user `wharf` with a password that is made up and printed at each start.
    Serve(Box<Serve>),
    /// Serve as a configuration file says.
    ///
    /// Its keys are described in docs/configuration.md.
    Run(Run),
    /// Check a configuration file, and all files that it names, without serving.
    ///
    /// Ends with 0 where `run` could start, with or without warnings, and with 2 where it could not.
    Check(Check),
    /// Say what audit logs prove: passwords and files that crossed in clear, weak TLS, failed handshakes.
    ///
    /// Reads logs of wharfd and of the FTP service of Windows. Ends with 0 where nothing was found, with 1 where something
    /// was, and with 2 where a file cannot be used.
    Audit(Audit),
    /// Make a line of a users file, or change an account in one.
    ///
    /// The password is asked for twice, or is the first line of standard input where that is no terminal.
    Passwd(Passwd),
}

/// `wharfd serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The directory to serve; made when absent.
    pub(crate) dir: PathBuf,

    /// Listen here for FTP and explicit FTPS (port 0: any free port); may be given several times.
    #[arg(long, value_name = "IP:PORT", value_parser = address, help_heading = "Network")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Listen here for implicit FTPS; may be given several times.
    #[arg(long, value_name = "IP:PORT", value_parser = address, help_heading = "Network")]
    pub(crate) implicit: Vec<SocketAddr>,
    /// Ports for passive data connections; by default whatever the system gives.
    #[arg(long, value_name = "FROM-TO", value_parser = ports, help_heading = "Network")]
    pub(crate) passive_ports: Option<RangeInclusive<u16>>,
    /// The IPv4 address that PASV tells, for a server behind NAT (EPSV needs none).
    #[arg(long, value_name = "IP", value_parser = ipv4, help_heading = "Network")]
    pub(crate) public_ip: Option<Ipv4Addr>,

    /// An account that may do everything; may be given several times. Others on this machine can see the password.
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = user(), help_heading = "Accounts")]
    pub(crate) user: Vec<User>,
    /// Accounts from a file made with `wharfd passwd`.
    #[arg(long, value_name = "FILE", help_heading = "Accounts")]
    pub(crate) users: Option<PathBuf>,
    /// Let `anonymous` and `ftp` in with any password, to read.
    #[arg(long, help_heading = "Accounts")]
    pub(crate) anonymous: bool,
    /// Take from every account the right to change anything.
    #[arg(long, help_heading = "Accounts")]
    pub(crate) read_only: bool,

    /// The certificate chain in PEM, the server's own first.
    #[arg(long, value_name = "PEM", requires = "key", help_heading = "TLS")]
    pub(crate) cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, value_name = "PEM", requires = "cert", help_heading = "TLS")]
    pub(crate) key: Option<PathBuf>,
    /// What of the control connection must be under TLS.
    #[arg(long, value_enum, value_name = "WORD", default_value = "require", help_heading = "TLS")]
    pub(crate) control_tls: ControlTls,
    /// Whether data connections must, may or must not be under TLS.
    #[arg(long, value_enum, value_name = "WORD", default_value = "require", help_heading = "TLS")]
    pub(crate) data_tls: DataTls,
    /// Whether data connections must resume the TLS session of their control connection.
    #[arg(long, value_enum, value_name = "WORD", default_value = "prefer", help_heading = "TLS")]
    pub(crate) data_session: DataSessions,
    /// The oldest version of TLS, of 1.2 and 1.3.
    #[arg(long, value_enum, value_name = "VERSION", default_value = "1.2", help_heading = "TLS")]
    pub(crate) tls_min: TlsMin,
    /// The weakest ciphers, by the length of their keys in bits: 128 or 256.
    #[arg(long, value_name = "BITS", default_value = "128", value_parser = strength, help_heading = "TLS")]
    pub(crate) min_strength: Strength,
    /// Whose reply codes refusals by this policy have: rfc4217, iis or vsftpd.
    #[arg(long, value_name = "WORD", default_value = "rfc4217", value_parser = dialect, help_heading = "TLS")]
    pub(crate) dialect: Dialect,
    /// Refuse nothing for want of TLS, and log what would be refused.
    #[arg(long, help_heading = "TLS")]
    pub(crate) report_only: bool,

    /// What an upload survives: a loss of power with its name (full), with whole content (data), or neither (off).
    #[arg(long, value_name = "WORD", default_value = "full", value_parser = durability, help_heading = "Operation")]
    pub(crate) durability: Durability,
    /// Sessions at one time; by default 1000.
    #[arg(long, value_name = "N", help_heading = "Operation")]
    pub(crate) max_sessions: Option<NonZeroUsize>,
    /// Sessions at one time from one address; by default 50.
    #[arg(long, value_name = "N", help_heading = "Operation")]
    pub(crate) max_per_ip: Option<NonZeroUsize>,
    /// The most bytes that an uploaded file may have, such as 1048576, 20M or 10G; by default there is no bound.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = "Operation")]
    pub(crate) max_upload: Option<u64>,
    /// Close sessions that give no command for so long, such as 300, 5m or 1h30m; by default 5m.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, help_heading = "Operation")]
    pub(crate) idle_timeout: Option<Duration>,
    /// Write an audit log in the W3C extended format here; SIGUSR1 opens it anew.
    #[arg(long, value_name = "FILE", help_heading = "Operation")]
    pub(crate) audit_log: Option<PathBuf>,
    /// Where the certificate is kept; by default `wharfd` in the user's state directory (XDG_STATE_HOME).
    #[arg(long, value_name = "DIR", help_heading = "Operation")]
    pub(crate) state_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) log: LogWishes,
}

/// `wharfd run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The configuration file; others than its owner must not be able to write it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,

    #[command(flatten)]
    pub(crate) log: LogWishes,
}

/// `wharfd check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The configuration file.
    pub(crate) file: PathBuf,
}

/// What the command line says of the log.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct LogWishes {
    /// How the log on standard error is written; by default text.
    #[arg(long = "log-format", value_enum, value_name = "FORMAT", help_heading = "Log")]
    pub(crate) format: Option<LogFormat>,
    /// The least important level that is logged; by default info.
    #[arg(long = "log-level", value_enum, value_name = "LEVEL", help_heading = "Log")]
    pub(crate) level: Option<LogLevel>,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: LogLevel,
}

/// `wharfd passwd`.
#[derive(Debug, Args)]
pub(crate) struct Passwd {
    /// The name of the account.
    pub(crate) name: String,
    /// Change the account in this file, or add it there; without it the line is printed.
    #[arg(long, value_name = "FILE")]
    pub(crate) users: Option<PathBuf>,
    /// The account's root: relative to the directory that is served, or absolute; by default that directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<String>,
    /// full, read-only, upload-only, none, or letters of adlmrntwps (append, delete, list, make directories, read,
    /// rename, set times, write, set permission bits, make symbolic links); by default full.
    #[arg(long, value_name = "WORD", value_parser = rights)]
    pub(crate) permissions: Option<Rights>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line of words for people.
    Text,
    /// A JSON object per line.
    Json,
}

/// The least important level that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// `--control-tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ControlTls {
    /// Clear and TLS alike.
    Allow,
    /// Name and password only under TLS.
    Credentials,
    /// Everything under TLS.
    Require,
}

impl From<ControlTls> for ControlPolicy {
    fn from(word: ControlTls) -> Self {
        match word {
            ControlTls::Allow => Self::Allow,
            ControlTls::Credentials => Self::Credentials,
            ControlTls::Require => Self::Require,
        }
    }
}

/// `--data-tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataTls {
    /// Clear and TLS alike.
    Allow,
    /// Only under TLS.
    Require,
    /// Only in clear.
    Deny,
}

impl From<DataTls> for DataPolicy {
    fn from(word: DataTls) -> Self {
        match word {
            DataTls::Allow => Self::Allow,
            DataTls::Require => Self::Require,
            DataTls::Deny => Self::Deny,
        }
    }
}

/// `--tls-min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TlsMin {
    /// TLS 1.2.
    #[value(name = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[value(name = "1.3")]
    V1_3,
}

impl From<TlsMin> for TlsVersion {
    fn from(word: TlsMin) -> Self {
        match word {
            TlsMin::V1_2 => Self::V1_2,
            TlsMin::V1_3 => Self::V1_3,
        }
    }
}

/// `--data-session`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataSessions {
    /// Always.
    Require,
    /// Once the client has shown that it can.
    Prefer,
    /// Never.
    Off,
}

impl From<DataSessions> for DataSession {
    fn from(word: DataSessions) -> Self {
        match word {
            DataSessions::Require => Self::Require,
            DataSessions::Prefer => Self::Prefer,
            DataSessions::Off => Self::Off,
        }
    }
}

/// `NAME:PASSWORD` as it was given. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub(crate) struct User(Zeroizing<Vec<u8>>);

impl User {
    /// Name and password, divided at the first colon.
    ///
    /// Judged here and not by the argument parser, whose messages quote what they refuse.
    ///
    /// # Errors
    /// When one of them is missing, or the name cannot be one.
    pub(crate) fn parts(&self) -> Result<(&str, &[u8]), Failure> {
        let wrong = |cause: &str| Failure::input(cause, "write it like --user alice:SECRET");
        let colon = self.0.iter().position(|byte| *byte == b':');
        let (name, password) = match colon {
            Some(colon) => (&self.0[..colon], &self.0[colon + 1..]),
            None => return Err(wrong("--user has no colon between name and password")),
        };
        let name = std::str::from_utf8(name).map_err(|_| wrong("the name in --user is not UTF-8"))?;
        if name.is_empty() {
            return Err(wrong("--user has no name before the colon"));
        }
        if name.contains(char::is_control) {
            return Err(wrong("the name in --user holds a control character"));
        }
        if password.is_empty() {
            return Err(wrong("--user has no password after the colon"));
        }
        if password.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            return Err(wrong("the password in --user holds the end of a line, which no client can send"));
        }
        Ok((name, password))
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(..)")
    }
}

impl From<&OsStr> for User {
    fn from(given: &OsStr) -> Self {
        Self(Zeroizing::new(given.as_bytes().to_vec()))
    }
}

fn user() -> impl TypedValueParser<Value = User> {
    OsStringValueParser::new().map(|given: OsString| User(Zeroizing::new(given.into_vec())))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write an IP address and a port, such as 127.0.0.1:2121, 0.0.0.0:21 or [::]:21".to_owned()
    })
}

pub(crate) fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let range = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match range {
        Some((from, to)) if 0 < from && from <= to => Ok(from..=to),
        _ => Err("write two ports, the lower one first, such as 50000-50100".to_owned()),
    }
}

fn ipv4(text: &str) -> Result<Ipv4Addr, String> {
    text.parse().map_err(|_| "write an IPv4 address, such as 203.0.113.5 (EPSV tells no address)".to_owned())
}

fn durability(word: &str) -> Result<Durability, String> {
    word.parse().map_err(|_| "write full, data or off".to_owned())
}

fn strength(word: &str) -> Result<Strength, String> {
    match word {
        "128" => Ok(Strength::Bits128),
        "256" => Ok(Strength::Bits256),
        _ => Err("write 128 or 256".to_owned()),
    }
}

fn dialect(word: &str) -> Result<Dialect, String> {
    word.parse().map_err(|_| "write rfc4217, iis or vsftpd".to_owned())
}

fn rights(word: &str) -> Result<Rights, String> {
    Rights::from_word(word)
        .ok_or_else(|| "write full, read-only, upload-only, none, or letters of adlmrntwps".to_owned())
}

#[cfg(test)]
mod tests;
