//! Which certificate a server with several hosts shows.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::identity::Identity;

/// A virtual host with a certificate of its own.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built field by field by the caller")]
pub struct HostIdentity {
    /// The host's names, compared without case.
    pub names: Vec<String>,
    /// Its certificate and key.
    pub identity: Identity,
}

/// The certificates of all hosts; they may be exchanged for others while the server runs.
#[derive(Debug)]
pub(crate) struct Certificates(ArcSwap<Shown>);

#[derive(Debug)]
struct Shown {
    usual: Arc<CertifiedKey>,
    hosts: Vec<(Vec<String>, Arc<CertifiedKey>)>,
}

impl Certificates {
    pub(crate) fn new(usual: &Identity, hosts: &[HostIdentity]) -> Self {
        Self(ArcSwap::from_pointee(Shown::new(usual, hosts)))
    }

    /// From here on handshakes of control connections see these, all of them or none.
    pub(crate) fn replace(&self, usual: &Identity, hosts: &[HostIdentity]) {
        self.0.store(Arc::new(Shown::new(usual, hosts)));
    }

    /// What is shown on one control connection and its data connections: the certificate of the host that the client
    /// names in TLS (RFC 6066 §3), or else of the one that it named before (`host`), or else the usual one.
    pub(crate) fn resolver(self: &Arc<Self>, host: Option<&str>) -> Arc<dyn ResolvesServerCert> {
        Arc::new(Resolver {
            certificates: Arc::clone(self),
            host: host.map(Box::from),
            control: OnceLock::new(),
        })
    }
}

impl Shown {
    fn new(usual: &Identity, hosts: &[HostIdentity]) -> Self {
        let hosts =
            hosts.iter().map(|host| (host.names.clone(), Arc::clone(host.identity.certified()))).collect();
        Self { usual: Arc::clone(usual.certified()), hosts }
    }

    fn of(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let called = |names: &[String]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.hosts.iter().find(|(names, _)| called(names)).map(|(_, key)| key)
    }
}

#[derive(Debug)]
struct Resolver {
    certificates: Arc<Certificates>,
    /// Named by HOST before TLS.
    host: Option<Box<str>>,
    /// Of the handshake of the control connection, which is the first one.
    control: OnceLock<AtControl>,
}

/// What there was when the control connection shook hands. Its data connections show the same whatever came since: there
/// are clients that refuse a data connection with another certificate than that of its control connection.
#[derive(Debug)]
struct AtControl {
    all: Arc<Shown>,
    /// What it showed. Clients that name the host on the control connection may name none, or an address, on the others.
    own: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name();
        let control = self.control.get_or_init(|| {
            let all = self.certificates.0.load_full();
            let named = name.and_then(|name| all.of(name));
            let before = || self.host.as_deref().and_then(|name| all.of(name));
            let own = Arc::clone(named.or_else(before).unwrap_or(&all.usual));
            AtControl { all, own }
        });
        let named = name.and_then(|name| control.all.of(name));
        Some(Arc::clone(named.unwrap_or(&control.own)))
    }
}
