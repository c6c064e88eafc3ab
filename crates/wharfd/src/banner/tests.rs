use super::*;

const HEX: &str = "00ff";

fn names() -> Vec<String> {
    ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec()
}

fn text(listeners: &[(&str, bool)], names: &[String], trust: Trust<'_>, login: Login<'_>) -> String {
    let listeners: Vec<_> = listeners.iter().map(|(at, implicit)| (at.parse().unwrap(), *implicit)).collect();
    Banner {
        dir: "\"/srv/ftp\"",
        listeners: &listeners,
        fingerprint: HEX,
        origin: "kept in \"/state\"",
        names,
        trust,
        accounts: &["wharf   password  abc-def".to_owned()],
        login,
    }
    .text()
}

const WHARF: Login<'_> = Login { name: "wharf", password: Some("abc-def") };

#[test]
fn the_usual_lines() {
    let ca = Trust::File(Path::new("/state/cert.pem"));
    let shown = text(&[("127.0.0.1:2121", false), ("127.0.0.1:2990", true)], &names(), ca, WHARF);
    let expected = format!(
        "wharfd {} serves \"/srv/ftp\"
  explicit FTPS  127.0.0.1:2121
  implicit FTPS  127.0.0.1:2990
  certificate    sha256:00ff (kept in \"/state\")
  user           wharf   password  abc-def

  curl:          curl --ssl-reqd --cacert /state/cert.pem -u wharf:abc-def ftp://127.0.0.1:2121/
  lftp:          lftp -e 'set ssl:ca-file /state/cert.pem; set ftp:ssl-force yes; set ftp:ssl-protect-data yes' \
        -u wharf,abc-def ftp://127.0.0.1:2121
  FileZilla:     ftpes://wharf:abc-def@127.0.0.1:2121
  wharf:         WHARF_PASSWORD=abc-def wharf --trust pin:sha256:00ff ls ftpes://wharf@127.0.0.1:2121/
",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(shown, expected);
}

#[test]
fn implicit_alone_and_ipv6() {
    let ca = Trust::File(Path::new("/state/cert.pem"));
    let shown = text(&[("[::]:2990", true)], &names(), ca, WHARF);
    assert!(shown.contains("implicit FTPS  [::]:2990\n"), "{shown}");
    assert!(
        shown.contains("curl --cacert /state/cert.pem -u wharf:abc-def 'ftps://[::1]:2990/'\n"),
        "{shown}"
    );
    assert!(shown.contains("FileZilla:     ftps://wharf:abc-def@[::1]:2990\n"), "{shown}");
}

#[test]
fn a_password_that_was_given_is_not_repeated() {
    let login = Login { name: "al ice", password: None };
    let shown = text(&[("0.0.0.0:21", false)], &names(), Trust::File(Path::new("/my state/c")), login);
    assert!(
        shown.contains("curl --ssl-reqd --cacert '/my state/c' -u 'al ice' ftp://127.0.0.1:21/\n"),
        "{shown}"
    );
    assert!(shown.contains("'set ssl:ca-file \"/my state/c\"; set "), "{shown}");
    assert!(shown.contains("ftpes://al%20ice@127.0.0.1:21\n"), "{shown}");
    assert!(shown.contains("  wharf --trust "), "{shown}");
}

#[test]
fn an_address_that_the_certificate_is_not_for() {
    let ca = Trust::File(Path::new("/state/cert.pem"));
    let shown = text(&[("192.0.2.7:2121", false)], &names(), ca, WHARF);
    assert!(shown.contains("cannot check the certificate"), "{shown}");
    assert!(shown.contains("curl --ssl-reqd -k -u "), "{shown}");
    assert!(shown.contains("set ssl:verify-certificate no;"), "{shown}");
    assert!(shown.contains("--trust pin:sha256:00ff"), "{shown}");

    let names = ["*.example.org".to_owned(), "ftp.example.org".to_owned()];
    let shown = text(&[("192.0.2.7:2121", false)], &names, Trust::System, WHARF);
    assert!(shown.contains("curl --ssl-reqd -u wharf:abc-def ftp://ftp.example.org:2121/\n"), "{shown}");
}

#[test]
fn words_for_shells() {
    assert_eq!(quoted("it's"), r"'it'\''s'");
    assert_eq!(quoted(""), "''");
    assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
    assert_eq!(percent_encoded("ä:@/"), "%C3%A4%3A%40%2F");
}
