//! TLS on a control stream, driven by hand: bytes in, bytes out, no socket.

use std::io::{self, Read as _, Write as _};

use bytes::{BufMut as _, Bytes, BytesMut};
use rustls::{ClientConnection, Connection, Error, ServerConnection};

use crate::failure::TlsFailure;
use crate::options::TlsInfo;
use crate::record::RecordReader;
use crate::tls_client::ClientControlTls;
use crate::tls_server::ServerControlTls;

/// One end of TLS, before it has begun.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    Server(ServerControlTls),
    Client(ClientControlTls),
}

/// What a record brought.
#[derive(Debug, Default)]
pub(crate) struct Fed {
    pub(crate) secured: Option<TlsInfo>,
    pub(crate) grew: bool,
    pub(crate) closed: bool,
}

/// TLS that is being set up, up, or being ended.
#[derive(Debug)]
pub(crate) struct TlsLayer {
    connection: Connection,
    role: Role,
    pub(crate) records: RecordReader,
    pub(crate) info: Option<TlsInfo>,
    pub(crate) peer_closed: bool,
}

impl TlsLayer {
    pub(crate) fn begin(role: Role) -> Result<Self, Error> {
        let connection = match &role {
            Role::Server(tls) => Connection::Server(ServerConnection::new(tls.config().clone())?),
            Role::Client(tls) => {
                Connection::Client(ClientConnection::new(tls.config().clone(), tls.name().clone())?)
            }
        };
        Ok(Self { connection, role, records: RecordReader::default(), info: None, peer_closed: false })
    }

    /// The handshake is not done.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.info.is_none()
    }

    /// Moves what TLS wants to send to `wire`.
    pub(crate) fn pull(&mut self, wire: &mut BytesMut) {
        while self.connection.wants_write() {
            // Writing to memory does not fail; if it did, the peer would notice the gap.
            if self.connection.write_tls(&mut wire.writer()).is_err() {
                break;
            }
        }
    }

    /// Encrypts the beginning of `plain`, as one record, onto `wire`. `false`: TLS takes nothing any more.
    pub(crate) fn seal(&mut self, plain: &mut Bytes, wire: &mut BytesMut) -> io::Result<bool> {
        let most = plain.len().min(16_384);
        let taken = self.connection.writer().write(&plain[..most])?;
        drop(plain.split_to(taken));
        self.pull(wire);
        Ok(taken > 0)
    }

    pub(crate) fn send_close_notify(&mut self, wire: &mut BytesMut) {
        self.connection.send_close_notify();
        self.pull(wire);
    }

    /// Takes one record. What TLS answers, alerts of failures too, goes to `wire`.
    pub(crate) fn feed(
        &mut self,
        mut record: &[u8],
        buffer: &mut BytesMut,
        wire: &mut BytesMut,
    ) -> Result<Fed, TlsFailure> {
        let mut fed = Fed::default();
        while !record.is_empty() {
            if self.connection.read_tls(&mut record).map_err(TlsFailure::Io)? == 0 {
                break;
            }
            let state = self.connection.process_new_packets();
            self.pull(wire);
            let state = state.map_err(|error| self.failure(error))?;
            let length = state.plaintext_bytes_to_read();
            if length > 0 {
                let old = buffer.len();
                buffer.resize(old + length, 0);
                self.connection.reader().read_exact(&mut buffer[old..]).map_err(TlsFailure::Io)?;
                fed.grew = true;
            }
            if state.peer_has_closed() && !self.peer_closed {
                self.peer_closed = true;
                fed.closed = true;
            }
        }
        if self.info.is_none() && !self.connection.is_handshaking() {
            fed.secured = Some(self.secured()?);
        }
        Ok(fed)
    }

    fn secured(&mut self) -> Result<TlsInfo, TlsFailure> {
        let sni = match &self.connection {
            Connection::Server(server) => server.server_name().map(str::to_owned),
            Connection::Client(_) => None,
        };
        let mut info = TlsInfo::of(&self.connection, sni.as_deref());
        match &self.role {
            Role::Server(tls) => tls.control_secured(&mut info, self.connection.peer_certificates()),
            Role::Client(tls) => tls.control_secured(&info)?,
        }
        self.info = Some(info.clone());
        Ok(info)
    }

    fn failure(&self, error: Error) -> TlsFailure {
        match &self.role {
            Role::Server(_) => TlsFailure::of(error, None),
            Role::Client(tls) => tls.failure(error),
        }
    }
}
