//! Both ends of a control connection, and data connections between them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlEvent, ControlStream, DataChannel, DataFailure, DataRole,
    DataSession, DataStream, DataTlsInfo, EndMark, Fingerprint, Identity, Net, NetStream, PassiveListener,
    PassivePool, PeerRule, ServerControlTls, ServerTls, ServerTlsOptions, TicketPlan, TlsVersion, TokioNet,
    Trust,
};

pub(crate) const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const VERSIONS: [TlsVersion; 2] = [TlsVersion::V1_2, TlsVersion::V1_3];
/// Far beyond what any step takes; a step that hangs fails by it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn net() -> Arc<dyn Net> {
    Arc::new(TokioNet)
}

pub(crate) async fn pair() -> (NetStream, NetStream) {
    let listener = TokioNet.bind(SocketAddr::new(LOCALHOST, 0)).await.unwrap();
    let to = listener.local_addr().unwrap();
    let (accepted, dialled) = tokio::join!(listener.accept(), TokioNet.connect(to, None));
    (accepted.unwrap().0, dialled.unwrap())
}

pub(crate) fn tcp(stream: NetStream) -> TcpStream {
    match stream {
        NetStream::Tcp(tcp) => tcp,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn identity() -> Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY
        .get_or_init(|| Identity::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap())
        .clone()
}

/// A certificate for that name alone, signed by itself.
pub(crate) fn made_for(name: &str) -> Identity {
    Identity::self_signed(&[name.to_owned()]).unwrap()
}

pub(crate) fn server_with(
    identity: Identity,
    min_version: TlsVersion,
    max_version: TlsVersion,
    data_session: DataSession,
) -> ServerTls {
    let mut options = ServerTlsOptions::new(identity);
    options.min_version = min_version;
    options.max_version = max_version;
    options.data_session = data_session;
    ServerTls::new(options).unwrap()
}

pub(crate) fn server_tls(data_session: DataSession) -> ServerTls {
    server_with(identity(), TlsVersion::V1_2, TlsVersion::V1_3, data_session)
}

pub(crate) fn client_with(trust: Trust, name: &str, max_version: TlsVersion) -> ClientControlTls {
    let mut options = ClientTlsOptions::new(trust, name, 21);
    options.max_version = max_version;
    ClientControlTls::new(options).unwrap()
}

pub(crate) fn client_tls(max_version: TlsVersion) -> ClientControlTls {
    client_with(Trust::Pin(identity().fingerprint()), "localhost", max_version)
}

/// Runs a stream until something else happens than progress of bytes.
pub(crate) async fn outcome(stream: &mut ControlStream) -> ControlEvent {
    loop {
        match stream.progress(true).await {
            ControlEvent::Read | ControlEvent::Flushed => {}
            event => return event,
        }
    }
}

/// Runs a stream until its buffer ends with `end`, and takes the buffer.
pub(crate) async fn read_until(stream: &mut ControlStream, end: &[u8]) -> BytesMut {
    while !stream.buffer().ends_with(end) {
        match stream.progress(true).await {
            ControlEvent::Read | ControlEvent::Flushed => {}
            event => panic!("{event:?} before {end:?}"),
        }
    }
    stream.buffer().split()
}

pub(crate) async fn flush(stream: &mut ControlStream) {
    while stream.pending() > 0 {
        let event = stream.progress(false).await;
        assert!(matches!(event, ControlEvent::Flushed), "{event:?}");
    }
}

/// Both ends of another control connection, each with what its handshake comes to.
pub(crate) async fn handshake(
    server_tls: &ServerControlTls,
    client_tls: &ClientControlTls,
) -> ((ControlStream, ControlEvent), (ControlStream, ControlEvent)) {
    let (server, client) = pair().await;
    let (mut server, mut client) = (ControlStream::clear(server), ControlStream::clear(client));
    server.upgrade_server(server_tls).unwrap();
    client.upgrade_client(client_tls).unwrap();
    let (at_server, at_client) = tokio::join!(outcome(&mut server), outcome(&mut client));
    ((server, at_server), (client, at_client))
}

/// The certificate that a client sees who trusts any and names `name` in TLS.
pub(crate) async fn seen(server_tls: &ServerControlTls, name: &str) -> Option<Fingerprint> {
    let client_tls = client_with(Trust::DangerousInsecure, name, TlsVersion::V1_3);
    let ((_, at_server), (_, at_client)) = handshake(server_tls, &client_tls).await;
    assert!(matches!(at_server, ControlEvent::Secured(_)), "{at_server:?}");
    let ControlEvent::Secured(info) = at_client else { panic!("{at_client:?}") };
    info.peer_certificate
}

/// A secured control connection.
pub(crate) struct Session {
    pub(crate) server: ControlStream,
    pub(crate) client: ControlStream,
    pub(crate) server_tls: ServerControlTls,
    pub(crate) client_tls: ClientControlTls,
}

/// Secures a control connection from its first byte, and greets the client, which takes its tickets with it.
pub(crate) async fn session(listener: &ServerTls, client_tls: ClientControlTls) -> Session {
    let server_tls = listener.control(None);
    let ((mut server, at_server), (mut client, at_client)) = handshake(&server_tls, &client_tls).await;
    assert!(matches!(at_server, ControlEvent::Secured(_)), "{at_server:?}");
    assert!(matches!(at_client, ControlEvent::Secured(_)), "{at_client:?}");
    server.queue(Bytes::from_static(b"220 Ready\r\n"));
    let ((), greeting) = tokio::join!(flush(&mut server), read_until(&mut client, b"\r\n"));
    assert_eq!(&greeting[..], b"220 Ready\r\n");
    Session { server, client, server_tls, client_tls }
}

pub(crate) async fn listen() -> PassiveListener {
    PassivePool::new(net(), None).listen(LOCALHOST).await.unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Download,
    Upload,
}

pub(crate) fn payload() -> Bytes {
    (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect()
}

pub(crate) async fn send(mut stream: DataStream, bytes: &[u8]) -> EndMark {
    stream.write_all(bytes).await.unwrap();
    stream.finish_send(PATIENCE).await.unwrap()
}

pub(crate) async fn receive(mut stream: DataStream) -> (BytesMut, EndMark) {
    let mut all = BytesMut::new();
    while stream.read_chunk(&mut all, 65_536).await.unwrap() > 0 {}
    let mark = stream.end_mark();
    stream.finish_receive(PATIENCE).await.unwrap();
    (all, mark)
}

pub(crate) async fn secured(
    mut channel: DataChannel,
    role: DataRole,
    plan: TicketPlan,
) -> Result<(DataStream, DataTlsInfo), DataFailure> {
    channel.connect().await?;
    let info = channel.secure(&role, plan).await?;
    Ok((channel.into_stream(), info))
}

/// One whole passive transfer; says whether both ends resumed.
pub(crate) async fn transfer(session: &Session, direction: Direction) -> Result<bool, DataFailure> {
    let listener = listen().await;
    let to = listener.local_addr();
    let role = DataRole::Server(session.server_tls.clone());
    let server = tokio::spawn(async move {
        let channel = DataChannel::passive(listener, PeerRule::Only(LOCALHOST)).with_patience(Duration::ZERO);
        match direction {
            Direction::Download => {
                let (stream, info) = secured(channel, role, TicketPlan::Download).await?;
                assert_eq!(send(stream, &payload()).await, EndMark::Clean);
                Ok(info)
            }
            Direction::Upload => {
                let (stream, info) = secured(channel, role, TicketPlan::Upload).await?;
                let (bytes, mark) = receive(stream).await;
                assert_eq!((bytes.freeze(), mark), (payload(), EndMark::Clean));
                Ok(info)
            }
        }
    });
    let role = DataRole::Client(session.client_tls.clone());
    let client = secured(DataChannel::active(net(), to, None), role, TicketPlan::None).await;
    let resumed = match client {
        Ok((stream, info)) if direction == Direction::Download => {
            let (bytes, mark) = receive(stream).await;
            if !bytes.is_empty() {
                assert_eq!((bytes.freeze(), mark), (payload(), EndMark::Clean));
            }
            Some(info.tls.resumed)
        }
        Ok((mut stream, info)) => {
            // The server may refuse meanwhile; what counts then is what it says.
            if stream.write_all(&payload()).await.is_ok() {
                let _ = stream.finish_send(PATIENCE).await;
            }
            Some(info.tls.resumed)
        }
        Err(_) => None,
    };
    let info = server.await.unwrap()?;
    assert_eq!(Some(info.tls.resumed), resumed);
    assert_eq!(info.bound, info.tls.resumed);
    Ok(info.bound)
}

/// A client of another make: the TLS library bare, with a session store of its choice.
#[derive(Clone)]
pub(crate) struct Bare(pub(crate) Arc<rustls::ClientConfig>);

impl Bare {
    pub(crate) fn new(version: TlsVersion, alpn: &[&str]) -> Self {
        Self::with(version, alpn, |_| {})
    }

    pub(crate) fn with(
        version: TlsVersion,
        alpn: &[&str],
        change: impl FnOnce(&mut rustls::ClientConfig),
    ) -> Self {
        Self::speaking("", version, alpn, change)
    }

    /// With those ciphers only whose names hold `ciphers`.
    pub(crate) fn speaking(
        ciphers: &str,
        version: TlsVersion,
        alpn: &[&str],
        change: impl FnOnce(&mut rustls::ClientConfig),
    ) -> Self {
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains(ciphers));
        let provider = Arc::new(provider);
        let mut roots = rustls::RootCertStore::empty();
        let pem = identity().cert_pem();
        let der = <rustls_pki_types::CertificateDer<'_> as rustls_pki_types::pem::PemObject>::from_pem_slice(
            pem.as_bytes(),
        );
        roots.add(der.unwrap()).unwrap();
        let version = match version {
            TlsVersion::V1_2 => &rustls::version::TLS12,
            TlsVersion::V1_3 => &rustls::version::TLS13,
        };
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        change(&mut config);
        Self(Arc::new(config))
    }

    pub(crate) async fn connect(&self, tcp: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.0.clone()).connect("localhost".try_into().unwrap(), tcp).await
    }
}
