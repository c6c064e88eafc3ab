//! A server that runs until a signal ends it.

use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use wharf_server::{Server, ServerOptions};

use crate::{audit_log, descriptors, failure::Failure};

/// Serves until a signal comes. Once it listens, `banner` makes what is printed of the bound addresses; the flag is
/// whether TLS starts there with the first byte.
///
/// # Errors
/// When it cannot listen, or a second signal cut the end short.
pub(crate) fn run(
    options: ServerOptions,
    banner: impl FnOnce(&[(SocketAddr, bool)]) -> String,
) -> Result<(), Failure> {
    descriptors::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::system(format!("no thread can be started: {error}"), "see the limits of the user")
    })?;
    let audit = options.audit.clone();
    let outcome = runtime.block_on(serve(options, banner));
    // After a second signal nothing is waited for; otherwise nothing is left to wait for.
    runtime.shutdown_background();
    if let Some(audit) = audit {
        audit.flush();
    }
    outcome
}

async fn serve(
    options: ServerOptions,
    banner: impl FnOnce(&[(SocketAddr, bool)]) -> String,
) -> Result<(), Failure> {
    // Before anything is printed: who reads it may send a signal at once.
    let mut signals = Signals::listen()?;
    if let Some(audit) = options.audit.clone() {
        audit_log::reopen_on_signal(audit)?;
    }
    let server = Server::bind(options).await.map_err(|error| {
        Failure::system(format!("cannot listen at {}: {}", error.addr, error.cause), error.cure)
    })?;
    print(&banner(server.local_addrs()));
    let (tell, told) = oneshot::channel::<()>();
    let mut running = pin!(server.run(async {
        // An error is the end of the sender: an end too.
        let _ = told.await;
    }));
    tokio::select! {
        () = &mut running => return Ok(()),
        () = signals.next() => {}
    }
    tracing::info!("ending: no new sessions, running transfers may finish; a second signal ends at once");
    // An error is a server that has ended already.
    let _ = tell.send(());
    tokio::select! {
        () = &mut running => Ok(()),
        () = signals.next() => Err(Failure::system(
            "a second signal ended the server while transfers ran",
            "cut uploads can be continued from where they stopped",
        )),
    }
}

/// Prints; a server whose output nobody reads serves all the same.
fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        tracing::warn!(%error, "the addresses and accounts could not be printed");
    }
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Failure::system(
                    format!("signals cannot be listened for: {error}"),
                    "see the limits of the user",
                )
            })
        };
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// The next of them. Cancel safe: a signal that was not told is told by the next call.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
