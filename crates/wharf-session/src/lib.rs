#![doc = include_str!("../README.md")]

pub mod client;
mod contract;
mod mode;
pub mod policy;
pub mod server;
mod substatus;

pub use contract::*;
pub use mode::{DataMode, DeflateFault};
pub use substatus::SubStatus;
