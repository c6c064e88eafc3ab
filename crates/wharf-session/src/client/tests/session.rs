//! Greeting, TLS, login, commands, the end.

use super::*;

#[test]
fn logs_in_and_learns_what_the_server_can_do() {
    let mut rig = Rig::open();
    assert_eq!(rig.start(login(Some("p"))), ["> USER u"]);
    assert_eq!(rig.says("331 password"), ["> PASS p"]); // LOG-07
    assert_eq!(rig.says("230-welcome\r\n230 in"), ["> FEAT"]);
    assert_eq!(rig.says("211-Features:\r\n UTF8\r\n mlst type*;size;\r\n211 End"), ["> OPTS UTF8 ON"]); // I18-06
    assert_eq!(rig.says("500 what?"), ["> OPTS MLST type;size;"]);
    assert_eq!(rig.says("200 ok"), ["done 230 welcome / in"]);
    assert!(rig.client.facts().utf8 && rig.client.facts().logged_in);
    assert!(rig.client.facts().features.as_ref().unwrap().mlst()); // I18-03
}

#[test]
fn never_sends_a_password_unasked() {
    // LOG-06, LOG-07
    let mut rig = Rig::open();
    rig.start(login(Some("p")));
    assert_eq!(rig.says("230 in"), ["> FEAT"]);
    for refusal in ["530 no", "421 busy", "350 odd"] {
        let mut rig = Rig::open();
        rig.start(login(Some("p")));
        let out = rig.says(refusal);
        assert!(out[0].starts_with("failed"), "{out:?}");
    }
    // Without TLS not even the name goes out, unless that was asked for (SEC-07).
    let mut rig = Rig::new(ClientConfig::default());
    rig.says("220 hello");
    assert_eq!(rig.client.start(rig.now, login(Some("p"))), Err(ApiMisuse::ClearLogin));
    let pass = Command::Pass(Secret::new("p").unwrap());
    assert_eq!(rig.client.start(rig.now, Operation::Command(pass)), Err(ApiMisuse::ClearLogin));
    let raw = Text::try_from("pass p").unwrap();
    assert_eq!(rig.client.start(rig.now, Operation::Raw(raw)), Err(ApiMisuse::ClearLogin));
    assert!(rig.drain().is_empty());
}

#[test]
fn sends_an_account_when_asked() {
    // LOG-06
    let mut rig = Rig::open();
    let account = Some(Secret::new("a").unwrap());
    let user = UserName::try_from("u").unwrap();
    rig.start(Operation::Login { user, password: Some(Secret::new("p").unwrap()), account });
    rig.says("331 password");
    assert_eq!(rig.says("332 account"), ["> ACCT a"]);
    assert_eq!(rig.says("202 fine"), ["> FEAT"]);
    let mut rig = Rig::open();
    rig.start(login(Some("p")));
    rig.says("331 password");
    assert!(rig.says("332 account")[0].contains("NeedAccount"));
}

#[test]
fn masks_secrets_in_what_it_shows() {
    // CTL-26
    let mut rig = Rig::open();
    rig.client.start(rig.now, login(Some("hunter2"))).unwrap();
    rig.client.handle_bytes(rig.now, b"331 password\r\n");
    rig.client.handle_bytes(rig.now, b"530 no\r\n");
    let raw = Operation::Raw(Text::try_from("PASS hunter2").unwrap());
    rig.client.start(rig.now, raw).unwrap();
    let mut shown = String::new();
    while let Some(output) = rig.client.poll_output() {
        if let Output::Event(event) = output {
            shown.push_str(&format!("{event:?}\n"));
        }
    }
    assert!(shown.contains("PASS ***") && !shown.contains("hunter2"), "{shown}");
    assert!(!format!("{:?}", rig.client).contains("hunter2"));
}

#[test]
fn replies_behind_234_end_the_session() {
    // TLS-04, E3: in one segment and in the next.
    for injected in ["234 go\r\n230 in\r\n", "234 go\r\n2"] {
        let mut rig = Rig::new(ClientConfig::default());
        rig.says("220 hello");
        rig.start(Operation::Secure { host: "h".into() });
        rig.client.handle_bytes(rig.now, injected.as_bytes());
        let out = rig.drain();
        let expected = [
            "failed Lost(PlaintextBehindTls)".to_owned(),
            "lost PlaintextBehindTls".to_owned(),
            "close".to_owned(),
        ];
        assert_eq!(out, expected);
    }
    let mut rig = Rig::new(ClientConfig::default());
    rig.says("220 hello");
    rig.start(Operation::Secure { host: "h".into() });
    rig.says("234 go");
    assert!(!rig.client.wants_bytes());
    assert_eq!(rig.client.handle_bytes(rig.now, b"230 in\r\n"), 0);
}

#[test]
fn anything_but_234_is_no_tls() {
    // E3, SEC-07
    for reply in ["230 in", "200 fine", "220 hello", "500 what?", "334 more", "421 bye"] {
        let mut rig = Rig::new(ClientConfig::default());
        rig.says("220 hello");
        rig.start(Operation::Secure { host: "h".into() });
        let out = rig.says(reply);
        assert!(out.len() == 1 && out[0].starts_with("failed TlsRefused"), "{reply}: {out:?}");
        assert_eq!(rig.client.start(rig.now, login(Some("p"))), Err(ApiMisuse::ClearLogin));
    }
}

#[test]
fn a_failed_handshake_is_the_end() {
    // TLS-06
    let mut rig = Rig::new(ClientConfig::default());
    rig.says("220 hello");
    rig.start(Operation::Secure { host: "h".into() });
    rig.says("234 go");
    let out = rig.tls(TlsEvent::Failed("bad".into()));
    assert!(out[0].starts_with("failed") && out[2] == "close");
    assert_eq!(rig.client.start(rig.now, Operation::Quit), Err(ApiMisuse::Closed));
}

#[test]
fn two_replies_for_one_command_end_the_session() {
    // E8
    let mut rig = Rig::open();
    rig.start(Operation::Command(Command::Noop));
    let out = rig.says("200 ok\r\n200 ok");
    assert!(out[0].starts_with("done") && out[1].starts_with("lost PeerMisbehaved") && out[2] == "close");
}

#[test]
fn a_421_that_nobody_asked_for_is_no_answer() {
    // CTL-11
    let mut rig = Rig::open();
    let out = rig.says("421 idle");
    assert!(out[0].starts_with("lost ServiceClosing"));
    assert_eq!(rig.client.start(rig.now, Operation::Quit), Err(ApiMisuse::Closed));
}

#[test]
fn long_replies_to_anything() {
    // CTL-08, CTL-09, CTL-10
    let mut rig = Rig::open();
    rig.start(Operation::Quit);
    let out = rig.says("221-bye\r\n 221 not yet\r\n220-x\r\n221-y\r\n221 now");
    assert!(out[0].starts_with("done 221") && out[1] == "close");
}

#[test]
fn quit_needs_no_answer() {
    let mut rig = Rig::open();
    rig.start(Operation::Quit);
    rig.client.handle_eof(rig.now);
    assert_eq!(rig.drain(), ["done 221 closed", "close"]);
}

#[test]
fn older_forms_only_where_the_verb_is_unknown() {
    // CTL-27
    let mut rig = Rig::open();
    rig.start(Operation::Command(Command::Mkd(path("d"))));
    assert_eq!(rig.says("502 what?"), ["> XMKD d"]);
    assert_eq!(rig.says("257 \"d\""), ["done 257 \"d\""]);
    rig.start(Operation::Command(Command::Mkd(path("d"))));
    assert!(rig.says("550 no")[0].starts_with("failed"));
}

#[test]
fn parts_of_operations_are_not_sent_alone() {
    let rig = &mut Rig::open();
    for line in ["PASV", "RETR x", "AUTH TLS", "EPRT |1|1.2.3.4|5|", "MODE Z", "list", "QUIT"] {
        let raw = Operation::Raw(Text::try_from(line).unwrap());
        assert_eq!(rig.client.start(rig.now, raw), Err(ApiMisuse::NotAlone), "{line}");
    }
    assert_eq!(rig.start(Operation::Raw(Text::try_from("site help").unwrap())), ["> site help"]);
    assert_eq!(rig.says("214 no help"), ["done 214 no help"]);
}

#[test]
fn ccc_and_rein_go_back_to_clear() {
    let mut rig = Rig::secure();
    rig.start(Operation::Command(Command::Rein));
    let out = rig.says("220 again");
    assert_eq!(out, ["clear", "done 220 again"]);
    assert!(!rig.client.wants_bytes());
    rig.tls(TlsEvent::Cleared);
    assert!(rig.client.facts().tls.is_none() && !rig.client.facts().data_protected);
    assert_eq!(rig.start(Operation::Secure { host: "h".into() }), ["> AUTH TLS"]);
}

#[test]
fn every_split_of_the_bytes_is_the_same() {
    // CTL-02
    let dialogue = b"220-hi\r\n220 hello\r\n";
    for at in 0..dialogue.len() {
        let mut rig = Rig::new(ClientConfig::default());
        rig.client.handle_bytes(rig.now, &dialogue[..at]);
        rig.client.handle_bytes(rig.now, &dialogue[at..]);
        let greeted = std::iter::from_fn(|| rig.client.poll_output())
            .any(|output| matches!(output, Output::Event(Event::Greeting(r)) if r.code() == ReplyCode::SERVICE_READY));
        assert!(greeted);
    }
}

#[test]
fn a_bad_greeting_is_the_end() {
    for greeting in ["421 full", "SSH-2.0-x", "500 no", "220 a\0b"] {
        let mut rig = Rig::new(ClientConfig::default());
        let out = rig.says(greeting);
        assert!(out[0].starts_with("lost") && out[1] == "close", "{out:?}");
    }
    // CTL-01: 120 means wait.
    let mut rig = Rig::new(ClientConfig::default());
    assert!(rig.says("120 soon").is_empty());
    assert!(rig.says("220 now").is_empty());
    assert_eq!(rig.start(Operation::Quit), ["> QUIT"]);
}
