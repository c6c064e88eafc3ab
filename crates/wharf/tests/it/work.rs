//! What each command does.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use crate::server::{Server, good, run, text, wharf};

fn holding() -> Server {
    Server::start(&[
        ("pub", None),
        ("pub/a.txt", Some("A")),
        ("pub/b.txt", Some("BB")),
        ("pub/c.md", Some("C")),
    ])
}

#[test]
fn listings() {
    let server = holding();
    assert_eq!(good(&["ls", &server.url("pub")]), "a.txt\nb.txt\nc.md\n");
    assert_eq!(good(&["ls", &server.url("pub/*.txt")]), "pub/a.txt\npub/b.txt\n");
    assert_eq!(good(&["ls", &server.url("*/?.md")]), "pub/c.md\n");
    assert!(good(&["ls", "-l", &server.url("%2Fpub")]).contains("2 2001-09-09T01:46:40Z b.txt"));
    assert_eq!(run(&["ls", &server.url("pub/*.rs")]).status.code(), Some(2));
    let stat = good(&["stat", &server.url("pub/b.txt")]);
    assert_eq!(stat, "name: b.txt\nkind: file\nsize: 2\nmodified: 2001-09-09T01:46:40Z\n");
}

#[test]
fn one_file_there_and_back() {
    let server = holding();
    let place = tempfile::tempdir().unwrap();
    let (here, back) = (place.path().join("here"), place.path().join("back"));
    fs::write(&here, b"content").unwrap();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    fs::File::options().write(true).open(&here).unwrap().set_modified(then).unwrap();
    good(&["put", here.to_str().unwrap(), &server.url("pub/")]);
    assert_eq!(server.content("pub/here").unwrap(), b"content");
    assert_eq!(server.state.lock().unwrap().times["pub/here"], "20170714024000");
    good(&["get", &server.url("pub/here"), back.to_str().unwrap()]);
    assert_eq!(fs::read(&back).unwrap(), b"content");
    let modified = fs::metadata(&back).unwrap().modified().unwrap();
    assert_eq!(modified, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    let missing = run(&["get", &server.url("gone"), place.path().join("gone").to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(6));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing is left of what never came");
}

#[test]
fn standard_streams() {
    let server = holding();
    assert_eq!(good(&["cat", &server.url("pub/*.txt")]), "ABB");
    assert_eq!(good(&["get", &server.url("pub/c.md"), "-"]), "C");
    let mut child = wharf(&["put", "-", &server.url("pub/d")]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"piped").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(server.content("pub/d").unwrap(), b"piped");
    // Who reads no further is no error.
    let mut child = wharf(&["cat", &server.url("pub/a.txt")]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn going_on_where_it_stopped() {
    // XFR-10
    let server = Server::start(&[("f", Some("0123456789")), ("up", Some("012"))]);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("f");
    let name = file.to_str().unwrap();
    fs::write(&file, b"0123").unwrap();
    good(&["get", "-c", &server.url("f"), name]);
    assert_eq!(fs::read(&file).unwrap(), b"0123456789");
    good(&["get", "-c", &server.url("f"), name]);
    // What a cut download left comes before what has the name.
    fs::write(place.path().join(".f.wharf-part"), b"01234567").unwrap();
    fs::write(&file, b"old").unwrap();
    good(&["get", "-c", &server.url("f"), name]);
    assert_eq!(fs::read(&file).unwrap(), b"0123456789");
    good(&["put", "-c", name, &server.url("up")]);
    assert_eq!(server.content("up").unwrap(), b"0123456789");
    assert!(server.heard().contains(&"REST 3".to_owned()));
    fs::write(&file, b"0123456789ab").unwrap();
    let longer = run(&["get", "-c", &server.url("f"), name]);
    assert_eq!(longer.status.code(), Some(7));
    assert!(text(&longer.stderr).contains("12 bytes are here"), "{}", text(&longer.stderr));
    fs::write(&file, b"01").unwrap();
    assert_eq!(run(&["put", "-c", name, &server.url("up")]).status.code(), Some(7));
}

#[test]
fn two_files_are_never_spliced() {
    // XFR-08
    let long: String = (0..20_000).map(|number| format!("{number:07}")).collect();
    let server = Server::start(&[("f", Some(&long))]);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("f");
    let name = file.to_str().unwrap();
    fs::write(&file, &long[..100_000]).unwrap();
    good(&["get", "-c", &server.url("f"), name]);
    assert_eq!(fs::read_to_string(&file).unwrap(), long);
    assert!(server.heard().contains(&format!("REST {}", 100_000 - 65_536)), "a part of it is compared");

    for here in [long[..99_999].to_owned() + "x", long[7..100_000].to_owned(), "another".to_owned()] {
        fs::write(&file, &here).unwrap();
        let output = run(&["get", "-c", &server.url("f"), name]);
        assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("without -c"), "{}", text(&output.stderr));
        assert_eq!(fs::read_to_string(&file).unwrap(), here);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
    // What was left by a cut download may be of an older file too.
    fs::write(place.path().join(".f.wharf-part"), long.replace('1', "2")).unwrap();
    assert_eq!(run(&["get", "-c", &server.url("f"), name]).status.code(), Some(7));
}

#[test]
fn trees_there_and_back_over_one_connection() {
    let server = Server::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let (here, back) = (place.path().join("here"), place.path().join("back"));
    for number in 0..30 {
        let folder = here.join(format!("d{}", number % 3)).join("deep er");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("f {number}")), number.to_string()).unwrap();
    }
    fs::create_dir(here.join("empty")).unwrap();
    good(&["put", "-r", "--parallel", "1", here.to_str().unwrap(), &server.url("x/y")]);
    assert_eq!(server.content("x/y/d2/deep er/f 2").unwrap(), b"2");
    good(&["put", "-r", "--parallel", "1", here.to_str().unwrap(), &server.url("x/y")]);
    good(&["get", "-r", "--parallel", "1", &server.url("x/y"), back.to_str().unwrap()]);
    assert_eq!(fs::read(back.join("d1/deep er/f 28")).unwrap(), b"28");
    assert!(back.join("empty").is_dir());
    assert_eq!(server.state.lock().unwrap().connections, 3);
    good(&["rm", "-r", &server.url("x")]);
    assert!(server.state.lock().unwrap().tree.is_empty());
}

#[test]
fn from_one_server_to_another() {
    let (one, other) = (holding(), Server::start(&[("in", None)]));
    good(&["cp", &one.url("pub/a.txt"), &other.url("b")]);
    assert_eq!(other.content("b").unwrap(), b"A");
    assert_eq!(other.state.lock().unwrap().times["b"], "20010909014640");
    good(&["cp", &one.url("pub/*.txt"), &other.url("in/")]);
    assert_eq!(other.content("in/b.txt").unwrap(), b"BB");
    assert!(!one.heard().iter().chain(&other.heard()).any(|line| line.starts_with("PORT")));
    // Servers that do not do it are no obstacle.
    good(&["-q", "cp", "--fxp", &one.url("pub/c.md"), &other.url("c")]);
    assert_eq!(other.content("c").unwrap(), b"C");
    assert_eq!(run(&["cp", &one.url("gone"), &other.url("x")]).status.code(), Some(6));
    assert_eq!(other.content("x"), None);
    // A server may empty the file at STOR.
    for options in [&["cp"][..], &["cp", "--fxp"]] {
        assert_eq!(run(&[options, &[&one.url("gone"), &other.url("b")]].concat()).status.code(), Some(6));
    }
    assert_eq!(other.content("b").unwrap(), b"A");
    assert!(!other.heard().iter().any(|line| line == "STOR x" || line == "STOR /x"));
}

#[test]
fn changes() {
    let server = holding();
    good(&["mkdir", "-p", &server.url("n/m")]);
    good(&["mkdir", "-p", &server.url("n/m")]);
    assert_eq!(run(&["mkdir", &server.url("n")]).status.code(), Some(6));
    good(&["rmdir", &server.url("n/m")]);
    good(&["mv", &server.url("pub/a.txt"), "n/a b"]);
    assert_eq!(server.content("n/a b").unwrap(), b"A");
    good(&["rm", &server.url("pub/*.txt")]);
    good(&["rm", &server.url("n/a%20b")]);
    assert_eq!(server.state.lock().unwrap().tree.len(), 3);
}
