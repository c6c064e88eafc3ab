//! What is remembered of servers, in a text file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::fingerprint::Fingerprint;
use crate::known_hosts::{HostMemory, HostRecord, KnownHosts};
use crate::private_file;

/// Lines kept at most; the ones that were not changed for longest go first.
const MOST_LINES: usize = 10_000;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 8 << 20;
/// How often another writer is waited for, and for how long each time: two seconds in all, in steps short enough to get
/// between two writes of one that writes all the time.
const PATIENCE: (u32, Duration) = (2000, Duration::from_millis(1));

/// Known hosts in a text file, one line each: `host port sha256:HEX` and then what else is known of it, `tls`,
/// `resumes`, `reuse=required` and `nopipeline`. `-` stands for a certificate that was not seen, `#` begins a comment.
///
/// The file is rewritten whole, with mode 0600, while a lock on the file `NAME.lock` beside it is held; missing
/// folders above it are made for the owner alone. Words and comments that this version does not know are kept.
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

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn content(&self) -> io::Result<String> {
        let mut content = String::new();
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(content),
            opened => opened?,
        };
        if file.take(LARGEST + 1).read_to_string(&mut content)? as u64 > LARGEST {
            return Err(self.invalid("is too large: remove what is not needed"));
        }
        Ok(content)
    }

    fn invalid(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{} {what}", self.path.display()))
    }

    fn record(&self, content: &str, host: &str, port: u16) -> io::Result<HostRecord> {
        match content.lines().find_map(|line| fields_about(line, host, port)) {
            Some(fields) => self.parse(fields, host, port),
            None => Ok(HostRecord::default()),
        }
    }

    fn parse(&self, fields: &str, host: &str, port: u16) -> io::Result<HostRecord> {
        let mut words = fields.split_whitespace();
        let mut record = HostRecord::default();
        match words.next() {
            None | Some("-") => {}
            Some(text) => {
                let certificate = text
                    .parse()
                    .map_err(|error| self.invalid(&format!(": the line of {host} {port}: {error}")))?;
                record.certificate = Some(certificate);
            }
        }
        for word in words {
            match word {
                TLS => record.tls = true,
                RESUMES => record.resumes = true,
                REUSE_REQUIRED => record.reuse_required = true,
                NO_PIPELINE => record.no_pipeline = true,
                _ => {}
            }
        }
        Ok(record)
    }

    /// Replaces the lines of `host:port` by the one that `make` makes of what stood there.
    fn rewrite(
        &self,
        host: &str,
        port: u16,
        make: impl FnOnce(Option<&str>) -> io::Result<Option<String>>,
    ) -> io::Result<bool> {
        if host.is_empty() || host.starts_with('#') || host.contains(char::is_whitespace) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this host name fits no line"));
        }
        let _lock = self.lock()?;
        let content = self.content()?;
        let old = content.lines().find_map(|line| fields_about(line, host, port));
        let new = make(old)?;
        if new.as_deref() == old {
            return Ok(false);
        }
        let mut lines: Vec<&str> =
            content.lines().filter(|line| fields_about(line, host, port).is_none()).collect();
        let line = new.map(|fields| format!("{host} {port} {fields}"));
        lines.extend(line.as_deref());
        let surplus = lines.len().saturating_sub(MOST_LINES);
        let content: String = lines.into_iter().skip(surplus).flat_map(|line| [line, "\n"]).collect();
        private_file::write(&self.path, content.as_bytes())?;
        Ok(true)
    }

    /// Keeps other threads and other programs from writing. The lock is on a file of its own, since the file itself
    /// is replaced.
    fn lock(&self) -> io::Result<Lock<'_>> {
        let thread = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dir) = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            private_file::create_dir(dir)?;
        }
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(PathBuf::from(name))?;
        for _ in 0..PATIENCE.0 {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _thread: thread, _program: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(PATIENCE.1),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "another program holds the known hosts locked"))
    }
}

/// Ends with both of them.
struct Lock<'a> {
    _thread: MutexGuard<'a, ()>,
    _program: File,
}

const TLS: &str = "tls";
const RESUMES: &str = "resumes";
const REUSE_REQUIRED: &str = "reuse=required";
const NO_PIPELINE: &str = "nopipeline";

/// Hosts are kept in lower case, without the brackets of addresses and the dot at the end of names.
fn plain(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

/// What a line says behind `host port`; `None` for any other line.
fn fields_about<'a>(line: &'a str, host: &str, port: u16) -> Option<&'a str> {
    let (name, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (number, fields) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    (plain(name) == host && number.parse() == Ok(port)).then(|| fields.trim())
}

/// A record as the fields of a line; words of `old` that are not known stay.
fn shown(record: &HostRecord, old: Option<&str>) -> String {
    let mut fields = match &record.certificate {
        Some(certificate) => format!("sha256:{certificate}"),
        None => "-".to_owned(),
    };
    let known = [
        (record.tls, TLS),
        (record.resumes, RESUMES),
        (record.reuse_required, REUSE_REQUIRED),
        (record.no_pipeline, NO_PIPELINE),
    ];
    let foreign = old.unwrap_or_default().split_whitespace().skip(1);
    let foreign = foreign.filter(|word| !known.iter().any(|(_, name)| name == word));
    for word in known.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).chain(foreign) {
        fields.push(' ');
        fields.push_str(word);
    }
    fields
}

impl HostMemory for KnownHostsFile {
    fn recall(&self, host: &str, port: u16) -> io::Result<HostRecord> {
        let host = plain(host);
        self.record(&self.content()?, &host, port)
    }

    fn note(&self, host: &str, port: u16, change: &dyn Fn(&mut HostRecord)) -> io::Result<()> {
        let host = plain(host);
        // Nearly always nothing is new, and then nobody has to be waited for.
        let record = self.record(&self.content()?, &host, port)?;
        let mut changed = record;
        change(&mut changed);
        if changed == record {
            return Ok(());
        }
        self.rewrite(&host, port, |old| {
            let mut record = self.parse(old.unwrap_or_default(), &host, port)?;
            change(&mut record);
            Ok(Some(shown(&record, old)))
        })
        .map(drop)
    }

    fn forget(&self, host: &str, port: u16) -> io::Result<bool> {
        match fs::exists(&self.path)? {
            true => self.rewrite(&plain(host), port, |_| Ok(None)),
            false => Ok(false),
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

impl KnownHosts for KnownHostsFile {
    fn lookup(&self, host: &str, port: u16) -> io::Result<Option<Fingerprint>> {
        self.recall(host, port).map(|record| record.certificate)
    }

    fn remember(&self, host: &str, port: u16, fp: &Fingerprint) -> io::Result<()> {
        self.note(host, port, &|record| record.certificate = Some(*fp))
    }
}
