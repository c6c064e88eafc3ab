//! Names that are not UTF-8 on the server.

use std::fs;

use crate::server::{Server, good, run, text};

#[test]
fn names_are_written_as_the_server_does() {
    // I18-06, I18-07
    let server = Server::start(&[("Gr\u{f6}\u{df}e", Some("2 m"))]);
    server.state.lock().unwrap().latin1 = true;
    let place = tempfile::tempdir().unwrap();
    let (here, back) = (place.path().join("here"), place.path().join("back"));
    fs::create_dir_all(here.join("d\u{e9}p\u{f4}t")).unwrap();
    fs::write(here.join("d\u{e9}p\u{f4}t").join("\u{e9}t\u{e9}"), "chaud").unwrap();
    let latin = |words: &[&str]| good(&[&["--charset", "latin1"], words].concat());
    assert_eq!(latin(&["ls", &server.url("")]), "Gr\u{f6}\u{df}e\n");
    assert_eq!(latin(&["cat", &server.url("Gr\u{f6}\u{df}e")]), "2 m");
    assert_eq!(latin(&["cat", &server.url("Gr%F6%DFe")]), "2 m", "escapes are bytes of the server");
    assert_eq!(latin(&["cat", &server.url("*\u{df}?")]), "2 m");
    latin(&["put", "-r", here.to_str().unwrap(), &server.url("x")]);
    assert_eq!(server.content("x/d\u{e9}p\u{f4}t/\u{e9}t\u{e9}").unwrap(), b"chaud");
    latin(&["get", "-r", &server.url("x"), back.to_str().unwrap()]);
    assert_eq!(fs::read(back.join("d\u{e9}p\u{f4}t").join("\u{e9}t\u{e9}")).unwrap(), b"chaud");
    latin(&["mv", &server.url("Gr\u{f6}\u{df}e"), "Stra\u{df}e"]);
    assert_eq!(server.content("Stra\u{df}e").unwrap(), b"2 m");
    // Without the right one the bytes are kept and shown.
    assert_eq!(good(&["ls", &server.url("")]), "Stra\\xdfe\nx\n");
}

#[test]
fn a_name_that_the_server_cannot_have_is_named() {
    let server = Server::start(&[]);
    let output = run(&["--charset", "latin1", "mkdir", &server.url("\u{416}")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("windows-1252"), "{}", text(&output.stderr));
    assert_eq!(server.state.lock().unwrap().connections, 0);
    assert_eq!(run(&["--charset", "utf-16le", "ls", &server.url("")]).status.code(), Some(2));
}
