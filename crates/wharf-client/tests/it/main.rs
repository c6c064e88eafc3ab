//! The client against servers that say what the tests tell them to, on the loopback interface.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on fails by a panic"
)]

mod between;
mod certificate;
mod deflate;
mod files;
mod forgetful;
mod hostile;
mod memory;
mod peer;
mod protected;
mod quirks;
mod reuse;
mod sizes;
mod transfers;
mod twin;
