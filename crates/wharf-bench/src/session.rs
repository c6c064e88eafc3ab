//! A session that moves files and keeps none: what comes is thrown away, what goes is the same bytes again and again.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use rustix::fs::sendfile;
use rustix::net::{RecvFlags, recv};
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Runtime;
use wharf_transport::{CipherOrder, ClientControlTls, DataChannel, DataRole, DataStream, TicketPlan};

use crate::line::{Line, Reply, net, refused};

/// Bytes that one call of the system moves at most.
const PIECE: usize = 1 << 20;
/// How long a server may take to close behind the last byte.
const GOODBYE: Duration = Duration::from_secs(5);

/// Whom to talk to.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) server: SocketAddr,
    pub(crate) user: String,
    pub(crate) password: String,
    /// Explicit TLS on both connections, and which cipher is offered first.
    pub(crate) tls: Option<CipherOrder>,
}

/// What an upload sends.
pub(crate) enum Content<'a> {
    /// A file, by sendfile where nothing is encrypted.
    File(&'a File, u64),
    /// These bytes.
    Bytes(&'a [u8]),
}

/// A session that is logged in.
#[derive(Debug)]
pub(crate) struct Session {
    line: Line,
    room: Vec<u8>,
    /// Protected data connections that resumed the session of the control connection, and those that did not.
    pub(crate) resumed: u64,
    pub(crate) full: u64,
}

enum Data {
    Clear(TcpStream),
    /// Connected; shakes hands once the server has said 150.
    Tls(Box<DataChannel>, ClientControlTls),
}

impl Session {
    /// Connects and logs in; TYPE I, and PROT P where TLS is on.
    pub(crate) fn open(account: &Account, runtime: &Rc<Runtime>) -> io::Result<Self> {
        let mut session = Self::login(account, runtime)?;
        session.line.ask("TYPE I", 200)?;
        if account.tls.is_some() {
            session.line.ask("PBSZ 0", 200)?;
            session.line.ask("PROT P", 200)?;
        }
        Ok(session)
    }

    /// Connects and logs in, nothing else.
    pub(crate) fn login(account: &Account, runtime: &Rc<Runtime>) -> io::Result<Self> {
        let mut line = Line::open(account.server, account.tls, runtime)?;
        let reply = line.command(&format!("USER {}", account.user))?;
        match reply.code {
            230 => {}
            331 => drop(line.ask(&format!("PASS {}", account.password), 230)?),
            _ => return Err(refused("USER", &reply)),
        }
        Ok(Self { line, room: Vec::new(), resumed: 0, full: 0 })
    }

    /// The control connection.
    pub(crate) fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    /// Says goodbye and waits for the answer.
    pub(crate) fn quit(mut self) -> io::Result<()> {
        self.line.ask("QUIT", 221).map(drop)
    }

    /// Does a command that sends bytes here, throws them away, and says how many they were.
    pub(crate) fn fetch(&mut self, command: &str) -> io::Result<u64> {
        let data = self.passive()?;
        self.begin(command)?;
        let bytes = match data {
            Data::Clear(stream) => self.swallow(&stream)?,
            Data::Tls(channel, tls) => {
                let stream = self.secure(*channel, tls, TicketPlan::Download)?;
                self.line.runtime().block_on(decrypted(stream))?
            }
        };
        self.end(command)?;
        Ok(bytes)
    }

    /// Does a command that takes bytes.
    pub(crate) fn store(&mut self, command: &str, content: &Content<'_>) -> io::Result<u64> {
        let data = self.passive()?;
        self.begin(command)?;
        let bytes = match data {
            Data::Clear(stream) => clear_upload(stream, content)?,
            Data::Tls(channel, tls) => {
                let stream = self.secure(*channel, tls, TicketPlan::Upload)?;
                self.line.runtime().block_on(encrypted(stream, content))?
            }
        };
        self.end(command)?;
        Ok(bytes)
    }

    fn passive(&mut self) -> io::Result<Data> {
        let reply = self.line.ask("EPSV", 229)?;
        let port = passive_port(&reply).ok_or_else(|| refused("EPSV", &reply))?;
        let to = SocketAddr::new(self.line.peer(), port);
        match self.line.tls() {
            None => Ok(Data::Clear(TcpStream::connect(to)?)),
            Some(tls) => {
                let tls = tls.clone();
                let mut channel = DataChannel::active(net(), to, None);
                self.line.runtime().block_on(channel.connect()).map_err(io::Error::other)?;
                Ok(Data::Tls(Box::new(channel), tls))
            }
        }
    }

    fn begin(&mut self, command: &str) -> io::Result<()> {
        let reply = self.line.command(command)?;
        if matches!(reply.code, 125 | 150) { Ok(()) } else { Err(refused(command, &reply)) }
    }

    fn end(&mut self, command: &str) -> io::Result<()> {
        let reply = self.line.reply()?;
        if matches!(reply.code, 226 | 250) { Ok(()) } else { Err(refused(command, &reply)) }
    }

    fn secure(
        &mut self,
        mut channel: DataChannel,
        tls: ClientControlTls,
        tickets: TicketPlan,
    ) -> io::Result<DataStream> {
        let secured = self.line.runtime().block_on(channel.secure(&DataRole::Client(tls), tickets));
        if secured.map_err(io::Error::other)?.bound {
            self.resumed += 1;
        } else {
            self.full += 1;
        }
        Ok(channel.into_stream())
    }

    /// Reads to the end, leaving the bytes in the kernel where it can throw them away itself.
    fn swallow(&mut self, stream: &TcpStream) -> io::Result<u64> {
        self.room.resize(PIECE, 0);
        // Elsewhere the flag means something else.
        let flags = if cfg!(target_os = "linux") { RecvFlags::TRUNC } else { RecvFlags::empty() };
        let mut bytes = 0;
        loop {
            match recv(stream, &mut self.room[..], flags) {
                Ok((_, 0)) => return Ok(bytes),
                Ok((_, n)) => bytes += n as u64,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The port in `(|||port|)` (RFC 2428 §3).
fn passive_port(reply: &Reply) -> Option<u16> {
    let (_, rest) = reply.text.split_once("(|||")?;
    rest.split_once('|')?.0.parse().ok()
}

async fn decrypted(mut stream: DataStream) -> io::Result<u64> {
    let mut bin = BytesMut::with_capacity(PIECE);
    let mut bytes = 0;
    loop {
        bin.clear();
        match stream.read_chunk(&mut bin, PIECE).await.map_err(io::Error::other)? {
            0 => break,
            n => bytes += n as u64,
        }
    }
    stream.finish_receive(GOODBYE).await.map_err(io::Error::other)?;
    Ok(bytes)
}

fn clear_upload(mut stream: TcpStream, content: &Content<'_>) -> io::Result<u64> {
    let bytes = match content {
        Content::Bytes(bytes) => {
            stream.write_all(bytes)?;
            bytes.len() as u64
        }
        Content::File(file, size) => {
            let mut offset = 0;
            while offset < *size {
                let left = usize::try_from(size - offset).unwrap_or(PIECE).min(PIECE);
                if sendfile(&stream, *file, Some(&mut offset), left)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            offset
        }
    };
    stream.shutdown(Shutdown::Write)?;
    Ok(bytes)
}

async fn encrypted(mut stream: DataStream, content: &Content<'_>) -> io::Result<u64> {
    let bytes = match content {
        Content::Bytes(bytes) => {
            stream.write_all(bytes).await?;
            bytes.len() as u64
        }
        // The same bytes of memory: what is measured is the server.
        Content::File(_, size) => {
            let piece = vec![0x5a; PIECE];
            let mut sent = 0;
            while sent < *size {
                let left = usize::try_from(size - sent).unwrap_or(PIECE).min(PIECE);
                stream.write_all(&piece[..left]).await?;
                sent += left as u64;
            }
            sent
        }
    };
    stream.finish_send(GOODBYE).await.map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_an_answer_to_epsv() {
        let reply = |text: &str| Reply { code: 229, text: text.to_owned() };
        assert_eq!(passive_port(&reply("Entering Extended Passive Mode (|||40000|).")), Some(40_000));
        assert_eq!(passive_port(&reply("Entering Passive Mode (127,0,0,1,4,5)")), None);
    }
}
