//! A server that is told what to say, line by line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::net::TcpListener;
use wharf_client::{Client, ConnectOptions, Error, Fingerprint, Secret, TlsMode, Trust};
use wharf_transport::{
    ControlEvent, ControlStream, DataChannel, DataFailure, DataRole, DataSession, DataStream, Identity,
    NetStream, PassiveListener, PassivePool, PeerRule, ServerControlTls, ServerTls, ServerTlsOptions,
    TicketPlan, TokioNet,
};

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A listening server with a certificate.
pub(crate) struct Server {
    listener: TcpListener,
    tls: ServerTls,
    pub(crate) fingerprint: Fingerprint,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|options| options.data_session = DataSession::Require).await
    }

    /// One that takes full handshakes on data connections.
    pub(crate) async fn lax() -> Self {
        Self::with(|options| options.data_session = DataSession::Off).await
    }

    /// With these options for TLS.
    pub(crate) async fn with(change: impl FnOnce(&mut ServerTlsOptions)) -> Self {
        let identity = Identity::self_signed(&["localhost".into(), "127.0.0.1".into()]).unwrap();
        let fingerprint = identity.fingerprint();
        let mut options = ServerTlsOptions::new(identity);
        change(&mut options);
        let tls = ServerTls::new(options).unwrap();
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        Self { listener, tls, fingerprint }
    }

    /// The same certificate, and no session that anybody could resume.
    pub(crate) fn forgetful_tls(&self) -> ServerControlTls {
        self.tls.control(None)
    }

    /// How a client reaches it, with short waits.
    pub(crate) fn options(&self, tls: TlsMode) -> ConnectOptions {
        ConnectOptions {
            port: Some(self.listener.local_addr().unwrap().port()),
            tls,
            trust: Trust::Pin(self.fingerprint),
            timeout: Duration::from_secs(20),
            ..ConnectOptions::new("127.0.0.1")
        }
    }

    pub(crate) async fn accept(&self) -> Peer {
        let (tcp, _) = self.listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        Peer {
            control: ControlStream::clear(NetStream::Tcp(tcp)),
            tls: self.tls.control(None),
            features: "SIZE\r\n REST STREAM\r\n MLST type*;size*;modify*;",
            forgets: false,
            pool: PassivePool::new(Arc::new(TokioNet), None),
            port: None,
            heard: Vec::new(),
        }
    }

    /// The next client, greeted.
    pub(crate) async fn greet(&self) -> Peer {
        let mut peer = self.accept().await;
        peer.say("220 hello").await;
        peer
    }
}

/// One control connection, seen from the server.
pub(crate) struct Peer {
    pub(crate) control: ControlStream,
    pub(crate) tls: ServerControlTls,
    pub(crate) features: &'static str,
    /// What came together with a command is thrown away before that is answered.
    pub(crate) forgets: bool,
    pool: PassivePool,
    port: Option<PassiveListener>,
    /// Every line that came.
    pub(crate) heard: Vec<String>,
}

impl Peer {
    pub(crate) async fn say(&mut self, text: &str) {
        if self.forgets {
            self.control.buffer().clear();
        }
        self.control.queue(Bytes::from(format!("{text}\r\n")));
        self.flush().await;
    }

    pub(crate) async fn flush(&mut self) {
        while self.control.pending() > 0 {
            match self.control.progress(false).await {
                ControlEvent::Failed(_) | ControlEvent::Closed => return,
                _ => {}
            }
        }
    }

    /// The next line; `None` at the end of the connection.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        loop {
            let buffer = self.control.buffer();
            if let Some(at) = buffer.iter().position(|byte| *byte == b'\n') {
                let line = buffer.split_to(at + 1);
                let line = String::from_utf8(line.to_vec()).unwrap().trim_end().to_owned();
                self.heard.push(line.clone());
                return Some(line);
            }
            match self.control.progress(true).await {
                ControlEvent::Eof { .. } | ControlEvent::Failed(_) | ControlEvent::SecureFailed(_) => {
                    return None;
                }
                _ => {}
            }
        }
    }

    pub(crate) async fn expect(&mut self, line: &str) {
        assert_eq!(self.hear().await.as_deref(), Some(line), "heard {:?}", self.heard);
    }

    /// Says yes to everything that has no file in it, until a line begins with one of `words`.
    pub(crate) async fn until(&mut self, words: &[&str]) -> String {
        loop {
            let Some(line) = self.hear().await else { panic!("it ended; heard {:?}", self.heard) };
            let verb = line.split(' ').next().unwrap_or_default();
            if words.contains(&verb) {
                return line;
            }
            self.answer(verb).await;
        }
    }

    async fn answer(&mut self, verb: &str) {
        match verb {
            "AUTH" => self.secure().await,
            "USER" => self.say("331 password").await,
            "PASS" => self.say("230 in").await,
            "FEAT" => {
                let features = self.features;
                self.say(&format!("211-Features:\r\n {features}\r\n211 End")).await;
            }
            "PWD" => self.say("257 \"/\"").await,
            "EPSV" => self.open().await,
            "SIZE" => self.say("550 no").await,
            "REST" => self.say("350 more").await,
            "QUIT" => self.say("221 bye").await,
            _ => self.say("200 ok").await,
        }
    }

    /// Answers what is not a file as [`until`](Self::until) does.
    pub(crate) async fn otherwise(&mut self, line: &str) {
        self.answer(line.split(' ').next().unwrap_or_default()).await;
    }

    pub(crate) async fn secure(&mut self) {
        self.control.queue(Bytes::from_static(b"234 go\r\n"));
        self.control.upgrade_server(&self.tls).unwrap();
        self.handshake().await;
    }

    pub(crate) async fn handshake(&mut self) {
        loop {
            match self.control.progress(true).await {
                ControlEvent::Secured(_) => return,
                ControlEvent::SecureFailed(failure) => panic!("{failure}"),
                ControlEvent::Failed(error) => panic!("{error}"),
                _ => {}
            }
        }
    }

    pub(crate) async fn listen(&mut self) -> SocketAddr {
        let listener = self.pool.listen(HOME).await.unwrap();
        let addr = listener.local_addr();
        self.port = Some(listener);
        addr
    }

    async fn open(&mut self) {
        let port = self.listen().await.port();
        self.say(&format!("229 Extended (|||{port}|)")).await;
    }

    /// The data connection that the client made, if it resumed the session of `tls`.
    pub(crate) async fn resumed(&mut self, tls: ServerControlTls, tickets: TicketPlan) -> Option<DataStream> {
        let mut channel = DataChannel::passive(self.port.take().unwrap(), PeerRule::Only(HOME));
        channel.connect().await.unwrap();
        match channel.secure(&DataRole::Server(tls), tickets).await {
            Ok(_) => Some(channel.into_stream()),
            Err(DataFailure::NotResumed) => None,
            Err(failure) => panic!("{failure}"),
        }
    }

    /// The data connection that the client made.
    pub(crate) async fn data(&mut self, tickets: Option<TicketPlan>) -> DataStream {
        let mut channel = DataChannel::passive(self.port.take().unwrap(), PeerRule::Only(HOME));
        channel.connect().await.unwrap();
        if let Some(tickets) = tickets {
            channel.secure(&DataRole::Server(self.tls.clone()), tickets).await.unwrap();
        }
        channel.into_stream()
    }

    /// Sends a file over a data connection, with 150 and 226.
    pub(crate) async fn give(&mut self, bytes: &[u8], tickets: Option<TicketPlan>) {
        use tokio::io::AsyncWriteExt as _;
        self.say("150 here").await;
        let mut data = self.data(tickets).await;
        data.write_all(bytes).await.unwrap();
        data.finish_send(Duration::from_secs(5)).await.unwrap();
        self.say("226 done").await;
    }

    /// Takes a file to its end.
    pub(crate) async fn take(&mut self, tickets: Option<TicketPlan>) -> Vec<u8> {
        self.say("150 go").await;
        let mut data = self.data(tickets).await;
        let mut bytes = BytesMut::new();
        while data.read_chunk(&mut bytes, 1 << 20).await.unwrap() > 0 {}
        assert_eq!(data.end_mark(), wharf_transport::EndMark::Clean);
        data.finish_receive(Duration::from_secs(5)).await.unwrap();
        self.say("226 done").await;
        bytes.to_vec()
    }
}

pub(crate) async fn logged_in(options: ConnectOptions) -> Result<Client, Error> {
    let mut client = Client::connect(options).await?;
    client.login("wharf", Secret::new("secret").unwrap(), None).await?;
    Ok(client)
}

/// Bytes in which a lost or doubled piece shows.
pub(crate) fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}
