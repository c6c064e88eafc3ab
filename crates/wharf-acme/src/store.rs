//! The folder that holds the account and the certificate, for the owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_acme::AccountCredentials;

use crate::certificate::Leaf;
use crate::error::AcmeError;

/// The file that holds chain and key.
pub(crate) const CERTIFICATE: &str = "certificate.pem";

/// The file that tells whether one can be written.
const PROBE: &str = "probe";
/// More than a chain and a key.
const PROBE_LEN: usize = 32 * 1024;

/// The folder for one authority.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    dir: PathBuf,
}

/// Failures in a row, and when the next attempt may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setback {
    pub(crate) failures: u32,
    pub(crate) next: SystemTime,
}

impl Store {
    /// Makes the folder if need be. Each authority has one of its own, so that trying another one loses nothing.
    pub(crate) fn open(state: &Path, directory: &str) -> Result<Self, AcmeError> {
        let store = Self { dir: folder(state, directory) };
        let failed = |source| AcmeError::State { path: store.dir.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&store.dir).map_err(failed)?;
        let mode = fs::metadata(&store.dir).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let text = format!("others may enter it (mode {mode:03o}): chmod 700 it");
            return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, text)));
        }
        Ok(store)
    }

    /// Where chain and key are, in one file.
    pub(crate) fn certificate_file(&self) -> PathBuf {
        self.dir.join(CERTIFICATE)
    }

    pub(crate) fn certificate(&self) -> Option<Leaf> {
        Leaf::parse(&fs::read(self.certificate_file()).ok()?).ok()
    }

    pub(crate) fn keep_certificate(&self, chain: &str, key: &str) -> Result<(), AcmeError> {
        self.write(CERTIFICATE, format!("{key}{chain}").as_bytes())
    }

    /// Whether a certificate could be kept: the disk may be full, or read only.
    pub(crate) fn probe(&self) -> Result<(), AcmeError> {
        let written = self.write(PROBE, &[0xa5; PROBE_LEN]);
        // Half of it may be there where the disk is full.
        let half = self.remove(&format!(".{PROBE}.new"));
        let whole = self.remove(PROBE);
        written.and(half).and(whole)
    }

    /// The account; `None` before there is one.
    pub(crate) fn account(&self) -> Result<Option<AccountCredentials>, AcmeError> {
        let path = self.dir.join("account.json");
        let failed = |source| AcmeError::State { path: path.clone(), source };
        match fs::read(&path) {
            // The library's own words may repeat what stands there, which may be the key.
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let text = format!("no account (line {}, column {})", error.line(), error.column());
                failed(io::Error::new(io::ErrorKind::InvalidData, text))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    pub(crate) fn keep_account(&self, account: &AccountCredentials) -> Result<(), AcmeError> {
        let json = serde_json::to_vec(account).map_err(|error| AcmeError::State {
            path: self.dir.join("account.json"),
            source: error.into(),
        })?;
        self.write("account.json", &json)
    }

    /// Takes the account out of use, and keeps its file under another name, which is given back.
    pub(crate) fn set_account_aside(&self) -> Result<PathBuf, AcmeError> {
        let (path, aside) = (self.dir.join("account.json"), self.dir.join("account.json.unknown"));
        match fs::rename(&path, &aside) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(AcmeError::State { path, source }),
            Ok(()) | Err(_) => Ok(aside),
        }
    }

    /// What failed before this start.
    pub(crate) fn setback(&self) -> Option<Setback> {
        let text = fs::read_to_string(self.dir.join("setback")).ok()?;
        let (failures, next) = text.trim().split_once(' ')?;
        // There may be any number, and not each is a moment.
        let next = UNIX_EPOCH.checked_add(Duration::from_secs(next.parse().ok()?))?;
        Some(Setback { failures: failures.parse().ok()?, next })
    }

    /// Remembers failures, or that all is well.
    pub(crate) fn keep_setback(&self, setback: Option<Setback>) -> Result<(), AcmeError> {
        match setback {
            Some(Setback { failures, next }) => {
                let next = next.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                self.write("setback", format!("{failures} {next}\n").as_bytes())
            }
            None => self.remove("setback"),
        }
    }

    /// Removes a file, if it is there.
    fn remove(&self, name: &str) -> Result<(), AcmeError> {
        let path = self.dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(AcmeError::State { path, source }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Replaces a file: a reader sees the old one or the new one, also after a crash.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), AcmeError> {
        let (path, temp) = (self.dir.join(name), self.dir.join(format!(".{name}.new")));
        let written = (|| {
            // One that was left by a crash may be there.
            if let Err(error) = fs::remove_file(&temp)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&temp, &path)?;
            File::open(&self.dir)?.sync_all()
        })();
        written.map_err(|source| AcmeError::State { path, source })
    }
}

/// The folder for an authority, whose name is what is readable of its URL.
pub(crate) fn folder(state: &Path, directory: &str) -> PathBuf {
    let bare = directory.split_once("://").map_or(directory, |(_, rest)| rest);
    let name: String =
        bare.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    state.join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_kept_is_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("acme"), "https://ca.example:14000/dir").unwrap();
        let folder = dir.path().join("acme/ca.example-14000-dir");
        assert_eq!(store.certificate_file(), folder.join("certificate.pem"));
        assert!(store.certificate().is_none() && store.account().unwrap().is_none());
        store.keep_certificate("chain\n", "key\n").unwrap();
        store.keep_certificate("chain\n", "newer key\n").unwrap();
        assert_eq!(fs::read_to_string(store.certificate_file()).unwrap(), "newer key\nchain\n");
        assert_eq!([mode(&folder), mode(&store.certificate_file())], [0o700, 0o600]);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let error = Store::open(&dir.path().join("acme"), "https://ca.example:14000/dir").unwrap_err();
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_an_account_is_said_without_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "https://ca.example/").unwrap();
        for text in ["\"MIGHAgEA\"", "{\"id\": \"a\", \"key_pkcs8\": \"MIGHAgEA!\"}", "{\"key_pkcs8\": 7"] {
            fs::write(dir.path().join("ca.example-/account.json"), text).unwrap();
            let error = store.account().err().unwrap();
            let told = format!("{error} {error:?}");
            assert!(told.contains("line 1, column") && !told.contains("MIGH"), "{told}");
        }
    }

    #[test]
    fn failures_are_remembered_until_all_is_well() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "https://ca.example/").unwrap();
        assert_eq!(store.setback(), None);
        let setback = Setback { failures: 3, next: UNIX_EPOCH + Duration::from_secs(1_800_000_000) };
        store.keep_setback(Some(setback)).unwrap();
        assert_eq!(store.setback(), Some(setback));
        store.keep_setback(None).unwrap();
        store.keep_setback(None).unwrap();
        assert_eq!(store.setback(), None);
        for rubbish in ["3 18446744073709551615\n", "3 99999999999999999999\n", "3\n", ""] {
            fs::write(dir.path().join("ca.example-/setback"), rubbish).unwrap();
            assert_eq!(store.setback(), None, "{rubbish}");
        }
    }

    #[test]
    fn a_probe_tells_whether_a_file_can_be_kept_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), "https://ca.example/").unwrap();
        store.probe().unwrap();
        store.probe().unwrap();
        assert_eq!(fs::read_dir(&store.dir).unwrap().count(), 0);
        // Nothing can be put in place of a folder, not even by root.
        fs::create_dir(store.dir.join(PROBE)).unwrap();
        store.probe().unwrap_err();
        fs::remove_dir(store.dir.join(PROBE)).unwrap();
        fs::remove_dir(&store.dir).unwrap();
        store.probe().unwrap_err();
    }
}
