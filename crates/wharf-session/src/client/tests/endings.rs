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
