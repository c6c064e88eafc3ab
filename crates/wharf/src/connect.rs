//! From arguments to a session that is logged in.

use std::sync::Arc;

use wharf_client::{Client, ConnectOptions};

use crate::args::Global;
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::location::Location;
use crate::output;

/// Connects and logs in.
pub(crate) async fn connect(global: &Global, there: &mut Location) -> Result<Client, Failure> {
    if global.tls_min > global.tls_max {
        return Err(Failure::usage("--tls-min is above --tls-max"));
    }
    let credentials = Credentials::find(global, there)?;
    let mut options = ConnectOptions::new(there.host.clone());
    options.port = there.port;
    options.tls = global.tls.map_or(there.tls, Into::into);
    options.trust = global.trust.clone().into_trust()?;
    options.min_version = global.tls_min.into();
    options.max_version = global.tls_max.into();
    options.active = global.active;
    options.timeout = global.timeout;
    options.connect_timeout = global.connect_timeout;
    if global.verbose {
        options.wire_log = Some(Arc::new(|line| output::note(&line.to_string())));
    }
    let mut client = Client::connect(options).await?;
    client.login(&credentials.user, credentials.password, credentials.account).await?;
    Ok(client)
}
