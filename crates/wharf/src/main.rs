//! `wharf`: an FTP and FTPS client for the command line. See the README for what it does.

mod args;
mod between;
mod browse;
mod change;
mod commands;
mod connect;
mod credentials;
mod duration;
mod failure;
mod fetch;
mod glob;
mod identity;
mod local;
mod location;
mod memory;
mod netrc;
mod output;
mod overlap;
mod part;
mod progress;
mod prompt;
mod remote;
mod send;
mod targets;
mod tree;
mod trust;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::Args;
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // There is nowhere to report that writing the help failed.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // Everything runs in one future: another thread would only be woken to wake this one.
    let outcome = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(until_interrupted(args));
            // A read of standard input cannot be called off: the program does not wait for it.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::local("starting", error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure.to_string());
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Dropping the work stops a transfer in a way that the server does not take for its end.
async fn until_interrupted(args: Args) -> Result<(), Failure> {
    // Before anything else: whoever is asked for a password may want to leave.
    let mut interrupts =
        signal(SignalKind::interrupt()).map_err(|error| Failure::local("listening for signals", error))?;
    tokio::select! {
        biased;
        Some(()) = interrupts.recv() => Err(Failure::Interrupted),
        outcome = commands::run(args) => outcome,
    }
}
