//! A server in the same process.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use wharf_client::{Client, ConnectOptions, Error, Fingerprint, Secret, TlsMode, Trust};
use wharf_server::{
    DataSession, FixedUsers, Grant, Identity, ListenerOptions, MemoryDisk, Server, ServerOptions, ServerTls,
    ServerTlsOptions, StorageProvider, VirtualPath,
};

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Far beyond what any step takes; a step that hangs fails by it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A server that runs.
pub(crate) struct Harness {
    pub(crate) explicit: SocketAddr,
    pub(crate) implicit: SocketAddr,
    pub(crate) fingerprint: Fingerprint,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

pub(crate) fn users() -> FixedUsers {
    let mut users = FixedUsers::new().unwrap();
    users.add(PASSWORD.as_bytes(), Grant::new("wharf", "")).unwrap();
    users
}

impl Harness {
    /// A server that demands TLS everywhere, and resumption on data connections.
    pub(crate) async fn start(storage: impl StorageProvider) -> Self {
        Self::with(storage, |_| {}).await
    }

    pub(crate) async fn with(storage: impl StorageProvider, change: impl FnOnce(&mut ServerOptions)) -> Self {
        let identity = Identity::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let fingerprint = identity.fingerprint();
        let mut options = ServerTlsOptions::new(identity);
        options.data_session = DataSession::Require;
        let tls = ServerTls::new(options);
        let mut options = ServerOptions::new(Arc::new(storage), Arc::new(users()));
        options.tls = Some(tls.unwrap());
        let addr = SocketAddr::new(HOME, 0);
        options.listeners = [false, true].map(|implicit| ListenerOptions::new(addr, implicit)).to_vec();
        change(&mut options);
        let server = Server::bind(options).await.unwrap();
        let [(explicit, false), (implicit, true)] = *server.local_addrs() else {
            panic!("{:?}", server.local_addrs())
        };
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            // A sender that is dropped stops it as well.
            let _ = stopped.await;
        }));
        Self { explicit, implicit, fingerprint, stop: Some(stop), running }
    }

    pub(crate) fn options(&self, tls: TlsMode) -> ConnectOptions {
        let addr = if tls == TlsMode::Implicit { self.implicit } else { self.explicit };
        ConnectOptions {
            port: Some(addr.port()),
            tls,
            trust: Trust::Pin(self.fingerprint),
            timeout: PATIENCE,
            ..ConnectOptions::new(addr.ip().to_string())
        }
    }

    pub(crate) async fn client(&self, tls: TlsMode) -> Client {
        logged_in(self.options(tls)).await.unwrap()
    }

    /// Begins to stop it.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(mut self) {
        self.stop();
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
    }
}

pub(crate) async fn logged_in(options: ConnectOptions) -> Result<Client, Error> {
    let mut client = Client::connect(options).await?;
    client.login("wharf", Secret::new(PASSWORD).unwrap(), None).await?;
    Ok(client)
}

pub(crate) fn path(name: &str) -> VirtualPath {
    VirtualPath::root().resolve(name.as_bytes()).unwrap()
}

/// Bytes in which a lost or doubled piece shows.
pub(crate) fn sample(length: usize) -> Bytes {
    (0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// A memory disk that holds `file` under `name`.
pub(crate) fn disk_with(name: &str, file: &Bytes) -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.insert(&path(name), file.clone()).unwrap();
    disk
}

/// Waits, without a fixed pause, until `what` holds.
pub(crate) async fn until(mut what: impl AsyncFnMut() -> bool) {
    timeout(PATIENCE, async {
        while !what().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
}
