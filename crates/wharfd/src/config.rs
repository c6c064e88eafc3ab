//! The configuration file of `wharfd run` and `wharfd check`.
//!
//! It is TOML. Each error names its line and what to do about it, and as many errors as can be told apart are told at
//! once. What is legal but hardly meant is a warning.

mod accounts;
mod audit;
mod client_certificates;
mod contradictions;
mod document;
mod load;
mod model;
mod plan;
mod ports;
mod problem;
mod read;
mod settings;
mod source;
mod suggest;
mod summary;
mod warnings;

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

pub(crate) use self::{load::Purpose, model::Log, plan::Plan, settings::IMPLICIT_PORT, warnings::Warning};
use self::{model::Model, problem::Problem, settings::Settings};
use crate::failure::{Failures, shown};

/// A file that has been read, and in which nothing contradicts anything else.
#[derive(Debug)]
pub(crate) struct Config {
    /// As errors and warnings call it.
    pub(crate) name: String,
    model: Model,
    listeners: Vec<Settings>,
}

impl Config {
    /// Reads the file. The files that it names are not touched.
    ///
    /// # Errors
    /// Everything that is wrong in it, in the order of the lines.
    pub(crate) fn read(path: &Path) -> Result<Self, Failures> {
        let name = name(path);
        let text = source::read(path).map_err(|problem| Failures::from(problem.failure(&name)))?;
        // Relative paths count from the folder of the file, whatever the program's own one is.
        let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = folder.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self::parse(&text, &folder, name)
    }

    fn parse(text: &str, folder: &Path, name: String) -> Result<Self, Failures> {
        let (model, mut problems) = read::model(text, folder);
        let listeners = Settings::all(&model);
        problems.extend(contradictions::find(&model, &listeners));
        if problems.is_empty() { Ok(Self { name, model, listeners }) } else { Err(failures(problems, &name)) }
    }

    /// What is said of the log.
    pub(crate) fn log(&self) -> Log {
        self.model.log
    }

    /// Loads the files that are named.
    ///
    /// # Errors
    /// All of them that cannot be used.
    pub(crate) fn plan(&self, purpose: Purpose, now: SystemTime) -> Result<Plan, Failures> {
        Plan::make(&self.model, &self.listeners, purpose, now)
            .map_err(|problems| failures(problems, &self.name))
    }
}

fn failures(mut problems: Vec<Problem>, name: &str) -> Failures {
    problems.sort_by_key(|problem| problem.line);
    problems.dedup();
    Failures(problems.iter().map(|problem| problem.failure(name)).collect())
}

/// A path as errors show it: as it is, unless that could disturb a terminal or forge a line.
fn name(path: &Path) -> String {
    match path.to_str() {
        Some(plain) if !plain.contains(char::is_control) => plain.to_owned(),
        Some(_) | None => shown(path),
    }
}

#[cfg(test)]
mod tests;
