//! Which certificate the server shows.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;
use wharf_server::{Identity, IdentityError, Origin};

use crate::{
    args::Serve,
    banner::Trust,
    failure::{Failure, shown},
};

/// What a certificate made here is for, besides the addresses that are listened on.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) identity: Identity,
    /// Words for people.
    pub(crate) origin: String,
    /// Whether it is there; one that is still to be made will have another fingerprint.
    pub(crate) exists: bool,
    /// The files of the chain and of the key.
    pub(crate) files: (PathBuf, PathBuf),
    /// Whether it was made here, so that a client may trust its file.
    own: bool,
    /// Whether the server renews it itself.
    pub(crate) renewed: bool,
    /// Whether it does not come from its files, since there is nothing in them yet.
    pub(crate) placeholder: bool,
}

impl Certificate {
    /// The one that was given, or the one that is kept in the state directory, made there if need be.
    pub(crate) fn of(asked: &Serve) -> Result<Self, Failure> {
        if let (Some(cert), Some(key)) = (&asked.cert, &asked.key) {
            return Self::given(cert, key).map_err(|error| {
                Failure::input(error.to_string(), "check the files given with --cert and --key")
            });
        }
        let dir = match &asked.state_dir {
            Some(dir) => dir.clone(),
            None => state_dir().ok_or_else(|| {
                Failure::input(
                    "there is no home directory to keep the certificate in",
                    "say where with --state-dir DIR",
                )
            })?,
        };
        let public = asked.public_ip.map(Into::into);
        let addresses = asked.listen.iter().chain(&asked.implicit).map(|address| address.ip()).chain(public);
        Self::kept(&dir, &names(addresses)).map_err(|error| {
            Failure::system(
                format!("the certificate in {} cannot be used: {error}", shown(&dir)),
                "check that directory, keep the certificate elsewhere with --state-dir, or give one with --cert and --key",
            )
        })
    }

    /// The one in these two files.
    pub(crate) fn given(cert: &Path, key: &Path) -> Result<Self, IdentityError> {
        let identity = Identity::from_pem_files(cert, key)?;
        let files = (cert.to_path_buf(), key.to_path_buf());
        Ok(Self {
            identity,
            origin: format!("from {}", shown(cert)),
            exists: true,
            files,
            own: false,
            renewed: false,
            placeholder: false,
        })
    }

    /// The one that is kept in `dir`, made there for `names` if need be.
    pub(crate) fn kept(dir: &Path, names: &[String]) -> Result<Self, IdentityError> {
        // Clients are started in other directories.
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
        let (identity, origin) = Identity::load_or_create(&dir, names)?;
        let made = match origin {
            Origin::Created => "made now, kept in",
            Origin::Loaded => "kept in",
        };
        let origin = format!("{made} {}", shown(&dir));
        Ok(Self {
            identity,
            origin,
            exists: true,
            files: kept_files(&dir),
            own: true,
            renewed: false,
            placeholder: false,
        })
    }

    /// What [`Certificate::kept`] would give, without making anything in `dir`.
    pub(crate) fn to_be_kept(dir: &Path, names: &[String]) -> Result<Self, IdentityError> {
        if dir.join("cert.pem").exists() || dir.join("key.pem").exists() {
            return Self::kept(dir, names);
        }
        let identity = Identity::self_signed(names)?;
        Ok(Self {
            identity,
            origin: format!("will be made and kept in {}", shown(dir)),
            exists: false,
            files: kept_files(dir),
            own: true,
            renewed: false,
            placeholder: false,
        })
    }

    /// How a client comes to trust it.
    pub(crate) fn trust(&self) -> Trust<'_> {
        if self.own { Trust::File(&self.files.0) } else { Trust::System }
    }
}

fn kept_files(dir: &Path) -> (PathBuf, PathBuf) {
    (dir.join("cert.pem"), dir.join("key.pem"))
}

/// What a certificate made here is for, where these addresses are listened on.
pub(crate) fn names(addresses: impl IntoIterator<Item = IpAddr>) -> Vec<String> {
    let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    for ip in addresses {
        let name = ip.to_string();
        if !ip.is_unspecified() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Where a certificate made here is kept unless said otherwise; `None` without a home directory.
pub(crate) fn state_dir() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let base = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(base.join("wharfd"))
}
