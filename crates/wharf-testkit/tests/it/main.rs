//! The kit itself.

mod properties;
