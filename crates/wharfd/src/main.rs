//! The program `wharfd`: arguments, logging, signals and exit codes around the library `wharf-server`.

mod accounts;
mod args;
mod audit;
mod audit_log;
mod banner;
mod certificate;
mod clock;
mod config;
mod descriptors;
mod duration;
mod failure;
mod live;
mod logging;
mod metrics;
mod passwd;
mod password;
mod run;
mod serve;
mod service;
mod size;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    args::{Command, CommandLine, LogFormat},
    config::Config,
    failure::{Failure, Failures},
};

fn main() -> ExitCode {
    let (outcome, format) = match CommandLine::parse().command {
        Command::Serve(asked) => {
            let log = run::log(asked.log, None);
            logging::start(log);
            (serve::run(&asked).map_err(Failures::from), log.format)
        }
        Command::Run(asked) => {
            let config = Config::read(&asked.config);
            // A file that cannot be read says nothing of the log.
            let log = run::log(asked.log, config.as_ref().ok());
            logging::start(log);
            (config.and_then(|config| run::run(&config)), log.format)
        }
        Command::Check(asked) => (run::check(&asked), LogFormat::Text),
        Command::Audit(asked) => return audit::run(&asked),
        Command::Passwd(asked) => (passwd::run(&asked).map_err(Failures::from), LogFormat::Text),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failures) => {
            for failure in &failures.0 {
                tell(failure, format);
            }
            failures.exit_code()
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
