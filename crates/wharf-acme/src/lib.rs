#![doc = include_str!("../README.md")]

mod acme;
mod certificate;
mod clock;
mod error;
#[cfg(test)]
mod fake;
mod hook;
mod options;
mod order;
mod responder;
mod schedule;
mod store;

pub use crate::acme::{Acme, AcmeBell};
pub use crate::error::AcmeError;
pub use crate::options::{AcmeOptions, Challenge, ExternalAccount, LETS_ENCRYPT};
