//! Commands that go out together.

use super::*;

/// Logged in, in clear, after one download that went command by command.
fn after_one() -> Rig {
    let mut rig = Rig::new(ClientConfig { clear_login: true, ..ClientConfig::default() });
    rig.says("220 hello");
    rig.start(login(Some("p")));
    rig.says("331 password");
    assert_eq!(rig.says("230 in"), ["> FEAT"]);
    rig.says("500 what?");
    rig.says("215 UNIX");
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> TYPE I"]);
    assert_eq!(rig.says("200 ok"), ["> EPSV"]);
    assert_eq!(rig.says("229 (|||5000|)"), ["d1 dial 192.0.2.1:5000"]);
    assert_eq!(rig.connected(1), ["> RETR f"]);
    rig.says("150 here");
    rig.ended(1, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
    rig
}

/// After a pair as well.
fn proven() -> Rig {
    let mut rig = after_one();
    assert_eq!(rig.fetch(spec(TransferVerb::Retr)), ["> EPSV", "> RETR f"]);
    assert!(!rig.client.may_post());
    assert_eq!(rig.says("229 (|||5001|)"), ["d2 dial 192.0.2.1:5001"]);
    rig.says("150 here");
    assert!(rig.client.may_post());
    rig.connected(2);
    rig.ended(2, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
    rig
}

fn dele(name: &str) -> Command {
    Command::Dele(path(name))
}

#[test]
fn setup_and_command_go_together_once_the_setup_works() {
    let mut rig = proven();
    let asking = TransferSpec { ask_size: true, ..spec(TransferVerb::Retr) };
    assert_eq!(rig.fetch(asking.clone()), ["> SIZE f", "> EPSV", "> RETR f"]);
    assert!(rig.says("213 9").is_empty());
    assert_eq!(rig.says("229 (|||5002|)"), ["d3 dial 192.0.2.1:5002"]);
    assert!(rig.says("150 here").is_empty());
    rig.connected(3);
    rig.ended(3, 8);
    // The size counts as it would have counted before.
    assert!(rig.says("226 done")[0].starts_with("failed Truncated"));
    // XFR-05: a size that is refused is no size.
    rig.fetch(asking);
    rig.says("550 no");
    rig.says("229 (|||5003|)");
    rig.says("150 here");
    rig.connected(4);
    rig.ended(4, 8);
    assert_eq!(rig.says("226 done"), ["transferred 8"]);
}

#[test]
fn what_others_depend_on_is_not_sent_ahead() {
    // XFR-08: where REST is refused, STOR behind it would begin at 0.
    let mut rig = proven();
    let middle = TransferSpec { offset: 3, ..spec(TransferVerb::Stor) };
    assert_eq!(rig.fetch(middle), ["> EPSV"]);
    assert_eq!(rig.says("229 (|||5002|)"), ["d3 dial 192.0.2.1:5002", "> REST 3"]);
    assert!(rig.says("502 no")[1].starts_with("failed Refused"));
    assert_eq!(rig.fetch(spec(TransferVerb::Appe)), ["> EPSV"]);
}

#[test]
fn posted_commands_go_with_the_next_one() {
    let mut rig = proven();
    let first = rig.client.post(dele("a")).unwrap();
    rig.client.post(dele("b")).unwrap();
    assert!(rig.drain().is_empty());
    assert_eq!(rig.fetch(spec(TransferVerb::Stor)), ["> DELE a", "> DELE b", "> EPSV", "> STOR f"],);
    assert!(rig.client.has_posted());
    rig.client.handle_bytes(rig.now, b"250 gone\r\n");
    let told = std::iter::from_fn(|| rig.client.poll_output());
    assert!(told.into_iter().any(|output| matches!(
        output,
        Output::Event(Event::Finished { op, result: Ok(Outcome::Done(_)) }) if op == first
    )));
    assert!(rig.says("550 no")[0].starts_with("failed Refused"));
    assert_eq!(rig.says("229 (|||5002|)"), ["d3 dial 192.0.2.1:5002"]);
    rig.connected(3);
    assert_eq!(rig.says("150 go"), ["d3 start Send(JobId(6)) Image"]);
    rig.ended(3, 1);
    assert_eq!(rig.says("226 done"), ["transferred 1"]);
    // By themselves.
    rig.client.post(dele("c")).unwrap();
    assert_eq!(rig.start(Operation::Flush), ["> DELE c"]);
    assert_eq!(rig.says("250 gone"), ["done 250 gone", "done 250 gone"]);
    assert_eq!(rig.start(Operation::Flush), ["done 200 Nothing was waiting"]);
    assert_eq!(rig.client.post(Command::Cwd(path("x"))), Err(ApiMisuse::NotAlone));
    assert!(rig.says("200 stray")[0].starts_with("lost PeerMisbehaved"));
}

#[test]
fn only_so_many_wait_at_a_time() {
    let mut rig = proven();
    let taken = (0..100).take_while(|number| rig.client.post(dele(&number.to_string())).is_ok()).count();
    assert_eq!(taken, 12);
    assert_eq!(rig.start(Operation::Flush).len(), 12);
}

#[test]
fn a_lost_reply_ends_the_session_soon() {
    // E8: which of the commands were lost is not guessed.
    let mut rig = after_one();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("229 (|||5001|)");
    rig.connected(2);
    assert_eq!(rig.passes(2), ["d2 cancel Close", "failed Lost(Pipelined)", "lost Pipelined", "close"]);
    assert!(rig.client.loses_commands());
}

#[test]
fn a_lost_reply_to_the_setup_is_missed_too() {
    let mut rig = after_one();
    let asking = TransferSpec { ask_size: true, ..spec(TransferVerb::Retr) };
    rig.fetch(asking);
    // The first reply of all may take its time.
    assert!(rig.passes(20).is_empty());
    rig.says("213 7");
    assert_eq!(rig.passes(2)[0], "failed Lost(Pipelined)");
}

#[test]
fn a_slow_server_that_answers_all_is_left_alone() {
    let mut rig = proven();
    rig.client.post(dele("a")).unwrap();
    rig.client.post(dele("b")).unwrap();
    rig.start(Operation::Flush);
    rig.says("250 gone");
    assert!(rig.passes(14).is_empty());
    assert_eq!(rig.says("250 gone").len(), 2);
}

#[test]
fn a_refused_setup_is_tried_again_alone() {
    let mut rig = after_one();
    rig.fetch(spec(TransferVerb::Retr));
    assert!(rig.says("500 what?").is_empty());
    assert_eq!(rig.says("425 no connection"), ["> EPSV"]);
    assert_eq!(rig.says("229 (|||5001|)"), ["d2 dial 192.0.2.1:5001", "> RETR f"]);
    rig.says("150 here");
    rig.connected(2);
    rig.ended(2, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
    assert!(rig.client.loses_commands(), "it is not tried again");
}

#[test]
fn a_transfer_that_is_refused_for_being_early_is_tried_again() {
    let mut rig = after_one();
    rig.fetch(spec(TransferVerb::Stor));
    rig.says("229 (|||5001|)");
    assert_eq!(rig.says("503 EPSV first"), ["d2 cancel Close", "> EPSV"]);
    rig.says("229 (|||5002|)");
    rig.connected(3);
    rig.says("150 go");
    rig.ended(3, 7);
    assert_eq!(rig.says("226 done"), ["transferred 7"]);
}

#[test]
fn a_missing_file_is_no_fault_of_the_pair() {
    let mut rig = after_one();
    rig.fetch(spec(TransferVerb::Retr));
    rig.says("229 (|||5001|)");
    let told = rig.says("550 no such file");
    assert_eq!(told[0], "d2 cancel Close");
    assert!(told[1].starts_with("failed Refused"));
    assert!(rig.client.may_post());
}

#[test]
fn stopping_a_pair_awaits_all_its_replies() {
    // DAT-18
    let mut rig = proven();
    rig.fetch(TransferSpec { ask_size: true, ..spec(TransferVerb::Retr) });
    assert_eq!(rig.start(Operation::Abort), ["> ABOR"]);
    assert!(rig.says("213 7").is_empty());
    assert!(rig.says("229 (|||5002|)").is_empty());
    assert!(rig.says("426 stopped").is_empty());
    assert_eq!(rig.says("226 ok"), ["failed Aborted", "done 226 ok"]);
}

#[test]
fn a_listing_is_never_the_first_pair() {
    let mut rig = after_one();
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV"]);
    let mut rig = proven();
    assert_eq!(rig.fetch(spec(TransferVerb::Mlsd)), ["> EPSV", "> MLSD f"]);
}

#[test]
fn one_reply_too_many_is_noticed() {
    // E8
    let mut rig = proven();
    rig.fetch(spec(TransferVerb::Stor));
    rig.says("229 (|||5002|)");
    rig.says("229 (|||5002|)");
    rig.connected(3);
    assert!(rig.client.is_closed() || rig.says("150 go").iter().any(|line| line.contains("PeerMisbehaved")));
}

#[test]
fn a_transfer_elsewhere_is_a_matter_of_replies() {
    // RFC 959 §5.4, SEC-06
    let mut rig = after_one();
    assert_eq!(rig.start(Operation::SetUp(Command::Pasv)), ["> PASV"]);
    assert_eq!(rig.says("227 here (192,0,2,1,1,2)"), ["done 227 here (192,0,2,1,1,2)"]);
    let elsewhere = TransferSpec { elsewhere: true, ..spec(TransferVerb::Stor) };
    assert_eq!(rig.fetch(elsewhere.clone()), ["> STOR f"]);
    rig.says("150 go");
    assert!(rig.passes(3_600).is_empty(), "nothing of it shows here");
    assert_eq!(rig.says("226 done"), ["transferred 0"]);
    assert_eq!(rig.fetch(elsewhere), ["> STOR f"]);
    assert_eq!(rig.start(Operation::Abort), ["> ABOR"]);
    rig.says("426 stopped");
    assert_eq!(rig.says("226 ok"), ["failed Aborted", "done 226 ok"]);
    let other = Operation::SetUp(Command::Noop);
    assert_eq!(rig.client.start(rig.now, other), Err(ApiMisuse::NotAlone));
}

#[test]
fn two_commands_that_do_nothing_find_it_out() {
    for answers in [2, 1] {
        let mut rig = after_one();
        assert!(rig.client.post(dele("a")).is_err());
        rig.client.post(Command::Noop).unwrap();
        rig.client.post(Command::Noop).unwrap();
        assert!(rig.client.post(Command::Noop).is_err());
        assert_eq!(rig.start(Operation::Flush), ["> NOOP", "> NOOP"]);
        rig.says("200 ok");
        if answers == 2 {
            rig.says("200 ok");
            assert!(rig.client.may_post());
        } else {
            assert!(rig.passes(2).contains(&"lost Pipelined".to_owned()));
        }
    }
}
