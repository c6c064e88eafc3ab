//! What may cross a network in clear.

use std::collections::HashSet;

use wharf_server::{ControlPolicy, DataPolicy, TlsRule};

use super::{
    super::{
        accounts::Accounts,
        model::{Model, Network},
        settings::Settings,
    },
    Warnings,
};

/// Clients for whom one rule holds.
pub(super) struct Clients<'a> {
    pub(super) rule: TlsRule,
    /// `None`: all that are in no network of the file.
    pub(super) network: Option<&'a Network>,
}

impl<'a> Clients<'a> {
    /// Everybody who can reach a listener, by the networks of the file.
    pub(super) fn of(listener: &Settings, model: &'a Model) -> Vec<Self> {
        let ip = listener.address.value.ip();
        let (four, six) = (ip.is_ipv4() || ip.is_unspecified(), ip.is_ipv6());
        let reaches = |network: &&Network| if is_four(network) { four } else { six };
        let all = |four| {
            let whole = |network: &Network| is_four(network) == four && network.cidr.value.prefix_len() == 0;
            model.networks.iter().any(whole)
        };
        let networks = model.networks.iter().filter(reaches);
        let mut clients: Vec<Self> =
            networks.map(|network| Self { rule: network.rule.tls(), network: Some(network) }).collect();
        // Networks of length 0 leave nobody outside.
        if (four && !all(true)) || (six && !all(false)) {
            clients.push(Self { rule: TlsRule::default(), network: None });
        }
        clients
    }

    fn is_loopback(&self) -> bool {
        self.network.is_some_and(|network| network.cidr.value.network().is_loopback())
    }
}

fn is_four(network: &Network) -> bool {
    network.cidr.value.network().is_ipv4()
}

/// Warns of listeners that let secrets or files cross a network in clear.
pub(super) fn find(model: &Model, listeners: &[Settings], accounts: &Accounts, warnings: &mut Warnings) {
    let rules: HashSet<TlsRule> = accounts.all().map(|account| account.rule).collect();
    let rules: Vec<TlsRule> =
        if rules.is_empty() { vec![TlsRule::default()] } else { rules.into_iter().collect() };
    for listener in listeners.iter().filter(|listener| !listener.address.value.ip().is_loopback()) {
        for clients in Clients::of(listener, model).iter().filter(|clients| !clients.is_loopback()) {
            let (place, lines) = place(clients, listener, model);
            let base = listener.rule().and(clients.rule);
            let with: Vec<TlsRule> = rules.iter().map(|rule| base.and(*rule)).collect();
            let control = |policy| with.iter().any(|rule| rule.control == Some(policy));
            let data = |policy| with.iter().any(|rule| rule.data == Some(policy));
            // On an implicit listener TLS starts with the first byte and never ends (CCC is refused there).
            let control = |policy| !listener.implicit.value && control(policy);
            if control(ControlPolicy::Allow) || control(ControlPolicy::Deny) {
                warnings.add(lines.0, format!("passwords may cross the network in clear {place}"));
            } else if control(ControlPolicy::Credentials) {
                warnings.add(
                    lines.0,
                    format!("commands and names of files may cross the network in clear {place}"),
                );
            }
            if data(DataPolicy::Allow) || data(DataPolicy::Deny) {
                warnings.add(lines.1, format!("files may cross the network in clear {place}"));
            }
        }
    }
}

/// Which clients at which listener, and the lines that speak of control and data there.
fn place(clients: &Clients<'_>, listener: &Settings, model: &Model) -> (String, (usize, usize)) {
    let address = listener.address;
    match clients.network {
        Some(network) => {
            let line = network.cidr.line;
            let lines = (
                network.rule.control.map_or(line, |at| at.line),
                network.rule.data.map_or(line, |at| at.line),
            );
            (format!("at {} for clients in {}", address.value, network.cidr.value), lines)
        }
        None => {
            let lines =
                (listener.control.line.unwrap_or(address.line), listener.data.line.unwrap_or(address.line));
            let who = if model.networks.is_empty() { "" } else { " for clients in no [[network]]" };
            (format!("at {}{who}", address.value), lines)
        }
    }
}
