//! The program as it is run: what it prints, keeps, refuses and logs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod audit;
mod check;
mod errors;
mod log;
mod passwd;
mod program;
mod reload;
mod run;
mod serve;
mod watch;
