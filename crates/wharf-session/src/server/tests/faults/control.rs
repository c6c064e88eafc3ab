//! Section A: the control connection and its TLS.

use std::time::Duration;

use wharf_codec::Verb;
use wharf_types::FileOp;

use super::{
    super::{
        driver::{Driver, config},
        verbs::line,
    },
    codes, log_in, tolerant, with,
};
use crate::{
    policy::{ControlPolicy, DataPolicy},
    server::Output,
};

#[test]
fn a1_a_name_given_in_clear_is_forgotten_under_tls() {
    // TLS-05
    let mut driver = tolerant();
    assert_eq!(driver.code("USER alice"), 331);
    assert_eq!(driver.code("AUTH TLS"), 234);
    assert_eq!(driver.code("PASS secret"), 503);
    assert_eq!(driver.code("PWD"), 530);
}

#[test]
fn a1_what_was_agreed_in_clear_is_forgotten_under_tls() {
    // TLS-05
    let mut driver = tolerant();
    log_in(&mut driver);
    for (text, code) in [
        ("CWD /deep", 250),
        ("TYPE I", 200),
        ("PORT 192,0,2,7,200,0", 200),
        ("REST 2", 350),
        ("RNFR x", 350),
        ("AUTH TLS", 234),
        ("PWD", 530),
    ] {
        assert_eq!(driver.code(text), code, "{text}");
    }
    log_in(&mut driver);
    assert_eq!(driver.replies("PWD")[0].text_lines().next().unwrap(), b"\"/\" is the current directory");
    assert_eq!(driver.code("RNTO y"), 503);
    assert_eq!(driver.code("RETR x"), 425);
    assert_eq!(driver.record.dialled, 0);
    assert_eq!(driver.code("PASV"), 227);
    driver.record.effects.clear();
    assert_eq!(driver.code("RETR x"), 226);
    assert!(
        matches!(&driver.record.effects[..], [FileOp::Read { offset: 0, .. }]),
        "{:?}",
        driver.record.effects
    );
}

#[test]
fn a2_what_has_to_be_encrypted_is_never_let_through_in_clear() {
    // TLS-10, TLS-13, TLS-18, TLS-25
    let mut driver = with(ControlPolicy::Require, DataPolicy::Require);
    let in_clear =
        [("USER alice", 530), ("PASS secret", 530), ("CCC", 533), ("PBSZ 0", 503), ("PROT P", 503)];
    for (text, code) in in_clear.into_iter().chain([("LIST", 530), ("NOOP", 200), ("AUTH TLS", 234)]) {
        assert_eq!(driver.code(text), code, "{text}");
    }
    log_in(&mut driver);
    let secured = [
        ("PASV", 227),
        ("LIST", 521),
        ("PORT 192,0,2,7,200,0", 200),
        ("STOR x", 521),
        ("PROT P", 503),
        ("PBSZ 0", 200),
        ("PROT C", 534),
        ("PROT S", 536),
        ("PROT E", 536),
        ("PROT X", 504),
        ("CCC", 534),
        ("EPSV", 229),
        ("RETR x", 521),
    ];
    for (text, code) in secured {
        assert_eq!(driver.code(text), code, "{text}");
    }
    let record = &driver.record;
    assert_eq!((record.started, record.dialled, record.opened, record.clear_tls), (0, 0, 0, 0));
    // The way back to clear text takes the login with it.
    assert_eq!(driver.code("REIN"), 220);
    for (text, code) in in_clear {
        assert_eq!(driver.code(text), code, "{text} behind REIN");
    }
    assert!(!driver.record.closed);
}

#[test]
fn a7_a_browser_or_a_mail_client_is_not_listened_to() {
    // CTL-23
    for first in [
        &b"GET /<script>x</script> HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"POST / HTTP/1.1\r\n\r\nUSER alice\r\n",
        b"HEAD / HTTP/1.0\r\n",
        b"EHLO <script>\r\n",
        b"HELO <script>\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ] {
        let mut driver = tolerant();
        driver.send(first);
        let heard = driver.take();
        let shown = first.escape_ascii();
        assert!(driver.record.closed, "{shown}");
        assert!(!heard.iter().any(|reply| reply.to_string().contains("script")), "{shown}: {heard:?}");
    }
}

#[test]
fn a7_nothing_that_a_stranger_says_is_said_back() {
    const WORDS: &str = "<script>alert(1)</script>";
    let known = Verb::ALL.iter().map(|verb| verb.name());
    for verb in known.chain(["XYZZY", "<script>", "SITE CHMOD", "OPTS UTF8", "HELP SITE"]) {
        let mut driver = tolerant();
        let mut heard = driver.replies(&format!("{verb} {WORDS}"));
        heard.extend(driver.wait());
        for reply in heard {
            assert!(!reply.to_string().to_ascii_lowercase().contains("script"), "{verb}: {reply}");
        }
    }
}

#[test]
fn a7_who_says_nothing_but_nonsense_is_sent_away() {
    // CTL-18
    let mut driver = tolerant();
    for round in 0..10 {
        assert_eq!(driver.codes("X-Header: value"), [500], "{round}");
    }
    assert_eq!(driver.codes("X-Header: value"), [421]);
    assert!(driver.record.closed);
}

/// Every way for a session to stand without a login.
fn without_a_login() -> Vec<(&'static str, Driver)> {
    let after = |lines: &[&str]| {
        let mut driver = tolerant();
        for text in lines {
            driver.code(text);
        }
        driver
    };
    vec![
        ("at first", after(&[])),
        ("behind USER", after(&["USER alice"])),
        ("behind a login that failed", after(&["USER alice", "PASS wrong"])),
        ("behind AUTH", after(&["AUTH TLS"])),
        ("behind AUTH that undid a login", after(&["USER alice", "PASS secret", "AUTH TLS"])),
        ("behind REIN", after(&["USER alice", "PASS secret", "REIN"])),
        ("behind REIN under TLS", after(&["AUTH TLS", "USER alice", "PASS secret", "REIN"])),
    ]
}

#[test]
fn a9_no_verb_does_anything_before_its_time() {
    // LOG-03, LOG-09
    let free = [
        "ACCT", "ADAT", "AUTH", "CLNT", "CONF", "CSID", "ENC", "FEAT", "HELP", "HOST", "LANG", "MIC", "NOOP",
        "OPTS", "PASS", "PBSZ", "PROT", "QUIT", "REIN", "SYST", "USER",
    ];
    for verb in Verb::ALL {
        for (state, mut driver) in without_a_login() {
            let code = driver.code(&line(*verb));
            let named = format!("{verb} {state}: {code}");
            assert_eq!(verb.info().needs_login, !free.contains(&verb.name()), "{named}");
            if *verb == Verb::Ccc {
                // Fails for want of TLS, or of a login, with codes of its own.
                assert!(matches!(code, 533 | 534), "{named}");
            } else {
                // A password that is asked for may be wrong.
                let wrong = *verb == Verb::Pass && state == "behind USER";
                assert_eq!(code == 530, verb.info().needs_login || wrong, "{named}");
            }
            let record = &driver.record;
            assert!(record.effects.is_empty() && record.dialled + record.started == 0, "{named}");
        }
    }
}

#[test]
fn a9_what_comes_out_of_order_is_503() {
    // LOG-03, XFR-13
    let mut driver = tolerant();
    assert_eq!(driver.code("PASS secret"), 503);
    assert_eq!(driver.code("ACCT x"), 503);
    log_in(&mut driver);
    assert_eq!(driver.code("PASS secret"), 503);
    assert_eq!(driver.code("RNTO y"), 503);
    assert_eq!(driver.code("SITE CPTO y"), 503);
    // Something in between is too late as well.
    for between in ["NOOP", "XYZZY", "MKD", "STAT"] {
        assert_eq!(driver.code("RNFR x"), 350);
        driver.codes(between);
        assert_eq!(driver.code("RNTO y"), 503, "{between}");
    }
    assert!(!driver.record.effects.iter().any(|op| matches!(op, FileOp::Rename { .. })));
}

#[test]
fn a10_an_empty_password_opens_nothing() {
    for text in ["PASS", "PASS ", "PASS  "] {
        for name in ["alice", "nobody", "root", " "] {
            let mut driver = tolerant();
            assert_eq!(driver.code(&format!("USER {name}")), 331);
            assert_eq!(driver.code(text), 530, "{name}");
            assert_eq!(driver.code("PWD"), 530, "{name}");
        }
    }
}

#[test]
fn a11_known_and_unknown_names_hear_the_same_words_at_the_same_time() {
    // LOG-02
    let dialogue = |name: &str| {
        let mut driver = tolerant();
        let mut heard = vec![driver.replies(&format!("USER {name}"))];
        heard.push(driver.replies("PASS wrong"));
        // Tenths of a second, and what came in each.
        heard.extend((0..50).map(|_| driver.pass(Duration::from_millis(100))));
        heard
    };
    let known = dialogue("alice");
    assert_eq!(known.iter().flatten().count(), 2);
    assert!(known[1].is_empty(), "a failed login is answered late");
    for name in ["nobody", "alice2", "ALICE", "root"] {
        assert_eq!(dialogue(name), known, "{name}");
    }
}

#[test]
fn a12_guessing_is_slow_and_ends() {
    // LOG-04
    let mut driver = tolerant();
    for attempt in 1..=3 {
        assert_eq!(driver.codes("USER alice"), [331]);
        assert_eq!(driver.codes("PASS wrong"), [], "attempt {attempt}");
        // What follows waits too: sending faster does not help.
        assert_eq!(driver.codes("USER alice"), [], "attempt {attempt}");
        assert!(driver.pass(Duration::from_millis(1_900)).is_empty(), "attempt {attempt}");
        driver.pass(Duration::from_millis(200));
        assert_eq!(driver.record.closed, attempt == 3);
    }
    // Nothing that works before a login starts a new count.
    let mut driver = tolerant();
    let mut heard = Vec::new();
    for _ in 0..2 {
        heard.push(driver.code("USER alice"));
        heard.push(driver.code("PASS wrong"));
        heard.push(driver.code("HOST localhost"));
    }
    heard.push(driver.code("USER nobody"));
    heard.push(driver.code("PASS wrong"));
    assert_eq!(heard, [331, 530, 220, 331, 530, 220, 331, 421]);
}

#[test]
fn a13_odd_bytes_change_nothing() {
    // CTL-14, CTL-17, CTL-21
    let mut driver = tolerant();
    for (bytes, wanted) in [
        (&b"USER a\0b\r\n"[..], 501),
        (b"USER alice\0\r\n", 501),
        (b"US\0ER alice\r\n", 500),
        (b"USER a\rb\r\n", 501),
        (b"\n", 500),
        (b"\r\n", 500),
        (b"\xe9LIST\r\n", 500),
        (b"USER\xe9 alice\r\n", 500),
        (b" USER alice\r\n", 500),
    ] {
        driver.send(bytes);
        assert_eq!(codes(&mut driver), [wanted], "{}", bytes.escape_ascii());
        assert_eq!(driver.code("PASS secret"), 503, "{}: no name was taken", bytes.escape_ascii());
        driver = tolerant();
    }
    log_in(&mut driver);
    for (bytes, wanted) in [
        (&b"MKD a\rb\r\n"[..], 501),
        (b"MKD a\0b\r\n", 501),
        (b"DELE a\r\0b\r\n", 501),
        (b"RETR /a\0.txt\r\n", 501),
    ] {
        driver.send(bytes);
        assert_eq!(codes(&mut driver), [wanted], "{}", bytes.escape_ascii());
        assert!(driver.record.effects.is_empty(), "{}", bytes.escape_ascii());
    }
    // What Telnet clients send in front of ABOR.
    driver.send(b"\xff\xf4\xff\xf2ABOR\r\n");
    assert_eq!(codes(&mut driver), [226]);
    // Names are bytes, and reach storage as they came.
    assert_eq!(driver.code("MKD \u{e9}"), 257);
    driver.send(b"MKD \xe9\xff\xff\r\n");
    assert_eq!(codes(&mut driver), [257]);
    let made: Vec<&[u8]> = driver
        .record
        .effects
        .iter()
        .filter_map(|op| if let FileOp::MakeDirectory(path) = op { Some(path.as_bytes()) } else { None })
        .collect();
    assert_eq!(made, [&b"/\xc3\xa9"[..], b"/\xe9\xff"]);
}

#[test]
fn a14_a_line_without_end_is_not_stored_and_ends_the_session() {
    // CTL-18
    let mut driver = tolerant();
    let chunk = [b'A'; 4096];
    let (mut taken, mut most) = (0, 0);
    for _ in 0..(1 << 30) / chunk.len() {
        let now = driver.now;
        let step = driver.server.handle_bytes(now, &chunk);
        most = most.max(driver.server.input.capacity());
        driver.drive();
        if step == 0 {
            break;
        }
        taken += step;
    }
    assert_eq!(codes(&mut driver), [500, 421]);
    assert!(driver.record.closed);
    assert!(taken <= 128 * 1024, "{taken} bytes of a line were taken");
    assert!(most <= 128 * 1024, "{most} bytes were held");

    // One that ends is told once, and the next line counts again.
    let mut driver = tolerant();
    driver.send(&[&[b'A'; 60_000][..], b"\r\nNOOP\r\n"].concat());
    assert_eq!(codes(&mut driver), [500, 200]);
}

#[test]
fn a15_a_flood_fills_no_memory() {
    // A client that sends and never reads: what is said to it waits at the driver.
    for (text, login) in
        [(&b"NOOP\r\n"[..], false), (b"PWD\r\n", true), (b"HELP\r\n", false), (b"h\r\n", false)]
    {
        let mut driver = tolerant();
        if login {
            log_in(&mut driver);
        }
        let flood = text.repeat(10_000);
        let (mut unsent, mut taken, mut closed) = (0, 0, false);
        for _ in 0..1_000 {
            let now = driver.now;
            taken += driver.server.handle_bytes(now, &flood);
            while let Some(output) = driver.server.poll_output() {
                if let Output::Transmit(bytes) = output {
                    unsent += bytes.len();
                    driver.server.handle_sent(now, unsent);
                } else {
                    closed |= matches!(output, Output::Close | Output::Abort);
                }
            }
        }
        let shown = text.escape_ascii();
        assert!(unsent <= 32 * 1024, "{shown}: {unsent} bytes wait to be read");
        assert!(taken <= 256 * 1024, "{shown}: {taken} bytes were taken");
        assert!(driver.server.lines.len() <= 16, "{shown}");
        assert!(closed || !driver.server.wants_bytes(), "{shown}: more is asked for");
    }
}

#[test]
fn a16_a_name_in_a_reply_breaks_neither_line_nor_quotes() {
    // I18-12, CTL-17
    let mut driver = Driver::new(config(ControlPolicy::Allow, DataPolicy::Allow, false));
    driver.take();
    log_in(&mut driver);
    let reply = driver.replies("MKD say \"hi\" 226 ok").remove(0);
    assert_eq!(reply.text_lines().next().unwrap(), b"\"/say \"\"hi\"\" 226 ok\" created");
    driver.send(b"MKD a\r\0\n226 ok\r\n");
    let heard = codes(&mut driver);
    assert!(heard.iter().all(|code| *code >= 500), "{heard:?}");
    // An upload under a name of its own, told in 150: one line, whatever the name.
    assert_eq!(driver.code("EPSV"), 229);
    for reply in driver.replies("STOU \x1b]0;x\x07226 ok") {
        assert_eq!(reply.text_lines().count(), 1);
        assert!(!reply.to_string().contains('\x1b'), "{reply}");
    }
}
