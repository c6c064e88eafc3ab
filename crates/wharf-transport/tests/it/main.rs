//! The transport over loopback: real sockets at ephemeral ports.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test says what it expects and fails at everything else"
)]

mod age;
mod close;
mod control;
mod hosts;
mod identity;
mod passive;
mod resumption;
mod support;
mod trust;
