//! Answers the authority's HTTP-01 request (RFC 8555 §8.3), and nothing else.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::error::AcmeError;

const PATH: &str = "/.well-known/acme-challenge/";
/// The longest request that is read.
const MOST: usize = 8 * 1024;
/// Requests at a time; more are dropped.
const MOST_AT_ONCE: usize = 32;
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

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
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let answers = Arc::clone(&answers);
                tokio::spawn(async move {
                    // A peer that is slow or gone is not answered.
                    let answered = timeout(PATIENCE, serve(stream, &answers)).await;
                    tracing::debug!(%peer, ?answered, "a request for a proof");
                    drop(place);
                });
            }
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Reads one request, answers it, and closes.
async fn serve(mut stream: TcpStream, answers: &Answers) -> std::io::Result<u16> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MOST {
        let mut piece = [0; 1024];
        match stream.read(&mut piece).await? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    let found = asked_for(&head).and_then(|token| {
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(token).cloned()
    });
    let (code, status, body) = match &found {
        Some(value) => (200, "OK", value.as_str()),
        None => (404, "Not Found", ""),
    };
    let reply = format!(
        "HTTP/1.1 {code} {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\
        Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(reply.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing over bytes that were not read would reset the connection, and could destroy the reply.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(code)
}

/// The token that a request asks for.
fn asked_for(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let (method, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let (path, version) = rest.split_once(' ')?;
    let token = path.strip_prefix(PATH)?;
    (method == "GET" && version.starts_with("HTTP/1.")).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proofs_are_asked_for() {
        let asked = |line: &str| asked_for(line.as_bytes()).map(str::to_owned);
        let path = "/.well-known/acme-challenge/abc";
        assert_eq!(asked(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).as_deref(), Some("abc"));
        assert_eq!(asked(&format!("POST {path} HTTP/1.1\r\n\r\n")), None);
        assert_eq!(asked(&format!("GET {path}\r\n\r\n")), None);
        assert_eq!(asked("GET /../etc/passwd HTTP/1.1\r\n\r\n"), None);
        assert_eq!(asked_for(b"\xff\xfe\r\n\r\n"), None);
    }

    #[tokio::test]
    async fn the_proof_is_told_as_long_as_it_is_asked_for() {
        // The system chooses a port, which is free again a moment later.
        let addr = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let responder = Responder::open(addr).await.unwrap();
        responder.answer("abc", "abc.thumb");
        let ask = |what: &'static str| async move {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            let request = format!("GET {PATH}{what} HTTP/1.1\r\nHost: a.example\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).await.unwrap();
            reply
        };
        assert!(ask("abc").await.ends_with("\r\n\r\nabc.thumb"));
        assert!(ask("other").await.starts_with("HTTP/1.1 404 "));
        let taken = Responder::open(addr).await.unwrap_err();
        assert!(matches!(taken, AcmeError::Listen { .. }));
    }
}
