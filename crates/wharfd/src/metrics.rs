//! Figures for Prometheus: a file in its text format, as node_exporter's textfile collector reads it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::task::spawn_blocking;
use wharf_server::{Counters, ReloadCounts, Transfers};

use crate::{
    clock,
    live::{Live, Reloads},
};

/// Where and how often figures are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metrics {
    pub(crate) file: PathBuf,
    pub(crate) interval: Duration,
}

/// What the figures are made of.
pub(crate) struct Sources {
    pub(crate) live: Arc<Live>,
    pub(crate) reloads: Reloads,
    pub(crate) counters: Arc<Counters>,
    pub(crate) started: SystemTime,
}

impl Metrics {
    /// Writes them again and again. Never ends.
    pub(crate) async fn run(self, sources: Sources) {
        let sources = Arc::new(sources);
        let mut failing = false;
        loop {
            let (file, sources) = (self.file.clone(), Arc::clone(&sources));
            let written = spawn_blocking(move || replace(&file, &text(&sources))).await;
            match written {
                Ok(Ok(())) => failing = false,
                Ok(Err(error)) if failing => tracing::debug!(%error, "the metrics cannot be written"),
                Ok(Err(error)) => {
                    failing = true;
                    tracing::error!(%error, file = ?self.file, "the metrics cannot be written: check the folder");
                }
                Err(error) => tracing::error!(%error, "the metrics cannot be written"),
            }
            tokio::time::sleep(self.interval).await;
        }
    }
}

/// All figures. Names of users and paths are none of them: there may be any number of those.
fn text(sources: &Sources) -> String {
    let Sources { live, reloads, counters, started } = sources;
    let mut text = String::new();
    family(&mut text, "wharfd_build_info", "gauge", "The version that runs.");
    line(&mut text, "wharfd_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    family(&mut text, "wharfd_start_time_seconds", "gauge", "When the server started, since 1970.");
    line(&mut text, "wharfd_start_time_seconds", &[], seconds(*started));
    family(&mut text, "wharfd_metrics_time_seconds", "gauge", "When this file was written, since 1970.");
    line(&mut text, "wharfd_metrics_time_seconds", &[], seconds(clock::now()));

    family(
        &mut text,
        "wharfd_certificate_not_after_seconds",
        "gauge",
        "When a certificate ends, since 1970.",
    );
    for ((file, name), end) in ends(live) {
        let labels = [("file", file.as_str()), ("name", name.as_str())];
        line(&mut text, "wharfd_certificate_not_after_seconds", &labels, end);
    }
    family(
        &mut text,
        "wharfd_crl_next_update_seconds",
        "gauge",
        "When a list of revoked certificates ends, since 1970.",
    );
    for ((file, issuer), end) in list_ends(live) {
        let labels = [("file", file.as_str()), ("issuer", issuer.as_str())];
        line(&mut text, "wharfd_crl_next_update_seconds", &labels, end);
    }
    let kinds = [
        (
            "wharfd_certificate_reloads_total",
            "Certificates that were taken into use while the server ran, or could not be.",
            &reloads.certificates,
        ),
        (
            "wharfd_client_trust_reloads_total",
            "Authorities and lists of clients' certificates that were taken into use, or could not be.",
            &reloads.clients,
        ),
    ];
    for (name, what, counts) in kinds {
        family(&mut text, name, "counter", what);
        let sum = |count: fn(&ReloadCounts) -> u64| counts.iter().map(|counts| count(counts)).sum();
        for (outcome, count) in [("ok", sum(ReloadCounts::renewed)), ("failed", sum(ReloadCounts::failed))] {
            line(&mut text, name, &[("outcome", outcome)], count);
        }
    }

    family(&mut text, "wharfd_sessions", "gauge", "Sessions that are there.");
    line(&mut text, "wharfd_sessions", &[], counters.active_sessions());
    let counts = [
        ("wharfd_sessions_total", "Sessions that were opened.", counters.sessions()),
        (
            "wharfd_sessions_refused_total",
            "Clients turned away, since there were too many.",
            counters.refused(),
        ),
        (
            "wharfd_tls_failures_total",
            "TLS handshakes of control connections that failed.",
            counters.failed_handshakes(),
        ),
    ];
    for (name, what, count) in counts {
        family(&mut text, name, "counter", what);
        line(&mut text, name, &[], count);
    }
    family(&mut text, "wharfd_logins_total", "counter", "Logins.");
    for (outcome, count) in [("ok", counters.logins()), ("failed", counters.failed_logins())] {
        line(&mut text, "wharfd_logins_total", &[("outcome", outcome)], count);
    }
    let kinds: [(&str, Transfers); 3] = [
        ("download", counters.downloads()),
        ("upload", counters.uploads()),
        ("listing", counters.listings()),
    ];
    family(&mut text, "wharfd_transfers_total", "counter", "Transfers that are over.");
    for (kind, moved) in &kinds {
        for (outcome, count) in [("ok", moved.done), ("failed", moved.failed)] {
            line(&mut text, "wharfd_transfers_total", &[("kind", kind), ("outcome", outcome)], count);
        }
    }
    family(&mut text, "wharfd_transferred_bytes_total", "counter", "Bytes of transfers that are over.");
    for (kind, moved) in &kinds {
        line(&mut text, "wharfd_transferred_bytes_total", &[("kind", kind)], moved.bytes);
    }
    text
}

/// When certificates end, by file and name. What is there twice would be a figure that is there twice: a name in one
/// certificate, or a file that is shown with two keys, one of which may not be taken into use yet. The earlier end counts.
fn ends(live: &Live) -> BTreeMap<(String, String), u64> {
    let mut ends = BTreeMap::new();
    // The end of what is shown until a certificate was given is not that of the file which will hold it.
    for held in live.all().into_iter().filter(|held| !held.placeholder) {
        let file = held.file().display().to_string();
        let (end, mut names) = (seconds(held.identity.not_after()), held.identity.names());
        if names.is_empty() {
            names.push(String::new());
        }
        for name in names {
            ends.entry((file.clone(), name))
                .and_modify(|known: &mut u64| *known = end.min(*known))
                .or_insert(end);
        }
    }
    ends
}

/// When lists of revoked certificates end, by file and issuer. Of several by one issuer in one file, as while it changes its
/// key, the earlier end counts.
fn list_ends(live: &Live) -> BTreeMap<(String, String), u64> {
    let mut ends = BTreeMap::new();
    for list in live.revocation_lists() {
        let Some(end) = list.next_update.map(seconds) else { continue };
        let file = list.path.as_deref().map_or_else(String::new, |path| path.display().to_string());
        ends.entry((file, list.issuer)).and_modify(|known: &mut u64| *known = end.min(*known)).or_insert(end);
    }
    ends
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    text.push_str(name);
    for (index, (label, value)) in labels.iter().enumerate() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        _ = write!(text, "{}{label}=\"{value}\"", if index == 0 { '{' } else { ',' });
    }
    _ = writeln!(text, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A reader sees the old file or the new one. It is there for another user's program: everybody may read it.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let mut temp = file.as_os_str().to_owned();
    // The collector reads what ends in .prom, and this does not.
    temp.push(".new");
    let temp = PathBuf::from(temp);
    // One that was left by a crash may be there, or a link of somebody else who may write in the folder: what such a link
    // leads to must stay as it is.
    if let Err(error) = fs::remove_file(&temp)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&temp)?;
    // Whatever the umask is.
    opened.set_permissions(fs::Permissions::from_mode(0o644))?;
    opened.write_all(text.as_bytes())?;
    fs::rename(&temp, file)
}

#[cfg(test)]
mod tests;
