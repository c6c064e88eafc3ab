//! The program against a server that is told what it holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod between;
mod charset;
mod collisions;
mod distance;
mod hostile;
mod parallel;
mod server;
mod terminal;
mod usage;
mod verify;
mod whole;
mod work;
