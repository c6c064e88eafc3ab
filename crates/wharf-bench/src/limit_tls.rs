//! A file through TLS 1.3 into a socket with nothing around it: the one place outside of wharf-transport that knows
//! rustls, since what is measured here is rustls.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::mode::usage;
use crate::wishes::Wishes;

/// What is read from the file at a time.
const PIECE: usize = 256 << 10;

fn provider(wishes: &Wishes) -> io::Result<Arc<CryptoProvider>> {
    let suite = match wishes.bits {
        128 => cipher_suite::TLS13_AES_128_GCM_SHA256,
        256 => cipher_suite::TLS13_AES_256_GCM_SHA384,
        _ => return Err(usage()),
    };
    Ok(Arc::new(CryptoProvider { cipher_suites: vec![suite], ..default_provider() }))
}

/// The server's side.
pub(crate) fn server(wishes: &Wishes) -> io::Result<ServerConnection> {
    let chain = CertificateDer::pem_file_iter(&wishes.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(&wishes.key).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(provider(wishes)?)
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    ServerConnection::new(Arc::new(config)).map_err(io::Error::other)
}

/// The client's side.
pub(crate) fn client(wishes: &Wishes) -> io::Result<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&wishes.ca).map_err(io::Error::other)?)
        .map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(provider(wishes)?)
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").map_err(io::Error::other)?;
    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)
}

/// Shakes hands; what it gives sends `size` bytes of the file.
pub(crate) fn sender(
    connection: ServerConnection,
    stream: TcpStream,
) -> io::Result<impl FnOnce(&File, u64) -> io::Result<()>> {
    let mut stream = StreamOwned::new(connection, stream);
    stream.conn.complete_io(&mut stream.sock)?;
    stream.conn.set_buffer_limit(Some(PIECE));
    Ok(move |file: &File, size| {
        let mut file = file.take(size);
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                n => stream.write_all(&piece[..n])?,
            }
        }
        stream.conn.send_close_notify();
        stream.flush()
    })
}

/// Shakes hands; what it gives receives to the end and throws away.
pub(crate) fn receiver(
    connection: ClientConnection,
    stream: TcpStream,
) -> io::Result<impl FnOnce() -> io::Result<u64>> {
    let mut stream = StreamOwned::new(connection, stream);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(move || {
        let mut piece = vec![0; PIECE];
        let mut bytes = 0;
        loop {
            match stream.read(&mut piece)? {
                0 => return Ok(bytes),
                n => bytes += n as u64,
            }
        }
    })
}
