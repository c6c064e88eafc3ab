//! The control connection: blocking, since each session of the load has a thread of its own or waits its turn.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use wharf_transport::{
    CipherOrder, ClientControlTls, ClientTlsOptions, ControlEvent, ControlStream, Net as _, TokioNet, Trust,
};

/// Drives what is asynchronous in TLS. One for each thread.
pub(crate) fn runtime() -> io::Result<Rc<Runtime>> {
    Builder::new_current_thread().enable_all().build().map(Rc::new)
}

/// A reply: its code, and the text of its last line.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

#[derive(Debug)]
enum Carrier {
    Clear(TcpStream),
    Tls(Box<Protected>),
}

#[derive(Debug)]
struct Protected {
    stream: ControlStream,
    tls: ClientControlTls,
}

/// One control connection.
#[derive(Debug)]
pub(crate) struct Line {
    carrier: Carrier,
    runtime: Rc<Runtime>,
    /// What was read and not yet taken.
    unread: Vec<u8>,
    peer: IpAddr,
}

impl Line {
    /// Connects and reads the greeting; with `tls`, secures the connection by AUTH TLS, with that cipher first.
    pub(crate) fn open(to: SocketAddr, tls: Option<CipherOrder>, runtime: &Rc<Runtime>) -> io::Result<Self> {
        let carrier = if let Some(order) = tls {
            let mut options = ClientTlsOptions::new(Trust::DangerousInsecure, to.ip().to_string(), to.port());
            options.cipher_order = order;
            let tls = ClientControlTls::new(options).map_err(io::Error::other)?;
            let stream = ControlStream::clear(runtime.block_on(TokioNet.connect(to, None))?);
            Carrier::Tls(Box::new(Protected { stream, tls }))
        } else {
            let stream = TcpStream::connect(to)?;
            stream.set_nodelay(true)?;
            Carrier::Clear(stream)
        };
        let mut line = Self { carrier, runtime: Rc::clone(runtime), unread: Vec::new(), peer: to.ip() };
        line.expect(220)?;
        if tls.is_some() {
            line.ask("AUTH TLS", 234)?;
            line.secure()?;
        }
        Ok(line)
    }

    pub(crate) fn runtime(&self) -> &Rc<Runtime> {
        &self.runtime
    }

    pub(crate) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// TLS of this connection, for its data connections.
    pub(crate) fn tls(&self) -> Option<&ClientControlTls> {
        match &self.carrier {
            Carrier::Clear(_) => None,
            Carrier::Tls(protected) => Some(&protected.tls),
        }
    }

    /// Sends bytes as they are; under TLS they leave with the next [`Line::reply`].
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.carrier {
            Carrier::Clear(stream) => stream.write_all(bytes),
            Carrier::Tls(protected) => {
                protected.stream.queue(Bytes::copy_from_slice(bytes));
                Ok(())
            }
        }
    }

    /// Sends a command and reads its reply.
    pub(crate) fn command(&mut self, command: &str) -> io::Result<Reply> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    /// Sends a command whose reply has to be this one.
    pub(crate) fn ask(&mut self, command: &str, code: u16) -> io::Result<Reply> {
        let reply = self.command(command)?;
        if reply.code == code { Ok(reply) } else { Err(refused(command, &reply)) }
    }

    /// Reads a reply that has to be this one.
    pub(crate) fn expect(&mut self, code: u16) -> io::Result<Reply> {
        let reply = self.reply()?;
        if reply.code == code { Ok(reply) } else { Err(refused(&format!("waiting for {code}"), &reply)) }
    }

    /// Reads a reply, over several lines where it has them (RFC 959 §4.2).
    pub(crate) fn reply(&mut self) -> io::Result<Reply> {
        let mut searched = 0;
        let mut begins = 0;
        let mut first = None;
        loop {
            while let Some(found) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                let end = searched + found;
                let line = &self.unread[begins..end];
                let code = line.get(..3).and_then(|code| std::str::from_utf8(code).ok()?.parse::<u16>().ok());
                let more = line.get(3) == Some(&b'-');
                let code = match (first, code) {
                    (None, None) => return Err(io::Error::other("no reply code")),
                    (None, Some(code)) if more => {
                        first = Some(code);
                        None
                    }
                    (None, Some(code)) => Some(code),
                    (Some(first), code) => code.filter(|code| *code == first && !more),
                };
                if let Some(code) = code {
                    let text = line.get(4..).unwrap_or_default().trim_ascii_end();
                    let text = text.iter().map(|byte| char::from(*byte)).collect();
                    self.unread.drain(..=end);
                    return Ok(Reply { code, text });
                }
                begins = end + 1;
                searched = begins;
            }
            searched = self.unread.len();
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        match &mut self.carrier {
            Carrier::Clear(stream) => {
                let mut piece = [0; 4096];
                match stream.read(&mut piece)? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    n => {
                        self.unread.extend_from_slice(&piece[..n]);
                        Ok(())
                    }
                }
            }
            Carrier::Tls(protected) => {
                let stream = &mut protected.stream;
                progress(&self.runtime, stream, |event| matches!(event, ControlEvent::Read))?;
                self.unread.extend_from_slice(&stream.buffer().split());
                Ok(())
            }
        }
    }

    fn secure(&mut self) -> io::Result<()> {
        let Carrier::Tls(protected) = &mut self.carrier else { return Ok(()) };
        let Protected { stream, tls } = &mut **protected;
        stream.upgrade_client(tls).map_err(io::Error::other)?;
        progress(&self.runtime, stream, |event| matches!(event, ControlEvent::Secured(_)))
    }
}

/// Drives the stream until the event that is waited for.
fn progress(
    runtime: &Runtime,
    stream: &mut ControlStream,
    done: impl Fn(&ControlEvent) -> bool,
) -> io::Result<()> {
    loop {
        let event = runtime.block_on(stream.progress(true));
        if done(&event) {
            return Ok(());
        }
        if !matches!(event, ControlEvent::Flushed) {
            return Err(io::Error::other(format!("the control connection: {event:?}")));
        }
    }
}

/// What the server said is not what has to be said.
pub(crate) fn refused(what: &str, reply: &Reply) -> io::Error {
    io::Error::other(format!("{what}: {} {}", reply.code, reply.text))
}

/// The network for data connections.
pub(crate) fn net() -> Arc<TokioNet> {
    Arc::new(TokioNet)
}
