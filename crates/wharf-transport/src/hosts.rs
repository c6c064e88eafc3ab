//! Which certificate a server with several hosts shows.

use std::sync::Arc;

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

/// The certificates of all hosts.
#[derive(Debug)]
pub(crate) struct Certificates {
    usual: Arc<CertifiedKey>,
    hosts: Vec<(Vec<String>, Arc<CertifiedKey>)>,
}

impl Certificates {
    pub(crate) fn new(usual: &Identity, hosts: &[HostIdentity]) -> Self {
        let hosts =
            hosts.iter().map(|host| (host.names.clone(), Arc::clone(host.identity.certified()))).collect();
        Self { usual: Arc::clone(usual.certified()), hosts }
    }

    fn of(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let called = |names: &[String]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.hosts.iter().find(|(names, _)| called(names)).map(|(_, key)| key)
    }

    /// What is shown on one control connection and its data connections: the certificate of the host that the client
    /// names in TLS (RFC 6066 §3), or else of the one that it named before (`host`), or else the usual one.
    pub(crate) fn resolver(self: &Arc<Self>, host: Option<&str>) -> Arc<dyn ResolvesServerCert> {
        let otherwise = host.and_then(|name| self.of(name)).unwrap_or(&self.usual);
        Arc::new(Resolver { certificates: Arc::clone(self), otherwise: Arc::clone(otherwise) })
    }
}

#[derive(Debug)]
struct Resolver {
    certificates: Arc<Certificates>,
    otherwise: Arc<CertifiedKey>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.certificates.of(name));
        Some(Arc::clone(named.unwrap_or(&self.otherwise)))
    }
}
