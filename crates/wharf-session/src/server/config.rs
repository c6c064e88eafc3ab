//! What a server machine is told at its start.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use wharf_codec::{Leniency, Limits};

use wharf_types::{ClientCertificateRule, TlsRule};

use crate::policy::{AccountRules, Networks, Policy};

/// The configuration of a listener's sessions; shared by all of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// What must be encrypted on this listener; other scopes tighten it.
    pub policy: Policy,
    /// What client networks add to that.
    pub networks: Arc<Networks>,
    /// What accounts add to that, and which there are.
    pub accounts: Arc<AccountRules>,
    /// Whether TLS starts with the first byte (implicit FTPS).
    pub implicit: bool,
    /// Whether there is a certificate.
    pub tls_available: bool,
    /// Whether sessions need a certificate of the client; hosts may ask for more. The driver asks for one in TLS where
    /// this or a host says so.
    pub client_certificates: ClientCertificateRule,
    /// The text of the greeting.
    pub greeting: String,
    /// The virtual hosts, which clients name by HOST (RFC 7151) or in TLS (SNI). `localhost` and addresses of the
    /// control connection itself are always taken, and stand for no virtual host.
    pub hosts: Vec<VirtualHost>,
    /// The address that PASV tells instead of the local one (behind NAT).
    pub public_ip: Option<Ipv4Addr>,
    /// Whether active mode is offered (PORT, EPRT).
    pub active: bool,
    /// Whether data connections from and to other addresses than the client's are permitted (server-to-server
    /// transfers). Opens the way for bounce attacks (RFC 2577 §3).
    pub dangerous_foreign_data: bool,
    /// Whether SSCN and CPSV are offered, with which a client has this server shake hands as the TLS client on a data
    /// connection: two servers need one that does (RFC 4217 §7 makes both of them TLS servers). Such a connection cannot
    /// prove that it belongs to the session; off by default.
    pub dangerous_tls_client: bool,
    /// Whether a TLS upload that ends without close_notify is refused (426); otherwise it is taken.
    pub strict_close: bool,
    /// Whether MODE Z is offered (draft-preston-ftpext-deflate-04).
    pub deflate: bool,
    /// How many bytes an upload in MODE Z may hold for each of its own, from its first MiB on; more is 552.
    ///
    /// No bound by default: the format itself has one, about 1,030, and a file of zeros or a sparse image reaches it just
    /// as a stream made to fill a disk does. [`max_upload`](Self::max_upload) tells these apart, a ratio cannot.
    pub max_inflate_ratio: Option<u32>,
    /// The most bytes that an uploaded file may have, those included that an upload goes on from; more is 552, and
    /// nothing of it is kept. No bound by default.
    pub max_upload: Option<u64>,
    /// What the durability of an upload is, as STAT tells it.
    pub durability: String,
    /// The longest file, or range of one, that HASH and its kin digest, in bytes; 1 TiB by default.
    pub max_hash: u64,
    /// The longest file of which SIZE tells the length in TYPE A, which needs it read; 16 MiB by default.
    pub max_text_size: u64,
    /// Whether SITE RMDIR removes whole trees; off by default.
    pub site_rmdir: bool,
    /// Caps on lines.
    pub limits: Limits,
    /// Commands that are read ahead while one runs.
    pub look_ahead: usize,
    /// Bytes of replies that wait to be sent before the machine stops to produce more.
    pub max_pending: usize,
    /// Unknown or malformed commands before the session is closed, until a login works; ten times as many after.
    pub max_bad_commands: u32,
    /// Failed logins before the session is closed.
    pub max_login_failures: u32,
    /// How indulgent the parser is.
    pub leniency: Leniency,
    /// All the clocks.
    pub timeouts: Timeouts,
    /// Whether the log is told which path a command meant ([`AuditEvent::Replied`](super::AuditEvent::Replied)); off by
    /// default, since each costs a copy.
    pub tell_paths: bool,
    /// Key of the `unique` fact, so that it tells nothing of the disk.
    pub unique_key: [u8; 16],
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            networks: Arc::default(),
            accounts: Arc::default(),
            implicit: false,
            tls_available: true,
            client_certificates: ClientCertificateRule::Off,
            greeting: "Wharf ready".to_owned(),
            hosts: Vec::new(),
            public_ip: None,
            active: true,
            dangerous_foreign_data: false,
            dangerous_tls_client: false,
            strict_close: true,
            deflate: true,
            max_inflate_ratio: None,
            max_upload: None,
            durability: "full".to_owned(),
            max_hash: 1 << 40,
            max_text_size: 16 << 20,
            site_rmdir: false,
            limits: Limits::default(),
            look_ahead: 16,
            max_pending: 16 * 1024,
            max_bad_commands: 10,
            max_login_failures: 3,
            leniency: Leniency::default(),
            timeouts: Timeouts::default(),
            tell_paths: false,
            unique_key: [0; 16],
        }
    }
}

/// A host among several that one listener serves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualHost {
    /// Its names, compared without case; the first one is the one that it is called by. One that begins with `*.` stands for
    /// every name that has one label in its place, as in certificates.
    pub names: Vec<String>,
    /// What must be encrypted there, besides what other scopes ask for.
    pub tls: TlsRule,
    /// Whether a certificate of the client is needed there, besides what the listener asks for.
    pub client_certificates: ClientCertificateRule,
    /// Its accounts, where it has its own: who logs in there is one of these, and nobody else is
    /// ([`ServerConfig::accounts`]).
    pub accounts: Option<Arc<AccountRules>>,
    /// The text that HOST is answered with, and the greeting behind an implicit TLS handshake that named the host; the
    /// usual ones when there is none.
    pub greeting: Option<String>,
    /// The directory, as the storage understands it, below which relative roots of accounts lie there; the usual one
    /// when there is none. Absolute roots stay where they are.
    pub root: Option<String>,
}

impl VirtualHost {
    /// A host that says nothing of encryption.
    #[must_use]
    pub const fn new(names: Vec<String>) -> Self {
        Self {
            names,
            tls: TlsRule::NONE,
            client_certificates: ClientCertificateRule::Off,
            accounts: None,
            greeting: None,
            root: None,
        }
    }

    /// By one of its names, or by one that a name beginning with `*.` stands for (RFC 6125 §6.4.3).
    pub(super) fn is_called(&self, name: &str) -> bool {
        let parent = name.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, parent)| parent);
        self.names.iter().any(|known| match known.strip_prefix("*.") {
            Some(domain) => parent.is_some_and(|parent| parent.eq_ignore_ascii_case(domain)),
            None => known.eq_ignore_ascii_case(name),
        })
    }
}

/// How long a session waits for what.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the connection to the login; bytes do not extend it.
    pub login: Duration,
    /// Between commands, while nothing runs.
    pub idle: Duration,
    /// The longest time between commands that a client may choose by SITE IDLE.
    pub most_idle: Duration,
    /// For the TLS handshake of the control connection.
    pub tls_handshake: Duration,
    /// For the peer to come, or to answer, on a data connection; the TLS handshake included.
    pub data_open: Duration,
    /// For the first TLS message on a data connection of a client that has shaken hands before 150 so far; then 150
    /// goes out all the same.
    pub early_hello: Duration,
    /// At least so long does 150 to an upload wait behind the session ticket that such a client is given with its
    /// handshake: on a slower network for as long as the handshake of the control connection took, but never longer than
    /// `early_hello`.
    pub ticket_rest: Duration,
    /// At least so long does the first 150 of an upload wait to see whether the client is of that kind, and otherwise as
    /// above.
    pub first_hello: Duration,
    /// Without a byte moving on a data connection.
    pub data_stall: Duration,
    /// The delay of the reply to a failed login (RFC 2577 §5).
    pub login_delay: Duration,
    /// For the last bytes to reach the peer when the session ends.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(60),
            idle: Duration::from_secs(300),
            most_idle: Duration::from_secs(3_600),
            tls_handshake: Duration::from_secs(15),
            data_open: Duration::from_secs(30),
            early_hello: Duration::from_millis(500),
            ticket_rest: Duration::from_millis(10),
            first_hello: Duration::from_millis(50),
            data_stall: Duration::from_secs(300),
            login_delay: Duration::from_secs(2),
            drain: Duration::from_secs(5),
        }
    }
}

/// The two ends of the control connection.
#[derive(Debug, Clone, Copy)]
pub struct PeerInfo {
    /// The client's address.
    pub peer: SocketAddr,
    /// Ours.
    pub local: SocketAddr,
}

impl PeerInfo {
    pub(super) fn same_host(&self, ip: IpAddr) -> bool {
        self.peer.ip().to_canonical() == ip.to_canonical()
    }
}
