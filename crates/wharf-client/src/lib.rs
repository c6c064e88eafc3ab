#![doc = include_str!("../README.md")]

mod charset;
mod client;
mod digest;
mod entry;
mod error;
mod memory;
mod options;
mod session;

pub use charset::{Charset, NotInCharset, UnknownCharset};
pub use client::{Between, Client, Portion, Twin, Upload};
pub use digest::{Digest, Hasher};
pub use entry::{Modified, RemoteEntry};
pub use error::{Error, ErrorClass};
pub use options::{ConnectOptions, TlsMode, WireLine, WireLog};
pub use wharf_codec::{
    Command, EntryKind, Escaped, Features, Pathname, Permissions, Reply, ReplyCode, Secret, Text, TextError,
    TimePrecision, TimeVal, Token, civil_from_unix, stands_for_itself,
};
pub use wharf_transport::{
    BoxFuture, Fingerprint, FingerprintError, HostMemory, HostRecord, Identity, IdentityError, KnownHosts,
    KnownHostsFile, Net, NetListener, NetStream, TlsFailure, TlsInfo, TlsVersion, TokioNet, Trust,
};
pub use wharf_types::HashAlgorithm;
