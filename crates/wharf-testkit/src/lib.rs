#![doc = include_str!("../README.md")]

mod clock;
mod dice;
pub mod properties;

pub use clock::start;
pub use dice::Dice;
