//! Rules of different scopes that do not go together.

use wharf_server::{ControlPolicy, DataPolicy, TlsRule};

use super::{
    super::{
        accounts::{Accounts, Known},
        model::{At, Model},
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
    let mut all = Vec::new();
    for listener in listeners {
        all.push(Said {
            kind: Kind::Listener,
            what: format!("the listener {}", listener.address.value),
            data: listener.data.value,
            line: listener.data.line.unwrap_or(listener.address.line),
        });
    }
    let mut say = |kind, what: String, data: Option<At<DataPolicy>>| {
        if let Some(At { line, value }) = data {
            all.push(Said { kind, what, data: value, line });
        }
    };
    for network in &model.networks {
        say(Kind::Network, format!("the network {}", network.cidr.value), network.rule.data);
    }
    for host in &model.hosts {
        say(Kind::Host, format!("the host {}", host.name.value), host.rule.data);
    }
    for account in accounts.all() {
        let data = account.rule.data.map(|value| At { line: account.data_line, value });
        say(Kind::Account, format!("the account {:?}", account.name), data);
        if account.rule.data == Some(DataPolicy::Neither) {
            warnings.add(
                account.data_line,
                format!(
                    "no transfer is possible for {:?}: one of its groups requires TLS on data connections, another one \
                    forbids it",
                    account.name
                ),
            );
        }
    }
    let mut told = Vec::new();
    for (index, one) in all.iter().enumerate() {
        for other in &all[..index] {
            let both = (one.data, other.data);
            let clash = matches!(
                both,
                (DataPolicy::Require, DataPolicy::Deny) | (DataPolicy::Deny, DataPolicy::Require)
            );
            let lines = (one.line, other.line);
            if clash && one.kind != other.kind && !told.contains(&lines) {
                told.push(lines);
                let word = |said: &Said| match said.data {
                    DataPolicy::Deny => "forbids",
                    DataPolicy::Allow | DataPolicy::Require | DataPolicy::Neither => "requires",
                };
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
        }
    }
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
    let looser: Vec<&Known> = accounts.all().filter(|account| !needs_tls(account.rule)).collect();
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
