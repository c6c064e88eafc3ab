//! Listening ports for passive mode.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ip::unmapped;
use crate::net::{Net, NetListener, NetStream};

/// Hands out listening ports for passive data connections, in unpredictable order, each to one user at a time.
#[derive(Clone, Debug)]
pub struct PassivePool {
    net: Arc<dyn Net>,
    range: Option<RangeInclusive<u16>>,
    leased: Arc<Mutex<HashSet<u16>>>,
}

/// Why there is no passive port.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassiveError {
    /// Every port of the range is in use.
    #[error(
        "no passive port is free between {} and {}: widen the range or limit the transfers at a time",
        .range.start(), .range.end()
    )]
    NoPortFree {
        /// The whole range.
        range: RangeInclusive<u16>,
    },
    /// The network refused to listen, for another reason than a port in use.
    #[error("cannot listen at {addr}: {source}")]
    Io {
        /// Where to.
        addr: SocketAddr,
        /// What it said.
        source: io::Error,
    },
}

impl PassivePool {
    /// A pool that takes ports from `range`, or whatever the network gives.
    pub fn new(net: Arc<dyn Net>, range: Option<RangeInclusive<u16>>) -> Self {
        Self { net, range, leased: Arc::default() }
    }

    /// Listens at a free port of `local`. The port goes back into the pool when the listener is dropped.
    ///
    /// # Errors
    ///
    /// [`PassiveError::NoPortFree`] when the range is used up.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives everything back.
    pub async fn listen(&self, local: IpAddr) -> Result<PassiveListener, PassiveError> {
        let Some(range) = &self.range else {
            let addr = SocketAddr::new(local, 0);
            let listener =
                self.net.bind_data(addr).await.map_err(|source| PassiveError::Io { addr, source })?;
            return PassiveListener::new(listener, None, addr);
        };
        let mut ports: Vec<u16> = range.clone().collect();
        while !ports.is_empty() {
            let at = random_below(ports.len())
                .map_err(|source| PassiveError::Io { addr: SocketAddr::new(local, 0), source })?;
            let Some(lease) = Lease::take(&self.leased, ports.swap_remove(at)) else { continue };
            let addr = SocketAddr::new(local, lease.port);
            match self.net.bind_data(addr).await {
                Ok(listener) => return PassiveListener::new(listener, Some(lease), addr),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(source) => return Err(PassiveError::Io { addr, source }),
            }
        }
        Err(PassiveError::NoPortFree { range: range.clone() })
    }
}

/// A number below `bound`, from the system's cryptographic generator: who guesses the next port steals the connection.
pub(crate) fn random_below(bound: usize) -> io::Result<usize> {
    let random = getrandom::u64().map_err(io::Error::other)?;
    // A bound of at most 65,536 against 64 bits: the bias is out of anybody's sight.
    let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
    Ok(usize::try_from(random % bound).unwrap_or(0))
}

/// One port taken out of the pool.
#[derive(Debug)]
struct Lease {
    port: u16,
    leased: Arc<Mutex<HashSet<u16>>>,
}

fn locked(leased: &Mutex<HashSet<u16>>) -> MutexGuard<'_, HashSet<u16>> {
    leased.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lease {
    fn take(leased: &Arc<Mutex<HashSet<u16>>>, port: u16) -> Option<Self> {
        locked(leased).insert(port).then(|| Self { port, leased: Arc::clone(leased) })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        locked(&self.leased).remove(&self.port);
    }
}

/// A listening passive port, held until it is dropped.
#[derive(Debug)]
pub struct PassiveListener {
    // Fields are dropped in this order: the socket closes before the port is free for the next.
    listener: Box<dyn NetListener>,
    _lease: Option<Lease>,
    addr: SocketAddr,
}

impl PassiveListener {
    fn new(
        listener: Box<dyn NetListener>,
        lease: Option<Lease>,
        asked: SocketAddr,
    ) -> Result<Self, PassiveError> {
        match listener.local_addr() {
            Ok(addr) => Ok(Self { listener, _lease: lease, addr: unmapped(addr) }),
            Err(source) => Err(PassiveError::Io { addr: asked, source }),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The next peer, whoever it is. Cancel safe.
    pub(crate) async fn accept(&self) -> io::Result<(NetStream, SocketAddr)> {
        let (stream, peer) = self.listener.accept().await?;
        Ok((stream, unmapped(peer)))
    }
}
