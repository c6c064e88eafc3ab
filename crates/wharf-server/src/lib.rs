#![doc = include_str!("../README.md")]

mod access;
mod data;
mod files;
mod limits;
mod listing;
mod map;
mod options;
mod pump;
mod server;
mod session;

pub use options::{ListenerOptions, ServerOptions};
pub use server::{BindError, Server};

pub use wharf_auth::{
    Anonymous, AuthError, Authenticator, Chain, Credentials, FixedUserError, FixedUsers, UsersFile,
    UsersFileError, users_file_line,
};
pub use wharf_codec::{Escaped, Leniency, Limits};
pub use wharf_session::{
    policy::{ControlPolicy, DataPolicy, Policy},
    server::{ServerConfig, Timeouts},
};
pub use wharf_storage::{
    Durability, LocalDisk, LocalOptions, MemoryDisk, ParseDurabilityError, Storage, StorageProvider,
};
pub use wharf_transport::{
    DataSession, Fingerprint, FingerprintError, Identity, IdentityError, Net, Origin, ServerTls,
    ServerTlsOptions, TlsError, TlsVersion, TokioNet,
};
pub use wharf_types::{FileError, FileErrorKind, Grant, Right, Rights, VirtualPath};
