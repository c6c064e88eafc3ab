//! A proxy that makes the way to a server longer.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use wharf_codec::{parse_epsv, parse_pasv};

/// Pieces on their way in one direction.
const ON_THE_WAY: usize = 4096;

/// A proxy on the loopback interface that keeps every byte for half a round trip, in either direction, and every new
/// connection too.
///
/// In clear it follows the passive ports that the server names, so that data connections take the long way as well.
/// It ends with its value.
#[derive(Debug)]
pub struct DelayProxy {
    addr: SocketAddr,
    round_trips: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

/// How connections are handled.
#[derive(Debug, Clone)]
struct Way {
    target: SocketAddr,
    half: Duration,
    /// Replies are read for passive ports.
    follows: bool,
    round_trips: Arc<AtomicU64>,
}

impl DelayProxy {
    /// A proxy before `target`; control connections in clear are followed to their data connections.
    ///
    /// # Errors
    /// When no port is free.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(target: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        Self::with(target, round_trip, true)
    }

    /// A proxy before `target` that leaves every byte as it is: for data connections, or under TLS.
    ///
    /// # Errors
    /// When no port is free.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn blind(target: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        Self::with(target, round_trip, false)
    }

    fn with(target: SocketAddr, round_trip: Duration, follows: bool) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((target.ip(), 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let addr = listener.local_addr()?;
        let round_trips = Arc::<AtomicU64>::default();
        let way = Way { target, half: round_trip / 2, follows, round_trips: Arc::clone(&round_trips) };
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let way = way.clone();
                // A connection that breaks ends for both.
                tokio::spawn(async move { drop(join(client, way).await) });
            }
        });
        Ok(Self { addr, round_trips, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How often the client spoke after the server had spoken, on connections to this very port: so many round trips
    /// were waited for.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn join(client: TcpStream, way: Way) -> io::Result<()> {
    client.set_nodelay(true)?;
    sleep(way.half).await;
    let server = TcpStream::connect(way.target).await?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let server_spoke = Arc::new(AtomicBool::new(true));
    let (spoke, half, round_trips) = (Arc::clone(&server_spoke), way.half, Arc::clone(&way.round_trips));
    let there = relay(from_client, to_server, half, move |piece: Vec<u8>| {
        if spoke.swap(false, Ordering::Relaxed) {
            round_trips.fetch_add(1, Ordering::Relaxed);
        }
        piece
    });
    let mut ports = VecDeque::new();
    let back = relay(from_server, to_client, half, |piece: Vec<u8>| {
        server_spoke.store(true, Ordering::Relaxed);
        if way.follows { follow(piece, &way, &mut ports) } else { piece }
    });
    tokio::try_join!(there, back).map(drop)
}

/// Passes pieces on, each when its time has come.
async fn relay(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    half: Duration,
    mut change: impl FnMut(Vec<u8>) -> Vec<u8>,
) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from.read(&mut buffer).await?;
            let piece = change(buffer.get(..read).unwrap_or_default().to_vec());
            let due = Instant::now() + half;
            // An empty piece is the end.
            if sender.send((due, piece)).await.is_err() || read == 0 {
                return io::Result::Ok(());
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = receiver.recv().await {
            sleep_until(due).await;
            if piece.is_empty() {
                return to.shutdown().await;
            }
            to.write_all(&piece).await?;
        }
        Ok(())
    };
    tokio::try_join!(reading, writing).map(drop)
}

/// Puts a proxy before each passive port that a reply names. Replies are short and come whole.
fn follow(piece: Vec<u8>, way: &Way, ports: &mut VecDeque<DelayProxy>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&piece) else { return piece };
    let mut out = String::new();
    for line in text.split_inclusive("\r\n") {
        let port = match line.get(..4) {
            Some("229 ") => parse_epsv(line.as_bytes()),
            Some("227 ") => parse_pasv(line.get(4..).unwrap_or_default().as_bytes()).map(|addr| addr.port()),
            _ => None,
        };
        let Some(port) = port else {
            out.push_str(line);
            continue;
        };
        let Ok(proxy) = DelayProxy::blind(SocketAddr::new(way.target.ip(), port), way.half * 2) else {
            return piece;
        };
        let port = proxy.addr().port();
        if line.starts_with("229") {
            out.push_str(&format!("229 The long way (|||{port}|)\r\n"));
        } else {
            out.push_str(&format!("227 The long way (127,0,0,1,{},{})\r\n", port / 256, port % 256));
        }
        ports.push_back(proxy);
        // One serves one transfer; a few are kept for those that are on their way.
        if ports.len() > 8 {
            ports.pop_front();
        }
    }
    out.into_bytes()
}
