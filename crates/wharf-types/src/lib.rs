#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod certificate;
mod error;
mod grant;
mod hash;
mod metadata;
mod op;
mod path;
mod tls;

pub use certificate::{ClientCertificateRule, ClientIdentity};
pub use error::{FileError, FileErrorKind};
pub use grant::{Denied, Grant, Right, Rights};
pub use hash::HashAlgorithm;
pub use metadata::{FileKind, Metadata, Timestamp};
pub use op::{FileOp, ListStyle, WriteMode};
pub use path::{PathError, VirtualPath};
pub use tls::{ControlPolicy, DataPolicy, NoSuchPolicy, TlsRule};
