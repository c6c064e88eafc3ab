//! Digests.

use std::fs;

use crate::server::{Server, good, run, text};

const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn telling(digests: &[(&str, &str)]) -> Server {
    let server = Server::start(&[("f", Some("abc"))]);
    let digests = digests.iter().map(|(verb, reply)| ((*verb).to_owned(), (*reply).to_owned()));
    server.state.lock().unwrap().digests = digests.collect();
    server
}

#[test]
fn digests_of_the_server_or_of_what_it_gives() {
    // XFR-20
    let line = format!("SHA256 (f) = {SHA256}\n");
    let server = telling(&[("HASH", &format!("213 SHA-256 0-2 {SHA256} f"))]);
    assert_eq!(good(&["hash", &server.url("f")]), line);
    assert!(server.heard().contains(&"HASH f".to_owned()));
    let server = telling(&[("HASH", "502 no"), ("XCRC", "250 352441C2")]);
    assert_eq!(good(&["hash", &server.url("*")]), "CRC32 (f) = 352441c2\n");
    let server = telling(&[]);
    assert_eq!(good(&["hash", &server.url("f")]), line);
    assert_eq!(run(&["hash", &server.url("gone")]).status.code(), Some(6));
}

#[test]
fn copies_are_compared() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("f");
    let name = file.to_str().unwrap();
    let right = format!("213 SHA-256 0-2 {SHA256} f");
    let wrong = right.replace("ba78", "aaaa");
    for (digests, code) in [
        (vec![("HASH", &*right)], 0),
        (vec![("HASH", &*wrong)], 10),
        (vec![("HASH", "502 no"), ("XCRC", "250 352441c2")], 0),
        (vec![("HASH", "502 no"), ("XCRC", "250 352441c3")], 10),
        (vec![("HASH", "502 no")], 0),
        (vec![], 0),
        (vec![("SIZE", "213 4"), ("HASH", "556 no")], 10),
    ] {
        let server = telling(&digests);
        fs::write(&file, "abc").unwrap();
        let put = run(&["put", "--verify", name, &server.url("f")]);
        assert_eq!(put.status.code(), Some(code), "{digests:?}: {}", text(&put.stderr));
        fs::remove_file(&file).unwrap();
        let get = run(&["get", "--verify", &server.url("f"), name]);
        assert_eq!(get.status.code(), Some(code), "{digests:?}: {}", text(&get.stderr));
        assert_eq!(file.exists(), code == 0);
        assert!(fs::read_dir(place.path()).unwrap().count() <= 1, "{digests:?}");
    }
    let server = telling(&[]);
    assert_eq!(run(&["get", "--verify", &server.url("f"), "-"]).status.code(), Some(2));
}
