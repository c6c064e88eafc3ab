//! Files and listings, in clear.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};
use wharf_client::{EntryKind, Error, ErrorClass, TimeVal, TlsMode, Upload, WireLine};

use crate::peer::{Server, logged_in, sample};

#[tokio::test]
async fn fetches_and_stores() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let file = sample(3_000_001);
    let copy = file.clone();
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["SIZE"]).await;
        peer.say(&format!("213 {}", copy.len())).await;
        assert_eq!(peer.until(&["RETR"]).await, "RETR a b\u{e9}");
        peer.give(&copy, None).await;
        assert_eq!(peer.until(&["STOR"]).await, "STOR c");
        assert_eq!(peer.take(None).await, copy);
        // In clear the size is all that tells a whole file.
        peer.until(&["SIZE"]).await;
        peer.say(&format!("213 {}", copy.len())).await;
        peer.until(&["QUIT"]).await;
        peer.say("221 bye").await;
        peer.heard
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    let mut told = 0;
    let bytes = client.download("a b\u{e9}", 0, &mut fetched, &mut |bytes| told = bytes).await.unwrap();
    assert_eq!((bytes, told), (file.len() as u64, file.len() as u64));
    assert_eq!(fetched, file);
    let stored = client.upload("c", 0, Upload::Store, &mut &file[..], &mut |_| {}).await.unwrap();
    assert_eq!(stored, file.len() as u64);
    client.quit().await.unwrap();
    // XFR-03: TYPE I, and only once.
    let heard = script.await.unwrap();
    assert_eq!(heard.iter().filter(|line| line.starts_with("TYPE")).count(), 1, "{heard:?}");
}

#[tokio::test]
async fn goes_on_in_the_middle() {
    // XFR-08, XFR-10
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["SIZE"]).await;
        peer.say("213 10").await;
        assert_eq!(peer.until(&["REST"]).await, "REST 4");
        peer.say("350 more").await;
        peer.expect("RETR f").await;
        peer.give(b"456789", None).await;
        assert_eq!(peer.until(&["REST"]).await, "REST 4");
        peer.say("350 more").await;
        peer.expect("STOR f").await;
        assert_eq!(peer.take(None).await, b"456789");
        peer.until(&["SIZE"]).await;
        peer.say("213 10").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = b"0123".to_vec();
    assert_eq!(client.download("f", 4, &mut fetched, &mut |_| {}).await.unwrap(), 6);
    assert_eq!(fetched, b"0123456789");
    client.upload("f", 4, Upload::Store, &mut &fetched[4..], &mut |_| {}).await.unwrap();
    script.await.unwrap();
}

#[tokio::test]
async fn text_gets_the_line_ends_of_this_side() {
    // XFR-01
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["RETR"]).await;
        assert!(peer.heard.contains(&"TYPE A N".to_owned()));
        peer.give(b"a\r\nb\rc\r\n", None).await;
    });
    let mut client = logged_in(options).await.unwrap();
    let mut text = Vec::new();
    client.download_text("f", &mut text, &mut |_| {}).await.unwrap();
    assert_eq!(text, b"a\nb\rc\n");
    script.await.unwrap();
}

#[tokio::test]
async fn lists_by_mlsd() {
    // LST-20, LST-21
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        assert_eq!(peer.until(&["MLSD"]).await, "MLSD d");
        let listing = b"type=cdir; .\r\ntype=pdir; ..\r\nTYPE=file;Size=5;modify=20240102030405;x.y=1; a;b=c d\r\n\
            type=dir; sub\r\ntype=OS.unix=slink:/t; ln\r\ntype=file;size=1; ../x\r\ntype=file; /etc/passwd\r\nrubbish\r\n";
        peer.give(listing, None).await;
        assert_eq!(peer.until(&["MLST"]).await, "MLST d/a");
        peer.say("250-here\r\n type=file;size=7; /d/a\r\n250 End").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let entries = client.list("d").await.unwrap();
    let names: Vec<&[u8]> = entries.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(names, [&b"a;b=c d"[..], b"sub", b"ln"]);
    assert_eq!(entries[0].size, Some(5));
    assert_eq!(entries[0].modified.unwrap().time, TimeVal::parse(b"20240102030405").unwrap());
    assert_eq!((entries[1].kind, entries[2].kind), (EntryKind::Directory, EntryKind::Symlink));
    assert_eq!(entries[2].target.as_deref(), Some(&b"/t"[..]));
    assert_eq!(client.left_out(), 3);
    let entry = client.stat("d/a").await.unwrap();
    assert_eq!((&entry.name[..], entry.size), (&b"a"[..], Some(7)));
    script.await.unwrap();
}

#[tokio::test]
async fn lists_by_list_where_there_is_no_mlsd() {
    // LST-07, LST-22
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.features = "SIZE";
        assert_eq!(peer.until(&["LIST"]).await, "LIST ./-d");
        peer.give(b"total 1\r\n-rw-r--r-- 1 o g 42 Jan 02  2023 f\r\n?\r\n", None).await;
        assert_eq!(peer.until(&["LIST"]).await, "LIST");
        peer.say("550 No files found").await;
        assert_eq!(peer.until(&["LIST"]).await, "LIST gone");
        peer.say("550 no such directory").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let entries = client.list("-d").await.unwrap();
    assert_eq!((entries.len(), entries[0].size, client.left_out()), (1, Some(42), 1));
    assert!(client.list("").await.unwrap().is_empty());
    assert_eq!(client.list("gone").await.unwrap_err().class(), ErrorClass::NotFound);
    script.await.unwrap();
}

#[tokio::test]
async fn a_refused_listing_is_empty_only_where_it_says_so() {
    // LST-07
    for (refusal, empty) in [
        ("550 No files found", true),
        ("450 No members found.", true),
        ("550 *: No such file or directory", true),
        ("450 Directory empty", true),
        ("550 Permission denied.", false),
        ("550 File not found or access denied", false),
        ("450 I/O error", false),
        ("550 Sorry", false),
    ] {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = "SIZE";
            // What went out together with EPSV and is refused comes once more by itself.
            while peer.until(&["LIST", "NLST", "QUIT"]).await != "QUIT" {
                peer.say(refusal).await;
            }
            peer.say("221 bye").await;
        };
        let work = async {
            let mut client = logged_in(server.options(TlsMode::Off)).await.unwrap();
            let listed = client.list("").await.map(|entries| entries.len());
            let named = client.names("").await.map(|names| names.len());
            for done in [listed, named] {
                match done {
                    Ok(entries) => assert!(empty && entries == 0, "{refusal}"),
                    Err(error) => assert!(!empty && error.reply().is_some(), "{refusal}: {error}"),
                }
            }
            client.quit().await.unwrap();
        };
        tokio::join!(script, work);
    }
}

/// Gives its bytes and then nothing, for ever.
struct Stuck(bool);

impl AsyncRead for Stuck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if core::mem::replace(&mut self.0, true) {
            return Poll::Pending;
        }
        buf.put_slice(b"half");
        Poll::Ready(Ok(()))
    }
}

/// Gives some bytes and then an error.
struct Broken(bool);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if core::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::Error::other("the disk is on fire")));
        }
        buf.put_slice(b"half");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_dropped_upload_never_looks_whole() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let (half, arrived) = tokio::sync::oneshot::channel();
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["STOR"]).await;
        peer.say("150 go").await;
        let mut data = peer.data(None).await;
        let mut bytes = BytesMut::new();
        data.read_chunk(&mut bytes, 100).await.unwrap();
        half.send(()).unwrap();
        // A reset, not an end.
        data.read_chunk(&mut bytes, 100).await.unwrap_err();
        peer.expect("ABOR").await;
        peer.say("426 cut").await;
        peer.say("226 stopped").await;
        peer.expect("NOOP").await;
        peer.say("200 still here").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let (mut source, mut silent) = (Stuck(false), |_| {});
    tokio::select! {
        _ = client.upload("f", 0, Upload::Store, &mut source, &mut silent) => panic!("it cannot end"),
        arrived = arrived => arrived.unwrap(),
    }
    let reply = client.command(wharf_client::Command::Noop).await.unwrap();
    assert_eq!(reply.text(), b"still here");
    script.await.unwrap();
}

#[tokio::test]
async fn a_failing_source_never_looks_whole() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["STOR"]).await;
        peer.say("150 go").await;
        let mut data = peer.data(None).await;
        let mut bytes = BytesMut::new();
        while let Ok(read) = data.read_chunk(&mut bytes, 100).await {
            assert!(read > 0, "an end that looks like success");
        }
        peer.say("426 cut").await;
        peer
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.upload("f", 0, Upload::Store, &mut Broken(false), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Local, "{error}");
    assert!(error.to_string().contains("on fire"));
    script.await.unwrap();
}

#[tokio::test]
async fn a_server_that_goes_away_is_told() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["RETR"]).await;
        peer.say("150 here").await;
        drop(peer);
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Network, "{error}");
    let error = client.pwd().await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Network, "{error}");
    script.await.unwrap();
}

#[tokio::test]
async fn a_refusal_names_command_and_reply() {
    let server = Server::start().await;
    let options = server.options(TlsMode::Off);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["RETR"]).await;
        peer.say("550 no such file").await;
        peer.until(&["NOOP"]).await;
        peer.say("200 ok").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
    assert_eq!(error.to_string(), "RETR f: the server refused: 550 no such file");
    client.raw("NOOP").await.unwrap();
    script.await.unwrap();
}

#[tokio::test]
async fn the_log_shows_no_secret() {
    // CTL-26
    let server = Server::start().await;
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&lines);
    let mut options = server.options(TlsMode::Off);
    options.wire_log = Some(Arc::new(move |line: WireLine| seen.lock().unwrap().push(line.to_string())));
    let script = tokio::spawn(async move { server.greet().await.until(&["NOOP"]).await });
    let mut client = logged_in(options).await.unwrap();
    assert!(!format!("{client:?}").contains("secret"));
    // The script is gone after this line: the reply never comes.
    drop(client.raw("NOOP").await);
    script.await.unwrap();
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains("> PASS ***") && lines.contains("< 230 in"), "{lines}");
    assert!(!lines.contains("secret"), "{lines}");
}

#[tokio::test]
async fn silence_is_not_waited_out() {
    // E13
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.timeout = Duration::from_millis(200);
    let script = tokio::spawn(async move {
        let mut peer = server.greet().await;
        peer.until(&["RETR"]).await;
        peer.say("150 here").await;
        let data = peer.data(None).await;
        peer.expect("ABOR").await;
        drop(data);
        peer.say("426 cut").await;
        peer.say("226 stopped").await;
        peer.hear().await
    });
    let mut client = logged_in(options).await.unwrap();
    let error = client.download("f", 0, &mut Vec::new(), &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error:?}");
    drop(client);
    assert_eq!(script.await.unwrap(), None);
}

#[tokio::test]
async fn a_goodbye_is_not_waited_for_long() {
    let server = Server::start().await;
    let script = async {
        let mut peer = server.greet().await;
        peer.until(&["QUIT"]).await;
        // From here on nothing happens but that time passes.
        tokio::time::pause();
        peer.hear().await
    };
    let work = async {
        let client = logged_in(server.options(TlsMode::Off)).await.unwrap();
        let begun = tokio::time::Instant::now();
        client.quit().await.unwrap();
        begun.elapsed()
    };
    let (_, took) = tokio::join!(script, work);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn the_server_may_dial() {
    let server = Server::start().await;
    let mut options = server.options(TlsMode::Off);
    options.active = true;
    let script = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let mut peer = server.greet().await;
        let line = peer.until(&["PORT"]).await;
        let numbers: Vec<u16> =
            line.split([' ', ',']).skip(1).map(|number| number.parse().unwrap()).collect();
        peer.say("200 ok").await;
        peer.expect("RETR f").await;
        peer.say("150 here").await;
        let mut data =
            tokio::net::TcpStream::connect(("127.0.0.1", numbers[4] * 256 + numbers[5])).await.unwrap();
        data.write_all(b"dialled").await.unwrap();
        drop(data);
        peer.say("226 done").await;
    });
    let mut client = logged_in(options).await.unwrap();
    let mut fetched = Vec::new();
    client.download("f", 0, &mut fetched, &mut |_| {}).await.unwrap();
    assert_eq!(fetched, b"dialled");
    script.await.unwrap();
}
