//! Servers that list what would lead elsewhere.

use std::fs;
use std::os::unix::fs::symlink;

use crate::server::{Server, good, run, text};

#[test]
fn no_listing_leads_out_of_the_target() {
    // E4, LST-21
    let server = Server::start(&[("evil", Some("owned")), ("a/evil", Some("owned")), ("~x", Some("tilde"))]);
    let list = |text: &str| text.replace('\n', "\r\n");
    server.state.lock().unwrap().listings.extend([
        (
            String::new(),
            list(
                "type=file;size=5; ../evil\ntype=file;size=5; /tmp/evil\ntype=OS.unix=slink:/outside; a\n\
                  type=dir; a\ntype=dir; ..\ntype=file;size=5; ~x\ntype=dir; ../up\n",
            ),
        ),
        ("a".to_owned(), list("type=file;size=5;modify=20010909014640; evil\n")),
    ]);
    let (place, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = place.path().join("in");
    fs::create_dir(&target).unwrap();
    symlink(outside.path(), target.join("a")).unwrap();
    let output = run(&["get", "-r", &server.url(""), target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(fs::read(target.join("~x")).unwrap(), b"tilde");
}

#[test]
fn a_tree_without_end_ends() {
    // E9
    let server = Server::start(&[]);
    server.state.lock().unwrap().everywhere = Some("type=dir; d\r\n".to_owned());
    let place = tempfile::tempdir().unwrap();
    let output = run(&["get", "-r", &server.url(""), place.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(9), "{}", text(&output.stderr));
    let listings = server.heard().iter().filter(|line| line.starts_with("MLSD")).count();
    assert!(listings <= 257, "{listings}");

    server.state.lock().unwrap().everywhere = Some("type=dir;unique=1; d\r\n".to_owned());
    let output = run(&["rm", "-r", &server.url("%2F")]);
    assert!(text(&output.stderr).contains("holds itself"), "{}", text(&output.stderr));
    assert!(!server.heard().iter().any(|line| line.starts_with("DELE") || line.starts_with("RMD")));
}

#[test]
fn nothing_drives_the_terminal() {
    // E10
    let server = Server::start(&[]);
    let names = "type=file;size=1; \x1b]0;pwn\x07\u{202e}x\r\n";
    server.state.lock().unwrap().listings.insert(String::new(), names.to_owned());
    for words in [&["ls"][..], &["-v", "ls", "-l"], &["get", "-r"]] {
        let place = tempfile::tempdir().unwrap();
        let url = server.url("");
        let mut words = words.to_vec();
        words.push(&url);
        if words[0] == "get" {
            words.push(place.path().to_str().unwrap());
        }
        let output = run(&words);
        for printed in [text(&output.stdout), text(&output.stderr)] {
            assert!(!printed.contains(['\x1b', '\x07', '\u{202e}']), "{printed:?}");
        }
    }
    assert!(good(&["ls", &server.url("")]).contains("pwn"));
}

#[test]
fn a_cut_download_is_never_taken_for_whole() {
    // E7, DAT-15
    let server = Server::start(&[("f", Some("0123456789"))]);
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("f");
    fs::write(&target, b"old").unwrap();
    server.state.lock().unwrap().cut = Some(4);
    let output = run(&["get", &server.url("f"), target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(10), "{}", text(&output.stderr));
    assert_eq!(fs::read(&target).unwrap(), b"old");
    server.state.lock().unwrap().cut = None;
    good(&["get", "-c", &server.url("f"), target.to_str().unwrap()]);
    assert_eq!(fs::read(&target).unwrap(), b"0123456789");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}
