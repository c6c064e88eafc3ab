//! Answers the authority's HTTP-01 request (RFC 8555 §8.3), and nothing else.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::error::AcmeError;

const PATH: &str = "/.well-known/acme-challenge/";
/// The longest head of a request.
const MOST: usize = 8 * 1024;
/// Requests at a time. One more ends another: whoever says nothing does not keep the authority out.
const MOST_AT_ONCE: usize = 256;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries of a system that has nothing left to accept with.
const REST: Duration = Duration::from_millis(100);

type Answers = Arc<Mutex<HashMap<String, String>>>;

/// Listens as long as it is there.
#[derive(Debug)]
pub(crate) struct Responder {
    answers: Answers,
    task: JoinHandle<()>,
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Responder {
    pub(crate) async fn open(addr: SocketAddr) -> Result<Self, AcmeError> {
        let listener = TcpListener::bind(addr).await.map_err(|source| AcmeError::Listen { addr, source })?;
        let answers = Answers::default();
        Ok(Self { task: tokio::spawn(listen(listener, Arc::clone(&answers))), answers })
    }

    /// The file `token` holds `value` from now on.
    pub(crate) fn answer(&self, token: &str, value: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(token.to_owned(), value.to_owned());
    }
}

async fn listen(listener: TcpListener, answers: Answers) {
    // Requests end with the listener.
    let mut requests = JoinSet::new();
    let mut running = Running::default();
    loop {
        while requests.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                running.make_room();
                let answers = Arc::clone(&answers);
                let request = requests.spawn(async move {
                    // A peer that is slow or gone is not answered.
                    let answered = timeout(PATIENCE, serve(stream, &answers)).await;
                    tracing::debug!(%peer, ?answered, "a request for a proof");
                });
                running.0.push_back((network(peer.ip()), request));
            }
            Err(_) => sleep(REST).await,
        }
    }
}

/// The requests that are under way, the oldest first, and whose they are.
#[derive(Default)]
struct Running(VecDeque<(IpAddr, AbortHandle)>);

impl Running {
    /// Ends one where there are too many: the oldest of the peer that has the most. So a flood ends its own, however fast it is,
    /// and not the authority's, whose request takes a way through the network.
    fn make_room(&mut self) {
        if self.0.len() < MOST_AT_ONCE {
            return;
        }
        self.0.retain(|(_, request)| !request.is_finished());
        if self.0.len() < MOST_AT_ONCE {
            return;
        }
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for (peer, _) in &self.0 {
            *counts.entry(*peer).or_default() += 1;
        }
        let most = counts.values().max().copied();
        let oldest = self.0.iter().position(|(peer, _)| counts.get(peer).copied() == most);
        if let Some((_, request)) = oldest.and_then(|place| self.0.remove(place)) {
            request.abort();
        }
    }
}

/// Whose an address is: of IPv6, one host commonly has all addresses of a /64.
fn network(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V4(addr) => addr.into(),
        IpAddr::V6(addr) => Ipv6Addr::from_bits(addr.to_bits() >> 64 << 64).into(),
    }
}

/// Reads one request, answers it, and closes.
async fn serve(stream: TcpStream, answers: &Answers) -> Result<(), hyper::Error> {
    let service = service_fn(|request: Request<Incoming>| {
        let found = token(&request).and_then(|token| {
            let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get(token).cloned()
        });
        let mut response = Response::new(found.clone().unwrap_or_default());
        if found.is_none() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        let octets = header::HeaderValue::from_static("application/octet-stream");
        response.headers_mut().insert(header::CONTENT_TYPE, octets);
        async { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MOST)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

/// The token that a request asks for.
fn token<B>(request: &Request<B>) -> Option<&str> {
    (request.method() == Method::GET).then(|| request.uri().path().strip_prefix(PATH))?
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpSocket;

    use super::*;

    /// What is answered to a request.
    async fn ask(addr: SocketAddr, line: String) -> String {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(format!("{line}\r\nHost: a.example\r\n\r\n").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }

    async fn responder() -> (Responder, SocketAddr) {
        // The system chooses a port, which is free again a moment later.
        let addr = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let responder = Responder::open(addr).await.unwrap();
        responder.answer("abc", "abc.thumb");
        (responder, addr)
    }

    #[tokio::test]
    async fn the_proof_is_told_as_long_as_it_is_asked_for() {
        let (_responder, addr) = responder().await;
        assert!(ask(addr, format!("GET {PATH}abc HTTP/1.1")).await.ends_with("\r\n\r\nabc.thumb"));
        for other in [
            format!("GET {PATH}other HTTP/1.1"),
            format!("POST {PATH}abc HTTP/1.1"),
            "GET /../etc/passwd HTTP/1.1".to_owned(),
        ] {
            assert!(ask(addr, other.clone()).await.starts_with("HTTP/1.1 404 "), "{other}");
        }
        assert!(ask(addr, "\u{7f}".to_owned()).await.starts_with("HTTP/1.1 400 "));
        assert!(ask(addr, format!("GET /{} HTTP/1.1", "x".repeat(2 * MOST))).await.starts_with("HTTP/1.1 4"));
        let taken = Responder::open(addr).await.unwrap_err();
        assert!(matches!(taken, AcmeError::Listen { .. }));
    }

    #[tokio::test]
    async fn strangers_who_say_nothing_do_not_keep_the_authority_out() {
        let (_responder, addr) = responder().await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut authority = socket.connect(addr).await.unwrap();
        // All of these arrive before it has said anything.
        let mut strangers = Vec::new();
        for _ in 0..MOST_AT_ONCE + 8 {
            strangers.push(TcpStream::connect(addr).await.unwrap());
        }
        // One who comes last is answered too, even from where they come from.
        assert!(ask(addr, format!("GET {PATH}abc HTTP/1.1")).await.ends_with("\r\n\r\nabc.thumb"));
        // Their oldest have been ended.
        assert_eq!(strangers[0].read(&mut [0; 1]).await.unwrap_or_default(), 0);
        authority.write_all(format!("GET {PATH}abc HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        let mut reply = String::new();
        authority.read_to_string(&mut reply).await.unwrap();
        assert!(reply.ends_with("\r\n\r\nabc.thumb"), "{reply}");
    }

    #[test]
    fn a_peer_is_a_network() {
        let same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(same("192.0.2.1", "::ffff:192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
        assert!(same("2001:db8::1", "2001:db8::ffff:0:0:2") && !same("2001:db8::1", "2001:db8:0:1::1"));
    }
}
