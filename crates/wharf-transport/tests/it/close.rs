//! The end of a data connection: every byte arrives, and a cut is told from an end.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;
use wharf_transport::{
    DataChannel, DataRole, DataSession, DataStream, EndMark, PeerRule, TicketPlan, TlsVersion,
};

use crate::support::*;

/// A data stream from the client to the server, and its other end.
async fn upload_pair(session: &Session) -> (DataStream, DataStream) {
    let listener = listen().await;
    let active = DataChannel::active(net(), listener.local_addr(), None);
    let passive = DataChannel::passive(listener, PeerRule::Only(LOCALHOST));
    let client = secured(active, DataRole::Client(session.client_tls.clone()), TicketPlan::None);
    let server = secured(passive, DataRole::Server(session.server_tls.clone()), TicketPlan::Upload);
    let (client, server) = tokio::join!(client, server);
    (client.unwrap().0, server.unwrap().0)
}

// TLS-24
#[tokio::test]
async fn a_cut_upload_is_told_from_a_finished_one() {
    for version in VERSIONS {
        let session = session(&server_tls(DataSession::Require), client_tls(version)).await;
        let (mut client, mut server) = upload_pair(&session).await;
        client.write_all(b"half a fi").await.unwrap();
        client.flush().await.unwrap();
        client.abort();
        let mut got = BytesMut::new();
        while server.read_chunk(&mut got, 65_536).await.unwrap() > 0 {}
        assert_eq!((&got[..], server.end_mark()), (&b"half a fi"[..], EndMark::NoCloseNotify));

        let (client, server) = upload_pair(&session).await;
        let (mark, (got, seen)) = tokio::join!(send(client, b"a whole file"), receive(server));
        assert_eq!((mark, &got[..], seen), (EndMark::Clean, &b"a whole file"[..], EndMark::Clean));
    }
}

/// Both ends of a data stream in clear.
async fn clear_pair() -> (DataStream, DataStream) {
    let listener = listen().await;
    let mut active = DataChannel::active(net(), listener.local_addr(), None);
    let mut passive = DataChannel::passive(listener, PeerRule::Any);
    let (dialled, accepted) = tokio::join!(active.connect(), passive.connect());
    dialled.unwrap();
    accepted.unwrap();
    (active.into_stream(), passive.into_stream())
}

#[tokio::test]
async fn clear_streams_end_with_fin() {
    let (active, passive) = clear_pair().await;
    assert!(active.is_clear() && active.tcp().is_some() && active.tls().is_none());
    let bytes = payload();
    let (mark, (got, seen)) = tokio::join!(send(active, &bytes), receive(passive));
    assert_eq!((mark, got.freeze(), seen), (EndMark::Clean, bytes, EndMark::Clean));
}

/// What waits for the end of the peer is part of the task of every transfer.
#[tokio::test]
async fn waiting_for_the_end_holds_no_room_for_reading() {
    let (active, passive) = clear_pair().await;
    let (sent, received) = (active.finish_send(Duration::ZERO), passive.finish_receive(Duration::ZERO));
    assert!(size_of_val(&sent) < 1024, "{}", size_of_val(&sent));
    assert!(size_of_val(&received) < 1024, "{}", size_of_val(&received));
}

/// read_chunk keeps to its bound.
#[tokio::test]
async fn chunks_are_bounded() {
    let session = session(&server_tls(DataSession::Require), client_tls(TlsVersion::V1_3)).await;
    let (client, mut server) = upload_pair(&session).await;
    let bytes = payload();
    let at_server = async {
        let mut got = BytesMut::new();
        loop {
            match server.read_chunk(&mut got, 1000).await.unwrap() {
                0 => break,
                n => assert!(n <= 1000, "{n}"),
            }
        }
        server.finish_receive(PATIENCE).await.unwrap();
        got
    };
    let (mark, got) = tokio::join!(send(client, &bytes), at_server);
    assert_eq!((mark, got.freeze()), (EndMark::Clean, bytes));
}
