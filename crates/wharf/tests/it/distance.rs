//! A long way to the server.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use wharf_testkit::DelayProxy;

use crate::server::{Server, good};

const FILES: u64 = 24;

/// How many round trips a command took over a way of 10 ms there and back.
fn round_trips(server: &Server, words: impl Fn(String) -> Vec<String>) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _inside = runtime.enter();
    let target = SocketAddr::from(([127, 0, 0, 1], server.port));
    let way = DelayProxy::start(target, Duration::from_millis(10)).unwrap();
    let words = words(format!("ftp://me@{}/", way.addr()));
    good(&words.iter().map(String::as_str).collect::<Vec<_>>());
    way.round_trips()
}

#[test]
fn a_tree_of_small_files_takes_a_round_trip_for_each() {
    let server = Server::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let (here, back) = (place.path().join("here"), place.path().join("back"));
    for number in 0..FILES {
        let folder = here.join(format!("d{}", number % 4));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("f{number}")), number.to_string()).unwrap();
    }
    let (here, there) = (here.to_str().unwrap().to_owned(), back.to_str().unwrap().to_owned());
    let put = |option: &'static str| {
        let here = here.clone();
        move |url: String| [option, "put", "-r", "-j1", &here, &(url + "x")].map(str::to_owned).to_vec()
    };
    // Login, and what the first file and each directory take.
    let most = 40 + FILES * 6 / 5;
    let up = round_trips(&server, put("-q"));
    assert!(up <= most, "{up} round trips for {FILES} uploads");
    assert_eq!(server.content("x/d1/f5").unwrap(), b"5");
    assert_eq!(server.state.lock().unwrap().times.len(), FILES as usize);
    let down =
        round_trips(&server, |url| ["get", "-r", "-j1", &(url + "x"), &there].map(str::to_owned).to_vec());
    assert!(down <= most, "{down} round trips for {FILES} downloads");
    assert_eq!(fs::read(back.join("d3/f7")).unwrap(), b"7");
    let slow = round_trips(&server, put("--no-pipeline"));
    assert!(slow >= FILES * 3, "{slow} round trips for {FILES} uploads, one command at a time");
    let gone = round_trips(&server, |url| ["rm", "-r", &(url + "x")].map(str::to_owned).to_vec());
    assert!(gone <= 40, "{gone} round trips for {FILES} removals");
    assert!(server.state.lock().unwrap().tree.is_empty());
}
