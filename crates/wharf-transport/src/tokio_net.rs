//! The real network.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::fd::AsFd;
use std::sync::LazyLock;
use std::time::Duration;

use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpSocket};

use crate::ip::unmapped;
use crate::net::{BoxFuture, Net, NetListener, NetStream};
use crate::passive::random_below;

/// Connections waiting to be accepted, per listener.
const BACKLOG: u32 = 1024;
/// Silence before the first keep-alive probe: below the time after which common NAT boxes forget.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);
/// Time between two probes.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// Probes without an answer before the connection counts as dead.
const KEEP_ALIVE_PROBES: u32 = 8;

/// Sockets of the operating system, on tokio.
///
/// Every stream gets `TCP_NODELAY` (replies are small and wait for nobody), and but for those of a passive port
/// keep-alive probes after a minute of silence, so that a control connection survives a long transfer behind NAT. A listener at `[::]`
/// takes IPv4 peers too; where another listener has the IPv4 half already, it takes IPv6 alone. Addresses of
/// IPv4 peers are plain everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioNet;

impl Net for TokioNet {
    fn bind(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn NetListener>>> {
        Box::pin(async move {
            let listener = listen(addr)?;
            tune(&listener);
            Ok(Box::new(Listener(listener)) as Box<dyn NetListener>)
        })
    }

    fn bind_data(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn NetListener>>> {
        Box::pin(async move {
            let listener = if addr.port() == 0 { listen_at_random(addr.ip())? } else { listen(addr)? };
            told(sockopt::set_tcp_nodelay(&listener, true));
            Ok(Box::new(Listener(listener)) as Box<dyn NetListener>)
        })
    }

    fn connect(&self, to: SocketAddr, from: Option<SocketAddr>) -> BoxFuture<'_, io::Result<NetStream>> {
        Box::pin(async move {
            let socket = socket_for(to)?;
            if let Some(from) = from {
                // The port 20 of an active server is used again and again (RFC 959 §3.2).
                socket.set_reuseaddr(true)?;
                socket.bind(from)?;
            }
            let tcp = socket.connect(to).await?;
            tune(&tcp);
            Ok(NetStream::Tcp(tcp))
        })
    }
}

fn socket_for(addr: SocketAddr) -> io::Result<TcpSocket> {
    if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

/// One that takes a port that was in use until just now.
fn reusing_socket_for(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket_for(addr)?;
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = reusing_socket_for(addr)?;
    if addr.ip() == Ipv6Addr::UNSPECIFIED {
        sockopt::set_ipv6_v6only(&socket, false)?;
        match socket.bind(addr).and_then(|()| socket.listen(BACKLOG)) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let socket = reusing_socket_for(addr)?;
                sockopt::set_ipv6_v6only(&socket, true)?;
                socket.bind(addr)?;
                socket.listen(BACKLOG)
            }
            done => done,
        }
    } else {
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    }
}

/// At any free port of the system's range for such.
///
/// A server closes most data connections first and keeps them in TIME-WAIT for a minute. Asked for any port, the system
/// looks at all of these for one that nobody has, which takes it longer than everything else that a small file costs;
/// a port that is named is looked at alone.
fn listen_at_random(ip: IpAddr) -> io::Result<TcpListener> {
    const TRIES: u32 = 32;
    static RANGE: LazyLock<RangeInclusive<u16>> = LazyLock::new(|| {
        let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
        let mut ends = text.split_whitespace().filter_map(|end| end.parse().ok());
        match (ends.next(), ends.next()) {
            (Some(first), Some(last)) if 1024 <= first && first <= last => first..=last,
            // What Linux has by default.
            _ => 32_768..=60_999,
        }
    });
    if ip == Ipv6Addr::UNSPECIFIED {
        // Two sockets may be needed for it, and no session asks for it.
        return listen(SocketAddr::new(ip, 0));
    }
    let mut spare = None;
    for _ in 0..TRIES {
        let offset = random_below(usize::from(RANGE.end() - RANGE.start()) + 1)?;
        let addr = SocketAddr::new(ip, RANGE.start().saturating_add(u16::try_from(offset).unwrap_or(0)));
        let socket = match spare.take() {
            Some(socket) => socket,
            None => reusing_socket_for(addr)?,
        };
        match socket.bind(addr) {
            // As good for another port as it was before.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => spare = Some(socket),
            Err(error) => return Err(error),
            Ok(()) => match socket.listen(BACKLOG) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                done => return done,
            },
        }
    }
    listen(SocketAddr::new(ip, 0))
}

/// Streams have what their listener had (Linux), which saves the calls for each of them.
fn tune(tcp: impl AsFd) {
    told((|| {
        sockopt::set_tcp_nodelay(&tcp, true)?;
        sockopt::set_socket_keepalive(&tcp, true)?;
        sockopt::set_tcp_keepidle(&tcp, KEEP_ALIVE_IDLE)?;
        sockopt::set_tcp_keepintvl(&tcp, KEEP_ALIVE_INTERVAL)?;
        sockopt::set_tcp_keepcnt(&tcp, KEEP_ALIVE_PROBES)
    })());
}

/// Best effort: a socket that refuses an option still carries bytes.
fn told(tuned: rustix::io::Result<()>) {
    if let Err(error) = tuned {
        tracing::debug!(%error, "a socket option was refused");
    }
}

#[derive(Debug)]
struct Listener(TcpListener);

impl NetListener for Listener {
    fn accept(&self) -> BoxFuture<'_, io::Result<(NetStream, SocketAddr)>> {
        Box::pin(async move {
            let (tcp, peer) = self.0.accept().await?;
            Ok((NetStream::Tcp(tcp), unmapped(peer)))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr().map(unmapped)
    }
}
