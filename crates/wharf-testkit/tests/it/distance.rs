//! Many small files over a long way, between the real client and the real server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wharf_client::{
    Between, BoxFuture, Client, ConnectOptions, Digest, HashAlgorithm, Net, NetListener, NetStream, Secret,
    TimeVal, TlsMode, TokioNet, Trust, Upload,
};
use wharf_server::{
    ControlPolicy, DataPolicy, FixedUsers, Grant, Identity, ListenerOptions, MemoryDisk, ServerOptions,
    ServerTls, ServerTlsOptions, VirtualPath,
};
use wharf_testkit::DelayProxy;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at ^ (at >> 8)) as u8).collect()
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digests_of_the_server_are_those_of_this_side() {
    // XFR-20
    let (server, far) = (Wharfd::start().await, Far::new(Duration::ZERO));
    let mut client = server.client(&far, TlsMode::Explicit, true).await;
    let content = sample(300_000);
    client.upload("a b", 0, Upload::Store, &mut &content[..], &mut |_| {}).await.unwrap();
    let there = client.digest("a b").await.unwrap().unwrap();
    assert_eq!(there, Digest::of(&mut &content[..], there.algorithm).unwrap());
    assert_eq!(there.algorithm, HashAlgorithm::Sha512);
    assert!(client.digest("none").await.unwrap().is_none());
    client.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_send_to_each_other() {
    let (one, other, far) = (Wharfd::start().await, Wharfd::start().await, Far::new(Duration::ZERO));
    let content = sample(300_000);
    for direct in [true, false] {
        let mut source = one.client(&far, TlsMode::Off, true).await;
        let mut target = other.client(&far, TlsMode::Off, true).await;
        source.upload("a", 0, Upload::Store, &mut &content[..], &mut |_| {}).await.unwrap();
        let done = Client::transfer_between(&mut source, "a", &mut target, "b", direct, &mut |_| {}).await;
        let way = done.unwrap();
        assert_eq!(way == Between::Direct, direct, "{way:?}");
        let mut copy = Vec::new();
        target.download("b", 0, &mut copy, &mut |_| {}).await.unwrap();
        assert!(copy == content);
        target.delete("b").await.unwrap();
        source.quit().await.unwrap();
        target.quit().await.unwrap();
    }
}
