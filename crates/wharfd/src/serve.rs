//! `wharfd serve`.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use wharf_server::{
    AuditOptions, ListenerOptions, LocalDisk, LocalOptions, Policy, ServerOptions, ServerTls,
    ServerTlsOptions, VirtualHost,
};

use crate::{
    accounts::{Accounts, MadeUp},
    args::{ControlTls, DataTls, Serve},
    audit_log,
    banner::{Banner, Login},
    certificate::Certificate,
    config::IMPLICIT_PORT,
    failure::{Failure, shown},
    live::Live,
    service::{self, Upkeep},
};

/// Where it listens when nothing is said.
const EXPLICIT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2121);
/// The same for implicit FTPS.
const IMPLICIT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2990);

/// Serves until a signal comes.
pub(crate) fn run(asked: &Serve) -> Result<(), Failure> {
    let accounts = Accounts::of(asked)?;
    make_dir(&asked.dir)?;
    let certificate = Certificate::of(asked)?;
    let (options, live) = options(asked, &accounts, &certificate)?;
    for text in warnings(asked) {
        tracing::warn!("{text}");
    }
    let upkeep = Upkeep { live, acme: None, metrics: None };
    service::run(options, upkeep, |bound| banner(asked, bound, &accounts, &certificate))
}

/// What the command line asks for, in the library's words, and the certificate, to be read again.
fn options(
    asked: &Serve,
    accounts: &Accounts,
    certificate: &Certificate,
) -> Result<(ServerOptions, Live), Failure> {
    let disk = LocalOptions { durability: asked.durability, ..LocalOptions::default() };
    let disk = LocalDisk::open(&asked.dir, disk).map_err(|error| unusable(&asked.dir, &error))?;
    let mut tls = ServerTlsOptions::new(certificate.identity.clone());
    tls.data_session = asked.data_session.into();
    tls.min_version = asked.tls_min.into();
    tls.min_strength = asked.min_strength;
    let tls = ServerTls::new(tls).map_err(|error| {
        Failure::system(
            format!("TLS cannot be set up: {error}"),
            "give another certificate with --cert and --key",
        )
    })?;
    let mut live = Live::default();
    let usual = live.slot(certificate);
    live.show(&tls, usual, Vec::new());

    let mut options = ServerOptions::new(Arc::new(disk), Arc::clone(&accounts.authenticator));
    options.listeners = listeners(asked);
    options.tls = Some(tls);
    options.passive_ports = asked.passive_ports.clone();
    let audit = asked.audit_log.clone().map(AuditOptions::new);
    if let Some(text) = audit.as_ref().and_then(audit_log::cannot_rotate) {
        tracing::warn!("{text}");
    }
    options.audit = audit.map(audit_log::open).transpose()?;
    if let Some(most) = asked.max_sessions {
        options.max_sessions = most.get();
    }
    if let Some(most) = asked.max_per_ip {
        options.max_per_ip = most.get();
    }
    let session = &mut options.session;
    session.policy = Policy {
        control: asked.control_tls.into(),
        data: asked.data_tls.into(),
        dialect: asked.dialect,
        report_only: asked.report_only,
    };
    session.max_upload = asked.max_upload;
    session.public_ip = asked.public_ip;
    session.durability = asked.durability.to_string();
    // The names that HOST (RFC 7151) may ask for are those that the certificate proves.
    let names = certificate.identity.names().into_iter().filter(|name| is_host(name)).collect();
    session.hosts = vec![VirtualHost::new(names)];
    if let Some(idle) = asked.idle_timeout {
        session.timeouts.idle = idle;
    }
    Ok((options, live))
}

fn is_host(name: &str) -> bool {
    name.parse::<IpAddr>().is_err() && !name.starts_with('*')
}

/// The addresses given, or the usual ones where none is.
fn listeners(asked: &Serve) -> Vec<ListenerOptions> {
    let (explicit, implicit) = match (asked.listen.as_slice(), asked.implicit.as_slice()) {
        ([], []) => (&[EXPLICIT][..], &[IMPLICIT][..]),
        given => given,
    };
    let options = |implicit| move |addr: &SocketAddr| ListenerOptions::new(*addr, implicit);
    explicit.iter().map(options(false)).chain(implicit.iter().map(options(true))).collect()
}

fn make_dir(dir: &Path) -> Result<(), Failure> {
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Failure::input(format!("{} is no directory", shown(dir)), "give a directory to serve")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(dir).map_err(|error| {
            Failure::system(
                format!("the directory {} cannot be made: {error}", shown(dir)),
                "give one that is there, or make it first",
            )
        }),
        Err(error) => Err(unusable(dir, &error)),
    }
}

fn unusable(dir: &Path, error: &io::Error) -> Failure {
    Failure::system(
        format!("the directory {} cannot be served: {error}", shown(dir)),
        "check that this user may enter and read it",
    )
}

/// What is risky about the arguments.
fn warnings(asked: &Serve) -> Vec<&'static str> {
    let is_open = |addresses: &[SocketAddr]| addresses.iter().any(|address| !address.ip().is_loopback());
    let (explicit, any) = (is_open(&asked.listen), is_open(&asked.listen) || is_open(&asked.implicit));
    let all = [
        (
            asked.listen.iter().any(|address| address.port() == IMPLICIT_PORT),
            "port 990 given with --listen is explicit, but clients start TLS there with the first byte; --implicit is meant",
        ),
        (asked.report_only, "--report-only: nothing is enforced, refusals are only logged"),
        (
            !asked.user.is_empty(),
            "passwords given with --user can be seen by others on this machine (ps); keep accounts in a file: \
            wharfd passwd --users FILE NAME",
        ),
        (
            explicit && asked.control_tls == ControlTls::Allow,
            "--control-tls allow lets passwords cross the network in clear",
        ),
        (any && asked.data_tls != DataTls::Require, "--data-tls lets files cross the network in clear"),
        (
            asked.public_ip.is_some() && asked.passive_ports.is_none(),
            "--public-ip without --passive-ports: a router in front can hardly forward every port",
        ),
    ];
    all.into_iter().filter(|(risky, _)| *risky).map(|(_, text)| text).collect()
}

fn banner(
    asked: &Serve,
    bound: &[(SocketAddr, bool)],
    accounts: &Accounts,
    certificate: &Certificate,
) -> String {
    let identity = &certificate.identity;
    let dir = std::path::absolute(&asked.dir).unwrap_or_else(|_| asked.dir.clone());
    let banner = Banner {
        dir: &shown(&dir),
        listeners: bound,
        fingerprint: &identity.fingerprint().to_string(),
        origin: &certificate.origin,
        names: &identity.names(),
        trust: certificate.trust(),
        accounts: &accounts.lines,
        login: Login { name: &accounts.name, password: accounts.password.as_ref().map(MadeUp::as_str) },
    };
    banner.text()
}

#[cfg(test)]
mod tests;
