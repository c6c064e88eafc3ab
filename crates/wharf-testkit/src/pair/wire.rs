//! What is on its way, in the order of its arrival.

use std::{collections::BTreeMap, time::Instant};

use super::{Arrival, Side};

/// Arrivals by time. What goes the same way does not overtake.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pending: BTreeMap<(Instant, u64), (Side, Arrival)>,
    last: BTreeMap<Side, Instant>,
    count: u64,
}

impl Wire {
    pub(super) fn push(&mut self, to: Side, at: Instant, arrival: Arrival) {
        let at = self.last.get(&to).map_or(at, |last| at.max(*last));
        self.last.insert(to, at);
        self.count += 1;
        self.pending.insert((at, self.count), (to, arrival));
    }

    /// Puts something back, and everything behind it that goes the same way.
    pub(super) fn delay(&mut self, to: Side, at: Instant, arrival: Arrival) {
        let behind: Vec<_> =
            self.pending.iter().filter(|(_, (side, _))| *side == to).map(|(key, _)| *key).collect();
        let mut control = vec![arrival];
        for key in behind {
            // Only the control connection keeps its order; the rest arrives as it comes.
            if let Some((_, later @ (Arrival::Control(_) | Arrival::Eof))) = self.pending.get_mut(&key) {
                control.push(core::mem::replace(later, Arrival::Control(Vec::new())));
                self.pending.remove(&key);
            }
        }
        for arrival in control {
            self.count += 1;
            self.pending.insert((at, self.count), (to, arrival));
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The next arrival, unless `due` comes first.
    pub(super) fn next(&mut self, due: Option<Instant>) -> Option<(Instant, Side, Arrival)> {
        let (at, _) = *self.pending.keys().next()?;
        if due.is_some_and(|due| due < at) {
            return None;
        }
        let (_, (side, arrival)) = self.pending.pop_first()?;
        Some((at, side, arrival))
    }
}
