//! A server that runs until a signal ends it.

use std::{
    fs::File,
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use wharf_acme::{Acme, AcmeOptions};
use wharf_server::{Counters, FileWatch, Server, ServerOptions};

use crate::{
    audit_log, clock, descriptors,
    failure::Failure,
    live::{self, Live},
    metrics::{Metrics, Sources},
};

/// How long sessions that a second signal cuts have for their last rows.
const CUT: Duration = Duration::from_millis(500);

/// What goes on beside the sessions.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    /// The certificates of the listeners.
    pub(crate) live: Live,
    /// What renews one of them.
    pub(crate) acme: Option<AcmeOptions>,
    pub(crate) metrics: Option<Metrics>,
}

/// Serves until a signal comes. Once it listens, `banner` makes what is printed of the bound addresses; the flag is
/// whether TLS starts there with the first byte. Certificates are read again on SIGHUP, and when their files change.
///
/// # Errors
/// When it cannot listen, or a second signal cut the end short.
pub(crate) fn run(
    options: ServerOptions,
    upkeep: Upkeep,
    banner: impl FnOnce(&[(SocketAddr, bool)]) -> String,
) -> Result<(), Failure> {
    descriptors::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::system(format!("no thread can be started: {error}"), "see the limits of the user")
    })?;
    let audit = options.audit.clone();
    let outcome = runtime.block_on(serve(options, upkeep, banner));
    // Otherwise nothing is left to wait for.
    if outcome.is_err() && audit.is_some() {
        // Sessions that are cut say so in the audit log.
        runtime.shutdown_timeout(CUT);
    } else {
        runtime.shutdown_background();
    }
    if let Some(audit) = audit {
        audit.close();
    }
    outcome
}

async fn serve(
    mut options: ServerOptions,
    Upkeep { live, acme, metrics }: Upkeep,
    banner: impl FnOnce(&[(SocketAddr, bool)]) -> String,
) -> Result<(), Failure> {
    // Before anything is printed: who reads it may send a signal at once.
    let mut signals = Signals::listen()?;
    // A folder that cannot be used is said before anything is listened at.
    let acme = acme
        .map(Acme::open)
        .transpose()
        .map_err(|error| Failure::system(format!("ACME: {error}"), "check state_dir"))?;
    let counters = Arc::new(Counters::default());
    if metrics.is_some() {
        options.counters = Some(Arc::clone(&counters));
    }
    if let Some(audit) = options.audit.clone() {
        audit_log::reopen_on_signal(audit)?;
    }
    let server = Server::bind(options).await.map_err(|error| {
        Failure::system(format!("cannot listen at {}: {}", error.addr, error.cause), error.cure)
    })?;
    let live = Arc::new(live);
    let mut watch = FileWatch::new();
    let reloads = live.watch(&mut watch);
    // What watches is there from the start, its thread too: whoever counts what the server holds finds the same later.
    watch
        .look()
        .await
        .map_err(|error| Failure::system(format!("files cannot be watched: {error}"), "start it anew"))?;
    print(&banner(server.local_addrs()));
    let bell = watch.bell();
    // These go on until the runtime ends.
    tokio::spawn(watch.run());
    tokio::spawn(live::watch_expiry(Arc::clone(&live)));
    if let Some(metrics) = metrics {
        let started = clock::now();
        tokio::spawn(metrics.run(Sources { live: Arc::clone(&live), reloads, counters, started }));
    }
    let mut renewal = None;
    if let Some(acme) = acme {
        renewal = Some(acme.bell());
        if !acme.certificate_file().exists() {
            tracing::warn!(
                "ACME has given no certificate yet: until it does, clients see one that is signed by itself"
            );
        }
        // The same way as for any certificate whose file changed, without waiting for the next look.
        let bell = bell.clone();
        tokio::spawn(acme.run(move || bell.ring()));
    }
    let (tell, told) = oneshot::channel::<()>();
    let mut running = pin!(server.run(async {
        // An error is the end of the sender: an end too.
        let _ = told.await;
    }));
    loop {
        tokio::select! {
            () = &mut running => return Ok(()),
            wish = signals.next() => match wish {
                Wish::End => break,
                Wish::Reload => {
                    tracing::info!("SIGHUP: reading certificates again");
                    bell.ring();
                    if let Some(renewal) = &renewal {
                        renewal.ring();
                    }
                }
            }
        }
    }
    tracing::info!("ending: no new sessions, running transfers may finish; a second signal ends at once");
    // An error is a server that has ended already.
    let _ = tell.send(());
    tokio::select! {
        () = &mut running => Ok(()),
        () = signals.end() => Err(Failure::system(
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

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    End,
    Reload,
}

/// SIGINT, SIGTERM and SIGHUP.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// Whether it was started at a terminal: a SIGHUP may say then that the terminal is gone.
    at_terminal: bool,
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
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            at_terminal: terminal(),
        })
    }

    /// The next of them. Cancel safe: a signal that was not told is told by the next call.
    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::End,
            _ = self.terminate.recv() => Wish::End,
            _ = self.hangup.recv() => if self.at_terminal && !terminal() { Wish::End } else { Wish::Reload },
        }
    }

    /// The next one that asks for the end. Cancel safe, as [`Signals::next`].
    async fn end(&mut self) {
        while self.next().await == Wish::Reload {}
    }
}

/// Whether there is a terminal that this process belongs to.
fn terminal() -> bool {
    File::open("/dev/tty").is_ok()
}
