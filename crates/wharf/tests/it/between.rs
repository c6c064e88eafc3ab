//! Two servers: what each of them is told, and what is passed over.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};

use crate::server::{Server, good, run, text, wharf};

fn url(server: &Server, login: &str, path: &str) -> String {
    format!("ftp://{login}127.0.0.1:{}/{path}", server.port)
}

/// The passwords that the server was told.
fn told(server: &Server) -> Vec<String> {
    let mut state = server.state.lock().unwrap();
    let heard = std::mem::take(&mut state.heard);
    heard.iter().filter_map(|line| line.strip_prefix("PASS ")).map(str::to_owned).collect()
}

fn with_input(words: &[&str], input: &str) -> Output {
    let mut child = wharf(words)
        .env_remove("WHARF_PASSWORD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn no_server_is_told_the_password_of_another() {
    // E12
    let (one, two) = (Server::start(&[("x", Some("X"))]), Server::start(&[]));
    let from = url(&one, "me@", "x");
    let (to, to_me) = (url(&two, "you@", "y"), url(&two, "me@", "y"));
    for options in [&[][..], &["--password", "canary-secret"], &["--password-command", "echo canary-secret"]]
    {
        let output = run(&[options, &["cp", &from, &to]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("no password for you"), "{}", text(&output.stderr));
        assert!(told(&one).is_empty() && told(&two).is_empty());
        // The same user on the same host has one password.
        assert!(run(&[options, &["cp", &from, &to_me]].concat()).status.success());
        assert_eq!((told(&one), told(&two)), (vec!["canary-secret".into()], vec!["canary-secret".into()]));
    }
    let output = run(&["-q", "cp", &url(&one, "me:urlone@", "x"), &to]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    good(&["-q", "cp", &from, &url(&two, "you:urltwo@", "y")]);
    assert_eq!((told(&one), told(&two)), (vec!["canary-secret".into()], vec!["urltwo".into()]));

    let place = tempfile::tempdir().unwrap();
    let netrc = place.path().join("netrc");
    fs::write(&netrc, "machine 127.0.0.1 login you password stored").unwrap();
    fs::set_permissions(&netrc, fs::Permissions::from_mode(0o600)).unwrap();
    let output = wharf(&["cp", &from, &to]).env("NETRC", &netrc).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((told(&one), told(&two)), (vec!["canary-secret".into()], vec!["stored".into()]));
}

#[test]
fn each_server_has_its_line_of_standard_input() {
    // E12
    let (one, two) = (Server::start(&[("x", Some("X"))]), Server::start(&[]));
    for (from, to, input, passwords) in [
        ("me@", "you@", "one\ntwo\n", ["one", "two"]),
        ("me@", "me@", "both\n", ["both", "both"]),
        ("me:url@", "you@", "two\n", ["url", "two"]),
        ("me@", "you:url@", "one\n", ["one", "url"]),
        ("", "you@", "two\n", ["anonymous@", "two"]),
    ] {
        let words = ["-q", "--password-stdin", "cp", &url(&one, from, "x"), &url(&two, to, "y")];
        let output = with_input(&words, input);
        assert!(output.status.success(), "{from} {to}: {}", text(&output.stderr));
        assert_eq!([told(&one), told(&two)], passwords.map(|password| vec![password.to_owned()]));
    }
    let before = one.state.lock().unwrap().connections;
    let output =
        with_input(&["--password-stdin", "cp", &url(&one, "me@", "x"), &url(&two, "you@", "y")], "one\n");
    assert_eq!(output.status.code(), Some(7));
    assert!(text(&output.stderr).contains("no second line"), "{}", text(&output.stderr));
    assert_eq!(one.state.lock().unwrap().connections, before, "it shows before anybody is called");
}

#[test]
fn what_is_passed_over_is_said() {
    let one = Server::start(&[("p", None), ("p/sub", None), ("p/x", Some("X"))]);
    let two = Server::start(&[("d", None)]);
    let listing = "type=OS.unix=slink:/x; l\r\ntype=dir; sub\r\ntype=file;size=1; x\r\n";
    one.state.lock().unwrap().listings.insert("p".to_owned(), listing.to_owned());
    let output = run(&["cp", &one.url("p/*"), &two.url("d/")]);
    let said = text(&output.stderr);
    assert!(
        output.status.success() && said.contains("p/l: a link") && said.contains("p/sub: a dir"),
        "{said}"
    );
    assert_eq!(two.content("d/x").unwrap(), b"X");
    for words in [&["cat"][..], &["hash"], &["cp"]] {
        let mut words = words.to_vec();
        let (from, to) = (one.url("p/s*"), two.url("d/"));
        words.push(&from);
        if words[0] == "cp" {
            words.push(&to);
        }
        let output = run(&words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("p/sub: a directory, skipped") && said.contains("is a file"), "{said}");
    }
}

#[test]
fn lines_that_make_no_sense_count_behind_a_pattern_too() {
    let server = Server::start(&[("p", None), ("p/x", Some("X"))]);
    let listing = "type=file;size=1; x\r\ntype=file;size=1; ../y\r\n";
    server.state.lock().unwrap().listings.insert("p".to_owned(), listing.to_owned());
    let place = tempfile::tempdir().unwrap();
    let target = place.path().to_str().unwrap();
    for words in [&["get", &server.url("p/*"), target][..], &["cat", &server.url("p/*")]] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("p: 1 lines"), "{}", text(&output.stderr));
    }
    for path in ["p", "p/*"] {
        let output = run(&["ls", &server.url(path)]);
        assert!(output.status.success() && text(&output.stderr).contains("1 lines of the listing"));
        assert_eq!(text(&run(&["-q", "ls", &server.url(path)]).stderr), "");
    }
}

#[test]
fn a_file_is_never_copied_onto_itself() {
    let server = Server::start(&[("d", None), ("d/x", Some("X")), ("d/y", Some("Y"))]);
    for (from, to) in [("d/x", "d/x"), ("d/x", "d/"), ("d/x", "%2Fd/../d/x"), ("%2Fd/x", "d//x")] {
        let output = run(&["cp", &server.url(from), &server.url(to)]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("its own copy"), "{}", text(&output.stderr));
    }
    let again = server.url("d/").replace("ftp://", "FTP://");
    let output = run(&["cp", &server.url("d/*"), &again]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(!server.heard().iter().any(|line| line.starts_with("STOR")));
    good(&["cp", &server.url("d/x"), &server.url("d/z")]);
    assert_eq!(server.content("d/z").unwrap(), b"X");
}

#[test]
fn a_pattern_may_stand_behind_an_escaped_slash() {
    let server = Server::start(&[("a", Some("A")), ("b", Some("B"))]);
    assert_eq!(good(&["ls", &server.url("%2F*")]), "/a\n/b\n");
    assert_eq!(good(&["ls", &server.url("%2F*")]), good(&["ls", &server.url("/*")]));
}
