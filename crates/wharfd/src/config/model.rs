//! What the file says, key by key, and where.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::PathBuf,
    time::Duration,
};

use wharf_server::{
    CertificateLogin, ClientCertificateRule, ControlPolicy, DataPolicy, DataSession, Dialect, Durability,
    Fingerprint, IpNet, Strength, TlsRule, TlsVersion,
};

use super::audit::Audit;
use super::client_certificates::ClientCertificates;
use crate::args::{LogFormat, LogLevel};

/// The sections as they are written, each with its keys. Nothing else may stand in the file.
pub(super) const SECTIONS: [(&str, &[&str]); 13] = [
    (
        "",
        &[
            "root",
            "state_dir",
            "greeting",
            "durability",
            "max_sessions",
            "max_per_ip",
            "max_upload",
            "max_hash",
            "compression",
            "site_rmdir",
            "idle_timeout",
            "grace",
            "passive_ports",
            "public_ip",
            "log",
            "tls",
            "client_certificates",
            "listener",
            "host",
            "network",
            "group",
            "user",
            "accounts",
            "anonymous",
            "server_to_server",
            "audit",
        ],
    ),
    ("[log]", &["format", "level"]),
    (
        "[tls]",
        &[
            "certificate",
            "key",
            "control",
            "data",
            "min_version",
            "max_version",
            "min_strength",
            "data_session",
            "dialect",
            "report_only",
            "strict_close",
        ],
    ),
    (
        "[[listener]]",
        &[
            "address",
            "implicit",
            "client_certificates",
            "certificate",
            "key",
            "control",
            "data",
            "min_version",
            "max_version",
            "min_strength",
            "data_session",
            "dialect",
            "report_only",
            "strict_close",
        ],
    ),
    ("[client_certificates]", &["ask", "ca", "crl", "map", "login"]),
    (
        "[[host]]",
        &[
            "name",
            "aliases",
            "certificate",
            "key",
            "greeting",
            "root",
            "users",
            "anonymous",
            "client_certificates",
            "control",
            "data",
        ],
    ),
    ("[[network]]", &["cidr", "control", "data"]),
    ("[[group]]", &["name", "control", "data"]),
    (
        "[[user]]",
        &["name", "hash", "root", "permissions", "groups", "login", "certificates", "control", "data"],
    ),
    ("[accounts]", &["file", "control", "data"]),
    ("[anonymous]", &["root", "control", "data"]),
    ("[server_to_server]", &["certificates"]),
    ("[audit]", &["file", "max_size", "daily", "keep", "on_failure"]),
];

/// A value and the line of its key, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

/// The whole file.
#[derive(Debug)]
pub(super) struct Model {
    /// Absent only where the file is wrong.
    pub(super) root: Option<At<PathBuf>>,
    pub(super) state_dir: Option<At<PathBuf>>,
    pub(super) greeting: Option<At<String>>,
    pub(super) durability: Option<At<Durability>>,
    pub(super) max_sessions: Option<At<NonZeroUsize>>,
    pub(super) max_per_ip: Option<At<NonZeroUsize>>,
    /// Bytes.
    pub(super) max_upload: Option<At<u64>>,
    /// Bytes.
    pub(super) max_hash: Option<At<u64>>,
    pub(super) compression: Option<At<bool>>,
    pub(super) site_rmdir: Option<At<bool>>,
    pub(super) idle_timeout: Option<At<Duration>>,
    pub(super) grace: Option<At<Duration>>,
    pub(super) passive_ports: Option<At<RangeInclusive<u16>>>,
    pub(super) public_ip: Option<At<Ipv4Addr>>,
    pub(super) log: Log,
    pub(super) tls: Tls,
    pub(super) client_certificates: ClientCertificates,
    pub(super) listeners: Vec<Listener>,
    pub(super) hosts: Vec<Host>,
    pub(super) networks: Vec<Network>,
    pub(super) groups: Vec<Group>,
    pub(super) users: Vec<User>,
    pub(super) accounts: Accounts,
    pub(super) anonymous: Option<Anonymous>,
    pub(super) server_to_server: Option<ServerToServer>,
    pub(super) audit: Option<Audit>,
}

/// `[log]`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Log {
    pub(crate) format: Option<LogFormat>,
    pub(crate) level: Option<LogLevel>,
}

/// A certificate and its key; both are there or the file is wrong.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) certificate: Option<At<PathBuf>>,
    pub(super) key: Option<At<PathBuf>>,
}

impl Pair {
    /// The two files, and the line of the certificate.
    pub(super) fn files(&self) -> Option<(usize, &PathBuf, &PathBuf)> {
        let (certificate, key) = (self.certificate.as_ref()?, self.key.as_ref()?);
        Some((certificate.line, &certificate.value, &key.value))
    }
}

/// `control` and `data` of a scope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rule {
    pub(super) control: Option<At<ControlPolicy>>,
    pub(super) data: Option<At<DataPolicy>>,
}

impl Rule {
    pub(super) fn tls(&self) -> TlsRule {
        TlsRule { control: self.control.map(|at| at.value), data: self.data.map(|at| at.value) }
    }
}

/// `[tls]`, and the same keys of a listener.
#[derive(Debug, Default)]
pub(super) struct Tls {
    pub(super) pair: Pair,
    pub(super) rule: Rule,
    pub(super) min_version: Option<At<TlsVersion>>,
    pub(super) max_version: Option<At<TlsVersion>>,
    pub(super) min_strength: Option<At<Strength>>,
    pub(super) data_session: Option<At<DataSession>>,
    pub(super) dialect: Option<At<Dialect>>,
    pub(super) report_only: Option<At<bool>>,
    pub(super) strict_close: Option<At<bool>>,
}

/// `[[listener]]`.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: At<SocketAddr>,
    pub(super) implicit: Option<At<bool>>,
    pub(super) client_certificates: Option<At<ClientCertificateRule>>,
    pub(super) tls: Tls,
}

/// `[[host]]`.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: At<String>,
    pub(super) aliases: Vec<At<String>>,
    pub(super) pair: Pair,
    pub(super) greeting: Option<At<String>>,
    pub(super) root: Option<At<String>>,
    pub(super) users: Option<At<PathBuf>>,
    pub(super) anonymous: Option<At<bool>>,
    pub(super) client_certificates: Option<At<ClientCertificateRule>>,
    pub(super) rule: Rule,
}

impl Host {
    /// The name and the aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &At<String>> {
        std::iter::once(&self.name).chain(&self.aliases)
    }
}

/// `[[network]]`.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) cidr: At<IpNet>,
    pub(super) rule: Rule,
}

/// `[[group]]`.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: At<String>,
    pub(super) rule: Rule,
}

/// `[[user]]`.
pub(super) struct User {
    pub(super) name: At<String>,
    pub(super) hash: Option<At<String>>,
    pub(super) root: Option<At<String>>,
    pub(super) permissions: Option<At<String>>,
    pub(super) groups: Vec<At<String>>,
    pub(super) login: Option<At<CertificateLogin>>,
    pub(super) certificates: Vec<At<Fingerprint>>,
    pub(super) rule: Rule,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `[accounts]`.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) file: Option<At<PathBuf>>,
    pub(super) rule: Rule,
}

/// `[anonymous]`.
#[derive(Debug)]
pub(super) struct Anonymous {
    /// The line of its head.
    pub(super) line: usize,
    pub(super) root: Option<At<String>>,
    pub(super) rule: Rule,
}

/// `[server_to_server]`.
#[derive(Debug)]
pub(super) struct ServerToServer {
    /// The line of its head.
    pub(super) line: usize,
    /// Of servers towards which this one is the TLS client.
    pub(super) certificates: Vec<At<Fingerprint>>,
}
