//! Certificates seen before: trust on first use.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::fingerprint::Fingerprint;
use crate::private_file;

/// Remembers which certificate a server showed the first time.
pub trait KnownHosts: Send + Sync + Debug {
    /// The certificate that `host:port` showed before.
    ///
    /// # Errors
    ///
    /// The memory cannot be read; the connection is then refused.
    fn lookup(&self, host: &str, port: u16) -> io::Result<Option<Fingerprint>>;

    /// Keeps the certificate of `host:port`, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// The memory cannot be written; the connection is then refused.
    fn remember(&self, host: &str, port: u16, fp: &Fingerprint) -> io::Result<()>;
}

/// Known hosts in a text file: lines `host port sha256:HEX`, `#` begins a comment.
///
/// The file is rewritten whole, with mode 0600; missing folders above it are made for the owner alone.
#[derive(Debug)]
pub struct KnownHostsFile {
    path: PathBuf,
    writing: Mutex<()>,
}

impl KnownHostsFile {
    /// Names the file; nothing is read or written yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writing: Mutex::new(()) }
    }

    fn content(&self) -> io::Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }
}

/// The fingerprint field of a line about `host:port`; `None` for any other line.
fn about<'a>(line: &'a str, host: &str, port: u16) -> Option<&'a str> {
    let mut fields = line.split_whitespace();
    let same = fields.next()?.eq_ignore_ascii_case(host) && fields.next()?.parse() == Ok(port);
    if same { fields.next() } else { None }
}

impl KnownHosts for KnownHostsFile {
    fn lookup(&self, host: &str, port: u16) -> io::Result<Option<Fingerprint>> {
        let content = self.content()?;
        let Some(text) = content.lines().find_map(|line| about(line, host, port)) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| {
            let path = self.path.display();
            io::Error::new(io::ErrorKind::InvalidData, format!("{path}: the line of {host} {port}: {error}"))
        })
    }

    fn remember(&self, host: &str, port: u16, fp: &Fingerprint) -> io::Result<()> {
        if host.is_empty() || host.starts_with('#') || host.contains(char::is_whitespace) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this host name fits no line"));
        }
        let _one_writer = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut content: String = self
            .content()?
            .lines()
            .filter(|line| about(line, host, port).is_none())
            .flat_map(|line| [line, "\n"])
            .collect();
        content.push_str(&format!("{} {port} sha256:{fp}\n", host.to_ascii_lowercase()));
        if let Some(dir) = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            private_file::create_dir(dir)?;
        }
        private_file::write(&self.path, content.as_bytes())
    }
}
