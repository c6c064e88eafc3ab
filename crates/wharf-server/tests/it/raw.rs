//! A client that says what a test tells it to.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{net::TcpSocket, time::timeout};
use wharf_client::Trust;
use wharf_server::{Fingerprint, TlsVersion};
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlEvent, ControlStream, DataChannel, DataFailure, DataRole,
    DataStream, NetStream, TicketPlan, TokioNet,
};

use crate::harness::{Harness, PASSWORD, PATIENCE, sample};

pub(crate) struct Raw {
    pub(crate) control: ControlStream,
    pub(crate) tls: ClientControlTls,
}

pub(crate) fn tls(harness: &Harness, max_version: TlsVersion) -> ClientControlTls {
    let mut options = ClientTlsOptions::new(Trust::Pin(harness.fingerprint), "localhost", 21);
    options.max_version = max_version;
    ClientControlTls::new(options).unwrap()
}

/// A TCP connection from one of the loopback addresses.
pub(crate) async fn dial(from: &str, to: SocketAddr) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    let tcp = socket.connect(to).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    tcp
}

impl Raw {
    /// In clear, from one of the loopback addresses; whether it is greeted is still to be heard.
    pub(crate) async fn dial(from: &str, to: SocketAddr, tls: ClientControlTls) -> Self {
        Self { control: ControlStream::clear(NetStream::Tcp(dial(from, to).await)), tls }
    }

    /// The same with the usual client.
    pub(crate) async fn knock(from: &str, harness: &Harness) -> Self {
        Self::dial(from, harness.explicit, tls(harness, TlsVersion::V1_3)).await
    }

    /// In clear, greeted.
    pub(crate) async fn connect(harness: &Harness) -> Self {
        let mut raw = Self::knock("127.0.0.1", harness).await;
        raw.expect(220).await;
        raw
    }

    /// Under TLS, logged in, in image type; data connections are protected.
    pub(crate) async fn protected(harness: &Harness) -> Self {
        let mut raw = Self::connect(harness).await;
        raw.secure().await;
        raw.log_in().await;
        raw.ask("PBSZ 0", 200).await;
        raw.ask("PROT P", 200).await;
        raw
    }

    /// In clear, logged in, in image type.
    pub(crate) async fn open(harness: &Harness) -> Self {
        let mut raw = Self::connect(harness).await;
        raw.log_in().await;
        raw
    }

    pub(crate) async fn secure(&mut self) {
        self.ask("AUTH TLS", 234).await;
        let tls = self.tls.clone();
        self.control.upgrade_client(&tls).unwrap();
        loop {
            match self.event().await {
                ControlEvent::Secured(_) => return,
                ControlEvent::SecureFailed(failure) => panic!("{failure}"),
                ControlEvent::Failed(error) => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// The server's certificate.
    pub(crate) fn shown(&self) -> Option<Fingerprint> {
        self.control.tls_info().unwrap().peer_certificate
    }

    pub(crate) async fn log_in(&mut self) {
        self.ask("USER wharf", 331).await;
        self.ask(&format!("PASS {PASSWORD}"), 230).await;
        self.ask("TYPE I", 200).await;
    }

    async fn event(&mut self) -> ControlEvent {
        timeout(PATIENCE, self.control.progress(true)).await.unwrap()
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.control.queue(Bytes::from(format!("{line}\r\n")));
    }

    /// The next line; `None` at the end of the connection.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        loop {
            let buffer = self.control.buffer();
            if let Some(at) = buffer.iter().position(|byte| *byte == b'\n') {
                let line = buffer.split_to(at + 1);
                return Some(line.escape_ascii().to_string().trim_end_matches("\\r\\n").to_owned());
            }
            match self.event().await {
                ControlEvent::Eof { .. } | ControlEvent::Failed(_) | ControlEvent::SecureFailed(_) => {
                    return None;
                }
                _ => {}
            }
        }
    }

    /// The last line of the next reply.
    pub(crate) async fn reply(&mut self) -> Option<(u16, String)> {
        let first = self.hear().await?;
        let code: u16 = first.get(..3).unwrap().parse().unwrap();
        let mut line = first;
        while !line.starts_with(&format!("{code} ")) {
            line = self.hear().await?;
        }
        Some((code, line))
    }

    pub(crate) async fn expect(&mut self, code: u16) -> String {
        let (found, line) = self.reply().await.unwrap();
        assert_eq!(found, code, "{line}");
        line
    }

    pub(crate) async fn ask(&mut self, line: &str, code: u16) -> String {
        self.say(line);
        self.expect(code).await
    }

    pub(crate) async fn epsv(&mut self) -> SocketAddr {
        let line = self.ask("EPSV", 229).await;
        let port = line.split('|').nth(3).unwrap().parse().unwrap();
        SocketAddr::new(self.control.peer_addr().unwrap().ip(), port)
    }

    /// Whatever the server says is read and left for [`Raw::hear`], while `work` goes on.
    pub(crate) async fn while_reading<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                event = self.control.progress(true) => match event {
                    ControlEvent::Failed(error) => panic!("{error}"),
                    ControlEvent::Eof { .. } => return work.await,
                    _ => {}
                },
            }
        }
    }

    /// A data connection in clear.
    pub(crate) async fn data(&mut self, addr: SocketAddr) -> DataStream {
        let mut channel = DataChannel::active(Arc::new(TokioNet), addr, None);
        channel.connect().await.unwrap();
        channel.into_stream()
    }

    /// A data connection that resumes the session of this control connection.
    pub(crate) async fn protected_data(&mut self, addr: SocketAddr) -> Result<DataStream, DataFailure> {
        let role = DataRole::Client(self.tls.clone());
        self.while_reading(async move {
            let mut channel = DataChannel::active(Arc::new(TokioNet), addr, None);
            channel.connect().await?;
            channel.secure(&role, TicketPlan::None).await?;
            Ok(channel.into_stream())
        })
        .await
    }

    /// A download in TYPE I, on a data connection that belongs, of the [`sample`] of that length.
    pub(crate) async fn fetch(&mut self, name: &str, length: usize) {
        let addr = self.epsv().await;
        self.say(&format!("RETR {name}"));
        self.expect(150).await;
        let data = self.protected_data(addr).await.unwrap();
        assert!(self.while_reading(read_all(data)).await == sample(length));
        self.expect(226).await;
    }
}

/// Where the server refuses a data connection: with TLS 1.3 the client is done first.
pub(crate) async fn gives_nothing(mut data: DataStream) {
    let mut bytes = bytes::BytesMut::new();
    let _ = data.read_chunk(&mut bytes, 1024).await;
    assert!(bytes.is_empty());
}

/// Everything that a data connection gives.
pub(crate) async fn read_all(mut data: DataStream) -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    while data.read_chunk(&mut bytes, 1 << 20).await.unwrap() > 0 {}
    data.finish_receive(Duration::from_millis(500)).await.unwrap();
    bytes.to_vec()
}
