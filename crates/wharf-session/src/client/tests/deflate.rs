//! MODE Z.

use super::*;

/// Logged in, in clear, with a server that answers FEAT so.
fn rig(compress: bool, feat: &str) -> Rig {
    let config = ClientConfig { clear_login: true, compress, pipeline: false, ..ClientConfig::default() };
    let mut rig = Rig::new(config);
    rig.says("220 hello");
    rig.start(login(Some("p")));
    rig.says("331 password");
    assert_eq!(rig.says("230 in"), ["> FEAT"]);
    assert_eq!(rig.says(&format!("211-Features:\r\n MLST type*;\r\n{feat}211 End")), ["done 230 in"]);
    rig
}

/// Ends the transfer that runs on data connection `id`.
fn to_the_end(rig: &mut Rig, id: u64, start: &str) {
    let port = 5000 + id;
    let dialled = rig.says(&format!("229 Entering (|||{port}|)"));
    assert!(dialled[0].contains("dial"), "{dialled:?}");
    rig.connected(id);
    assert_eq!(rig.says("150 here"), [start.to_owned()]);
    rig.ended(id, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
}

#[test]
fn mode_z_is_chosen_once_where_it_is_offered() {
    // XFR-22
    let mut rig = rig(true, " MODE Z\r\n");
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> TYPE I"]);
    assert_eq!(rig.says("200 ok"), ["> MODE Z"]);
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    to_the_end(&mut rig, 1, "d1 start Receive(JobId(2)) Image deflated");
    assert_eq!(rig.fetch(spec(TransferVerb::Stor)), ["> EPSV"]);
    let dialled = rig.says("229 Entering (|||5002|)");
    assert_eq!(dialled, ["d2 dial 192.0.2.1:5002", "> STOR f"]);
    rig.connected(2);
    assert_eq!(rig.says("150 here"), ["d2 start Send(JobId(3)) Image deflated"]);
    rig.ended(2, 7);
    rig.says("226 done");
    // A listing is deflated like everything else.
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV"]);
    to_the_end(&mut rig, 3, "d3 start Receive(JobId(4)) Image deflated");
    // REIN forgets the mode.
    rig.start(Operation::Command(Command::Rein));
    rig.says("220 anew");
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV"]);
}

#[test]
fn mode_s_stays_where_it_is_not_offered_wanted_or_taken() {
    for (compress, feat) in [(false, " MODE Z\r\n"), (true, ""), (true, " MODE B\r\n")] {
        let mut rig = rig(compress, feat);
        assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV"]);
        to_the_end(&mut rig, 1, "d1 start Receive(JobId(2)) Image");
    }
    let mut rig = rig(true, " MODE Z\r\n");
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> MODE Z"]);
    assert_eq!(rig.says("504 not now"), ["> EPSV"]);
    to_the_end(&mut rig, 1, "d1 start Receive(JobId(2)) Image");
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV"]);
}

#[test]
fn a_mode_whose_reply_nobody_saw_is_settled_first() {
    let mut rig = rig(true, " MODE Z\r\n");
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> MODE Z"]);
    rig.start(Operation::Abort);
    rig.says("200 ok");
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> MODE Z"]);
    assert_eq!(rig.says("504 no"), ["> MODE S"]);
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    to_the_end(&mut rig, 1, "d1 start Receive(JobId(4)) Image");
    // The same with TYPE.
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> TYPE I"]);
    rig.start(Operation::Abort);
    rig.says("200 ok");
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> TYPE I"]);
}

#[test]
fn without_an_end_mark_a_download_is_not_whole() {
    // XFR-22
    let mut rig = rig(true, " MODE Z\r\n");
    rig.fetch(spec(TransferVerb::Mlsd));
    rig.says("200 ok");
    rig.says("229 Entering (|||5001|)");
    rig.connected(1);
    rig.says("150 here");
    assert!(rig.data(1, DataEvent::Failed(DataFailure::Deflate(DeflateFault::Cut))).is_empty());
    assert!(rig.says("226 done")[0].starts_with("failed Data { failure: Deflate(Cut)"));
}
