//! What is remembered of servers, in the user's data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy as _;
use wharf_client::{ConnectOptions, HostMemory as _, KnownHostsFile};

use crate::args::Global;
use crate::failure::Failure;
use crate::location::Location;
use crate::output;

/// The file, unless it is switched off or there is no home folder to keep it in.
pub(crate) fn file(global: &Global) -> Option<Arc<KnownHostsFile>> {
    let path: PathBuf = match &global.known_hosts {
        Some(path) if path == Path::new("none") => return None,
        Some(path) => path.clone(),
        None => etcetera::choose_base_strategy().ok()?.data_dir().join("wharf").join("known_hosts"),
    };
    Some(Arc::new(KnownHostsFile::new(path)))
}

/// `forget`.
pub(crate) fn forget(global: &Global, there: &Location) -> Result<(), Failure> {
    let Some(file) = file(global) else {
        return Err(Failure::usage("there is no file of known hosts: nothing is remembered"));
    };
    let mut options = ConnectOptions::new(&there.host);
    options.port = there.port;
    options.tls = global.tls.map_or(there.tls, Into::into);
    let (host, port, place) = (&options.host, options.effective_port(), file.place());
    let known = file.forget(host, port).map_err(|error| Failure::local(&place, error))?;
    if !known && !global.quiet {
        output::note(&format!("wharf: nothing is remembered of {host} port {port} in {place}"));
    }
    Ok(())
}
