//! Rules of different scopes that do not go together.

use std::collections::HashSet;

use wharf_server::{ControlPolicy, DataPolicy, TlsRule};

use super::{
    super::{
        accounts::{Accounts, Known},
        model::{At, Host, Model, Network},
        problem::list,
        settings::Settings,
    },
    Warnings,
    clear::Clients,
};

pub(super) fn find(model: &Model, listeners: &[Settings], accounts: &Accounts, warnings: &mut Warnings) {
    contradictions(model, listeners, accounts, warnings);
    without_tls(listeners, accounts, warnings);
    told_apart(model, listeners, accounts, warnings);
}

/// What one scope says of data connections.
struct Said {
    kind: Kind,
    what: String,
    data: DataPolicy,
    line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Listener,
    Network,
    Host,
    Account,
}

/// Scopes that require and forbid TLS on data connections: where both hold, no transfer is possible.
fn contradictions(model: &Model, listeners: &[Settings], accounts: &Accounts, warnings: &mut Warnings) {
    let mut outer = Vec::new();
    for listener in listeners {
        outer.push(Said {
            kind: Kind::Listener,
            what: format!("the listener {}", listener.address.value),
            data: listener.data.value,
            line: listener.data.line.unwrap_or(listener.address.line),
        });
    }
    let say = |kind, what: String, data: Option<At<DataPolicy>>| {
        data.map(|At { line, value }| Said { kind, what, data: value, line })
    };
    let network =
        |each: &Network| say(Kind::Network, format!("the network {}", each.cidr.value), each.rule.data);
    let host = |each: &Host| say(Kind::Host, format!("the host {}", each.name.value), each.rule.data);
    outer.extend(model.networks.iter().filter_map(network));
    outer.extend(model.hosts.iter().filter_map(host));

    let mut told = HashSet::new();
    for (index, one) in outer.iter().enumerate() {
        for other in &outer[..index] {
            contradiction(one, other, &mut told, warnings);
        }
    }
    // Many accounts may have their rule from one line.
    let mut seen = HashSet::new();
    for account in accounts.all() {
        let Some(data) = account.rule.data else { continue };
        if !seen.insert((account.data_line, data)) {
            continue;
        }
        let what = format!("the account {:?}", account.name);
        if data == DataPolicy::Neither {
            warnings.add(
                account.data_line,
                format!(
                    "no transfer is possible for {what}: one of its groups requires TLS on data connections, another \
                    one forbids it"
                ),
            );
        }
        let one = Said { kind: Kind::Account, what, data, line: account.data_line };
        for other in &outer {
            contradiction(&one, other, &mut told, warnings);
        }
    }
}

fn contradiction(one: &Said, other: &Said, told: &mut HashSet<(usize, usize)>, warnings: &mut Warnings) {
    let clash = matches!(
        (one.data, other.data),
        (DataPolicy::Require, DataPolicy::Deny) | (DataPolicy::Deny, DataPolicy::Require)
    );
    if !clash || one.kind == other.kind || !told.insert((one.line, other.line)) {
        return;
    }
    let word = |said: &Said| if said.data == DataPolicy::Deny { "forbids" } else { "requires" };
    warnings.add(
        one.line,
        format!(
            "no transfer is possible where both hold: {} {} TLS on data connections, {} (line {}) {} it",
            one.what,
            word(one),
            other.what,
            other.line,
            word(other),
        ),
    );
}

/// Listeners without TLS, and scopes that ask for it there.
fn without_tls(listeners: &[Settings], accounts: &Accounts, warnings: &mut Warnings) {
    for listener in listeners.iter().filter(|listener| !listener.has_tls()) {
        let address = listener.address;
        if listener.data.value == DataPolicy::Require {
            warnings.add(
                listener.data.line,
                format!(
                    "no transfer is possible at {}: it has no TLS, and data is \"require\"",
                    address.value
                ),
            );
        }
        if accounts.all().next().is_some() && accounts.all().all(|account| needs_tls(account.rule)) {
            warnings.add(
                address.line,
                format!("nobody can log in at {}: it has no TLS, and every account needs it", address.value),
            );
        }
    }
}

/// Accounts that may log in in clear where unknown names may not: the answer to USER tells that they are there.
fn told_apart(model: &Model, listeners: &[Settings], accounts: &Accounts, warnings: &mut Warnings) {
    if !needs_tls(accounts.rules().strictest()) {
        return;
    }
    let clear = |listener: &Settings| {
        Clients::of(listener, model).iter().any(|clients| !needs_tls(listener.rule().and(clients.rule)))
    };
    let looser: Vec<&Known> = accounts.usual().filter(|account| !needs_tls(account.rule)).collect();
    let (Some(first), true) =
        (looser.first(), listeners.iter().filter(|listener| !listener.implicit.value).any(clear))
    else {
        return;
    };
    const MOST: usize = 3;
    let names = looser.iter().take(MOST).map(|account| format!("{:?}", account.name));
    let more = looser.len().checked_sub(MOST).filter(|more| *more > 0).map(|more| format!("{more} more"));
    let who = list(names.chain(more), "and");
    let account = if looser.len() == 1 { "account" } else { "accounts" };
    warnings.add(
        first.control_line,
        format!(
            "the {account} {who} may log in in clear while others may not: a stranger can tell who is there from names \
            that nobody has"
        ),
    );
}

/// Whether name and password must not be sent in clear.
fn needs_tls(rule: TlsRule) -> bool {
    match rule.control {
        Some(ControlPolicy::Credentials | ControlPolicy::Require) => true,
        Some(ControlPolicy::Allow | ControlPolicy::Deny) | None => false,
    }
}
