//! Data connections that belong to their control connection, and those that do not. // TLS-16 TLS-20 TLS-21

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use rustls::HandshakeKind;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wharf_transport::{
    ControlEvent, ControlStream, DataChannel, DataFailure, DataRole, DataSession, DataStream, DataTlsInfo,
    PeerRule, ServerControlTls, ServerTls, SharedTicketPlan, TicketPlan, TlsVersion,
};

use crate::support::*;

#[tokio::test]
async fn thirty_transfers_in_turn_all_resume() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        for n in 0..30 {
            assert!(session.client_tls.tickets_in_stock() > 0, "{version}: {n}");
            let direction = if n % 2 == 0 { Direction::Upload } else { Direction::Download };
            assert!(transfer(&session, direction).await.unwrap(), "{version}: {n}");
        }
    }
}

#[tokio::test]
async fn uploads_alone_never_run_dry_for_a_client_that_asks() {
    let session = session(&server_tls(DataSession::Require), client_tls(TlsVersion::V1_3)).await;
    for _ in 0..20 {
        assert!(transfer(&session, Direction::Upload).await.unwrap());
    }
}

/// The server waits for the handshake before it knows which way the bytes go (TLS-33).
#[tokio::test]
async fn the_ticket_plan_can_change_until_the_client_speaks() {
    let session = session(&server_tls(DataSession::Require), client_tls(TlsVersion::V1_3)).await;
    let listener = listen().await;
    let mut client = DataChannel::active(net(), listener.local_addr(), None);
    let mut server = DataChannel::passive(listener, PeerRule::Only(LOCALHOST));
    tokio::join!(server.connect(), client.connect()).1.unwrap();

    let plan = SharedTicketPlan::new(TicketPlan::None);
    let role = DataRole::Server(session.server_tls.clone());
    let mut secure = Box::pin(server.secure(&role, plan.clone()));
    let waits = std::future::poll_fn(|cx| Poll::Ready(secure.as_mut().poll(cx).is_pending()));
    assert!(waits.await, "the handshake waits for the client");
    plan.set(TicketPlan::Download);
    assert_eq!(plan.current(), TicketPlan::Download);

    let before = session.client_tls.tickets_in_stock();
    let role = DataRole::Client(session.client_tls.clone());
    let (at_server, at_client) = tokio::join!(secure, client.secure(&role, TicketPlan::None));
    assert!(at_server.unwrap().bound && at_client.unwrap().bound);
    tokio::join!(send(server.into_stream(), b"listing"), receive(client.into_stream()));
    // One was spent, and two came.
    assert_eq!(session.client_tls.tickets_in_stock(), before + 1);
}

/// The TLS roles follow FTP, not the direction of the TCP connection.
#[tokio::test]
async fn active_mode_resumes_too() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let listener = listen().await;
        let server = DataChannel::active(net(), listener.local_addr(), None);
        let client = DataChannel::passive(listener, PeerRule::Only(LOCALHOST));
        let (server, client) = tokio::join!(
            secured(server, DataRole::Server(session.server_tls.clone()), TicketPlan::Download),
            secured(client, DataRole::Client(session.client_tls.clone()), TicketPlan::None),
        );
        let ((server, info), (client, _)) = (server.unwrap(), client.unwrap());
        assert!(info.bound);
        tokio::join!(send(server, b"listing"), receive(client));
    }
}

/// A control connection of another make of client.
async fn bare_session(
    data_session: DataSession,
    bare: &Bare,
) -> (ControlStream, ServerControlTls, tokio_rustls::client::TlsStream<TcpStream>) {
    bare_session_at(&server_tls(data_session), bare).await
}

/// The same at a listener of one's own.
pub(crate) async fn bare_session_at(
    listener: &ServerTls,
    bare: &Bare,
) -> (ControlStream, ServerControlTls, tokio_rustls::client::TlsStream<TcpStream>) {
    let (server, client) = pair().await;
    let mut server = ControlStream::clear(server);
    let tls = listener.control(None);
    server.upgrade_server(&tls).unwrap();
    let (at_server, client) = tokio::join!(outcome(&mut server), bare.connect(tcp(client)));
    assert!(matches!(at_server, ControlEvent::Secured(_)), "{at_server:?}");
    server.queue(bytes::Bytes::from_static(b"220\r\n"));
    flush(&mut server).await;
    let mut client = client.unwrap();
    client.read_exact(&mut [0; 5]).await.unwrap();
    (server, tls, client)
}

/// One data connection of another make of client, read to its end; what the server says, what the client saw.
pub(crate) async fn bare_data(
    tls: &ServerControlTls,
    bare: &Bare,
    plan: TicketPlan,
) -> (Result<DataTlsInfo, DataFailure>, Option<HandshakeKind>) {
    let listener = listen().await;
    let to = listener.local_addr();
    let role = DataRole::Server(tls.clone());
    let server = tokio::spawn(async move {
        let channel = DataChannel::passive(listener, PeerRule::Only(LOCALHOST)).with_patience(Duration::ZERO);
        let (stream, info) = secured(channel, role, plan).await?;
        if plan == TicketPlan::Download {
            send(stream, b"listing").await;
        } else {
            receive(stream).await;
        }
        Ok(info)
    });
    let kind = match bare.connect(TcpStream::connect(to).await.unwrap()).await {
        Ok(mut stream) => {
            // Tickets come with the data, or with the end. A refused connection may be reset.
            let _ = stream.write_all(b"").await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
            stream.get_ref().1.handshake_kind()
        }
        Err(_) => None,
    };
    (server.await.unwrap(), kind)
}

/// A stranger from the right address makes a full handshake and keeps the tickets he got with it.
#[tokio::test]
async fn a_stranger_is_refused_and_his_tickets_never_count() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let stranger = Bare::new(version, &["ftp"]);
        for _ in 0..4 {
            let (refused, kind) = bare_data(&session.server_tls, &stranger, TicketPlan::Download).await;
            assert!(matches!(refused, Err(DataFailure::NotResumed)), "{version}: {refused:?}");
            assert_ne!(kind, Some(HandshakeKind::Resumed));
        }
        assert!(transfer(&session, Direction::Download).await.unwrap());
    }
}

/// The client of another control connection at the same listener.
#[tokio::test]
async fn tickets_of_another_session_do_not_count() {
    for version in VERSIONS {
        let listener = server_tls(DataSession::Require);
        let mine = session(&listener, client_tls(version)).await;
        let theirs = session(&listener, client_tls(version)).await;
        assert!(transfer(&theirs, Direction::Upload).await.unwrap());
        let crossed = Session { client_tls: theirs.client_tls.clone(), ..mine };
        let refused = transfer(&crossed, Direction::Download).await;
        assert!(matches!(refused, Err(DataFailure::NotResumed)), "{version}: {refused:?}");
    }
}

/// Whoever fails before the transfer was asked for does not close the port to the client, nor do those who are silent.
#[tokio::test]
async fn the_port_stays_open_until_the_transfer_is_asked_for() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let listener = listen().await;
        let to = listener.local_addr();
        let plan = SharedTicketPlan::new(TicketPlan::Early);
        let role = DataRole::Server(session.server_tls.clone());
        let mut server =
            DataChannel::passive(listener, PeerRule::Only(LOCALHOST)).with_patience(Duration::ZERO);
        let served = tokio::spawn({
            let plan = plan.clone();
            async move {
                server.connect().await?;
                server.secure(&role, plan).await.map(|info| (server.into_stream(), info))
            }
        });
        let stranger = Bare::new(version, &["ftp"]);
        if let Ok(mut refused) = stranger.connect(TcpStream::connect(to).await.unwrap()).await {
            // His end comes when the server has judged him.
            let _ = refused.read_to_end(&mut Vec::new()).await;
        }
        // More than there are places.
        let mut silent = Vec::new();
        for _ in 0..9 {
            silent.push(TcpStream::connect(to).await.unwrap());
        }
        let client = DataChannel::active(net(), to, None);
        let client =
            tokio::spawn(secured(client, DataRole::Client(session.client_tls.clone()), TicketPlan::None));
        let (stream, info) = served.await.unwrap().unwrap();
        assert!(info.bound, "{version}");
        let (client, _) = client.await.unwrap().unwrap();
        let (_, (got, _)) = tokio::join!(send(stream, b"listing"), receive(client));
        assert_eq!(&got[..], b"listing");
        drop(silent);
    }
}

/// A failure from before the command is told once the transfer is asked for and nobody else came.
#[tokio::test]
async fn a_failure_is_kept_until_the_transfer_is_asked_for() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let listener = listen().await;
        let to = listener.local_addr();
        let plan = SharedTicketPlan::new(TicketPlan::Early);
        let role = DataRole::Server(session.server_tls.clone());
        let mut server =
            DataChannel::passive(listener, PeerRule::Only(LOCALHOST)).with_patience(Duration::ZERO);
        let stranger = Bare::new(version, &["ftp"]);
        let stranger = tokio::spawn(async move {
            if let Ok(mut refused) = stranger.connect(TcpStream::connect(to).await.unwrap()).await {
                let _ = refused.read_to_end(&mut Vec::new()).await;
            }
        });
        server.connect().await.unwrap();
        // A driver drops the future whenever it has something else to do.
        tokio::select! {
            biased;
            secured = server.secure(&role, plan.clone()) => panic!("{secured:?}"),
            done = stranger => done.unwrap(),
        }
        plan.set(TicketPlan::Download);
        let failure = server.secure(&role, plan).await.unwrap_err();
        assert!(matches!(failure, DataFailure::NotResumed), "{version}: {failure:?}");
    }
}

/// The stranger is first at the passive port; the client behind him gets the connection.
#[tokio::test]
async fn the_one_that_belongs_wins_the_race() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let listener = listen().await;
        let to = listener.local_addr();
        // Two that say nothing, one that talks nonsense, one with a handshake of its own.
        let silent = (TcpStream::connect(to).await.unwrap(), TcpStream::connect(to).await.unwrap());
        let mut babbler = TcpStream::connect(to).await.unwrap();
        babbler.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let stranger = Bare::new(version, &[]);
        let stranger = tokio::spawn(async move {
            let tcp = TcpStream::connect(to).await.unwrap();
            let _ = stranger.connect(tcp).await;
        });
        let server = DataChannel::passive(listener, PeerRule::Only(LOCALHOST));
        let client = DataChannel::active(net(), to, None);
        let (server, client) = tokio::join!(
            secured(server, DataRole::Server(session.server_tls.clone()), TicketPlan::Download),
            secured(client, DataRole::Client(session.client_tls.clone()), TicketPlan::None),
        );
        let ((server, info), (client, _)): ((DataStream, _), (DataStream, _)) =
            (server.unwrap(), client.unwrap());
        assert!(info.bound);
        let (_, (got, _)) = tokio::join!(send(server, b"listing"), receive(client));
        assert_eq!(&got[..], b"listing");
        stranger.await.unwrap();
        drop(silent);
    }
}

#[tokio::test]
async fn prefer_refuses_full_handshakes_once_the_client_has_resumed() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Prefer), client_tls(version)).await;
        let forgetful = Bare::new(version, &[]);
        let (taken, _) = bare_data(&session.server_tls, &forgetful, TicketPlan::None).await;
        assert!(!taken.unwrap().bound, "{version}: it has not resumed yet");
        assert!(transfer(&session, Direction::Download).await.unwrap());
        let (refused, _) = bare_data(&session.server_tls, &forgetful, TicketPlan::None).await;
        assert!(matches!(refused, Err(DataFailure::NotResumed)), "{version}: {refused:?}");
    }
}

/// A TLS 1.3 client that does not ask for tickets and only uploads: it has four, and then none.
#[tokio::test]
async fn prefer_excuses_a_client_that_has_spent_its_tickets() {
    let bare = Bare::new(TlsVersion::V1_3, &["ftp"]);
    let (_server, tls, _client) = bare_session(DataSession::Prefer, &bare).await;
    for _ in 0..4 {
        assert!(bare_data(&tls, &bare, TicketPlan::Upload).await.0.unwrap().bound);
    }
    for _ in 0..3 {
        assert!(!bare_data(&tls, &bare, TicketPlan::Upload).await.0.unwrap().bound);
    }
}

#[tokio::test]
async fn off_takes_everybody() {
    for version in VERSIONS {
        let bare = Bare::with(version, &[], |config| config.resumption = Resumption::disabled());
        let (_server, tls, _client) = bare_session(DataSession::Off, &bare).await;
        assert!(!bare_data(&tls, &bare, TicketPlan::Download).await.0.unwrap().bound);
    }
}

/// Keeps the session of the control connection and offers it for ever, as OpenSSL clients do.
#[derive(Debug, Default)]
struct KeepFirst(Mutex<Option<Tls12ClientSessionValue>>);

impl ClientSessionStore for KeepFirst {
    fn set_kx_hint(&self, _: ServerName<'static>, _: rustls::NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<rustls::NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.lock().unwrap().get_or_insert(value);
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.lock().unwrap().clone()
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

#[tokio::test]
async fn one_ticket_serves_for_every_transfer() {
    for tls12 in
        [rustls::client::Tls12Resumption::SessionIdOrTickets, rustls::client::Tls12Resumption::SessionIdOnly]
    {
        let bare = Bare::with(TlsVersion::V1_2, &[], |config| {
            config.resumption = Resumption::store(Arc::new(KeepFirst::default())).tls12_resumption(tls12);
        });
        let (_server, tls, _client) = bare_session(DataSession::Require, &bare).await;
        for _ in 0..6 {
            let (taken, kind) = bare_data(&tls, &bare, TicketPlan::Upload).await;
            assert!(taken.unwrap().bound);
            assert_eq!(kind, Some(HandshakeKind::Resumed));
        }
    }
}
