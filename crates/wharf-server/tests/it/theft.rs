//! Data connections that do not belong.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_server::TlsVersion;
use wharf_transport::{ControlEvent, ControlStream, DataChannel, DataRole, NetStream, TicketPlan, TokioNet};

use crate::{
    harness::{Harness, disk_with, sample},
    raw::{Raw, dial, gives_nothing, read_all, tls},
};

#[tokio::test]
async fn a5_a_stranger_is_dropped_and_the_port_listens_on() {
    // DAT-10
    let file = sample(100_000);
    let harness = Harness::start(disk_with("f", &file)).await;
    let mut raw = Raw::protected(&harness).await;
    let addr = raw.epsv().await;
    let mut thief = dial("127.0.0.2", addr).await;
    raw.say("RETR f");
    let data = raw.protected_data(addr).await.unwrap();
    assert!(raw.while_reading(read_all(data)).await == file);
    raw.expect(150).await;
    raw.expect(226).await;
    let mut stolen = Vec::new();
    // A reset is an end too.
    let _ = thief.read_to_end(&mut stolen).await;
    assert_eq!(stolen, b"");
    harness.ended().await;
}

#[tokio::test]
async fn a5_a_full_handshake_is_refused_where_resumption_is_required() {
    // TLS-20
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let file = sample(100_000);
        let harness = Harness::start(disk_with("f", &file)).await;
        let mut raw = Raw::protected(&harness).await;
        let addr = raw.epsv().await;
        raw.say("RETR f");
        raw.expect(150).await;
        // Somebody at the same address who has the certificate's name, and no session.
        let stranger = DataRole::Client(tls(&harness, version));
        let mut channel = DataChannel::active(Arc::new(TokioNet), addr, None);
        channel.connect().await.unwrap();
        let secured = channel.secure(&stranger, TicketPlan::None);
        if raw.while_reading(secured).await.is_ok() {
            gives_nothing(channel.into_stream()).await;
        }
        raw.expect(522).await;
        harness.ended().await;
    }
}

#[tokio::test]
async fn a5_a_session_of_ones_own_opens_no_other_ones_data_connection() {
    // TLS-21
    let file = sample(100_000);
    let harness = Harness::start(disk_with("f", &file)).await;
    let mut thief = Raw::protected(&harness).await;
    let mut raw = Raw::protected(&harness).await;
    let addr = raw.epsv().await;
    raw.say("RETR f");
    raw.expect(150).await;
    if let Ok(stolen) = thief.protected_data(addr).await {
        gives_nothing(stolen).await;
    }
    raw.expect(522).await;
    harness.ended().await;
}

#[tokio::test]
async fn a7_a_browser_that_was_tricked_ends_at_once() {
    // CTL-23
    let harness = Harness::start(disk_with("f", &sample(1))).await;
    let mut tcp = dial("127.0.0.1", harness.explicit).await;
    tcp.write_all(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER x\r\n").await.unwrap();
    let mut heard = Vec::new();
    let _ = tcp.read_to_end(&mut heard).await;
    assert_eq!(heard.split(|b| *b == b'\n').count(), 2, "the greeting alone: {}", heard.escape_ascii());

    // Clear text where TLS is spoken from the first byte.
    let tcp = dial("127.0.0.1", harness.implicit).await;
    let mut control = ControlStream::clear(NetStream::Tcp(tcp));
    control.queue("USER x\r\n".into());
    loop {
        match control.progress(true).await {
            ControlEvent::Eof { .. } | ControlEvent::Failed(_) => break,
            _ => {}
        }
    }
    // An alert at most.
    assert!(!control.buffer().windows(3).any(|bytes| bytes == b"220" || bytes == b"331"));
    harness.ended().await;
}
