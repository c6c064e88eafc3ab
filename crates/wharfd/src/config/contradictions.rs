//! What cannot be meant, though each key alone is right.

use std::{collections::HashMap, net::SocketAddr};

use wharf_server::{Anonymous, ControlPolicy, IpNet, TlsVersion};

use super::{
    client_certificates,
    model::{At, Model, Pair, Rule},
    problem::{Problem, quoted},
    settings::{Said, Settings},
    suggest,
};

/// Everything in the file that contradicts something else in it.
pub(super) fn find(model: &Model, listeners: &[Settings]) -> Vec<Problem> {
    let mut problems = Vec::new();
    twice(model, &mut problems);
    halves(model, &mut problems);
    denials(model, &mut problems);
    users(model, &mut problems);
    client_certificates::contradictions(model, listeners, &mut problems);
    addresses(listeners, &mut problems);
    for listener in listeners {
        implicit_without_tls(listener, &mut problems);
        versions(listener, &mut problems);
    }
    problems
}

/// Names and networks that are there twice.
fn twice(model: &Model, problems: &mut Vec<Problem>) {
    let mut once = |what: &str, names: Vec<(usize, String)>| {
        let mut seen = HashMap::new();
        for (line, name) in names {
            match seen.get(&name) {
                Some(first) => problems.push(Problem::at(
                    line,
                    format!("{what} {} is in line {first} already", quoted(&name)),
                    "remove one of the two",
                )),
                None => _ = seen.insert(name, line),
            }
        }
    };
    let named = |name: &At<String>| (name.line, name.value.clone());
    once("the group", model.groups.iter().map(|group| named(&group.name)).collect());
    once("the user", model.users.iter().map(|user| named(&user.name)).collect());
    // Host names are compared without case (RFC 7151 §3.1).
    let host = |name: &At<String>| (name.line, name.value.to_ascii_lowercase());
    once("the host", model.hosts.iter().flat_map(|host| host.names()).map(host).collect());
    let network = |cidr: At<IpNet>| (cidr.line, cidr.value.trunc().to_string());
    once("the network", model.networks.iter().map(|each| network(each.cidr)).collect());
}

/// A certificate without its key, or the other way round.
fn halves(model: &Model, problems: &mut Vec<Problem>) {
    let listeners = model.listeners.iter().map(|listener| &listener.tls.pair);
    let hosts = model.hosts.iter().map(|host| &host.pair);
    for Pair { certificate, key } in std::iter::once(&model.tls.pair).chain(listeners).chain(hosts) {
        let (line, cause) = match (certificate, key) {
            (Some(certificate), None) => (certificate.line, "a certificate without its key"),
            (None, Some(key)) => (key.line, "a key without its certificate"),
            (Some(_), Some(_)) | (None, None) => continue,
        };
        problems.push(Problem::at(line, cause, "write certificate and key in the same section"));
    }
}

/// `control = "deny"` anywhere but in a listener.
fn denials(model: &Model, problems: &mut Vec<Problem>) {
    let rules = std::iter::once(&model.tls.rule)
        .chain(model.hosts.iter().map(|host| &host.rule))
        .chain(model.networks.iter().map(|network| &network.rule))
        .chain(model.groups.iter().map(|group| &group.rule))
        .chain(model.users.iter().map(|user| &user.rule))
        .chain(std::iter::once(&model.accounts.rule))
        .chain(model.anonymous.iter().map(|anonymous| &anonymous.rule));
    for Rule { control, .. } in rules {
        if let Some(At { line, value: ControlPolicy::Deny }) = control {
            problems.push(Problem::at(
                *line,
                "control cannot be \"deny\" here: whether there is TLS at all is a matter of a listener",
                "write control = \"deny\" in the [[listener]] that shall have no TLS, and here \"allow\", \"credentials\" \
                or \"require\"",
            ));
        }
    }
}

/// Groups that are not there, anonymous names, and rules without an account.
fn users(model: &Model, problems: &mut Vec<Problem>) {
    for user in &model.users {
        let name = quoted(&user.name.value);
        for group in &user.groups {
            if model.groups.iter().any(|known| known.name.value == group.value) {
                continue;
            }
            let known = model.groups.iter().map(|group| group.name.value.as_str());
            let cure = match suggest::nearest(&group.value, known) {
                Some(near) => format!("did you mean {}?", quoted(near)),
                None => "write a [[group]] of that name".to_owned(),
            };
            let cause =
                format!("the user {name} is in the group {}, which is not there", quoted(&group.value));
            problems.push(Problem::at(group.line, cause, cure));
        }
        if let Some(anonymous) = &model.anonymous
            && Anonymous::is_anonymous(user.name.value.as_bytes())
        {
            problems.push(Problem::at(
                user.name.line,
                format!("the user {name} is what [anonymous] in line {} lets in", anonymous.line),
                "remove one of the two",
            ));
        }
        if user.hash.is_none() && model.accounts.file.is_none() {
            problems.push(Problem::at(
                user.name.line,
                format!("the user {name} has no hash, and there is no accounts.file that could hold one"),
                "write hash = \"...\" as `wharfd passwd NAME` prints it behind the first colon",
            ));
        }
        let unused = [("root", &user.root), ("permissions", &user.permissions)];
        for (key, at) in unused.into_iter().filter_map(|(key, at)| Some((key, at.as_ref()?))) {
            if user.hash.is_none() && model.accounts.file.is_some() {
                problems.push(Problem::at(
                    at.line,
                    format!("{key} of the user {name}, who has no hash here, stands in accounts.file"),
                    format!("remove it here; `wharfd passwd --users FILE --{key} ...` changes it there"),
                ));
            }
        }
    }
}

/// Listeners of which the system would refuse the second one.
fn addresses(listeners: &[Settings], problems: &mut Vec<Problem>) {
    for (index, listener) in listeners.iter().enumerate() {
        let At { line, value } = listener.address;
        let Some(first) = listeners[..index].iter().find(|other| overlap(other.address.value, value)) else {
            continue;
        };
        let At { line: first, value: other } = first.address;
        let (cause, cure) = if other == value {
            (format!("a listener at {value} is in line {first} already"), "remove one of the two")
        } else {
            (format!("{value} overlaps with the listener {other} in line {first}"), "keep the wider one")
        };
        problems.push(Problem::at(line, cause, format!("{cure}, or give one another port")));
    }
}

/// Whether nobody can listen at `later` once `first` is taken.
fn overlap(first: SocketAddr, later: SocketAddr) -> bool {
    // The system gives each listener at port 0 another one.
    if first.port() != later.port() || first.port() == 0 {
        return false;
    }
    let wide = first.ip().is_unspecified() || later.ip().is_unspecified();
    match (first, later) {
        (SocketAddr::V4(_), SocketAddr::V4(_)) | (SocketAddr::V6(_), SocketAddr::V6(_)) => {
            wide || first == later
        }
        // [::] takes IPv4 too where that is free, and leaves it alone where it is not.
        (SocketAddr::V6(first), SocketAddr::V4(_)) => first.ip().is_unspecified(),
        (SocketAddr::V4(_), SocketAddr::V6(_)) => false,
    }
}

fn implicit_without_tls(listener: &Settings, problems: &mut Vec<Problem>) {
    if !listener.implicit.value || listener.has_tls() {
        return;
    }
    let control = place(listener.control.line);
    let problem = match listener.implicit.line {
        Some(line) => Problem::at(
            line,
            format!("implicit TLS, but control = \"deny\"{control} switches TLS off"),
            "remove one of the two",
        ),
        None => Problem::at(
            listener.control.line.unwrap_or(listener.address.line),
            format!(
                "control = \"deny\" switches TLS off, but port 990 in line {} is implicit TLS",
                listener.address.line
            ),
            "give another port, or write implicit = false",
        ),
    };
    problems.push(problem);
}

fn versions(listener: &Settings, problems: &mut Vec<Problem>) {
    let (Said { value: min, line: min_line }, Said { value: max, line: max_line }) =
        (listener.min_version, listener.max_version);
    if min <= max {
        return;
    }
    let number = |version| match version {
        TlsVersion::V1_2 => "1.2",
        TlsVersion::V1_3 => "1.3",
    };
    let problem = Problem::at(
        min_line.or(max_line).unwrap_or(listener.address.line),
        format!(
            "min_version = \"{}\" is above max_version = \"{}\"{}",
            number(min),
            number(max),
            place(max_line)
        ),
        "raise max_version or lower min_version",
    );
    // Two listeners may have it from [tls].
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Where something else stands.
fn place(line: Option<usize>) -> String {
    line.map_or_else(|| " (the default)".to_owned(), |line| format!(" in line {line}"))
}
