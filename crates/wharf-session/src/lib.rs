#![doc = include_str!("../README.md")]

mod certificate;
pub mod client;
mod contract;
mod mode;
pub mod policy;
pub mod server;
mod substatus;

pub use certificate::{ClientCertificate, ClientCertificateProblem};
pub use contract::*;
pub use mode::{DataMode, DeflateFault};
pub use substatus::SubStatus;
