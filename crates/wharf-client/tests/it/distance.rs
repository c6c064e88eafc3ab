//! Many small files over a long way.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wharf_client::{Client, ConnectOptions, KnownHostsFile, Secret, TimeVal, TlsMode, Trust, Upload};
use wharf_server::{
    ControlPolicy, DataPolicy, FixedUsers, Grant, Identity, ListenerOptions, MemoryDisk, ServerOptions,
    ServerTls, ServerTlsOptions, VirtualPath,
};
use wharf_testkit::DelayProxy;
use wharf_transport::{BoxFuture, Net, NetListener, NetStream, TokioNet};

use crate::peer::{HOME, Server, logged_in, sample};

/// A network in which every way is long.
#[derive(Debug)]
struct Far {
    round_trip: Duration,
    /// The first one leads to the control port.
    ways: Mutex<Vec<DelayProxy>>,
}

impl Far {
    fn new(round_trip: Duration) -> Arc<Self> {
        Arc::new(Self { round_trip, ways: Mutex::default() })
    }

    fn round_trips(&self) -> u64 {
        self.ways.lock().unwrap()[0].round_trips()
    }
}

impl Net for Far {
    fn bind(&self, addr: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn NetListener>>> {
        TokioNet.bind(addr)
    }

    fn connect(&self, to: SocketAddr, from: Option<SocketAddr>) -> BoxFuture<'_, io::Result<NetStream>> {
        Box::pin(async move {
            let way = DelayProxy::blind(to, self.round_trip)?;
            let addr = way.addr();
            self.ways.lock().unwrap().push(way);
            TokioNet.connect(addr, from).await
        })
    }
}

/// The real server, on this machine.
struct Wharfd {
    addr: SocketAddr,
    trust: Trust,
    disk: MemoryDisk,
    _stop: oneshot::Sender<()>,
    _running: JoinHandle<()>,
}

impl Wharfd {
    async fn start() -> Self {
        let identity = Identity::self_signed(&["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let trust = Trust::Pin(identity.fingerprint());
        let mut users = FixedUsers::new().unwrap();
        users.add(b"secret", Grant::new("wharf", "")).unwrap();
        let disk = MemoryDisk::new();
        let mut options = ServerOptions::new(Arc::new(disk.clone()), Arc::new(users));
        options.tls = Some(ServerTls::new(ServerTlsOptions::new(identity)).unwrap());
        options.listeners = vec![ListenerOptions::new(SocketAddr::new(HOME, 0), false)];
        (options.session.policy.control, options.session.policy.data) =
            (ControlPolicy::Allow, DataPolicy::Allow);
        let server = wharf_server::Server::bind(options).await.unwrap();
        let addr = server.local_addrs()[0].0;
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            // A sender that is dropped stops it as well.
            let _ = stopped.await;
        }));
        Self { addr, trust, disk, _stop: stop, _running: running }
    }

    async fn client(&self, far: &Arc<Far>, tls: TlsMode, pipeline: bool) -> Client {
        let mut options = ConnectOptions::new("127.0.0.1");
        options.port = Some(self.addr.port());
        (options.tls, options.trust, options.pipeline) = (tls, self.trust.clone(), pipeline);
        options.net = Arc::clone(far) as Arc<dyn Net>;
        let mut client = Client::connect(options).await.unwrap();
        client.login("wharf", Secret::new("secret").unwrap(), None).await.unwrap();
        client
    }
}

const FILES: u64 = 30;
/// What a session costs besides: greeting, TLS, login, and the first files, which go command by command.
const BEGINNING: u64 = 22;

async fn there_and_back(tls: TlsMode) {
    let (server, far) = (Wharfd::start().await, Far::new(Duration::from_millis(20)));
    let mut client = server.client(&far, tls, true).await;
    let time = TimeVal::parse(b"20240102030405").unwrap();
    client.defer(true);
    for number in 0..FILES {
        let content = sample(1024 + number as usize);
        let name = format!("f{number}");
        client.upload(&name, 0, Upload::Store, &mut &content[..], &mut |_| {}).await.unwrap();
        assert!(client.set_modified(&name, time).await.unwrap());
    }
    client.flush().await.unwrap();
    assert!(client.late_failures().is_empty());
    let up = far.round_trips();
    assert!(up <= BEGINNING + FILES * 6 / 5, "{up} round trips for {FILES} uploads");
    for number in 0..FILES {
        let mut content = Vec::new();
        client.download(format!("f{number}"), 0, &mut content, &mut |_| {}).await.unwrap();
        assert_eq!(content, sample(1024 + number as usize));
    }
    let down = far.round_trips() - up;
    assert!(down <= FILES * 6 / 5, "{down} round trips for {FILES} downloads");
    assert_eq!(client.modified("f7").await.unwrap(), Some(time));
    let gone = client.delete_all((0..FILES + 1).map(|number| format!("f{number}"))).await.unwrap();
    assert!(gone.iter().take(FILES as usize).all(Result::is_ok));
    assert!(gone[FILES as usize].is_err(), "it was never there");
    let rest = far.round_trips() - up - down;
    assert!(rest <= 6, "{rest} round trips for {FILES} removals");
    let path = VirtualPath::root().resolve(b"f7").unwrap();
    assert_eq!(server.disk.content(&path), None);
    client.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_files_take_one_round_trip_each() {
    there_and_back(TlsMode::Explicit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_files_in_clear_take_one_round_trip_each() {
    there_and_back(TlsMode::Off).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_by_one_where_that_is_asked_for() {
    let (server, far) = (Wharfd::start().await, Far::new(Duration::from_millis(2)));
    let mut client = server.client(&far, TlsMode::Explicit, false).await;
    client.defer(true);
    let before = far.round_trips();
    for number in 0..5 {
        let name = format!("f{number}");
        client.upload(&name, 0, Upload::Store, &mut &b"x"[..], &mut |_| {}).await.unwrap();
    }
    assert!(far.round_trips() - before >= 10);
    client.quit().await.unwrap();
}

/// Serves until the client goes: uploads into memory, downloads of `content`. Everything that came together with a
/// command is thrown away before it is answered.
async fn forgetful(server: &Server, content: &[u8]) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut peer = server.greet().await;
    (peer.forgets, peer.features) = (true, "SIZE\r\n MFMT\r\n MLST type*;");
    let mut taken = Vec::new();
    while let Some(line) = peer.hear().await {
        match line.split(' ').next().unwrap_or_default() {
            "STOR" => taken.push(peer.take(None).await),
            "RETR" => peer.give(content, None).await,
            "SIZE" => peer.say(&format!("213 {}", content.len())).await,
            _ => peer.otherwise(&line).await,
        }
    }
    (taken, peer.heard)
}

#[tokio::test]
async fn a_server_that_loses_commands_gets_them_one_by_one() {
    // E8: correct, if slower, and known the next time.
    let server = Server::start().await;
    let place = tempfile::tempdir().unwrap();
    let known = place.path().join("known");
    let mut options = server.options(TlsMode::Off);
    options.memory = Some(Arc::new(KnownHostsFile::new(&known)));
    let again = options.clone();
    let content = sample(500);
    let copy = content.clone();
    let script = tokio::spawn(async move {
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(forgetful(&server, &copy).await);
        }
        sessions
    });
    let mut client = logged_in(options).await.unwrap();
    client.cwd("/there").await.unwrap();
    for number in 0..4 {
        let name = format!("f{number}");
        let stored = client.upload(&name, 0, Upload::Store, &mut &content[..], &mut |_| {}).await;
        assert_eq!(stored.unwrap(), 500);
    }
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, content);
    client.quit().await.unwrap();
    assert!(std::fs::read_to_string(&known).unwrap().contains("nopipeline"));
    let mut client = logged_in(again).await.unwrap();
    for _ in 0..3 {
        client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap();
    }
    client.quit().await.unwrap();
    let sessions = script.await.unwrap();
    assert_eq!(sessions[0].0.len(), 1, "{:?}", sessions[0].1);
    assert_eq!(sessions[1].0.len(), 3, "{:?}", sessions[1].1);
    assert!(sessions[1].1.contains(&"CWD /there".to_owned()), "{:?}", sessions[1].1);
    assert_eq!(sessions[2].1.iter().filter(|line| line.starts_with("RETR")).count(), 3);
}
