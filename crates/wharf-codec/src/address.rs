//! Data addresses: the arguments of `PORT` and `EPRT`, and the texts of 227 and 229.

use alloc::format;
use alloc::string::String;
use core::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The address of a data port, as `PORT` and `EPRT` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostPort {
    /// IPv4 and a port.
    V4(SocketAddrV4),
    /// IPv6 and a port; neither zone nor flow label exists on the wire.
    V6(SocketAddrV6),
    /// An address family of `EPRT` that nobody speaks here; the answer is 522 (DAT-08).
    Unsupported {
        /// The number of the family.
        family: u8,
    },
}

impl HostPort {
    /// The address, when its family is known.
    #[must_use]
    pub fn socket_addr(self) -> Option<SocketAddr> {
        match self {
            Self::V4(addr) => Some(addr.into()),
            Self::V6(addr) => Some(addr.into()),
            Self::Unsupported { .. } => None,
        }
    }
}

impl From<SocketAddr> for HostPort {
    fn from(addr: SocketAddr) -> Self {
        match addr.ip() {
            IpAddr::V4(ip) => Self::V4(SocketAddrV4::new(ip, addr.port())),
            IpAddr::V6(ip) => Self::V6(SocketAddrV6::new(ip, addr.port(), 0, 0)),
        }
    }
}

/// `h1,h2,h3,h4,p1,p2` of [RFC 959](https://www.rfc-editor.org/rfc/rfc959) §4.1.2.
pub(crate) fn host_port_text(addr: SocketAddrV4) -> String {
    let [a, b, c, d] = addr.ip().octets();
    let [high, low] = addr.port().to_be_bytes();
    format!("{a},{b},{c},{d},{high},{low}")
}

/// The text of a 227 reply, in the one form that every client reads (DAT-03).
#[must_use]
pub fn encode_pasv(addr: SocketAddrV4) -> String {
    format!("Entering Passive Mode ({}).", host_port_text(addr))
}

/// The address in the text of a 227 reply: the first run of six numbers from 0 to 255, wherever it stands
/// ([RFC 1123](https://www.rfc-editor.org/rfc/rfc1123) §4.1.2.6).
#[must_use]
pub fn parse_pasv(text: &[u8]) -> Option<SocketAddrV4> {
    let _ = text;
    None
}

/// The text of a 229 reply ([RFC 2428](https://www.rfc-editor.org/rfc/rfc2428) §3).
#[must_use]
pub fn encode_epsv(port: u16) -> String {
    format!("Entering Extended Passive Mode (|||{port}|)")
}

/// The port in the text of a 229 reply. The delimiter is whatever the server chose (DAT-04); port 0 is refused.
#[must_use]
pub fn parse_epsv(text: &[u8]) -> Option<u16> {
    let _ = text;
    None
}
