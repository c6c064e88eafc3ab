//! The transport over loopback: real sockets at ephemeral ports.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what it expects and fails at everything else"
)]

mod age;
mod client;
mod client_certificates;
mod close;
mod control;
mod hosts;
mod identity;
mod known_hosts;
mod passive;
mod reload;
mod resumption;
mod support;
mod trust;
