//! What is legal and hardly meant.

mod audit;
mod certificates;
mod clear;
mod client_certificates;
mod listeners;
mod metrics;
mod roots;
mod scopes;

use std::time::SystemTime;

use super::{
    load::{Loaded, Purpose},
    model::Model,
    settings::Settings,
};

/// Something that is legal and hardly meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// The line, counted from 1; `None` when it is about the whole file.
    pub(crate) line: Option<usize>,
    pub(crate) text: String,
}

/// All that were found so far, each once.
#[derive(Debug, Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, line: impl Into<Option<usize>>, text: impl Into<String>) {
        let warning = Warning { line: line.into(), text: text.into() };
        if !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }
}

/// Everything that is worth a word, in the order of the lines.
pub(super) fn find(
    model: &Model,
    listeners: &[Settings],
    loaded: &Loaded,
    (purpose, now): (Purpose, SystemTime),
) -> Vec<Warning> {
    let mut warnings = Warnings::default();
    listeners::find(model, listeners, &mut warnings);
    clear::find(model, listeners, &loaded.accounts, &mut warnings);
    scopes::find(model, listeners, &loaded.accounts, &mut warnings);
    roots::find(model, &mut warnings);
    audit::find(model, &mut warnings);
    metrics::find(model, &mut warnings);
    certificates::find(model, loaded, (purpose, now), &mut warnings);
    client_certificates::find(model, listeners, loaded, (purpose, now), &mut warnings);
    if loaded.accounts.all().next().is_none() {
        warnings.add(
            None,
            "there is no account: nobody can log in; write a [[user]], accounts.file or [anonymous]",
        );
    }
    warnings.0.sort_by_key(|warning| warning.line);
    warnings.0
}
