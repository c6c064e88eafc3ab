//! What the file asks for, in the library's words.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use wharf_server::{
    AuditOptions, HostIdentity, ListenerOptions, Networks, PeerTls, ServerConfig, ServerOptions, ServerTls,
    ServerTlsOptions, Trust, VirtualHost,
};

use super::{
    load::{Loaded, Purpose, Shown},
    model::Model,
    problem::Problem,
    settings::Settings,
    summary::Summary,
    warnings::{self, Warning},
};
use crate::{live::Live, metrics::Metrics, service::Upkeep};

/// How often the metrics are written.
const INTERVAL: Duration = Duration::from_secs(15);

/// Everything that a server needs, and what people are told of it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) options: ServerOptions,
    /// The certificates of the listeners, and what keeps them and tells of them.
    pub(crate) upkeep: Upkeep,
    /// What the audit log is opened with, where there is one.
    pub(crate) audit: Option<AuditOptions>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) summary: Summary,
}

impl Plan {
    /// Loads the files that the model names.
    ///
    /// # Errors
    /// All of them that cannot be used.
    pub(super) fn make(
        model: &Model,
        listeners: &[Settings],
        purpose: Purpose,
        now: SystemTime,
    ) -> Result<Self, Vec<Problem>> {
        let loaded = Loaded::load(model, listeners, purpose)?;
        let warnings = warnings::find(model, listeners, &loaded, (purpose, now));
        let summary = Summary::of(model, listeners, &loaded);
        let mut problems = Vec::new();
        let session = session(model, &loaded);
        let mut live = Live::default();
        if let Some(authorities) = &model.client_certificates.ca {
            let revoked = model.client_certificates.crl.iter().map(|list| list.value.clone()).collect();
            live.trust_clients(authorities.value.clone(), revoked);
        }
        let mut opened = Vec::new();
        for (settings, shown) in listeners.iter().zip(&loaded.certificates) {
            match listener(model, settings, shown.as_ref(), &loaded, session.clone(), &mut live) {
                Ok(options) => opened.push(options),
                Err(problem) => problems.push(problem),
            }
        }
        let audit = model.audit.as_ref().map(super::audit::Audit::options).transpose();
        let audit = audit.map_err(|problem| problems.push(problem)).unwrap_or_default();
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut options =
            ServerOptions::new(Arc::new(loaded.disk), Arc::clone(&loaded.accounts.authenticator));
        options.listeners = opened;
        options.peer_tls = peer_tls(model).map_err(|problem| vec![problem])?;
        options.session = session;
        options.passive_ports = model.passive_ports.as_ref().map(|at| at.value.clone());
        if let Some(most) = model.max_sessions {
            options.max_sessions = most.value.get();
        }
        if let Some(most) = model.max_per_ip {
            options.max_per_ip = most.value.get();
        }
        if let Some(grace) = model.grace {
            options.grace = grace.value;
        }
        let metrics = model.metrics.as_ref().and_then(|metrics| {
            let interval = metrics.interval.map_or(INTERVAL, |at| at.value);
            Some(Metrics { file: metrics.file.as_ref()?.value.clone(), interval })
        });
        let upkeep = Upkeep { live, acme: loaded.acme, metrics };
        Ok(Self { options, upkeep, audit, warnings, summary })
    }
}

/// What the sessions of all listeners are told.
fn session(model: &Model, loaded: &Loaded) -> ServerConfig {
    let mut session = ServerConfig::default();
    let mut networks = Networks::new();
    for network in &model.networks {
        networks.add(network.cidr.value, network.rule.tls());
    }
    session.networks = Arc::new(networks);
    session.accounts = Arc::new(loaded.accounts.rules());
    session.public_ip = model.public_ip.map(|at| at.value);
    if let Some(greeting) = &model.greeting {
        session.greeting.clone_from(&greeting.value);
    }
    if let Some(durability) = model.durability {
        session.durability = durability.value.to_string();
    }
    session.max_upload = model.max_upload.map(|at| at.value);
    if let Some(max) = model.max_hash {
        session.max_hash = max.value;
    }
    session.site_rmdir = model.site_rmdir.is_some_and(|at| at.value);
    session.dangerous_foreign_data = model.server_to_server.is_some();
    if let Some(compression) = model.compression {
        session.deflate = compression.value;
    }
    if let Some(idle) = model.idle_timeout {
        session.timeouts.idle = idle.value;
    }
    session
}

/// Towards which servers this one is the TLS client.
fn peer_tls(model: &Model) -> Result<Option<PeerTls>, Problem> {
    let Some(section) = &model.server_to_server else { return Ok(None) };
    if section.certificates.is_empty() {
        return Ok(None);
    }
    let pins = section.certificates.iter().map(|at| at.value).collect();
    PeerTls::new(&Trust::Pins(pins)).map(Some).map_err(|error| {
        Problem::at(section.line, format!("TLS cannot be set up: {error}"), "remove the certificates")
    })
}

fn listener(
    model: &Model,
    settings: &Settings,
    shown: Option<&Shown>,
    loaded: &Loaded,
    mut session: ServerConfig,
    live: &mut Live,
) -> Result<ListenerOptions, Problem> {
    session.policy = settings.policy();
    session.strict_close = settings.strict_close;
    session.client_certificates = settings.client_certificates.value;
    session.hosts = hosts(model, loaded, shown);
    let mut options = ListenerOptions::new(settings.address.value, settings.implicit.value);
    options.session = Some(session);
    if let Some(shown) = shown {
        let mut tls = ServerTlsOptions::new(shown.certificate.identity.clone());
        tls.min_version = settings.min_version.value;
        tls.max_version = settings.max_version.value;
        tls.min_strength = settings.min_strength;
        tls.data_session = settings.data_session;
        tls.client_trust = loaded.client_trust.clone().filter(|_| model.asks_at(settings));
        let mut of_hosts = Vec::new();
        for (host, shown) in model.hosts.iter().zip(&loaded.hosts) {
            let Some(shown) = shown else { continue };
            let names: Vec<String> = host.names().map(|name| name.value.clone()).collect();
            of_hosts.push((names.clone(), live.slot(&shown.certificate)));
            tls.hosts.push(HostIdentity { names, identity: shown.certificate.identity.clone() });
        }
        let tls = ServerTls::new(tls).map_err(|error| {
            Problem::at(
                settings.address.line,
                format!("TLS cannot be set up: {error}"),
                "give another certificate",
            )
        })?;
        let usual = live.slot(&shown.certificate);
        live.show(&tls, usual, of_hosts);
        options.tls = Some(tls);
    }
    Ok(options)
}

/// The hosts of the file, and the other names that the listener's certificate proves, or will prove once ACME has given it.
fn hosts(model: &Model, loaded: &Loaded, shown: Option<&Shown>) -> Vec<VirtualHost> {
    let mut hosts: Vec<VirtualHost> = Vec::new();
    for (host, own) in model.hosts.iter().zip(&loaded.accounts.hosts) {
        let mut virtual_host = VirtualHost::new(host.names().map(|name| name.value.clone()).collect());
        virtual_host.tls = host.rule.tls();
        if let Some(asks) = host.client_certificates {
            virtual_host.client_certificates = asks.value;
        }
        virtual_host.accounts = own.as_ref().map(|own| Arc::new(own.rules()));
        virtual_host.greeting = host.greeting.as_ref().map(|at| at.value.clone());
        virtual_host.root = host.root.as_ref().map(|at| at.value.clone());
        hosts.push(virtual_host);
    }
    let named = |name: &str| {
        model.hosts.iter().flat_map(|host| host.names()).any(|known| known.value.eq_ignore_ascii_case(name))
    };
    let mut proved = shown.map(|shown| shown.certificate.identity.names()).unwrap_or_default();
    if let Some(acme) = model.acme.as_ref().filter(|_| shown.is_some_and(|shown| shown.certificate.renewed)) {
        proved.extend(super::acme::names(model, acme).into_iter().map(|name| name.value));
    }
    let mut others: Vec<String> = Vec::new();
    for name in proved {
        let known = named(&name) || others.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if name.parse::<IpAddr>().is_err() && !known {
            others.push(name);
        }
    }
    // The first one is what logs call the host.
    others.sort_by_key(|name| name.starts_with('*'));
    if !others.is_empty() {
        hosts.push(VirtualHost::new(others));
    }
    hosts
}
