//! Rows, as the FTP service of Windows orders their fields, and with more behind.

use std::{net::SocketAddr, time::Duration};

use crate::{field::encode, stamp::Stamp};

/// The fields of a row, in order: up to `x-fullpath` those of IIS.
pub const FIELDS: &str = "date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status \
    sc-substatus x-session x-fullpath sc-bytes cs-bytes time-taken c-port x-tls-version x-tls-cipher x-data x-reason";

/// What `x-reason` of `ControlChannelClosed` ends with where bytes in clear stood behind AUTH.
pub const CLEAR_BEHIND_AUTH: &str = "clear bytes behind AUTH";

/// What is known of TLS on the connection that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls<'a> {
    /// Nothing yet.
    Unknown,
    /// There is none.
    Clear,
    /// The version and the cipher suite.
    Up(&'a str, &'a str),
}

/// How the bytes of a transfer were protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Not at all.
    Clear,
    /// By TLS.
    Tls,
    /// By TLS that resumed the session of the control connection: both have the same client.
    Bound,
}

impl Data {
    /// The word in `x-data`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Tls => "tls",
            Self::Bound => "tls-bound",
        }
    }
}

/// One line of the log. Values are as the client sent them: they are encoded when they are written.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// `c-ip` and `c-port`.
    pub client: SocketAddr,
    /// `cs-username`: the account; empty before login.
    pub user: &'a [u8],
    /// `s-ip` and `s-port`: of the data connection in rows about one.
    pub server: SocketAddr,
    /// `cs-method`: the verb, or `ControlChannelOpened` and its kin.
    pub method: &'a [u8],
    /// `cs-uri-stem`: the argument; empty when there is none.
    pub stem: &'a [u8],
    /// `sc-status`: the code of the reply.
    pub status: Option<u16>,
    /// `sc-win32-status`.
    pub win32: u16,
    /// `sc-substatus`: 0 for a reply that is not negative.
    pub substatus: u16,
    /// `x-session`, the same in all rows of a session and in no other session of the file.
    pub session: &'a str,
    /// `x-fullpath`: the file or directory that was meant; empty when there is none.
    pub path: &'a [u8],
    /// `sc-bytes`: bytes of a file or listing that was sent.
    pub sent: Option<u64>,
    /// `cs-bytes`: bytes of a file that came.
    pub received: Option<u64>,
    /// `time-taken`, in milliseconds.
    pub took: Option<Duration>,
    /// `x-tls-version` and `x-tls-cipher`, of the connection that the row is about.
    pub tls: Tls<'a>,
    /// `x-data`, in rows of transfers and data connections.
    pub data: Option<Data>,
    /// `x-reason`: why, where the codes do not say it all.
    pub reason: &'a [u8],
}

impl Row<'_> {
    /// Appends the line with its end.
    pub fn write(&self, stamp: &Stamp, line: &mut Vec<u8>) {
        line.extend(stamp.text());
        line.push(b' ');
        ip(self.client, line);
        word(self.user, line);
        line.push(b' ');
        ip(self.server, line);
        number(Some(self.server.port().into()), line);
        word(self.method, line);
        word(self.stem, line);
        number(self.status.map(u64::from), line);
        number(Some(self.win32.into()), line);
        number(Some(self.substatus.into()), line);
        word(self.session.as_bytes(), line);
        word(self.path, line);
        number(self.sent, line);
        number(self.received, line);
        number(self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)), line);
        number(Some(self.client.port().into()), line);
        let (version, cipher) = match self.tls {
            Tls::Unknown => ("", ""),
            Tls::Clear => ("clear", ""),
            Tls::Up(version, cipher) => (version, cipher),
        };
        word(version.as_bytes(), line);
        word(cipher.as_bytes(), line);
        word(self.data.map_or("", Data::word).as_bytes(), line);
        word(self.reason, line);
        line.push(b'\n');
    }
}

/// What stands at the head of each file, and again wherever a server starts to write behind what is there.
pub fn header(software: &str, stamp: &Stamp, lines: &mut Vec<u8>) {
    for part in
        [b"#Software: ", software.as_bytes(), b"\n#Version: 1.0\n#Date: ", stamp.text(), b"\n#Fields: "]
    {
        lines.extend(part);
    }
    lines.extend(FIELDS.as_bytes());
    lines.push(b'\n');
}

fn word(value: &[u8], line: &mut Vec<u8>) {
    line.push(b' ');
    encode(value, line);
}

fn ip(addr: SocketAddr, line: &mut Vec<u8>) {
    use std::io::Write as _;
    // A vector takes whatever is written.
    let _ = write!(line, "{}", addr.ip().to_canonical());
}

fn number(number: Option<u64>, line: &mut Vec<u8>) {
    line.push(b' ');
    let Some(mut number) = number else { return line.push(b'-') };
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + (number % 10) as u8;
        }
        number /= 10;
        if number == 0 {
            break;
        }
    }
    line.extend(digits.get(at..).unwrap_or_default());
}
