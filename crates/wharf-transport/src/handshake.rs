//! The TLS handshake of one candidate for a data connection.

use rustls::server::Acceptor;
use tokio_rustls::{LazyConfigAcceptor, TlsConnector, TlsStream};

use crate::data::{DataFailure, DataRole, SharedTicketPlan};
use crate::failure::TlsFailure;
use crate::net::NetStream;
use crate::options::TlsInfo;
use crate::peer_tls::PeerTls;
use crate::tls_io::TlsIo;

/// A candidate that belongs.
pub(crate) struct Winner {
    pub(crate) stream: TlsStream<TlsIo>,
    pub(crate) info: TlsInfo,
    /// Whether the session of the control connection was resumed.
    pub(crate) bound: bool,
}

pub(crate) async fn shake_hands(
    io: NetStream,
    role: DataRole,
    tickets: SharedTicketPlan,
    begins: impl FnOnce() + Send,
) -> Result<Box<Winner>, DataFailure> {
    match role {
        DataRole::Server(control) => {
            let hello = LazyConfigAcceptor::new(Acceptor::default(), TlsIo::new(io))
                .await
                .map_err(|error| DataFailure::Handshake(TlsFailure::of_io(error, None)))?;
            begins();
            // Now at the latest it counts which way the bytes go.
            let side = control
                .data(tickets.take())
                .map_err(|error| DataFailure::Handshake(TlsFailure::Protocol(error.to_string())))?;
            let stream = hello
                .into_stream(side.config.clone())
                .await
                .map_err(|error| DataFailure::Handshake(TlsFailure::of_io(error, None)))?;
            let connection = stream.get_ref().1;
            let mut info = TlsInfo::of(connection, connection.server_name());
            let bound = side.judge(connection, &mut info)?;
            Ok(Box::new(Winner { stream: stream.into(), info, bound }))
        }
        DataRole::Peer(peer) => {
            let name = PeerTls::name_of(&io);
            let stream = TlsConnector::from(peer.config().clone())
                .connect(name, TlsIo::new(io))
                .await
                .map_err(|error| DataFailure::Handshake(TlsFailure::of_io(error, None)))?;
            let info = TlsInfo::of(stream.get_ref().1, None);
            Ok(Box::new(Winner { stream: stream.into(), info, bound: false }))
        }
        DataRole::Client(control) => {
            let stream = TlsConnector::from(control.data_config().clone())
                .connect(control.name().clone(), TlsIo::new(io))
                .await
                .map_err(|error| DataFailure::Handshake(control.io_failure(error)))?;
            let info = TlsInfo::of(stream.get_ref().1, None);
            if info.peer_certificate != control.control_certificate() {
                return Err(DataFailure::CertificateMismatch);
            }
            let bound = info.resumed;
            Ok(Box::new(Winner { stream: stream.into(), info, bound }))
        }
    }
}
