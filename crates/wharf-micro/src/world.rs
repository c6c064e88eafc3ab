//! What both machines meet: addresses, TLS, and a clock that stands.

use std::{net::SocketAddr, time::Instant};

use wharf_session::{ClientCertificate, TlsInfo, TlsVersion};

/// The time of everything. Machines are told the time and never ask; here it stands.
#[expect(clippy::disallowed_methods, reason = "any instant will do to begin with; nothing is measured by it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Where the server listens.
pub(crate) const SERVER: SocketAddr = address([192, 0, 2, 1], 21);

/// Where the client connects from.
pub(crate) const CLIENT: SocketAddr = address([192, 0, 2, 7], 50_000);

/// The server's end of a data connection.
pub(crate) const SERVER_DATA: SocketAddr = address([192, 0, 2, 1], 40_000);

/// The client's end of a data connection.
pub(crate) const CLIENT_DATA: SocketAddr = address([192, 0, 2, 7], 50_001);

/// Bytes of the one file.
pub(crate) const FILE: u64 = 65_536;

const fn address([a, b, c, d]: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::new(a, b, c, d), port))
}

/// What TLS agreed on, here as everywhere.
pub(crate) fn tls() -> TlsInfo {
    TlsInfo {
        version: TlsVersion::V1_3,
        cipher: "TLS13_AES_128_GCM_SHA256".to_owned(),
        resumed: true,
        server_name: None,
        client_certificate: ClientCertificate::NotAsked,
    }
}
