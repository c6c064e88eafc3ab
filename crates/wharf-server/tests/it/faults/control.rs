//! Section A: TLS on data connections, and how uploads end.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use wharf_transport::EndMark;

use super::odd_disk::OddDisk;
use crate::{
    harness::{HOME, Harness, disk_with, path, sample},
    raw::{Raw, dial, read_all},
};

/// Hands on what a client sends to `to`, `most` bytes of it, and ends then: by a reset, or by a bare FIN.
async fn cutting_proxy(to: SocketAddr, most: usize, reset: bool) -> SocketAddr {
    let listener = TcpListener::bind((HOME, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = dial(&HOME.to_string(), to).await;
        let (mut up, mut down, mut passed) = (vec![0; 16 * 1024], vec![0; 16 * 1024], 0);
        while passed < most {
            tokio::select! {
                read = client.read(&mut up) => {
                    let length = read.unwrap();
                    assert!(length > 0, "the client ended first");
                    server.write_all(&up[..length]).await.unwrap();
                    passed += length;
                }
                read = server.read(&mut down) => {
                    let length = read.unwrap();
                    client.write_all(&down[..length]).await.unwrap();
                }
            }
        }
        if reset {
            server.set_zero_linger().unwrap();
            drop(server);
        } else {
            server.shutdown().await.unwrap();
            drain(server).await;
        }
    });
    addr
}

async fn drain(mut tcp: TcpStream) {
    let mut bin = Vec::new();
    let _ = tcp.read_to_end(&mut bin).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_an_upload_that_tls_did_not_end_is_no_file() {
    // TLS-24
    let old = sample(1_000);
    for reset in [false, true] {
        let disk = disk_with("f", &old);
        let harness = Harness::start(disk.clone()).await;
        for name in ["f", "new"] {
            let mut raw = Raw::protected(&harness).await;
            let to = raw.epsv().await;
            let proxy = cutting_proxy(to, 600_000, reset).await;
            raw.say(&format!("STOR {name}"));
            raw.expect(150).await;
            let mut data = raw.protected_data(proxy).await.unwrap();
            // The proxy takes it no further than it likes.
            let _ = raw.while_reading(data.write_all(&sample(1 << 20))).await;
            let (code, line) = raw.reply().await.unwrap();
            assert!(matches!(code, 426 | 451), "{line}");
            drop(data);
            // Nobody sees a byte of it.
            let mut other = Raw::protected(&harness).await;
            let to = other.epsv().await;
            other.say("NLST");
            let data = other.protected_data(to).await.unwrap();
            assert_eq!(other.while_reading(read_all(data)).await, b"f\r\n", "{name}, reset: {reset}");
        }
        assert!(disk.content(&path("f")).unwrap() == old);
        assert_eq!(disk.content(&path("new")), None);
        harness.ended().await;
    }
}

#[tokio::test]
async fn a4_the_end_of_an_upload_is_answered_before_it_is_stored() {
    // TLS-22, TLS-24, DAT-16
    let disk = OddDisk::new();
    let harness = Harness::start(disk.clone()).await;
    let mut raw = Raw::protected(&harness).await;
    let to = raw.epsv().await;
    raw.say("STOR f");
    raw.expect(150).await;
    let mut data = raw.protected_data(to).await.unwrap();
    data.write_all(&sample(100_000)).await.unwrap();
    // The disk is not done and will not be: the client's close_notify is answered all the same.
    let end = raw.while_reading(data.finish_send(Duration::from_secs(10))).await.unwrap();
    assert_eq!(end, EndMark::Clean);
    assert_eq!(disk.inner.content(&path("f")), None);
    raw.ask("NOOP", 200).await;
    disk.commits.add_permits(1);
    raw.expect(226).await;
    assert!(disk.inner.content(&path("f")).unwrap() == sample(100_000));
    harness.ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_no_upload_loses_its_tail_to_a_ticket() {
    // TLS-21, TLS-33: sizes around those of records and buffers, by a client that reads to the end before it closes.
    let harness = Harness::start(wharf_server::MemoryDisk::new()).await;
    let mut client = harness.client(wharf_client::TlsMode::Explicit).await;
    let sizes = [1, 2, 1_000, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000, 1 << 20];
    for size in sizes.into_iter().cycle().take(110) {
        let file = sample(size);
        crate::transfers::upload(&mut client, "f", &file).await;
        assert_eq!(client.size("f").await.unwrap(), Some(size as u64));
    }
    client.quit().await.unwrap();
    harness.ended().await;
}
