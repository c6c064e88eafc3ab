#![doc = include_str!("../README.md")]

mod access;
mod audit;
mod counters;
mod data;
mod files;
mod glob;
mod limited;
mod limits;
mod listing;
mod long;
mod map;
mod options;
mod presence;
mod pump;
mod server;
mod session;

pub use audit::{AuditLog, AuditOptions, OnAuditFailure};
pub use counters::{Counters, Transfers};
pub use options::{ListenerOptions, ServerOptions};
pub use server::{BindError, Server};

pub use wharf_audit::{
    Finding, JsonReport, Judge, JudgeOptions, Line as AuditLine, Malformed, Parser as AuditParser, Place,
    Summary, Unusable, text_line,
};
pub use wharf_auth::{
    Anonymous, AuthError, Authenticator, ByCertificate, ByHost, CertificateLogin, CertificateMap, Chain,
    Credentials, FixedUserError, FixedUsers, UsersFile, UsersFileError, users_file_line,
};
pub use wharf_codec::{Escaped, Leniency, Limits};
pub use wharf_session::{
    policy::{
        AccountRules, ControlPolicy, DataPolicy, Dialect, IpNet, Networks, NoSuchDialect, NoSuchPolicy,
        Policy, TlsRule,
    },
    server::{ServerConfig, Timeouts, VirtualHost},
};
pub use wharf_storage::{
    Durability, LocalDisk, LocalOptions, MemoryDisk, ParseDurabilityError, Storage, StorageProvider,
};
pub use wharf_transport::{
    ClientAuthority, ClientTrust, ClientTrustError, Clock, DataSession, FileWatch, Fingerprint,
    FingerprintError, HostIdentity, Identity, IdentityError, Net, Origin, PeerTls, ReloadBell, ReloadCounts,
    Reloaded, RevocationList, ServerTls, ServerTlsOptions, Strength, TlsError, TlsVersion, TokioNet, Trust,
};
pub use wharf_types::{
    ClientCertificateRule, ClientIdentity, FileError, FileErrorKind, Grant, Right, Rights, VirtualPath,
};
