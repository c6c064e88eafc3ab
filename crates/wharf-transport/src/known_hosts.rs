//! What is remembered of servers: certificates seen before, and what their connections were like.

use std::fmt::Debug;
use std::io;

use crate::fingerprint::Fingerprint;

/// Remembers which certificate a server showed the first time.
pub trait KnownHosts: Send + Sync + Debug {
    /// The certificate that `host:port` showed before.
    ///
    /// # Errors
    ///
    /// The memory cannot be read; the connection is then refused.
    fn lookup(&self, host: &str, port: u16) -> io::Result<Option<Fingerprint>>;

    /// Keeps the certificate of `host:port`, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// The memory cannot be written; the connection is then refused.
    fn remember(&self, host: &str, port: u16, fp: &Fingerprint) -> io::Result<()>;
}

/// What is remembered of one server, by its host name and control port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostRecord {
    /// The certificate that it showed last.
    pub certificate: Option<Fingerprint>,
    /// `AUTH TLS` worked here: a server that refuses it later is not the same, or somebody is in the way.
    pub tls: bool,
    /// Its data connections resumed the TLS session of their control connection.
    pub resumes: bool,
    /// It refuses data connections that do not resume, or gives so few tickets that something had to be done.
    pub reuse_required: bool,
    /// It loses commands that come together.
    pub no_pipeline: bool,
}

/// Remembers more of a server than its certificate, from one run of a program to the next.
pub trait HostMemory: Send + Sync + Debug {
    /// What is remembered of `host:port`; an empty record when nothing is.
    ///
    /// # Errors
    ///
    /// The memory cannot be read.
    fn recall(&self, host: &str, port: u16) -> io::Result<HostRecord>;

    /// Changes the record of `host:port`. The change is applied to what the memory holds at that moment, so that
    /// two programs do not undo each other's work.
    ///
    /// # Errors
    ///
    /// The memory cannot be read or written.
    fn note(&self, host: &str, port: u16, change: &dyn Fn(&mut HostRecord)) -> io::Result<()>;

    /// Forgets `host:port`, and tells whether anything was remembered.
    ///
    /// # Errors
    ///
    /// The memory cannot be read or written.
    fn forget(&self, host: &str, port: u16) -> io::Result<bool>;

    /// Where the memory is kept, for messages to people: the name of a file, for example.
    fn place(&self) -> String;
}
