#![doc = include_str!("../README.md")]

pub mod client;
mod contract;
pub mod policy;
pub mod server;

pub use contract::*;
