#![doc = include_str!("../README.md")]

#[cfg(feature = "certificates")]
mod authority;
mod clock;
#[cfg(feature = "delay")]
mod delay;
mod dice;
pub mod model;
mod pair;
mod pattern;
mod peer;
pub mod properties;
mod refusals;
pub mod transcript;

#[cfg(feature = "certificates")]
pub use authority::{Authority, Issued};
pub use clock::start;
#[cfg(feature = "delay")]
pub use delay::DelayProxy;
pub use dice::Dice;
pub use model::Model;
pub use pair::Pair;
pub use peer::{Mismatch, ScriptedPeer};
pub use refusals::Refusals;
