//! Transfers.

use super::*;

#[test]
fn implicit_tls_comes_before_the_greeting() {
    // IMP-01, IMP-03
    let security = StartSecurity::Implicit { host: "h".into() };
    let mut rig = Rig::at(ClientConfig::default(), "192.0.2.1:990", security);
    assert_eq!(rig.drain(), ["upgrade h"]);
    assert!(!rig.client.wants_bytes());
    assert!(rig.tls(TlsEvent::Established(info())).is_empty());
    rig.says("220 hello");
    rig.start(login(Some("p")));
    assert_eq!(rig.says("230 in"), ["> PBSZ 0"]);
    assert_eq!(rig.says("200 ok"), ["> PROT P"]);
    assert_eq!(rig.says("534 no"), ["> FEAT"]);
    rig.says("500 what?");
    assert_eq!(rig.says("215 UNIX"), ["done 230 in"]);
    // Refused protection shows when a file should move.
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> PBSZ 0"]);
    rig.says("200 ok");
    assert!(rig.says("534 no")[0].starts_with("failed ProtectionRefused"));
}

#[test]
fn fetches_a_file() {
    // XFR-08, DAT-05: TYPE once, EPSV, then the connection, then the command.
    let mut rig = Rig::open();
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> TYPE I"]);
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    assert_eq!(rig.says("229 Entering (|||5000|)"), ["d1 dial 192.0.2.1:5000"]);
    assert_eq!(rig.connected(1), ["> RETR f"]);
    assert_eq!(rig.says("150 here"), ["d1 start Receive(JobId(1)) Image"]);
    assert!(rig.ended(1, 7).is_empty());
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
    // The second time TYPE is known, and EPSV works: the command does not wait for the connection.
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> EPSV"]);
    assert_eq!(rig.says("229 Entering (|||5001|)"), ["d2 dial 192.0.2.1:5001", "> RETR f"]);
    assert!(rig.says("150 here").is_empty());
    assert_eq!(rig.connected(2), ["d2 start Receive(JobId(2)) Image"]);
    // DAT-15: the last reply may be first.
    assert!(rig.says("226 done").is_empty());
    assert_eq!(rig.ended(2, 9), ["transferred 9"]);
}

#[test]
fn a_protected_file_waits_for_150_before_tls() {
    // TLS-22, TLS-23
    let mut rig = Rig::secure();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 Entering (|||5000|)");
    rig.connected(1);
    assert_eq!(rig.says("150 here"), ["d1 secure"]);
    let secured = DataEvent::Secured { tls: info(), bound: true };
    assert_eq!(rig.data(1, secured.clone()), ["d1 start Receive(JobId(2)) Image"]);
    rig.ended(1, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
    // A server that shakes hands before it says 150 is met after a while.
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("229 Entering (|||5000|)");
    assert!(rig.connected(2).is_empty());
    assert_eq!(rig.passes(3), ["d2 secure"]);
    assert!(rig.data(2, secured).is_empty());
    assert_eq!(rig.says("150 here"), ["d2 start Receive(JobId(3)) Image"]);
}

#[test]
fn falls_back_to_pasv_and_remembers() {
    // DAT-05
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    assert_eq!(rig.says("500 what?"), ["> PASV"]);
    // DAT-06, SEC-06, E1: the host in the reply is nobody's business.
    assert_eq!(rig.says("227 ok (10,0,0,1,0,22)"), ["d1 dial 192.0.2.1:22", "> RETR f"]);
    rig.says("550 no");
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> PASV"]);
}

#[test]
fn falls_back_to_pasv_when_the_connection_fails() {
    // DAT-05
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 Entering (|||5000|)");
    assert_eq!(rig.data(1, DataEvent::Failed(DataFailure::Connect("no".into()))), ["> PASV"]);
    // Too late for the first one to count.
    assert!(rig.connected(1).is_empty());
    assert_eq!(rig.says("227 ok (192,0,2,1,0,80)"), ["d2 dial 192.0.2.1:80", "> RETR f"]);
    // A connection that does not come is the same.
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 Entering (|||5000|)");
    assert_eq!(rig.passes(30), ["d1 cancel Close", "> PASV"]);
}

#[test]
fn speaks_no_pasv_over_ipv6() {
    // DAT-05
    let config = ClientConfig { clear_login: true, use_epsv: false, ..ClientConfig::default() };
    let mut rig = Rig::at(config, "[2001:db8::1]:21", StartSecurity::Clear);
    rig.says("220 hello");
    rig.fetch(spec(TransferVerb::Retr));
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    assert!(rig.says("500 what?")[0].starts_with("failed Refused"));
}

#[test]
fn the_switch_follows_the_address_of_pasv() {
    let config = ClientConfig { use_epsv: false, dangerous_trust_pasv_host: true, ..ClientConfig::default() };
    let mut rig = Rig::new(config);
    rig.says("220 hello");
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    assert_eq!(rig.says("227 =10,0,0,1,0,22")[0], "d1 dial 10.0.0.1:22"); // DAT-03
}

#[test]
fn lets_the_server_dial() {
    let config = ClientConfig { active: true, ..ClientConfig::default() };
    let mut rig = Rig::new(config);
    rig.says("220 hello");
    rig.fetch(spec(TransferVerb::Stor));
    assert_eq!(rig.says("200 ok"), ["d1 listen"]);
    let listening = DataEvent::Listening("0.0.0.0:1000".parse().unwrap());
    assert_eq!(rig.data(1, listening), ["> PORT 192,0,2,9,3,232"]);
    assert_eq!(rig.says("200 ok"), ["> STOR f"]);
    // A refusal ends the pending accept at once.
    assert_eq!(rig.says("553 no")[0], "d1 cancel Close");
    assert!(!rig.client.is_busy());
}

#[test]
fn restarts_in_the_middle() {
    // XFR-08
    let mut rig = Rig::open();
    let from_ten = TransferSpec { offset: 10, ..spec(TransferVerb::Retr) };
    assert_eq!(rig.fetch(from_ten), ["> TYPE I"]);
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    rig.says("229 (|||5000|)");
    assert_eq!(rig.connected(1), ["> REST 10"]);
    assert_eq!(rig.says("350 more"), ["> RETR f"]);
    assert!(rig.says("550 no")[1].starts_with("failed Refused"));
    // A server may keep the offset for the next one.
    rig.fetch(spec(TransferVerb::Retr));
    assert_eq!(rig.says("229 (|||5000|)")[1], "> REST 0");
    assert_eq!(rig.says("350 more"), ["> RETR f"]);
    rig.connected(2);
    rig.says("150 here");
    rig.ended(2, 1);
    rig.says("226 done");
    rig.fetch(spec(TransferVerb::Retr));
    assert_eq!(rig.says("229 (|||5000|)")[1], "> RETR f");
    // Nothing is spliced when REST is refused (E7).
    let mut rig = Rig::open();
    rig.fetch(TransferSpec { offset: 10, ..spec(TransferVerb::Retr) });
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    assert!(rig.says("502 no")[1].starts_with("failed Refused"));
}

#[test]
fn refusals_cancel_what_is_pending() {
    for reply in ["550 no", "425 no", "450 no"] {
        let mut rig = Rig::open();
        rig.fetch(spec(TransferVerb::Retr));
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        let out = rig.says(reply);
        assert_eq!(out[0], "d1 cancel Close");
        assert!(out[1].starts_with("failed Refused"));
        assert!(rig.client.poll_timeout().is_none());
    }
}

#[test]
fn asks_for_protection_once_when_told_to() {
    // TLS-18
    for code in ["521", "522", "534"] {
        let mut rig = Rig::new(ClientConfig { require_data_tls: false, ..ClientConfig::default() });
        rig.says("220 hello");
        rig.start(Operation::Secure { host: "h".into() });
        rig.says("234 go");
        assert_eq!(rig.tls(TlsEvent::Established(info())), ["done 234 go"]);
        rig.fetch(spec(TransferVerb::Retr));
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        assert_eq!(rig.says(&format!("{code} protect it")), ["d1 cancel Close", "> PBSZ 0"]);
        rig.says("200 ok");
        assert_eq!(rig.says("200 ok"), ["> EPSV"]);
        rig.says("229 (|||5001|)");
        rig.connected(2);
        assert!(rig.says(&format!("{code} again"))[1].starts_with("failed Refused"));
    }
}

#[test]
fn success_needs_both_sides() {
    // DAT-15, DAT-17, TLS-24, E7
    let run = |spec: TransferSpec, end: EndMark, last: &str| {
        let mut rig = Rig::open();
        rig.fetch(spec);
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        rig.says("150 here");
        rig.data(1, DataEvent::Finished { bytes: 5, end });
        rig.says(last).pop().unwrap()
    };
    let retr = || spec(TransferVerb::Retr);
    assert_eq!(run(retr(), EndMark::Clean, "250 done"), "transferred 5");
    assert!(run(retr(), EndMark::Clean, "426 cut").starts_with("failed Refused"));
    assert!(run(retr(), EndMark::NoCloseNotify, "226 done").starts_with("failed Truncated"));
    let sized = |size| TransferSpec { expected: Some(size), ..retr() };
    assert_eq!(run(sized(5), EndMark::NoCloseNotify, "226 done"), "transferred 5");
    assert!(run(sized(6), EndMark::Clean, "226 done").starts_with("failed Truncated"));
    assert!(run(sized(4), EndMark::Clean, "226 done").starts_with("failed Truncated"));
}

#[test]
fn takes_2yz_without_1yz() {
    // DAT-17
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    assert_eq!(rig.says("226 done"), ["d1 start Receive(JobId(1)) Image"]);
    assert_eq!(rig.ended(1, 3), ["transferred 3"]);
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Stor));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    assert!(rig.says("226 done")[1].starts_with("failed PeerMisbehaved"));
}

#[test]
fn a_broken_data_connection_waits_for_the_last_word() {
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Stor));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says("150 go");
    assert!(rig.data(1, DataEvent::Failed(DataFailure::Broken("reset".into()))).is_empty());
    let out = rig.says("552 quota");
    assert!(out[0].starts_with("failed Refused"), "{out:?}");
    assert!(!rig.client.is_closed());
}

#[test]
fn stops_a_transfer() {
    // DAT-18: 426 and 226, or one reply alone, or the transfer's own end and 225.
    for (replies, late) in
        [(&["426 cut", "226 done"][..], false), (&["226 done"], true), (&["226 done", "225 idle"], false)]
    {
        let mut rig = Rig::open();
        rig.fetch(spec(TransferVerb::Retr));
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        rig.says("150 here");
        assert_eq!(rig.start(Operation::Abort), ["d1 cancel Abort", "> ABOR"]);
        let mut out = Vec::new();
        for reply in replies {
            out.extend(rig.says(reply));
        }
        if late {
            assert!(out.is_empty());
            out = rig.passes(2);
        }
        assert_eq!(out[0], "failed Aborted");
        assert!(out[1].starts_with("done"));
        assert!(!rig.client.is_busy() && rig.client.poll_timeout().is_none());
        if late {
            // It comes after all, and is no answer to what was asked since.
            rig.start(Operation::Command(Command::Noop));
            assert!(rig.says("226 aborted").is_empty());
        } else {
            rig.start(Operation::Command(Command::Noop));
        }
        assert_eq!(rig.says("200 ok"), ["done 200 ok"]);
    }
}

#[test]
fn stops_before_the_transfer_has_begun() {
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    assert!(rig.start(Operation::Abort).is_empty());
    assert_eq!(rig.says("200 ok"), ["failed Aborted", "done 225 Stopped"]);
    assert_eq!(rig.client.start(rig.now, Operation::Abort), Err(ApiMisuse::NothingToAbort));
}

#[test]
fn waits_for_nothing_for_ever() {
    // E5, E13
    let mut rig = Rig::new(ClientConfig::default());
    for _ in 0..50 {
        assert!(rig.passes(1).is_empty());
        rig.client.handle_bytes(rig.now, b"2");
    }
    assert!(rig.passes(10)[0].starts_with("lost"));

    let mut rig = Rig::open();
    rig.start(Operation::Command(Command::Noop));
    assert_eq!(rig.passes(60)[1], "lost TimedOut(Reply)");

    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says("150 here");
    rig.now += Duration::from_secs(59);
    assert!(rig.data(1, DataEvent::Progress { bytes: 1 }).is_empty());
    assert!(rig.passes(59).is_empty());
    // Progress that is none does not count.
    rig.data(1, DataEvent::Progress { bytes: 1 });
    assert_eq!(rig.passes(1), ["d1 cancel Abort", "> ABOR"]);
    rig.says("426 cut");
    assert_eq!(rig.says("226 done"), ["failed TimedOut(DataStall)"]);
    assert!(!rig.client.is_closed());
}

#[test]
fn reads_the_name_that_the_server_chose() {
    // XFR-11
    let mut rig = Rig::open();
    rig.fetch(TransferSpec::new(TransferVerb::Stou, None));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    assert_eq!(rig.connected(1), ["> STOU"]);
    assert_eq!(rig.says("150 FILE: f.1"), ["d1 start Send(JobId(1)) Image"]);
    rig.ended(1, 2);
    assert_eq!(rig.says("226 done"), ["transferred 2 as b\"f.1\""]);
}

#[test]
fn remembers_that_there_is_no_mlsd() {
    let mut rig = Rig::open();
    assert_eq!(rig.fetch(TransferSpec::new(TransferVerb::Mlsd, None)), ["> EPSV"]); // LST-10: no TYPE
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says("500 what?");
    assert_eq!(rig.client.facts().mlsd, Some(false));
    assert_eq!(rig.fetch(TransferSpec::new(TransferVerb::List, None)), ["> TYPE A N"]);
}

#[test]
fn a_cancel_for_what_runs_says_so() {
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says("150 here");
    rig.client.handle_eof(rig.now);
    let out = rig.drain();
    assert_eq!(out[0], format!("d1 cancel {:?}", CancelHow::Abort));
    assert_eq!(out[1], "failed Lost(Closed)");
}

#[test]
fn a_server_that_leaves_behind_its_last_word_has_said_it() {
    let mut rig = Rig::open();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says("150 here");
    rig.says("226 done");
    rig.client.handle_eof(rig.now);
    assert!(rig.drain().is_empty() && !rig.client.wants_bytes());
    assert_eq!(rig.ended(1, 7), ["transferred 7", "lost Closed", "close"]);
}
