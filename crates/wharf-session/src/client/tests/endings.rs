//! What the end of a transfer depends on, and what it does not.

use super::*;

/// A download that moves.
fn moving(mut rig: Rig, preliminary: &str) -> Rig {
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("200 ok");
    rig.says("229 (|||5000|)");
    rig.connected(1);
    rig.says(preliminary);
    rig
}

#[test]
fn nothing_is_sent_while_a_transfer_runs() {
    // CTL-25: no answer to a NOOP has to be told from the one that ends the transfer.
    let mut rig = moving(Rig::open(), "150 here");
    for step in 0..60_u64 {
        assert!(rig.data(1, DataEvent::Progress { bytes: step + 1 }).is_empty());
        assert!(rig.passes(20).is_empty(), "step {step}");
        let refused = rig.client.start(rig.now, Operation::Command(Command::Noop));
        assert_eq!(refused, Err(ApiMisuse::Busy));
    }
    assert!(rig.ended(1, 60).is_empty());
    assert_eq!(rig.says("226 done"), ["transferred 60"]);
}

#[test]
fn a_connection_that_tls_was_refused_on_is_told_by_any_code() {
    // TLS-19
    for reply in ["522 no session reuse", "425 cannot open", "426 cut"] {
        let mut rig = moving(Rig::secure(), "150 here");
        let failed = DataEvent::Failed(DataFailure::Tls("alert".into()));
        let mut out = rig.data(1, failed);
        out.extend(rig.says(reply));
        let told =
            format!("failed Data {{ failure: Tls(\"alert\"), reply: Some(Reply {{ code: {}", &reply[..3]);
        assert!(out.last().unwrap().starts_with(&told), "{out:?}");
        // The session goes on.
        rig.start(Operation::Command(Command::Noop));
        assert_eq!(rig.says("200 ok"), ["done 200 ok"]);
    }
}

#[test]
fn the_size_in_150_is_a_hint_and_the_end_is_the_close() {
    // XFR-12, DAT-20
    for hint in
        ["150 Opening (9 bytes)", "150 Opening (0 bytes)", "150 Opening (99999999999999999999 bytes)", "150"]
    {
        let mut rig = moving(Rig::open(), hint);
        // 226 alone ends nothing: the sender closes.
        assert!(rig.says("226 done").is_empty(), "{hint}");
        assert_eq!(rig.ended(1, 7), ["transferred 7"], "{hint}");
    }
}

#[test]
fn a_server_that_does_not_answer_abor_either_has_been_waited_for() {
    // E13
    let timeouts = ClientTimeouts { stall: Duration::from_secs(3), ..ClientTimeouts::default() };
    for said in [None, Some("426 cut")] {
        let mut rig = Rig::new(ClientConfig {
            clear_login: true,
            pipeline: false,
            timeouts,
            ..ClientConfig::default()
        });
        rig.says("220 hello");
        rig.fetch(spec(TransferVerb::Retr));
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        rig.says("150 here");
        assert_eq!(rig.passes(3), ["d1 cancel Abort", "> ABOR"]);
        if let Some(said) = said {
            assert!(rig.says(said).is_empty());
        }
        let out = rig.passes(1);
        match said {
            None => assert_eq!(out[1], "lost TimedOut(DataStall)", "{out:?}"),
            Some(_) => assert_eq!(out, ["failed TimedOut(DataStall)"]),
        }
    }
}

#[test]
fn a_listed_size_is_the_least() {
    // E7
    let run = |at_least, ask_size: Option<&str>, bytes| {
        let mut rig = Rig::open();
        rig.fetch(TransferSpec { at_least, ask_size: ask_size.is_some(), ..spec(TransferVerb::Retr) });
        rig.says("200 ok");
        if let Some(said) = ask_size {
            rig.says(said);
        }
        rig.says("229 (|||5000|)");
        rig.connected(1);
        rig.says("150 here");
        rig.data(1, DataEvent::Finished { bytes, end: EndMark::Clean });
        rig.says("226 done").pop().unwrap()
    };
    assert_eq!(run(Some(5), None, 5), "transferred 5");
    assert_eq!(run(Some(5), None, 6), "transferred 6");
    assert!(run(Some(5), None, 4).starts_with("failed Truncated"));
    assert!(run(Some(5), Some("550 no"), 4).starts_with("failed Truncated"));
    assert_eq!(run(Some(5), Some("213 4"), 4), "transferred 4", "what SIZE says is newer");
    assert!(run(Some(5), Some("213 6"), 5).starts_with("failed Truncated"));
}
