//! Logs in, findings out.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod data;
mod golden;
mod many;
mod parts;
