//! The certificates of a server that runs: read again when their files change, and spoken of when they end soon.

mod expiry;
#[cfg(test)]
pub(crate) mod issuer;
mod lists;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use wharf_server::{
    ClientAuthority, ClientTrust, FileWatch, HostIdentity, Identity, ReloadCounts, Reloaded, RevocationList,
    ServerTls,
};

pub(crate) use self::expiry::watch as watch_expiry;
use crate::{certificate::Certificate, clock, failure::shown};

impl Held {
    /// The file of the chain.
    pub(crate) fn file(&self) -> &Path {
        &self.files.0
    }
}

/// Which of the certificates of [`Live`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(usize);

/// All certificates, and the listeners that show them.
#[derive(Debug, Default)]
pub(crate) struct Live {
    held: Mutex<Vec<Held>>,
    listeners: Vec<Listener>,
    /// The authorities of clients, and the lists of what they revoked.
    clients: Option<(PathBuf, Vec<PathBuf>)>,
}

/// A certificate that may be exchanged for another one.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// What people call it.
    pub(crate) what: String,
    pub(crate) identity: Identity,
    files: (PathBuf, PathBuf),
    /// Whether it is renewed by the server itself.
    pub(crate) renewed: bool,
    /// Whether its files hold nothing yet, and another one is shown until they do.
    pub(crate) placeholder: bool,
}

/// How often files were read again.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    /// Each certificate.
    pub(crate) certificates: Vec<Arc<ReloadCounts>>,
    /// Authorities and lists of clients' certificates.
    pub(crate) clients: Vec<Arc<ReloadCounts>>,
}

#[derive(Debug)]
struct Listener {
    tls: ServerTls,
    usual: Slot,
    hosts: Vec<(Vec<String>, Slot)>,
}

impl Live {
    /// The place of a certificate; several that come from the same files have one.
    pub(crate) fn slot(&mut self, certificate: &Certificate) -> Slot {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = held.iter().position(|held| held.files == certificate.files) {
            return Slot(place);
        }
        held.push(Held {
            what: format!("the certificate in {}", shown(&certificate.files.0)),
            identity: certificate.identity.clone(),
            files: certificate.files.clone(),
            renewed: certificate.renewed,
            placeholder: certificate.placeholder,
        });
        Slot(held.len() - 1)
    }

    /// This listener shows these certificates: the usual one, and those of hosts under their names.
    pub(crate) fn show(&mut self, tls: &ServerTls, usual: Slot, hosts: Vec<(Vec<String>, Slot)>) {
        self.listeners.push(Listener { tls: tls.clone(), usual, hosts });
    }

    /// These files say whose certificates of clients are trusted, at every listener that asks for some.
    pub(crate) fn trust_clients(&mut self, authorities: PathBuf, revoked: Vec<PathBuf>) {
        self.clients = Some((authorities, revoked));
    }

    /// What is held now.
    pub(crate) fn all(&self) -> Vec<Held> {
        self.held().clone()
    }

    /// The lists of revoked certificates that count now, one of each key of an issuer; none where nobody is asked for a
    /// certificate.
    pub(crate) fn revocation_lists(&self) -> Vec<RevocationList> {
        let trust = self.client_trust();
        let lists = trust.iter().flat_map(ClientTrust::revocation_lists);
        lists.filter(|list| !list.superseded).cloned().collect()
    }

    /// The authorities of clients' certificates that count now, and where they stand.
    fn authorities(&self) -> Vec<(ClientAuthority, PathBuf)> {
        let (Some(trust), Some((file, _))) = (self.client_trust(), &self.clients) else { return Vec::new() };
        let all = trust.authority_list().iter();
        all.filter(|authority| !authority.superseded).map(|one| (one.clone(), file.clone())).collect()
    }

    fn client_trust(&self) -> Option<ClientTrust> {
        // All listeners that ask go by the same.
        self.listeners.iter().find_map(|listener| listener.tls.client_trust())
    }

    /// Exchanges one certificate at every listener that shows it.
    pub(crate) fn replace(&self, Slot(place): Slot, identity: Identity) {
        let mut held = self.held();
        if let Some(held) = held.get_mut(place) {
            held.identity = identity;
            held.placeholder = false;
        }
        // Under the lock, so that of two exchanges the later one is what is shown.
        for Listener { tls, usual, hosts } in &self.listeners {
            let hosts: Vec<HostIdentity> = hosts
                .iter()
                .filter_map(|(names, slot)| {
                    let identity = held.get(slot.0)?.identity.clone();
                    Some(HostIdentity { names: names.clone(), identity })
                })
                .collect();
            if let Some(usual) = held.get(usual.0) {
                tls.replace_certificates(&usual.identity, &hosts);
            }
        }
    }

    /// Has every certificate read again when one of its files changes, and the authorities and lists of clients.
    pub(crate) fn watch(self: &Arc<Self>, watch: &mut FileWatch) -> Reloads {
        let mut reloads = Reloads::default();
        for (place, held) in self.all().into_iter().enumerate() {
            let live = Arc::clone(self);
            let (certificate, key) = held.files.clone();
            let counts = watch.add(held.what, vec![certificate, key], move || live.read(Slot(place)));
            reloads.certificates.push(counts);
        }
        if let Some((authorities, revoked)) = &self.clients {
            let files = [std::slice::from_ref(authorities), revoked].concat();
            let live = Arc::clone(self);
            let what = format!("what tells whose certificates of clients to trust, {}", shown(authorities));
            reloads.clients.push(watch.add(what, files, move || live.read_clients()));
        }
        reloads
    }

    /// Reads the authorities and lists of clients' certificates, and goes by them from the next handshake on.
    fn read_clients(&self) -> Result<Reloaded, String> {
        let Some((authorities, revoked)) = &self.clients else { return Ok(Reloaded::Same) };
        let trust = ClientTrust::from_files(authorities, revoked).map_err(|error| match &error.path {
            Some(path) => format!("{}: {}", shown(path), error.cause),
            None => error.cause.to_string(),
        })?;
        let mut replaced = false;
        for listener in &self.listeners {
            if listener.tls.client_trust().is_some_and(|current| !current.is_same(&trust)) {
                listener.tls.replace_client_trust(trust.clone());
                replaced = true;
            }
        }
        if !replaced {
            return Ok(Reloaded::Same);
        }
        let (authorities, lists) = (trust.authorities(), trust.revocation_lists().len());
        Ok(Reloaded::New(format!(
            "now in use: {authorities} authorities, {lists} lists of revoked certificates"
        )))
    }

    /// Reads the files of one certificate, and shows what they hold if that can be shown.
    fn read(&self, slot: Slot) -> Result<Reloaded, String> {
        let Some(held) = self.held().get(slot.0).cloned() else { return Ok(Reloaded::Same) };
        if held.renewed && !held.files.0.exists() {
            // It was not given yet.
            return Ok(Reloaded::Same);
        }
        let identity =
            Identity::from_pem_files(&held.files.0, &held.files.1).map_err(|error| error.to_string())?;
        if identity.cert_pem() == held.identity.cert_pem() {
            return Ok(Reloaded::Same);
        }
        let now = clock::now();
        if identity.not_after() <= now {
            return Err("it has expired: put a renewed certificate and its key there".to_owned());
        }
        if identity.not_before() > now {
            return Err(
                "it is not valid yet: check the clock of this machine and that of the issuer".to_owned()
            );
        }
        let words = format!("now in use: {}", described(&identity, now));
        self.replace(slot, identity);
        Ok(Reloaded::New(words))
    }

    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A certificate in a line of the log.
pub(crate) fn described(identity: &Identity, now: SystemTime) -> String {
    let left = identity.not_after().duration_since(now).unwrap_or_default();
    let names = identity.names().join(", ");
    format!("sha256:{} for {}, ends in {}", identity.fingerprint(), names.escape_debug(), in_words(left))
}

/// A span as people say it: the largest unit alone.
pub(crate) fn in_words(span: Duration) -> String {
    let (minute, hour, day) = (60, 60 * 60, 24 * 60 * 60);
    let (count, unit) = match span.as_secs() {
        secs if secs >= 2 * day => (secs / day, "days"),
        secs if secs >= 2 * hour => (secs / hour, "hours"),
        secs if secs >= 2 * minute => (secs / minute, "minutes"),
        secs => (secs, "seconds"),
    };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests;
