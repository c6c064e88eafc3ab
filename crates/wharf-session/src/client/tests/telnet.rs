//! Telnet on the control connection (RFC 854), which the client never speaks.

use super::*;

/// Every byte that the machine sends.
fn sent(rig: &mut Rig) -> Vec<u8> {
    let outputs = std::iter::from_fn(|| rig.client.poll_output());
    outputs
        .filter_map(|output| if let Output::Transmit(bytes) = output { Some(bytes) } else { None })
        .flatten()
        .collect()
}

#[test]
fn nothing_of_telnet_is_sent_whatever_the_server_asks() {
    // CTL-16
    let mut rig = Rig::open();
    for asked in [&b"\xff\xfd\x01"[..], b"\xff\xfb\x03", b"\xff\xf6", b"\xff\xfa\x18\x01\xff\xf0"] {
        rig.client.start(rig.now, Operation::Command(Command::Noop)).unwrap();
        assert_eq!(sent(&mut rig), b"NOOP\r\n");
        let bytes = [asked, b"200 o", asked, b"k\r\n"].concat();
        assert_eq!(rig.client.handle_bytes(rig.now, &bytes), bytes.len());
        assert_eq!(sent(&mut rig), b"", "{}", asked.escape_ascii());
        assert!(!rig.client.is_busy(), "{}", asked.escape_ascii());
    }
}

#[test]
fn abor_is_a_line_like_any_other_and_goes_inside_tls() {
    // TLS-28, CTL-16
    for mut rig in [Rig::open(), Rig::secure()] {
        rig.fetch(spec(TransferVerb::Retr));
        rig.says("200 ok");
        rig.says("229 (|||5000|)");
        rig.connected(1);
        rig.says("150 here");
        // No byte in front of it and none out of band: the driver hands it to TLS where there is one.
        rig.client.start(rig.now, Operation::Abort).unwrap();
        assert_eq!(sent(&mut rig), b"ABOR\r\n");
    }
}
