//! `wharfd run` and `wharfd check`.

use std::io::{self, Write};

use crate::{
    args::{Check, Log, LogFormat, LogLevel, LogWishes},
    audit_log, clock,
    config::{Config, Purpose, Warning},
    failure::{Failure, Failures},
    service,
};

/// Serves as the file says until a signal comes; what the command line says of the log wins.
///
/// # Errors
/// Everything that is wrong with the file, or what the system refused.
pub(crate) fn run(config: &Config) -> Result<(), Failures> {
    let plan = config.plan(Purpose::Run, clock::now())?;
    for Warning { line, text } in &plan.warnings {
        match line {
            Some(line) => tracing::warn!(file = config.name, line, "{text}"),
            None => tracing::warn!(file = config.name, "{text}"),
        }
    }
    let summary = plan.summary;
    let mut options = plan.options;
    options.audit = plan.audit.map(audit_log::open).transpose()?;
    service::run(options, plan.upkeep, |bound| {
        let addresses: Vec<_> = bound.iter().map(|(address, _)| *address).collect();
        let head = format!("wharfd {} serves {}", env!("CARGO_PKG_VERSION"), summary.root);
        format!("{head}\n{}", summary.text_at(&addresses))
    })
    .map_err(Failures::from)
}

/// How the log is written: as the command line says, else as the file does.
pub(crate) fn log(wishes: LogWishes, config: Option<&Config>) -> Log {
    let said = config.map(Config::log).unwrap_or_default();
    Log {
        format: wishes.format.or(said.format).unwrap_or(LogFormat::Text),
        level: wishes.level.or(said.level).unwrap_or(LogLevel::Info),
    }
}

/// Loads everything that `run` would, and says what it found; nothing is listened at and nothing is made.
///
/// # Errors
/// Everything that is wrong with the file.
pub(crate) fn check(asked: &Check) -> Result<(), Failures> {
    let config = Config::read(&asked.file)?;
    let plan = config.plan(Purpose::Check, clock::now())?;
    let mut stderr = io::stderr().lock();
    for Warning { line, text } in &plan.warnings {
        let place = line.map_or_else(String::new, |line| format!(", line {line}"));
        // Where standard error is gone the exit code tells all the same.
        _ = writeln!(stderr, "{}{place}: warning: {text}", config.name);
    }
    write!(io::stdout(), "{}: fine\n{}", config.name, plan.summary.text()).map_err(|error| {
        Failure::system(format!("the summary cannot be printed: {error}"), "check where the output goes")
            .into()
    })
}
