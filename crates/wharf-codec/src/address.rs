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

/// `af,hal,h...,pal,p1,p2` of [RFC 1639](https://www.rfc-editor.org/rfc/rfc1639) §2.
pub(crate) fn long_host_port_text(addr: HostPort) -> String {
    let (family, octets, port) = match &addr {
        HostPort::V4(addr) => (4, addr.ip().octets().to_vec(), addr.port()),
        HostPort::V6(addr) => (6, addr.ip().octets().to_vec(), addr.port()),
        HostPort::Unsupported { family } => return format!("{family},0,0"),
    };
    let [high, low] = port.to_be_bytes();
    let mut text = format!("{family},{}", octets.len());
    for octet in octets {
        text.push_str(&format!(",{octet}"));
    }
    text + &format!(",2,{high},{low}")
}

/// The text of a 228 reply ([RFC 1639](https://www.rfc-editor.org/rfc/rfc1639) §3).
#[must_use]
pub fn encode_lpsv(addr: SocketAddr) -> String {
    format!("Entering Long Passive Mode ({}).", long_host_port_text(addr.into()))
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
    // A run begins where a number could not have begun earlier: neither inside one nor behind a comma or a sign.
    let inside = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b',' | b'.' | b'-');
    let starts = (0..text.len())
        .filter(|&at| at.checked_sub(1).and_then(|at| text.get(at)).is_none_or(|b| !inside(b)));
    starts.filter_map(|at| text.get(at..)).find_map(six_numbers)
}

/// Six numbers from 0 to 255 with commas between them, and no seventh behind them.
fn six_numbers(text: &[u8]) -> Option<SocketAddrV4> {
    let mut octets = [0_u8; 6];
    let mut rest = text;
    for (at, octet) in octets.iter_mut().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(b",")?;
            rest = rest.strip_prefix(b" ").unwrap_or(rest);
        }
        let digits;
        (digits, rest) = split_digits(rest)?;
        *octet = digits.parse().ok()?;
    }
    let [a, b, c, d, high, low] = octets;
    let port = u16::from_be_bytes([high, low]);
    if port == 0 || rest.starts_with(b",") {
        None
    } else {
        Some(SocketAddrV4::new([a, b, c, d].into(), port))
    }
}

/// At least one digit, and what follows.
fn split_digits(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() { None } else { Some((core::str::from_utf8(digits).ok()?, rest)) }
}

/// The text of a 229 reply ([RFC 2428](https://www.rfc-editor.org/rfc/rfc2428) §3).
#[must_use]
pub fn encode_epsv(port: u16) -> String {
    format!("Entering Extended Passive Mode (|||{port}|)")
}

/// The port in the text of a 229 reply. The delimiter is whatever the server chose (DAT-04); port 0 is refused.
#[must_use]
pub fn parse_epsv(text: &[u8]) -> Option<u16> {
    text.iter().enumerate().filter(|&(_, &byte)| byte == b'(').find_map(|(at, _)| {
        let (&[mark, second, third], rest) = text.get(at.checked_add(1)?..)?.split_first_chunk::<3>()?;
        if mark != second || mark != third || !mark.is_ascii_graphic() || mark.is_ascii_digit() {
            return None;
        }
        let (digits, rest) = split_digits(rest)?;
        let end = rest.strip_prefix(&[mark][..])?;
        let port = digits.parse().ok().filter(|&port| port != 0)?;
        end.starts_with(b")").then_some(port)
    })
}
