//! Which certificate the server shows.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use wharf_server::{Identity, IdentityError, Origin};

use crate::{
    args::Serve,
    banner::Trust,
    failure::{Failure, shown},
};

/// What a certificate made here is for, besides the addresses that are listened on.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The certificate, and where it comes from.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) identity: Identity,
    /// Words for people.
    pub(crate) origin: String,
    /// The file that a client may trust, where it is one that was made here.
    file: Option<PathBuf>,
}

impl Certificate {
    /// The one that was given, or the one that is kept in the state directory, made there if need be.
    pub(crate) fn of(asked: &Serve) -> Result<Self, Failure> {
        if let (Some(cert), Some(key)) = (&asked.cert, &asked.key) {
            let identity = Identity::from_pem_files(cert, key).map_err(given)?;
            return Ok(Self { identity, origin: format!("from {}", shown(cert)), file: None });
        }
        let dir = match &asked.state_dir {
            Some(dir) => dir.clone(),
            None => state_dir()?,
        };
        // Clients are started in other directories.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        let (identity, origin) =
            Identity::load_or_create(&dir, &names(asked)).map_err(|error| kept(&error, &dir))?;
        let made = match origin {
            Origin::Created => "made now, kept in",
            Origin::Loaded => "kept in",
        };
        Ok(Self { identity, origin: format!("{made} {}", shown(&dir)), file: Some(dir.join("cert.pem")) })
    }

    /// How a client comes to trust it.
    pub(crate) fn trust(&self) -> Trust<'_> {
        self.file.as_deref().map_or(Trust::System, Trust::File)
    }
}

fn names(asked: &Serve) -> Vec<String> {
    let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let public = asked.public_ip.map(Into::into);
    for ip in asked.listen.iter().chain(&asked.implicit).map(|address| address.ip()).chain(public) {
        let name = ip.to_string();
        if !ip.is_unspecified() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn state_dir() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Failure::input(
            "there is no home directory to keep the certificate in",
            "say where with --state-dir DIR",
        )
    })?;
    let base = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(base.join("wharfd"))
}

fn given(error: IdentityError) -> Failure {
    Failure::input(error.to_string(), "check the files given with --cert and --key")
}

fn kept(error: &IdentityError, dir: &Path) -> Failure {
    let cause = format!("the certificate in {} cannot be used: {error}", shown(dir));
    Failure::system(
        cause,
        "check that directory, keep the certificate elsewhere with --state-dir, or give one with --cert and --key",
    )
}
