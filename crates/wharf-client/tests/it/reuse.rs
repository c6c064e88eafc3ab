//! Servers that refuse data connections which do not resume the session of the control connection. // TLS-20, TLS-21

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;
use wharf_client::{ConnectOptions, HostMemory as _, KnownHostsFile, TlsMode, TlsVersion, Upload};
use wharf_transport::{DataSession, TicketPlan, TlsInfo};

use crate::peer::{Peer, Server, logged_in, sample};

/// A server that keeps files and demands resumption.
#[derive(Clone, Copy)]
struct Plan {
    /// Tickets on connections that carry uploads, and on all others. The control connection gives what is asked for.
    uploads: TicketPlan,
    downloads: TicketPlan,
    /// So many first uploads meet a server that has forgotten its tickets.
    forgetful: usize,
}

#[derive(Default)]
struct Seen {
    files: BTreeMap<String, Vec<u8>>,
    heard: Vec<String>,
    refused: usize,
    connections: usize,
    /// What is left of [`Plan::forgetful`].
    forgetful: usize,
}

impl Seen {
    fn forgets(&mut self) -> bool {
        let forgets = self.forgetful > 0;
        self.forgetful = self.forgetful.saturating_sub(1);
        forgets
    }
}

struct Shop {
    options: ConnectOptions,
    seen: Arc<Mutex<Seen>>,
}

impl Shop {
    async fn open(plan: Plan) -> Self {
        Self::of(Server::start().await, plan)
    }

    fn of(server: Server, plan: Plan) -> Self {
        let server = Arc::new(server);
        let options = server.options(TlsMode::Explicit);
        let seen = Arc::new(Mutex::new(Seen { forgetful: plan.forgetful, ..Seen::default() }));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let mut peer = server.greet().await;
                shared.lock().unwrap().connections += 1;
                let (server, seen) = (Arc::clone(&server), Arc::clone(&shared));
                tokio::spawn(async move {
                    while let Some(line) = peer.hear().await {
                        seen.lock().unwrap().heard.push(line.clone());
                        serve(&server, &mut peer, &line, plan, &seen).await;
                    }
                });
            }
        });
        Self { options, seen }
    }

    fn refused_and_connections(&self) -> (usize, usize) {
        let seen = self.seen.lock().unwrap();
        (seen.refused, seen.connections)
    }

    fn count(&self, verb: &str) -> usize {
        self.seen.lock().unwrap().heard.iter().filter(|line| line.starts_with(verb)).count()
    }
}

async fn serve(server: &Server, peer: &mut Peer, line: &str, plan: Plan, seen: &Mutex<Seen>) {
    let (verb, name) = line.split_once(' ').unwrap_or((line, ""));
    let upload = verb == "STOR";
    if !upload && !matches!(verb, "RETR" | "MLSD") {
        match verb {
            "CWD" => peer.say("250 there").await,
            "PWD" => peer.say("257 \"/deep\"").await,
            _ => peer.otherwise(line).await,
        }
        return;
    }
    peer.say("150 go").await;
    let forgets = upload && seen.lock().unwrap().forgets();
    let tls = if forgets { server.forgetful_tls() } else { peer.tls.clone() };
    let Some(mut data) = peer.resumed(tls, if upload { plan.uploads } else { plan.downloads }).await else {
        seen.lock().unwrap().refused += 1;
        return peer.say("522 resume the session").await;
    };
    if upload {
        let mut bytes = BytesMut::new();
        while data.read_chunk(&mut bytes, 1 << 20).await.unwrap() > 0 {}
        data.finish_receive(Duration::from_secs(5)).await.unwrap();
        seen.lock().unwrap().files.insert(name.to_owned(), bytes.to_vec());
    } else {
        data.write_all(b"type=file; f\r\n").await.unwrap();
        data.finish_send(Duration::from_secs(5)).await.unwrap();
    }
    peer.say("226 done").await;
}

/// Uploads so many files in a row from a directory below home; every data connection has to resume.
async fn upload(shop: &Shop, options: ConnectOptions, files: usize) -> TlsInfo {
    let mut client = logged_in(options).await.unwrap();
    client.cwd("deep").await.unwrap();
    for number in 0..files {
        let file = sample(1000 + number);
        let name = format!("f{number}");
        client.upload(&name, 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap();
        assert!(client.data_tls_info().unwrap().resumed, "{number}");
        assert_eq!(shop.seen.lock().unwrap().files[&name], file);
    }
    client.tls_info().unwrap().clone()
}

const NOTHING_BACK: Plan = Plan { uploads: TicketPlan::None, downloads: TicketPlan::None, forgetful: 0 };

#[tokio::test]
async fn two_hundred_uploads_where_only_the_control_connection_gives_tickets() {
    let shop = Shop::open(NOTHING_BACK).await;
    let tls = upload(&shop, shop.options.clone(), 200).await;
    assert_eq!(tls.version, TlsVersion::V1_2);
    assert_eq!(shop.refused_and_connections(), (0, 2));
    assert_eq!(shop.count("MLSD"), 1, "one try is enough to see that listings bring nothing");
    assert_eq!(shop.count("CWD /deep"), 1, "it comes back to where it stood");
    assert_eq!(shop.count("TYPE I"), 2, "and so does TYPE");
}

#[tokio::test]
async fn listings_bring_tickets_until_a_new_connection_is_cheaper() {
    let plan = Plan { downloads: TicketPlan::Download, ..NOTHING_BACK };
    let shop = Shop::open(plan).await;
    // Eight tickets are there to begin with, and the last one is for a listing.
    let tls = upload(&shop, shop.options.clone(), 12).await;
    assert_eq!(tls.version, TlsVersion::V1_3);
    let listings = shop.count("MLSD");
    assert!(listings > 0, "{listings}");
    assert_eq!(shop.refused_and_connections(), (0, 1));

    let tls = upload(&shop, shop.options.clone(), 40).await;
    assert_eq!(tls.version, TlsVersion::V1_2);
    assert!(shop.count("MLSD") <= listings + 8);
    assert_eq!(shop.refused_and_connections(), (0, 3));
}

#[tokio::test]
async fn without_tls12_a_new_connection_brings_new_tickets() {
    let shop = Shop::open(NOTHING_BACK).await;
    let mut options = shop.options.clone();
    options.min_version = TlsVersion::V1_3;
    options.request_tickets = false;
    let tls = upload(&shop, options, 20).await;
    assert_eq!(tls.version, TlsVersion::V1_3);
    assert_eq!(shop.refused_and_connections(), (0, 6), "four tickets each, and one listing");
}

#[tokio::test]
async fn a_server_without_tls12_gets_a_new_connection_with_tls13() {
    let server = Server::with(|options| {
        options.data_session = DataSession::Require;
        options.min_version = TlsVersion::V1_3;
    });
    let shop = Shop::of(server.await, NOTHING_BACK);
    let tls = upload(&shop, shop.options.clone(), 20).await;
    assert_eq!(tls.version, TlsVersion::V1_3);
    assert_eq!(shop.refused_and_connections().0, 0);
}

#[tokio::test]
async fn a_refused_upload_is_sent_again_whole() {
    let shop = Shop::open(Plan { forgetful: 1, ..NOTHING_BACK }).await;
    let tls = upload(&shop, shop.options.clone(), 3).await;
    assert_eq!(tls.version, TlsVersion::V1_2);
    assert_eq!(shop.refused_and_connections(), (1, 2));
}

#[tokio::test]
async fn what_helped_is_remembered() {
    let place = tempfile::tempdir().unwrap();
    let memory = Arc::new(KnownHostsFile::new(place.path().join("known_hosts")));
    let shop = Shop::open(NOTHING_BACK).await;
    let mut options = shop.options.clone();
    options.memory = Some(memory.clone());
    let port = options.port.unwrap();
    upload(&shop, options.clone(), 1).await;
    let record = memory.recall("127.0.0.1", port).unwrap();
    assert!(record.tls && record.resumes && !record.reuse_required && record.certificate.is_some());
    upload(&shop, options.clone(), 20).await;
    assert!(memory.recall("127.0.0.1", port).unwrap().reuse_required);
    assert_eq!(shop.count("MLSD"), 1);
    upload(&shop, options, 20).await;
    assert_eq!(shop.count("MLSD"), 1, "it is known that listings do not help");
    assert_eq!(shop.refused_and_connections().0, 0);
}
