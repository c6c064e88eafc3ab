//! Ports, and what listeners do not enforce.

use super::{
    super::{
        model::Model,
        ports,
        settings::{IMPLICIT_PORT, Settings},
    },
    Warnings,
};

/// The default of `max_sessions`.
const SESSIONS: usize = 1_000;

pub(super) fn find(model: &Model, listeners: &[Settings], warnings: &mut Warnings) {
    let usual = listeners.iter().any(|listener| listener.address.value.port() == IMPLICIT_PORT);
    for listener in listeners {
        let (address, line) = (listener.address.value, listener.address.line);
        let port = address.port();
        if let Some(other) = ports::other_protocol(port) {
            warnings.add(line, format!("port {port} is assigned to {other}"));
        }
        if port == IMPLICIT_PORT && !listener.implicit.value {
            warnings.add(
                listener.implicit.line,
                "port 990 is explicit here, but clients start TLS there with the first byte",
            );
        }
        // Nobody is to find a port that the system chooses.
        if listener.implicit.value && port != 0 && !usual {
            warnings.add(
                listener.implicit.line,
                format!("implicit TLS at {address}, and nowhere on port 990, where clients look for it"),
            );
        }
        if listener.report_only.value {
            warnings.add(
                listener.report_only.line,
                format!("report_only: nothing is enforced at {address}, refusals are only logged"),
            );
        }
    }
    passive_ports(model, listeners, warnings);
}

fn passive_ports(model: &Model, listeners: &[Settings], warnings: &mut Warnings) {
    let Some(ports) = &model.passive_ports else {
        if let Some(public) = model.public_ip {
            warnings.add(
                public.line,
                "public_ip without passive_ports: a router in front can hardly forward every port",
            );
        }
        return;
    };
    let count = ports.value.len();
    let sessions = model.max_sessions.map_or(SESSIONS, |most| most.value.get());
    if count < sessions {
        warnings.add(
            ports.line,
            format!("passive_ports are {count} for up to {sessions} sessions: when all are taken, transfers are refused"),
        );
    }
    for listener in listeners {
        let port = listener.address.value.port();
        if ports.value.contains(&port) {
            warnings.add(
                ports.line,
                format!(
                    "passive_ports hold {port}, the port of the listener in line {}",
                    listener.address.line
                ),
            );
        }
    }
}
