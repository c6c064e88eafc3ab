//! From a host name to a session that was greeted.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use wharf_codec::{Command, Features, HostName, Reply, ReplyCode};
use wharf_session::client::{
    Client as Machine, ClientConfig, ClientTimeouts, OpError, Operation, Outcome, StartSecurity,
};
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlStream, NetStream, PassivePool, TlsFailure, TlsVersion, Trust,
};

use super::{Failure, Pump, Session, now};
use crate::memory::Memory;
use crate::{Charset, ConnectOptions, Error, TlsMode};

impl Session {
    /// Connects, waits for the greeting, and protects the connection as asked.
    pub(crate) async fn start(
        options: &ConnectOptions,
        highest: TlsVersion,
        memory: &mut Memory,
    ) -> Result<Self, Error> {
        let stream = dial(options).await?;
        let addresses = stream.peer_addr().and_then(|peer| Ok((peer, stream.local_addr()?)));
        let (peer, local) = addresses.map_err(|source| Error::Network {
            what: format!("cannot connect to {}", options.host),
            source,
        })?;
        let tls = match options.tls {
            TlsMode::Off => None,
            TlsMode::Explicit | TlsMode::ExplicitIfOffered | TlsMode::Implicit => {
                let mut tls =
                    ClientTlsOptions::new(options.trust.clone(), &*options.host, options.effective_port());
                (tls.min_version, tls.max_version) = (options.min_version, highest);
                tls.identity.clone_from(&options.client_identity);
                tls.request_tickets = options.request_tickets;
                Some(ClientControlTls::new(tls)?)
            }
        };
        let security = if options.tls == TlsMode::Implicit {
            StartSecurity::Implicit { host: options.host.clone() }
        } else {
            StartSecurity::Clear
        };
        let mut session = Self {
            machine: Machine::new(config(options, memory), peer, local, security, now()),
            control: ControlStream::clear(stream),
            tls,
            net: Arc::clone(&options.net),
            pool: PassivePool::new(Arc::clone(&options.net), None),
            log: options.wire_log.clone(),
            // Stands for "not yet".
            greeting: Reply::new(ReplyCode::SERVICE_READY_IN, ""),
            tls_info: None,
            control_version: None,
            data_tls: None,
            tls_failure: None,
            network_failure: None,
            lost: None,
            closed: false,
            posted: Vec::new(),
            answers: Vec::new(),
        };
        let mut data = session.data(Pump::None);
        if let Err(error) = session.drive(None, &mut data).await {
            return Err(session.error("connect", Failure::Op(error), Default::default()));
        }
        drop(data);
        // With SNI, TLS names the host already, and has to name the same one (VH-05).
        let early = options.tls == TlsMode::Explicit || options.tls == TlsMode::ExplicitIfOffered;
        let early = early && bare(&options.host).parse::<IpAddr>().is_ok();
        if options.send_host && early {
            session.name_host(options).await?;
        }
        session.protect(options, memory).await?;
        if options.send_host && !early {
            session.name_host(options).await?;
        }
        session.learn(options, memory);
        Ok(session)
    }

    /// HOST, where the server lists it (VH-05, VH-06).
    async fn name_host(&mut self, options: &ConnectOptions) -> Result<(), Error> {
        let done = self.run(Operation::Command(Command::Feat), Pump::None).await;
        let listed = match done.result {
            Ok(Outcome::Done(reply)) => Features::parse(&reply).host(),
            Ok(_) | Err(Failure::Op(OpError::Refused(_))) => false,
            Err(failure) => return Err(self.error("FEAT", failure, done.data)),
        };
        if !listed {
            return Ok(());
        }
        let bare = bare(&options.host);
        let name = if bare.parse::<Ipv6Addr>().is_ok() { format!("[{bare}]") } else { bare.to_owned() };
        let name = HostName::new(name)
            .map_err(|why| Error::InvalidArgument { what: "the name of the host", why })?;
        let command = Command::Host(name);
        let what = command.to_string();
        let done = self.run(Operation::Command(command), Pump::None).await;
        match done.result {
            Ok(_) => Ok(()),
            Err(Failure::Op(OpError::Refused(reply)))
                if matches!(reply.code(), ReplyCode::UNRECOGNIZED | ReplyCode::NOT_IMPLEMENTED) =>
            {
                Ok(())
            }
            Err(failure) => Err(self.error(&what, failure, done.data)),
        }
    }

    async fn protect(&mut self, options: &ConnectOptions, memory: &mut Memory) -> Result<(), Error> {
        match options.tls {
            TlsMode::Explicit | TlsMode::ExplicitIfOffered => {}
            TlsMode::Implicit => return Ok(()),
            TlsMode::Off => {
                if memory.record().tls {
                    let text = "this server did TLS before, and it is switched off: everything goes in clear";
                    memory.warn(text.to_owned());
                }
                return Ok(());
            }
        }
        let secure = Operation::Secure { host: options.host.clone() };
        let done = self.run(secure, Pump::None).await;
        match done.result {
            Ok(_) => Ok(()),
            Err(Failure::Op(OpError::TlsRefused(reply))) => self.without_tls(options, memory, reply),
            Err(failure) => Err(self.error("AUTH TLS", failure, done.data)),
        }
    }

    /// The server refused AUTH TLS: whether that will do. Nothing has been said of the user yet.
    fn without_tls(&self, options: &ConnectOptions, memory: &Memory, reply: Reply) -> Result<(), Error> {
        match memory.had_tls() {
            Ok(false) => {}
            Ok(true) => {
                return Err(Error::Downgrade {
                    host: options.host.clone(),
                    port: options.effective_port(),
                    place: memory.place(),
                    reply,
                });
            }
            Err(why) => return Err(Error::Tls(TlsFailure::KnownHosts(why))),
        }
        // A plain no is what "where offered" is about; anything else is strange enough to stop.
        let offered = options.tls == TlsMode::ExplicitIfOffered;
        if offered && reply.code().is_refusal() && reply.code() != ReplyCode::SERVICE_NOT_AVAILABLE {
            Ok(())
        } else {
            Err(Error::TlsRefused { reply })
        }
    }

    /// Keeps for the next time what this connection shows. A certificate that nobody judged is not worth keeping.
    fn learn(&self, options: &ConnectOptions, memory: &mut Memory) {
        let Some(tls) = &self.tls_info else { return };
        let judged = !matches!(options.trust, Trust::DangerousInsecure);
        let certificate = tls.peer_certificate.filter(|_| judged);
        let explicit = options.tls != TlsMode::Implicit;
        memory.learn(|record| {
            record.certificate = certificate.or(record.certificate);
            record.tls |= explicit;
        });
    }
}

fn config(options: &ConnectOptions, memory: &Memory) -> ClientConfig {
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
        utf8: options.charset.is_none_or(|charset| charset == Charset::UTF_8),
        protect_after_login: options.protect_after_login,
        pipeline: options.pipeline && !memory.record().no_pipeline,
        // Whether a password may go in clear is judged at login, when the peer is known.
        clear_login: matches!(options.tls, TlsMode::Off | TlsMode::ExplicitIfOffered),
        compress: options.compress,
        ..ClientConfig::default()
    }
}

/// Without the brackets of an address.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Tries the addresses of the host in turn.
async fn dial(options: &ConnectOptions) -> Result<NetStream, Error> {
    let host = bare(&options.host);
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
