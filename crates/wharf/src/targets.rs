//! What this run has written to: two files must not take one name from each other.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher as _, Hash};

use crate::failure::Failure;
use crate::output;

/// Targets, and the sources that they belong to; only marks of them are kept, for trees are large.
#[derive(Default)]
pub(crate) struct Targets {
    marks: RandomState,
    taken: RefCell<HashMap<(u64, u64), u64>>,
}

impl Targets {
    /// Notes that `source` goes to `name` in a folder. Done again for the same source it is no failure: what a lost
    /// connection left is done once more.
    ///
    /// # Errors
    /// Another source went there before.
    pub(crate) fn take(&self, folder: impl Hash, name: &[u8], source: &[u8]) -> Result<(), Failure> {
        // Two marks, as one may be that of two names.
        let target = (self.marks.hash_one((0, &folder, name)), self.marks.hash_one((1, &folder, name)));
        let source = self.marks.hash_one(source);
        match self.taken.borrow_mut().entry(target) {
            Entry::Vacant(free) => {
                free.insert(source);
                Ok(())
            }
            Entry::Occupied(taken) if *taken.get() == source => Ok(()),
            Entry::Occupied(_) => Err(Failure::here(
                output::local(name).to_string(),
                "another file of this run has that name already, and keeps it",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_keeps_the_name() {
        let targets = Targets::default();
        targets.take((1, 2), b"r.csv", b"a/r.csv").unwrap();
        targets.take((1, 2), b"r.csv", b"a/r.csv").unwrap();
        targets.take((1, 3), b"r.csv", b"b/r.csv").unwrap();
        let failure = targets.take((1, 2), b"r.csv", b"b/r.csv").unwrap_err();
        assert!(failure.to_string().contains("another file of this run") && !failure.ends_all());
    }
}
