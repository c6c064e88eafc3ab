//! Addresses as people mean them.

use std::net::SocketAddr;

/// Takes an IPv4 address out of its IPv6 wrapping (`::ffff:192.0.2.1`), as a listener for both families
/// reports it: rules, replies and logs compare the plain address.
pub(crate) fn unmapped(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}
