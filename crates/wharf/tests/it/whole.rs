//! Downloads that look whole and are not.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::server::{Server, good, run, text, wharf};

const NO_SIZE: &str = "211-Features:\r\n MLST type*;size*;modify*;\r\n211 End";

#[test]
fn a_tree_whose_files_are_shorter_than_listed() {
    // E7
    let server = Server::start(&[("d", None), ("d/f", Some("12345"))]);
    let mut listing = "type=file;size=10;modify=20010909014640; f\r\n".to_owned();
    server.state.lock().unwrap().feat = Some(NO_SIZE);
    server.state.lock().unwrap().digests.insert("SIZE".into(), "502 no".into());
    for cut in [true, false] {
        server.state.lock().unwrap().listings.insert("d".into(), listing.clone());
        let place = tempfile::tempdir().unwrap();
        let output = run(&["get", "-r", &server.url("d"), place.path().to_str().unwrap()]);
        assert_eq!(output.status.success(), !cut, "{}", text(&output.stderr));
        assert_eq!(place.path().join("f").exists(), !cut);
        // It may have grown.
        listing = listing.replace("10", "4");
    }
}

#[test]
fn a_list_line_alone_fails_nothing() {
    // LST-22
    let server = Server::start(&[("d", None), ("d/f", Some("12345"))]);
    let mut state = server.state.lock().unwrap();
    state.feat = Some("502 no");
    state.digests.insert("SIZE".into(), "502 no".into());
    state.digests.insert("MLSD".into(), "502 no".into());
    state.listings.insert("d".into(), "-rw-r--r-- 1 o g 42 Jan 02  2023 f\r\n".into());
    drop(state);
    for go_on in [&[][..], &["-c"]] {
        let place = tempfile::tempdir().unwrap();
        if !go_on.is_empty() {
            fs::write(place.path().join("f"), "123").unwrap();
        }
        let url = server.url("d");
        let words = [&["get", "-r"], go_on, &[&url, place.path().to_str().unwrap()]].concat();
        good(&words);
        assert_eq!(fs::read(place.path().join("f")).unwrap(), b"12345");
    }
}

#[test]
fn a_server_that_ignores_rest_is_found_out() {
    // XFR-08: in a file of zeros the part that is compared looks right.
    let zeros = "\0".repeat(200_000);
    for feat in ["211-Features:\r\n REST STREAM\r\n211 End", "502 no", NO_SIZE] {
        let server = Server::start(&[("f", Some(&zeros))]);
        server.state.lock().unwrap().feat = Some(feat);
        server.state.lock().unwrap().ignores_rest = true;
        let place = tempfile::tempdir().unwrap();
        let part = place.path().join(".f.wharf-part");
        fs::write(&part, &zeros[..100_000]).unwrap();
        let target = place.path().join("f");
        let output = run(&["get", "-c", &server.url("f"), target.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(10), "{feat}: {}", text(&output.stderr));
        assert!(!target.exists());
        assert_eq!(fs::metadata(&part).unwrap().len(), 100_000, "what came is not kept");
    }
}

#[test]
fn a_file_of_the_right_size_may_be_another_one() {
    // XFR-08, XFR-20
    let (here, there) = ("local corrupt!!!", "server content!!");
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("f");
    let name = target.to_str().unwrap();
    let digest = |right: bool| format!("250 {}", if right { "1d645ab8" } else { "00000000" });
    for (verify, local, right, code) in
        [(true, here, false, 10), (true, there, true, 0), (false, here, true, 7), (false, there, true, 0)]
    {
        let server = Server::start(&[("f", Some(there))]);
        server.state.lock().unwrap().digests.insert("HASH".into(), "502 no".into());
        server.state.lock().unwrap().digests.insert("XCRC".into(), digest(right));
        fs::write(&target, local).unwrap();
        let url = server.url("f");
        let words = [&["get", "-c"][..], if verify { &["--verify"] } else { &[] }, &[&url, name]].concat();
        let output = run(&words);
        assert_eq!(output.status.code(), Some(code), "{verify} {local}: {}", text(&output.stderr));
        assert_eq!(fs::read_to_string(&target).unwrap(), local, "it is the user's");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_was_there_keeps_its_name() {
    let server = Server::start(&[("f", Some("0123456789"))]);
    server.state.lock().unwrap().stalls = true;
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("f");
    fs::write(&target, "0123").unwrap();
    let mut child = wharf(&["get", "-c", &server.url("f"), target.to_str().unwrap()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = (0..6000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        !target.exists()
    });
    assert!(begun);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read(&target).unwrap(), b"0123");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}
