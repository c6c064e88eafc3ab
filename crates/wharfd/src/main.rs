//! The program `wharfd`: arguments, logging, signals and exit codes around the library `wharf-server`.

mod accounts;
mod args;
mod banner;
mod certificate;
mod descriptors;
mod duration;
mod failure;
mod logging;
mod passwd;
mod password;
mod serve;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    args::{Command, CommandLine, LogFormat},
    failure::Failure,
};

fn main() -> ExitCode {
    let (outcome, format) = match CommandLine::parse().command {
        Command::Serve(asked) => {
            logging::start(asked.log);
            let format = asked.log.format;
            (serve::run(&asked), format)
        }
        Command::Passwd(asked) => (passwd::run(&asked), LogFormat::Text),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure, format);
            failure.exit_code()
        }
    }
}

/// Says on standard error why the program ends, in the form that the rest of the log has.
fn tell(failure: &Failure, format: LogFormat) {
    match format {
        // Where standard error is gone nobody can be told.
        LogFormat::Text => _ = writeln!(io::stderr(), "wharfd: {failure}"),
        LogFormat::Json => tracing::error!(cure = failure.cure, "{}", failure.cause),
    }
}
