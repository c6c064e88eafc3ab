//! MODE Z.

use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use wharf_client::{Error, ErrorClass, TlsMode, Upload, WireLine};
use wharf_codec::{DeflateLevel, Deflater, InflateStep, Inflater};
use wharf_transport::TicketPlan;

use crate::peer::{Server, logged_in, sample};

const OFFERED: &str = "SIZE\r\n REST STREAM\r\n MODE Z\r\n MLST type*;size*;modify*;";

fn deflated(content: &[u8]) -> Vec<u8> {
    let (mut deflater, mut out) = (Deflater::new(DeflateLevel::default()), BytesMut::new());
    deflater.push(content, &mut out).unwrap();
    deflater.finish(&mut out).unwrap();
    out.to_vec()
}

fn inflated(mut stream: &[u8]) -> Vec<u8> {
    let (mut inflater, mut out) = (Inflater::new(), BytesMut::new());
    assert_eq!(inflater.step(&mut stream, &mut out, usize::MAX / 2), Ok(InflateStep::Ended));
    out.to_vec()
}

#[tokio::test]
async fn everything_is_compressed() {
    // XFR-22
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.compress = true;
    let file = sample(500_001);
    let copy = file.clone();
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.features = OFFERED;
        peer.until(&["RETR"]).await;
        peer.give(&deflated(&copy), None).await;
        peer.until(&["REST"]).await;
        peer.say("350 more").await;
        peer.until(&["RETR"]).await;
        peer.give(&deflated(&copy[100_000..]), None).await;
        peer.until(&["RETR"]).await;
        peer.give(&deflated(b"one\r\ntwo\r\n"), None).await;
        peer.until(&["STOR"]).await;
        let stream = peer.take(None).await;
        assert!(stream.len() < copy.len());
        assert!(inflated(&stream) == copy);
        peer.until(&["STOR"]).await;
        assert_eq!(inflated(&peer.take(None).await), b"");
        peer.until(&["MLSD"]).await;
        peer.give(&deflated(b"type=file;size=1; a\r\n"), None).await;
        peer.until(&["QUIT"]).await;
        peer.say("221 bye").await;
        peer.heard
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    let mut told = 0;
    let bytes = client.download("f", 0, &mut fetched, &mut |bytes| told = bytes).await.unwrap();
    assert_eq!((bytes, told), (file.len() as u64, file.len() as u64));
    assert!(fetched == file);
    fetched.truncate(100_000);
    client.download("f", 100_000, &mut fetched, &mut |_| {}).await.unwrap();
    assert!(fetched == file);
    let mut text = Vec::new();
    client.download_text("t", &mut text, &mut |_| {}).await.unwrap();
    assert_eq!(text, b"one\ntwo\n");
    let bytes = client.upload("g", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap();
    assert_eq!(bytes, file.len() as u64);
    client.upload("g", 0, Upload::Store, &mut &b""[..], &mut |_| {}).await.unwrap();
    assert_eq!(client.list("").await.unwrap().len(), 1);
    client.quit().await.unwrap();
    let heard = script.await.unwrap();
    assert_eq!(heard.iter().filter(|line| line.starts_with("MODE")).count(), 1, "{heard:?}");
}

#[tokio::test]
async fn a_download_is_whole_only_with_its_end_mark() {
    // XFR-22: whatever the server's last word is.
    let file = sample(200_000);
    let stream = deflated(&file);
    let mut damaged = stream.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut behind = stream.clone();
    behind.extend(b"more");
    let cut = &stream[..stream.len() - 1];
    for (sent, whole) in
        [(cut, true), (&damaged, false), (&behind, false), (b"plain text, not z", false), (b"", true)]
    {
        let server = Server::start().await;
        let mut options = server.options(TlsMode::Off);
        options.compress = true;
        let sent = sent.to_vec();
        let script = tokio::spawn(async move {
            let mut peer = server.greet().await;
            peer.features = OFFERED;
            peer.until(&["RETR"]).await;
            peer.give(&sent, None).await;
            peer
        });
        let mut client = logged_in(options).await.unwrap();
        let mut fetched = Vec::new();
        let error = client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Data, "{error}");
        match error {
            // What came before the end is good.
            Error::Truncated { .. } if whole => assert!(file.starts_with(&fetched)),
            Error::Damaged { .. } if !whole => {}
            other => panic!("{other:?}"),
        }
        script.await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_lost_a_part_is_found_out() {
    // XFR-22: TLS protects the way to the server, not what it does with a zlib stream.
    let server = Server::lax().await;
    let mut options = server.options(TlsMode::Explicit);
    options.compress = true;
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.features = OFFERED;
        peer.until(&["STOR"]).await;
        peer.take(Some(TicketPlan::Download)).await;
        peer.until(&["SIZE"]).await;
        peer.say("213 4999").await;
        peer
    });
    let mut client = logged_in(options).await.unwrap();
    let sent = client.upload("f", 0, Upload::Store, &mut &sample(5_000)[..], &mut |_| {}).await;
    assert!(matches!(sent, Err(Error::Truncated { bytes: 4_999, .. })), "{sent:?}");
    script.await.unwrap();
}

#[tokio::test]
async fn a_listing_that_expands_without_end_stops() {
    // E8: the limit holds for what is kept.
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.compress = true;
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.features = OFFERED;
        peer.until(&["MLSD"]).await;
        // The client may go away before it has come.
        let bomb = deflated(&vec![b' '; 256 << 20]);
        assert!(bomb.len() < 300_000);
        peer.give(&bomb, None).await;
        peer
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.list("").await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    drop(client);
    drop(script);
}

#[tokio::test]
async fn without_an_offer_the_log_says_so() {
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.compress = true;
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let to = Arc::clone(&log);
    options.wire_log = Some(Arc::new(move |line: WireLine| to.lock().unwrap().push(line.to_string())));
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["RETR"]).await;
        peer.give(b"plain", None).await;
        peer
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, b"plain");
    script.await.unwrap();
    let notes = log.lock().unwrap().iter().filter(|line| line.contains("nothing is compressed")).count();
    assert_eq!(notes, 1);
}
