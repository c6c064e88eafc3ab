//! The server over the loopback interface, with the project's own client and with raw connections.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on fails by a panic"
)]

mod audit;
mod audit_truth;
mod between;
mod client_certificates;
mod deflate;
mod digests;
mod endings;
mod faults;
mod hang_up;
mod harness;
mod hosts;
mod injection;
mod lengths;
mod limits;
mod listings;
mod raw;
mod rein;
mod scopes;
mod site;
mod theft;
mod transfers;
