//! Servers whose files do not have the size that they are said to have.

use wharf_client::{Client, Error, Portion, TlsMode, Upload};
use wharf_transport::TicketPlan;

use crate::peer::{Server, logged_in};

async fn in_clear(server: &Server) -> Client {
    logged_in(server.options(TlsMode::Off)).await.unwrap()
}

fn is_cut<T>(done: &Result<T, Error>) -> bool {
    matches!(done, Err(Error::Truncated { .. }))
}

#[tokio::test]
async fn the_size_of_a_listing_counts_where_there_is_no_other() {
    // XFR-05, E7
    for (features, size, given, good) in [
        ("MDTM", Some(10), 9, false),
        ("MDTM", Some(10), 10, true),
        // It may have grown since it was listed.
        ("MDTM", Some(10), 11, true),
        ("MDTM", None, 9, true),
        // SIZE is refused for this file.
        ("SIZE", Some(10), 9, false),
    ] {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = features;
            peer.until(&["RETR"]).await;
            peer.give(&vec![b'x'; given], None).await;
        };
        let work = async {
            let mut client = in_clear(&server).await;
            let portion = Portion { offset: 0, size };
            client.download("f", portion, &mut Vec::new(), &mut |_| {}).await
        };
        let ((), done) = tokio::join!(script, work);
        assert!(if good { done.is_ok() } else { is_cut(&done) }, "{features} {size:?} {given}: {done:?}");
    }
}

#[tokio::test]
async fn a_server_without_feat_may_know_sizes() {
    // XFR-05, E7, E8
    for (told, given, good) in
        [("213 10", 5, false), ("213 5", 5, true), ("550 no", 5, true), ("500 what?", 5, true)]
    {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.until(&["FEAT"]).await;
            peer.say("502 no").await;
            peer.until(&["SIZE"]).await;
            peer.say(told).await;
            peer.until(&["RETR"]).await;
            peer.give(&vec![b'x'; given], None).await;
            // A command that is not there is not tried twice.
            if peer.until(&["SIZE", "RETR"]).await.starts_with("SIZE") {
                assert_ne!(told, "500 what?");
                peer.say("213 1").await;
                peer.until(&["RETR"]).await;
            }
            peer.give(b"x", None).await;
        };
        let work = async {
            let mut client = in_clear(&server).await;
            let done = client.download("f", 0, &mut Vec::new(), &mut |_| {}).await;
            client.download("g", 0, &mut Vec::new(), &mut |_| {}).await.unwrap();
            done
        };
        let ((), done) = tokio::join!(script, work);
        assert!(if good { done.is_ok() } else { is_cut(&done) }, "{told}: {done:?}");
    }
}

#[tokio::test]
async fn mlst_tells_sizes_where_there_is_no_size() {
    // E7, E8
    for (told, good) in [
        ("250-it\r\n type=file;size=10; f\r\n250 End", false),
        ("250-it\r\n type=file;size=5; f\r\n250 End", true),
        ("550 no", true),
    ] {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = "MLST type*;size*;";
            assert_eq!(peer.until(&["MLST", "SIZE", "RETR"]).await, "MLST f");
            peer.say(told).await;
            peer.until(&["RETR"]).await;
            peer.give(b"12345", None).await;
        };
        let work = async {
            let mut client = in_clear(&server).await;
            client.download("f", 0, &mut Vec::new(), &mut |_| {}).await
        };
        let ((), done) = tokio::join!(script, work);
        assert!(if good { done.is_ok() } else { is_cut(&done) }, "{told}: {done:?}");
    }
}

#[tokio::test]
async fn the_rest_of_a_file_has_the_size_that_is_left() {
    // XFR-08, E7: a server that takes REST and ignores it sends everything.
    for (given, good) in [(&b"456789"[..], true), (b"0123456789", false), (b"45678", false)] {
        for features in ["REST STREAM", "REST STREAM\r\n SIZE"] {
            let server = Server::start().await;
            let script = async {
                let mut peer = server.greet().await;
                peer.features = features;
                peer.until(&["RETR"]).await;
                peer.give(given, None).await;
            };
            let work = async {
                let mut client = in_clear(&server).await;
                let portion = Portion { offset: 4, size: Some(10) };
                client.download("f", portion, &mut Vec::new(), &mut |_| {}).await
            };
            let ((), done) = tokio::join!(script, work);
            assert!(if good { done.is_ok() } else { is_cut(&done) }, "{given:?}: {done:?}");
        }
    }
}

#[tokio::test]
async fn behind_an_offset_sizes_are_compared_even_under_tls() {
    // XFR-10: a server that takes REST and ignores it has lost what stood before.
    for (tls, refused) in [(TlsMode::Off, false), (TlsMode::Explicit, false), (TlsMode::Explicit, true)] {
        for (size, good) in [("213 7", true), ("213 3", false), ("550 no", true)] {
            let server = Server::lax().await;
            let script = async {
                let mut peer = server.greet().await;
                let tickets = (tls != TlsMode::Off).then_some(TicketPlan::Upload);
                let verb = if refused {
                    peer.until(&["REST"]).await;
                    peer.say("502 no").await;
                    "APPE"
                } else {
                    "STOR"
                };
                peer.until(&[verb]).await;
                assert_eq!(peer.take(tickets).await, b"456");
                peer.until(&["SIZE"]).await;
                peer.say(size).await;
            };
            let work = async {
                let mut client = logged_in(server.options(tls)).await.unwrap();
                client.upload("f", 4, Upload::Store, &mut &b"456"[..], &mut |_| {}).await
            };
            let ((), done) = tokio::join!(script, work);
            assert!(if good { done.is_ok() } else { is_cut(&done) }, "{tls:?} {refused} {size}: {done:?}");
        }
    }
}

#[tokio::test]
async fn what_is_appended_for_want_of_rest_is_compared() {
    // XFR-10
    for (size, good) in [("213 7", true), ("213 3", false)] {
        let server = Server::start().await;
        let script = async {
            let mut peer = server.greet().await;
            peer.features = "SIZE";
            peer.until(&["APPE"]).await;
            assert_eq!(peer.take(None).await, b"456");
            peer.until(&["SIZE"]).await;
            peer.say(size).await;
        };
        let work = async {
            let mut client = in_clear(&server).await;
            client.upload("f", 4, Upload::Store, &mut &b"456"[..], &mut |_| {}).await
        };
        let ((), done) = tokio::join!(script, work);
        assert!(if good { done.is_ok() } else { is_cut(&done) }, "{size}: {done:?}");
    }
}
