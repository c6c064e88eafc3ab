//! Data addresses.

use bytes::BytesMut;
use wharf_codec::{Command, HostPort, Leniency, Line, encode_epsv, encode_pasv, parse_epsv, parse_pasv};

/// The arguments of PORT and EPRT and the texts of 227 and 229: an address that is written the way it was read, or
/// nothing (DAT-03, DAT-04).
///
/// # Panics
/// On a finding.
pub fn host_port(data: &[u8]) {
    if let Some(addr) = parse_pasv(data) {
        assert_ne!(addr.port(), 0);
        assert_eq!(parse_pasv(encode_pasv(addr).as_bytes()), Some(addr));
    }
    if let Some(port) = parse_epsv(data) {
        assert_ne!(port, 0);
        assert_eq!(parse_epsv(encode_epsv(port).as_bytes()), Some(port));
    }
    for verb in ["PORT", "EPRT"] {
        let line = Line::new([verb.as_bytes(), b" ", data].concat());
        let Ok(command) = Command::parse(&line, &Leniency::default()) else { continue };
        let (Command::Port(address) | Command::Eprt(address)) = &command else {
            panic!("{verb} was read as {command}")
        };
        if verb == "PORT" {
            assert!(matches!(address, HostPort::V4(_)), "PORT tells IPv4 only: {address:?}");
        }
        if let Some(addr) = address.socket_addr() {
            assert_eq!(HostPort::from(addr), *address);
        }
        let mut wire = BytesMut::new();
        command.encode(&mut wire);
        wire.truncate(wire.len() - 2);
        assert_eq!(Command::parse(&Line::new(wire.freeze()), &Leniency::strict()), Ok(command));
    }
}
