#![doc = include_str!("../README.md")]

pub mod client;
mod contract;

pub use contract::*;
