//! From a host name to a session that was greeted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use wharf_codec::{Reply, ReplyCode};
use wharf_session::client::{
    Client as Machine, ClientConfig, ClientTimeouts, OpError, Operation, StartSecurity,
};
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlStream, NetStream, PassivePool, TlsVersion,
};

use super::{Pump, Session, now};
use crate::{ConnectOptions, Error, TlsMode};

impl Session {
    /// Connects, waits for the greeting, and protects the connection as asked.
    pub(crate) async fn start(options: &ConnectOptions, highest: TlsVersion) -> Result<Self, Error> {
        let stream = dial(options).await?;
        let addresses = stream.peer_addr().and_then(|peer| Ok((peer, stream.local_addr()?)));
        let (peer, local) = addresses.map_err(|source| Error::Network {
            what: format!("cannot connect to {}", options.host),
            source,
        })?;
        let tls = match options.tls {
            TlsMode::Off => None,
            TlsMode::Explicit | TlsMode::ExplicitIfOffered | TlsMode::Implicit => {
                Some(ClientControlTls::new(ClientTlsOptions {
                    trust: options.trust.clone(),
                    server_name: options.host.clone(),
                    port: options.effective_port(),
                    min_version: options.min_version,
                    max_version: highest,
                })?)
            }
        };
        let security = if options.tls == TlsMode::Implicit {
            StartSecurity::Implicit { host: options.host.clone() }
        } else {
            StartSecurity::Clear
        };
        let mut session = Self {
            machine: Machine::new(config(options), peer, local, security, now()),
            control: ControlStream::clear(stream),
            tls,
            net: Arc::clone(&options.net),
            pool: PassivePool::new(Arc::clone(&options.net), None),
            log: options.wire_log.clone(),
            // Stands for "not yet".
            greeting: Reply::new(ReplyCode::SERVICE_READY_IN, ""),
            tls_info: None,
            data_tls: None,
            tls_failure: None,
            network_failure: None,
            lost: None,
        };
        let mut data = session.data(Pump::None);
        if let Err(error) = session.drive(None, &mut data).await {
            return Err(session.error("connect", super::Failure::Op(error), Default::default()));
        }
        drop(data);
        session.protect(options).await?;
        Ok(session)
    }

    async fn protect(&mut self, options: &ConnectOptions) -> Result<(), Error> {
        if !matches!(options.tls, TlsMode::Explicit | TlsMode::ExplicitIfOffered) {
            return Ok(());
        }
        let secure = Operation::Secure { host: options.host.clone() };
        let done = self.run(secure, Pump::None).await;
        match done.result {
            Ok(_) => Ok(()),
            // A plain no is what "where offered" is about; anything else is strange enough to stop.
            Err(super::Failure::Op(OpError::TlsRefused(reply)))
                if options.tls == TlsMode::ExplicitIfOffered
                    && reply.code().is_refusal()
                    && reply.code() != ReplyCode::SERVICE_NOT_AVAILABLE =>
            {
                Ok(())
            }
            Err(failure) => Err(self.error("AUTH TLS", failure, done.data)),
        }
    }
}

fn config(options: &ConnectOptions) -> ClientConfig {
    let wait = options.timeout;
    ClientConfig {
        timeouts: ClientTimeouts {
            greeting: wait,
            tls: wait,
            reply: wait,
            data_open: wait.min(options.connect_timeout),
            stall: wait,
            // A server may have a large file to make durable.
            final_reply: wait.saturating_mul(5),
            ..ClientTimeouts::default()
        },
        use_epsv: options.epsv,
        active: options.active,
        dangerous_trust_pasv_host: options.dangerous_trust_pasv_host,
        require_data_tls: options.data_tls,
        strict_close: options.strict_close,
        // Whether a password may go in clear is judged at login, when the peer is known.
        clear_login: matches!(options.tls, TlsMode::Off | TlsMode::ExplicitIfOffered),
        ..ClientConfig::default()
    }
}

/// Tries the addresses of the host in turn.
async fn dial(options: &ConnectOptions) -> Result<NetStream, Error> {
    let host = options.host.trim_start_matches('[').trim_end_matches(']');
    let port = options.effective_port();
    let network = |what: String| move |source: io::Error| Error::Network { what, source };
    let found = lookup_host((host, port)).await.map_err(network(format!("cannot find {host}")))?;
    let addresses: Vec<SocketAddr> = found.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match timeout(options.connect_timeout, options.net.connect(address, None)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_elapsed) => last = timed_out(address, options.connect_timeout),
        }
    }
    Err(network(format!("cannot connect to {host} port {port}"))(last))
}

fn timed_out(address: SocketAddr, after: Duration) -> io::Error {
    let text = format!("{address} did not answer within {} s: a firewall may drop it", after.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, text)
}
