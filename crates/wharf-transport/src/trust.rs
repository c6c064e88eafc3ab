//! Whom a client trusts.

use std::path::PathBuf;
use std::sync::Arc;

use crate::fingerprint::Fingerprint;
use crate::known_hosts::KnownHosts;

/// How the certificate of a server is judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Trust {
    /// The certificate authorities of the operating system, and the host name.
    System,
    /// The certificates in a PEM file, and the host name. A server's own certificate in the file counts too.
    CaFile(PathBuf),
    /// This one certificate, whatever its names and dates.
    Pin(Fingerprint),
    /// One of these certificates, whatever its names and dates: for servers whose certificate is about to change.
    Pins(Vec<Fingerprint>),
    /// Whatever certificate comes first; later the same one.
    Tofu(Arc<dyn KnownHosts>),
    /// Any certificate: somebody in the middle can read and change everything.
    DangerousInsecure,
}
