//! The scripted peer, against the client machine.

use wharf_codec::{Command, Reply};
use wharf_session::client::{Client, ClientConfig, Event, Operation, Outcome, Output, StartSecurity};
use wharf_testkit::{ScriptedPeer, start};

#[test]
fn a_client_talks_to_a_script() {
    let now = start();
    let mut server = ScriptedPeer::new()
        .say("220-hello\r\n220 there\r\n")
        .expect("PWD")
        .say("257 \"/\"\r\n")
        .expect("QUIT")
        .say("221 bye\r\n");
    let ends = ("192.0.2.1:21".parse().unwrap(), "203.0.113.7:4000".parse().unwrap());
    let mut client = Client::new(ClientConfig::default(), ends.0, ends.1, StartSecurity::Clear, now);
    let mut replies = Vec::<Reply>::new();
    for operation in [None, Some(Operation::Command(Command::Pwd)), Some(Operation::Quit)] {
        if let Some(operation) = operation {
            client.start(now, operation).unwrap();
        }
        while let Some(output) = client.poll_output() {
            if let Output::Transmit(bytes) = output {
                server.hear(&bytes).unwrap();
            }
        }
        client.handle_bytes(now, &server.take_output());
        while let Some(output) = client.poll_output() {
            if let Output::Event(Event::Finished { result: Ok(Outcome::Done(reply)), .. }) = output {
                replies.push(reply);
            }
        }
    }
    assert!(server.is_done());
    assert_eq!(replies.iter().map(|reply| reply.code().get()).collect::<Vec<_>>(), [257, 221]);
}

#[test]
fn what_the_script_does_not_have_is_told() {
    let mut server = ScriptedPeer::new().expect("NOOP");
    let mismatch = server.hear(b"PWD\r\n").unwrap_err();
    assert_eq!(mismatch.to_string(), "\"NOOP\" was expected, \"PWD\" was heard");
    assert!(ScriptedPeer::new().hear(b"X\r\n").is_err());
}
