//! The kit itself.

mod pair;
mod properties;
