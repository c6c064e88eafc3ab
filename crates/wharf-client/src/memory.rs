//! What is remembered of one server while a client works with it.

use std::fmt;
use std::io;
use std::sync::Arc;

use wharf_transport::{HostMemory, HostRecord};

use crate::ConnectOptions;
use crate::options::{WireLine, WireLog};

/// The record of one server, and what the user ought to hear of it.
#[derive(Clone)]
pub(crate) struct Memory {
    store: Option<Arc<dyn HostMemory>>,
    host: String,
    port: u16,
    record: HostRecord,
    /// The record could not be read: it is not known what was there.
    unreadable: Option<String>,
    warnings: Vec<String>,
    log: Option<WireLog>,
}

impl Memory {
    /// Looks the server up. A memory that cannot be read is a warning here; who depends on it asks
    /// [`had_tls`](Self::had_tls).
    pub(crate) fn of(options: &ConnectOptions) -> Self {
        let mut memory = Self {
            store: options.memory.clone(),
            host: options.host.clone(),
            port: options.effective_port(),
            record: HostRecord::default(),
            unreadable: None,
            warnings: Vec::new(),
            log: options.wire_log.clone(),
        };
        match memory.store.as_ref().map(|store| store.recall(&memory.host, memory.port)) {
            Some(Ok(record)) => memory.record = record,
            Some(Err(error)) => {
                memory.unreadable = Some(error.to_string());
                memory.warn(format!("what is known of this server cannot be read: {error}"));
            }
            None => {}
        }
        memory
    }

    pub(crate) fn record(&self) -> &HostRecord {
        &self.record
    }

    /// Whether explicit TLS worked here before; an error where the answer cannot be had.
    pub(crate) fn had_tls(&self) -> Result<bool, String> {
        match &self.unreadable {
            Some(why) => Err(why.clone()),
            None => Ok(self.record.tls),
        }
    }

    /// Where it is kept.
    pub(crate) fn place(&self) -> String {
        self.store.as_ref().map(|store| store.place()).unwrap_or_default()
    }

    /// Keeps something new. That it cannot be kept for the next time is no reason to stop now.
    pub(crate) fn learn(&mut self, change: impl Fn(&mut HostRecord)) {
        let mut changed = self.record;
        change(&mut changed);
        if changed == self.record {
            return;
        }
        self.record = changed;
        let kept: io::Result<()> = match &self.store {
            Some(store) if self.unreadable.is_none() => store.note(&self.host, self.port, &change),
            Some(_) | None => Ok(()),
        };
        if let Err(error) = kept {
            self.warn(format!("what was learnt of this server cannot be kept in {}: {error}", self.place()));
        }
    }

    /// Tells the user, once.
    pub(crate) fn warn(&mut self, text: String) {
        if self.warnings.contains(&text) {
            return;
        }
        if let Some(log) = &self.log {
            log(WireLine::Warning(text.clone()));
        }
        self.warnings.push(text);
    }

    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("record", &self.record).finish_non_exhaustive()
    }
}
