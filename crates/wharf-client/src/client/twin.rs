//! More connections like one that is there.

use wharf_codec::Representation;
use wharf_transport::{Fingerprint, TlsVersion};

use super::deferred::Deferred;
use super::resumption::{Resumption, Trail};
use super::times::Setter;
use super::{Client, Credentials};
use crate::memory::Memory;
use crate::session::Session;
use crate::{ConnectOptions, Error, TlsMode};

/// What it takes to make further connections like one that is there: its options, its login, and where it stands.
///
/// It holds no connection itself, and keeps the secrets of the login until it is dropped.
#[derive(Debug)]
pub struct Twin {
    options: ConnectOptions,
    credentials: Option<Credentials>,
    memory: Memory,
    highest: TlsVersion,
    /// The certificate that the first connection was shown; `None` in clear.
    certificate: Option<Fingerprint>,
    trail: Trail,
    representation: Option<Representation>,
    control_cleared: bool,
    setter: Option<Option<Setter>>,
}

impl Client {
    /// Notes how this session came about and where it stands, so that [`Twin::connect`] can make more of its kind.
    /// Several of them move files side by side, as far as the server takes them.
    #[must_use]
    pub fn twin(&self) -> Twin {
        let mut options = self.options.clone();
        let certificate = self.session.tls_info().and_then(|tls| tls.peer_certificate);
        if options.tls == TlsMode::ExplicitIfOffered && self.session.control_version().is_some() {
            // It was offered.
            options.tls = TlsMode::Explicit;
        }
        Twin {
            highest: self.session.control_version().unwrap_or(options.max_version),
            options,
            credentials: self.credentials.clone(),
            memory: self.memory.clone(),
            certificate,
            trail: self.trail.clone(),
            representation: self.session.machine().representation(),
            control_cleared: self.control_cleared,
            setter: self.setter,
        }
    }
}

impl Twin {
    /// Connects, protects the connection as the first one was protected, logs in, and goes to the same directory with
    /// the same TYPE.
    ///
    /// # Errors
    /// As [`Client::connect`] and [`Client::login`]; servers turn further connections of a user away in many ways. A
    /// server that shows another certificate than the first time is [`Error::OtherCertificate`], before anything is
    /// said of the user.
    pub async fn connect(&self) -> Result<Client, Error> {
        let mut memory = self.memory.clone();
        let session = Session::start(&self.options, self.highest, &mut memory).await?;
        let seen = session.tls_info().and_then(|tls| tls.peer_certificate);
        if let (Some(first), Some(seen)) = (self.certificate, seen)
            && first != seen
        {
            return Err(Error::OtherCertificate { first, seen });
        }
        let mut client = Client {
            session,
            credentials: self.credentials.clone(),
            reuse: Resumption::new(memory.record().reuse_required),
            options: self.options.clone(),
            memory,
            trail: self.trail.clone(),
            control_cleared: self.control_cleared,
            left_out: 0,
            unique_name: None,
            deferred: Deferred::default(),
            setter: self.setter,
            hash_algorithm: None,
        };
        client.restore(self.representation).await?;
        Ok(client)
    }
}
