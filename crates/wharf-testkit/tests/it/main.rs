//! The kit itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod distance;
mod pair;
mod peer;
mod properties;
mod transcript;
