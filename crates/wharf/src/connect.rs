//! From arguments to a session that is logged in.

use std::sync::Arc;

use wharf_client::{Client, ConnectOptions, Error, HostMemory, ReplyCode, WireLine};

use crate::args::Global;
use crate::credentials::{self, Credentials};
use crate::failure::Failure;
use crate::identity::client_identity;
use crate::location::Location;
use crate::{memory, output};

/// How the server is reached: whatever is wrong with the arguments shows here.
pub(crate) fn options(global: &Global, there: &Location) -> Result<ConnectOptions, Failure> {
    if global.tls_min > global.tls_max {
        return Err(Failure::usage("--tls-min is above --tls-max"));
    }
    let memory = memory::file(global);
    let mut options = ConnectOptions::new(there.host.clone());
    options.port = there.port;
    options.tls = global.tls.map_or(there.tls, Into::into);
    options.trust = global.trust.clone().into_trust(memory.as_ref())?;
    options.memory = memory.map(|file| file as Arc<dyn HostMemory>);
    options.client_identity = client_identity(global)?;
    options.min_version = global.tls_min.into();
    options.max_version = global.tls_max.into();
    options.active = global.active;
    options.compress = global.compress;
    options.charset = global.charset;
    options.send_host = global.send_host;
    options.protect_after_login = global.prot_after_login;
    options.pipeline = !global.no_pipeline;
    options.timeout = global.timeout;
    options.connect_timeout = global.connect_timeout;
    let (verbose, quiet) = (global.verbose, global.quiet);
    options.wire_log = Some(Arc::new(move |line| {
        if verbose {
            output::note(&line.to_string());
        } else if let WireLine::Warning(text) = line
            && !quiet
        {
            output::error(&format!("warning: {text}"));
        }
    }));
    Ok(options)
}

/// Connects and logs in.
pub(crate) async fn connect(
    options: ConnectOptions,
    credentials: Credentials,
    there: &Location,
) -> Result<Client, Failure> {
    let mut client = Client::connect(options).await?;
    log_in(&mut client, credentials, &there.host).await?;
    Ok(client)
}

async fn log_in(client: &mut Client, credentials: Credentials, host: &str) -> Result<(), Failure> {
    let Credentials { user, password, account } = credentials;
    let password = match password {
        Some(password) => password,
        None => match client.login_by_certificate(&user).await {
            Err(Error::Login { reply }) if reply.code() == ReplyCode::NEED_PASSWORD => {
                credentials::prompt(&user, host).await?
            }
            done => return Ok(done?),
        },
    };
    Ok(client.login(&user, password, account).await?)
}
