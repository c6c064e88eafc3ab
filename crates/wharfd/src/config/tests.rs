//! What files are understood as, refused for and warned of.

mod client_certificates;
mod docs;
mod errors;
mod rules;
mod warnings;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wharf_server::{Rights, users_file_line};

use super::{Config, Plan, Purpose};
use crate::{certificate::Certificate, failure::Failures};

/// A moment at which certificates made now are valid.
#[expect(clippy::disallowed_methods, reason = "certificates are made with the time of the system")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The password hash of one account, made once: it costs time by design.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let line = users_file_line("x", b"secret", "", Rights::FULL).unwrap();
    line.split(':').nth(1).unwrap().to_owned()
});

/// A folder with a directory to serve in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("srv")).unwrap();
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Makes a certificate for `names` in the folder `dir`, as `cert.pem` and `key.pem`.
    fn certificate(&self, dir: &str, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Certificate::kept(&self.path().join(dir), &names).unwrap();
    }

    /// The plan of a file here; `HASH` stands for a hash.
    fn plan_at(&self, text: &str, now: SystemTime) -> Result<Plan, Failures> {
        let text = text.replace("HASH", &HASH);
        Config::parse(&text, self.path(), "wharfd.toml".to_owned())?.plan(Purpose::Check, now)
    }

    fn plan(&self, text: &str) -> Plan {
        self.plan_at(text, now()).unwrap_or_else(|failures| panic!("{}", told(&failures)))
    }
}

/// Root and state directory, and one listener at loopback: three lines, then what is tested from line 4 on.
fn with_head(text: &str) -> String {
    format!("root = \"srv\"\nstate_dir = \"state\"\nlistener = [{{ address = \"127.0.0.1:2121\" }}]\n{text}")
}

fn told(failures: &Failures) -> String {
    failures.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The errors of a text, in which nothing is loaded unless it is right.
fn errors(text: &str) -> String {
    let folder = Folder::new();
    match folder.plan_at(text, now()) {
        Ok(_) => String::new(),
        Err(failures) => told(&failures).replace(&folder.path().display().to_string(), "DIR"),
    }
}

/// A file that names every key once where it may stand.
pub(super) const EVERYTHING: &str = r#"
root = "srv"
state_dir = "state"
greeting = "Welcome"
durability = "data"
max_sessions = 100
max_per_ip = 10
max_upload = "10G"
max_hash = "20G"
compression = false
site_rmdir = true
idle_timeout = "10m"
grace = 45
passive_ports = "50000-50200"
public_ip = "203.0.113.5"

[log]
format = "json"
level = "debug"

[tls]
certificate = "state/cert.pem"
key = "state/key.pem"
control = "credentials"
data = "allow"
min_version = "1.2"
max_version = "1.2"
min_strength = 256
data_session = "require"
dialect = "iis"
report_only = true
strict_close = false

[client_certificates]
ask = "optional"
ca = "own/cert.pem"
crl = []
map = "fingerprint"
login = "both"

[[listener]]
address = "127.0.0.1:2121"

[[listener]]
address = "[::1]:990"
implicit = true
client_certificates = "off"
certificate = "own/cert.pem"
key = "own/key.pem"
control = "require"
data = "require"
min_version = "1.3"
max_version = "1.3"
min_strength = 128
data_session = "off"
dialect = "vsftpd"
report_only = false
strict_close = true

[[host]]
name = "files.example.org"
aliases = ["ftp.example.org"]
certificate = "own/cert.pem"
key = "own/key.pem"
greeting = "Files"
root = "files"
users = "files-users"
anonymous = true
client_certificates = "required"
control = "require"
data = "require"

[[network]]
cidr = "10.0.0.0/8"
control = "require"
data = "require"

[[group]]
name = "staff"
control = "credentials"
data = "require"

[[user]]
name = "alice"
hash = "HASH"
root = "alice"
permissions = "read-only"
groups = ["staff"]
login = "either"
certificates = ["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
control = "require"
data = "allow"

[accounts]
file = "users"
control = "allow"
data = "require"

[anonymous]
root = "pub"
control = "allow"
data = "allow"

[server_to_server]
certificates = ["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
"#;

fn far(days: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(days * 24 * 60 * 60)
}
