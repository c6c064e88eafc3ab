//! What is refused before anybody is called, where passwords come from, and exit codes.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::server::{Server, good, run, text, wharf};

#[test]
fn an_injected_command_is_refused_before_anybody_is_called() {
    // E2, CTL-28
    let server = Server::start(&[]);
    for path in ["%0d%0aDELE%20x", "a%0Ab", "a%00b"] {
        let output = run(&["--tls", "off", "ls", &server.url(path)]);
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(run(&["mv", &server.url("a"), "b\nDELE c"]).status.code(), Some(2));
    assert_eq!(server.state.lock().unwrap().connections, 0);
}

#[test]
fn wrong_usage_says_what_to_do() {
    let server = Server::start(&[]);
    let output = run(&[&server.url("")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("interactive shell is not there yet"));
    assert_eq!(run(&["ls"]).status.code(), Some(2));
    assert_eq!(run(&["frobnicate"]).status.code(), Some(2));
    assert_eq!(run(&["ls", "http://h/"]).status.code(), Some(2));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

#[test]
fn exit_codes_by_class() {
    let server = Server::start(&[]);
    let missing = run(&["--tls", "off", "cat", &server.url("gone")]);
    assert_eq!(missing.status.code(), Some(6), "{}", text(&missing.stderr));
    assert_eq!(run(&["cat", &server.url("x"), "--tls", "explicit"]).status.code(), Some(4));
    assert_eq!(run(&["ls", "ftp://me@127.0.0.1:1/"]).status.code(), Some(3));
    assert_eq!(run(&["--tls", "off", "put", "/nonexistent", &server.url("x")]).status.code(), Some(7));
}

#[test]
fn passwords_come_from_many_places_and_show_nowhere() {
    // E12
    let server = Server::start(&[]);
    let url = server.url("");
    let pass = || {
        server.heard().iter().rev().find_map(|line| line.strip_prefix("PASS ").map(str::to_owned)).unwrap()
    };
    let logged = run(&["--tls", "off", "-v", "ls", &url]);
    assert!(
        logged.status.success() && text(&logged.stderr).contains("> PASS ***"),
        "{}",
        text(&logged.stderr)
    );
    assert!(!text(&logged.stderr).contains("canary"));
    assert_eq!(pass(), "canary-secret");

    good(&["ls", &url, "--password-command", "echo from-command; echo more"]);
    assert_eq!(pass(), "from-command");

    let mut child = wharf(&["ls", &url, "--password-stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from-stdin\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(pass(), "from-stdin");

    let warned = run(&["ls", &url, "--password", "from-argument"]);
    assert!(text(&warned.stderr).contains("warning") && !text(&warned.stderr).contains("from-argument"));
    assert_eq!(pass(), "from-argument");

    let none = wharf(&["ls", &url]).env_remove("WHARF_PASSWORD").output().unwrap();
    assert_eq!(none.status.code(), Some(2), "there is no terminal to ask at");

    let place = tempfile::tempdir().unwrap();
    let netrc = place.path().join("netrc");
    fs::write(&netrc, "machine 127.0.0.1 login you password \"from netrc\"").unwrap();
    let url = format!("ftp://127.0.0.1:{}/", server.port);
    for (mode, code) in [(0o644, 7), (0o600, 0)] {
        fs::set_permissions(&netrc, fs::Permissions::from_mode(mode)).unwrap();
        let output = wharf(&["ls", &url]).env("NETRC", &netrc).env_remove("WHARF_PASSWORD").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    }
    assert_eq!(pass(), "from netrc");
    assert!(server.heard().contains(&"USER you".to_owned()));
}

#[test]
fn a_server_that_lost_its_tls_is_refused_until_told() {
    // TLS-06, SEC-07: anonymous users too, and before the user name.
    let server = Server::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("known_hosts");
    fs::write(&file, format!("127.0.0.1 {} - tls\n", server.port)).unwrap();
    let known = file.to_str().unwrap();
    for url in [server.url(""), format!("ftp://127.0.0.1:{}/", server.port)] {
        let output = run(&["--known-hosts", known, "ls", &url]);
        assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
        let said = text(&output.stderr);
        assert!(
            said.contains(known) && said.contains("--tls off") && said.contains("wharf forget"),
            "{said}"
        );
    }
    assert!(!server.heard().iter().any(|line| line.starts_with("USER")), "{:?}", server.heard());

    let told = run(&["--known-hosts", known, "--tls", "off", "ls", &server.url("")]);
    assert!(told.status.success() && text(&told.stderr).contains("warning"), "{}", text(&told.stderr));
    assert_eq!(text(&run(&["-q", "--known-hosts", known, "--tls", "off", "ls", &server.url("")]).stderr), "");

    good(&["--known-hosts", known, "forget", &server.url("")]);
    good(&["--known-hosts", known, "ls", &server.url("")]);
    let again = run(&["--known-hosts", known, "forget", &server.url("")]);
    assert!(again.status.success() && text(&again.stderr).contains("nothing is remembered"));
}

#[test]
fn a_certificate_of_this_side_is_checked_before_anybody_is_called() {
    let server = Server::start(&[]);
    let place = tempfile::tempdir().unwrap();
    let pair = |name: &str| {
        let identity = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let file = |end: &str| place.path().join(format!("{name}.{end}")).to_str().unwrap().to_owned();
        let (cert, key, both) = (file("crt"), file("key"), file("pem"));
        let (cert_pem, key_pem) = (identity.cert.pem(), identity.signing_key.serialize_pem());
        fs::write(&cert, &cert_pem).unwrap();
        fs::write(&key, &key_pem).unwrap();
        fs::write(&both, cert_pem + &key_pem).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        (cert, key, both)
    };
    let ((cert, key, both), (_, other, _)) = (pair("alice"), pair("bob"));
    let url = server.url("");
    assert_eq!(run(&["ls", &url, "--client-key", &key]).status.code(), Some(2));
    let mismatch = run(&["ls", &url, "--client-cert", &cert, "--client-key", &other]);
    let said = text(&mismatch.stderr);
    assert_eq!(mismatch.status.code(), Some(7), "{said}");
    assert!(said.contains(&cert) && said.contains(&other) && said.contains("does not belong"), "{said}");
    for wrong in [&["--client-cert", "/nonexistent/x.pem"][..], &["--client-cert", &cert]] {
        let output = run(&[&["ls", &url], wrong].concat());
        assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(wrong[1]));
    }
    assert_eq!(server.state.lock().unwrap().connections, 0);

    good(&["ls", &url, "--client-cert", &cert, "--client-key", &key]);
    let readable = run(&["ls", &url, "--client-cert", &both]);
    assert!(readable.status.success() && text(&readable.stderr).contains("chmod 600"));
}
