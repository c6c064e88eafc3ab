//! `--client-cert` and `--client-key`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use wharf_client::Identity;

use crate::args::Global;
use crate::failure::Failure;
use crate::output;

/// The certificate that this side shows, if one was given.
pub(crate) fn client_identity(global: &Global) -> Result<Option<Identity>, Failure> {
    let Some(certificate) = &global.client_cert else { return Ok(None) };
    let key = global.client_key.as_ref().unwrap_or(certificate);
    let identity = Identity::from_pem_files(certificate, key)
        .map_err(|error| Failure::local("the certificate of this side", io::Error::other(error)))?;
    let mode = fs::metadata(key).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 && !global.quiet {
        let shown = key.display();
        output::note(&format!("wharf: warning: others can read the private key in {shown}: chmod 600 it"));
    }
    Ok(Some(identity))
}
