//! From tables and keys to the model.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::de::{DeTable, DeValue};
use wharf_server::{
    ControlPolicy, DataPolicy, DataSession, Dialect, Durability, IpNet, Rights, Strength, TlsVersion,
};

use super::{
    audit::Audit,
    client_certificates::{self, ClientCertificates},
    document::{Document, Section, integer, missing_listener},
    model::{
        Accounts, Anonymous, At, Group, Host, Listener, Log, Model, Network, Pair, Rule, ServerToServer, Tls,
        User,
    },
    problem::{Problem, quoted},
};
use crate::{
    args::{self, LogFormat, LogLevel},
    duration, size,
};

const CONTROL: [(&str, ControlPolicy); 4] = [
    ("allow", ControlPolicy::Allow),
    ("credentials", ControlPolicy::Credentials),
    ("require", ControlPolicy::Require),
    ("deny", ControlPolicy::Deny),
];
const DATA: [(&str, DataPolicy); 3] =
    [("allow", DataPolicy::Allow), ("require", DataPolicy::Require), ("deny", DataPolicy::Deny)];
const VERSIONS: [(&str, TlsVersion); 2] = [("1.2", TlsVersion::V1_2), ("1.3", TlsVersion::V1_3)];
const SESSIONS: [(&str, DataSession); 3] =
    [("require", DataSession::Require), ("prefer", DataSession::Prefer), ("off", DataSession::Off)];
const DIALECTS: [(&str, Dialect); 3] =
    [("rfc4217", Dialect::Rfc4217), ("iis", Dialect::Iis), ("vsftpd", Dialect::Vsftpd)];
const DURABILITIES: [(&str, Durability); 3] =
    [("full", Durability::Full), ("data", Durability::Data), ("off", Durability::Off)];
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const CERTIFICATE: &str = "\"cert.pem\" (a file that holds the chain, the server's own first)";
const KEY: &str = "\"key.pem\" (a file that holds the private key)";

/// The model of the text; what is wrong is in the second value. Relative paths count from `folder`.
pub(super) fn model(text: &str, folder: &Path) -> (Model, Vec<Problem>) {
    let document = Document::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    // The parser goes on behind an error, but what it finds there is mostly the same error again.
    if let Some(error) = errors.first() {
        let cause = format!("this is not TOML: {}", error.message().escape_debug());
        let line = error.span().map_or(1, |span| document.line(span.start));
        document.report(Problem::at(line, cause, "see https://toml.io for how it is written"));
    }
    // What was recovered after an error holds keys that nobody wrote.
    let nothing = DeTable::new();
    let table = if errors.is_empty() { table.get_ref() } else { &nothing };
    let whole = Section::new(&document, "", 1, table);
    let model = Model::read(&whole, folder, errors.is_empty());
    (model, document.into_problems())
}

impl Model {
    fn read(whole: &Section<'_, '_>, folder: &Path, complete: bool) -> Self {
        let path = |section: &Section<'_, '_>, key: &str, write| path(section, key, write, folder);
        let root = path(whole, "root", "\"/srv/ftp\" (a directory)");
        let listeners: Vec<Listener> = whole
            .tables("listener", "[[listener]]")
            .iter()
            .filter_map(|section| Listener::read(section, folder))
            .collect();
        if complete {
            if root.is_none() {
                whole.missing("root", "\"/srv/ftp\", the directory to serve");
            }
            missing_listener(whole);
        }
        let log = whole.table("log", "[log]").map_or_else(Log::default, |section| Log {
            format: section.word("format", &FORMATS).map(|at| at.value),
            level: section.word("level", &LEVELS).map(|at| at.value),
        });
        let tls = whole.table("tls", "[tls]").map(|section| Tls::read(&section, folder)).unwrap_or_default();
        let host = |section: &Section<'_, '_>| Host::read(section, folder);
        Self {
            root,
            state_dir: path(whole, "state_dir", "\"/var/lib/wharfd\" (a directory)"),
            greeting: whole.text("greeting", "\"Welcome\" (one line)"),
            durability: whole.word("durability", &DURABILITIES),
            max_sessions: count(whole, "max_sessions", "1000"),
            max_per_ip: count(whole, "max_per_ip", "50"),
            max_upload: bytes(whole, "max_upload", "\"10G\""),
            max_hash: bytes(whole, "max_hash", "\"10G\""),
            site_rmdir: whole.flag("site_rmdir"),
            compression: whole.flag("compression"),
            idle_timeout: span(whole, "idle_timeout", "\"5m\""),
            grace: span(whole, "grace", "\"30s\""),
            passive_ports: whole.parsed("passive_ports", "\"50000-50100\"", ports),
            public_ip: whole
                .parsed("public_ip", "\"203.0.113.5\" (an IPv4 address)", |text| text.parse().ok()),
            log,
            tls,
            client_certificates: whole
                .table("client_certificates", "[client_certificates]")
                .map(|section| ClientCertificates::read(&section, folder))
                .unwrap_or_default(),
            listeners,
            hosts: whole.tables("host", "[[host]]").iter().filter_map(host).collect(),
            networks: whole.tables("network", "[[network]]").iter().filter_map(Network::read).collect(),
            groups: whole.tables("group", "[[group]]").iter().filter_map(Group::read).collect(),
            users: whole.tables("user", "[[user]]").iter().filter_map(User::read).collect(),
            accounts: whole
                .table("accounts", "[accounts]")
                .map(|section| Accounts {
                    file: path(&section, "file", "\"users\" (a file made with `wharfd passwd --users`)"),
                    rule: Rule::read(&section),
                })
                .unwrap_or_default(),
            anonymous: whole.table("anonymous", "[anonymous]").map(|section| Anonymous {
                line: section.line,
                root: section.text("root", "\"pub\" (a directory below the root)"),
                rule: Rule::read(&section),
            }),
            server_to_server: whole
                .table("server_to_server", "[server_to_server]")
                .map(|section| ServerToServer::read(&section)),
            audit: whole.table("audit", "[audit]").and_then(|section| Audit::read(&section, folder)),
        }
    }
}

impl Rule {
    fn read(section: &Section<'_, '_>) -> Self {
        Self { control: section.word("control", &CONTROL), data: section.word("data", &DATA) }
    }
}

impl Pair {
    fn read(section: &Section<'_, '_>, folder: &Path) -> Self {
        Self {
            certificate: path(section, "certificate", CERTIFICATE, folder),
            key: path(section, "key", KEY, folder),
        }
    }
}

impl Tls {
    fn read(section: &Section<'_, '_>, folder: &Path) -> Self {
        let strength = |value: &DeValue<'_>| match integer(value)? {
            128 => Some(Strength::Bits128),
            256 => Some(Strength::Bits256),
            _ => None,
        };
        Self {
            pair: Pair::read(section, folder),
            rule: Rule::read(section),
            min_version: section.word("min_version", &VERSIONS),
            max_version: section.word("max_version", &VERSIONS),
            min_strength: section.take("min_strength", "128 or 256", strength),
            data_session: section.word("data_session", &SESSIONS),
            dialect: section.word("dialect", &DIALECTS),
            report_only: section.flag("report_only"),
            strict_close: section.flag("strict_close"),
        }
    }
}

impl Listener {
    fn read(section: &Section<'_, '_>, folder: &Path) -> Option<Self> {
        const WRITE: &str = "\"0.0.0.0:21\" or \"[::]:21\" (an IP address and a port)";
        let address = section.parsed("address", WRITE, |text| text.parse::<SocketAddr>().ok());
        let (implicit, tls) = (section.flag("implicit"), Tls::read(section, folder));
        let client_certificates = client_certificates::rule(section, "client_certificates");
        if address.is_none() {
            section.missing("address", WRITE);
        }
        Some(Self { address: address?, implicit, client_certificates, tls })
    }
}

impl Host {
    fn read(section: &Section<'_, '_>, folder: &Path) -> Option<Self> {
        let name = named(section, "\"files.example.org\"");
        let aliases = section.texts("aliases", "[\"ftp.example.org\"]");
        let (pair, rule) = (Pair::read(section, folder), Rule::read(section));
        let users = path(section, "users", "\"users\" (a file made with `wharfd passwd --users`)", folder);
        let (root, anonymous) =
            (section.text("root", "\"shop\" (a directory below the root)"), section.flag("anonymous"));
        let greeting = section.text("greeting", "\"Welcome\" (one line)");
        let client_certificates = client_certificates::rule(section, "client_certificates");
        for name in name.iter().chain(&aliases).filter(|name| !is_host(&name.value)) {
            section.document.report(Problem::at(
                name.line,
                format!("{} is no host name", quoted(&name.value)),
                "write it in ASCII without a port, such as files.example.org",
            ));
        }
        Some(Self { name: name?, aliases, pair, greeting, root, users, anonymous, client_certificates, rule })
    }
}

impl ServerToServer {
    fn read(section: &Section<'_, '_>) -> Self {
        let certificates = client_certificates::fingerprints(section);
        Self { line: section.line, certificates }
    }
}

impl Network {
    fn read(section: &Section<'_, '_>) -> Option<Self> {
        const WRITE: &str = "\"10.0.0.0/8\" or \"2001:db8::/32\" (an address and the length of the prefix)";
        // An address alone is a network of one.
        let parse = |text: &str| match text.parse::<IpNet>() {
            Ok(network) => Some(network),
            Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
        };
        let cidr = section.parsed("cidr", WRITE, parse);
        let rule = Rule::read(section);
        match cidr {
            None => section.missing("cidr", WRITE),
            Some(At { line, value }) if value.trunc() != value => section.document.report(Problem::at(
                line,
                format!("{value} has bits set behind its prefix"),
                format!("write cidr = \"{}\"", value.trunc()),
            )),
            Some(_) => {}
        }
        Some(Self { cidr: cidr?, rule })
    }
}

impl Group {
    fn read(section: &Section<'_, '_>) -> Option<Self> {
        let (name, rule) = (named(section, "\"staff\""), Rule::read(section));
        Some(Self { name: name?, rule })
    }
}

impl User {
    fn read(section: &Section<'_, '_>) -> Option<Self> {
        const HASH: &str = "write what `wharfd passwd NAME` prints between the first two colons";
        let name = named(section, "\"alice\"");
        let hash = section.secret("hash", HASH, |hash| !hash.is_empty() && !hash.contains(':'));
        let user = Self {
            hash,
            root: section.text("root", "\"alice\" (a directory below the root, or an absolute one)"),
            permissions: section.parsed(
                "permissions",
                "\"full\", \"read-only\", \"upload-only\", \"none\", or letters of adlmrntwps",
                |word| Rights::from_word(word).map(|_| word.to_owned()),
            ),
            groups: section.texts("groups", "[\"staff\"]"),
            login: client_certificates::login(section),
            certificates: client_certificates::fingerprints(section),
            rule: Rule::read(section),
            name: name?,
        };
        // The separators of a users file, whose rules hold here too.
        let odd = |name: &str| name.contains(':') || name.starts_with('#') || name.trim() != name;
        if odd(&user.name.value) {
            section.document.report(Problem::at(
                user.name.line,
                format!("{} cannot be the name of an account", quoted(&user.name.value)),
                "give a name without colons and spaces at its ends, that does not begin with #",
            ));
        }
        Some(user)
    }
}

/// `name`, which has to be there.
fn named(section: &Section<'_, '_>, write: &str) -> Option<At<String>> {
    let name = section.parsed("name", write, |text| (!text.is_empty()).then(|| text.to_owned()));
    if name.is_none() {
        section.missing("name", write);
    }
    name
}

pub(super) fn path(section: &Section<'_, '_>, key: &str, write: &str, folder: &Path) -> Option<At<PathBuf>> {
    section.parsed(key, write, |text| (!text.is_empty()).then(|| folder.join(text)))
}

fn count(section: &Section<'_, '_>, key: &str, write: &str) -> Option<At<NonZeroUsize>> {
    section.take(key, write, |value| NonZeroUsize::new(usize::try_from(integer(value)?).ok()?))
}

/// A string with a unit, or bytes.
fn bytes(section: &Section<'_, '_>, key: &str, write: &str) -> Option<At<u64>> {
    section.take(key, write, |value| match integer(value) {
        Some(bytes) => size::parse(&bytes.to_string()).ok(),
        None => size::parse(value.as_str()?).ok(),
    })
}

/// A string with units, or seconds.
fn span(section: &Section<'_, '_>, key: &str, write: &str) -> Option<At<Duration>> {
    section.take(key, write, |value| match integer(value) {
        Some(seconds) => duration::parse(&seconds.to_string()).ok(),
        None => duration::parse(value.as_str()?).ok(),
    })
}

fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    args::ports(text).ok()
}

fn is_host(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.bytes().all(plain)
}
