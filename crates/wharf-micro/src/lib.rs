#![doc = include_str!("../README.md")]

mod client;
mod codec;
mod server;
mod text;
mod world;

/// What is measured: makes all that a call needs, and gives the call.
///
/// A call gives how much it did (commands, lines, bytes), so that it cannot be left out, and a test can tell that it
/// did what it should.
type Prepare = fn() -> Box<dyn FnMut() -> usize>;

/// One function that is measured.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// What it is called: the crate, a slash, and what is done.
    pub name: &'static str,
    /// Calls that make up a count: enough for what happens once in a while to show in each.
    pub calls: u32,
    /// What each call gives.
    pub gives: usize,
    /// Makes all that a call needs, and gives the call.
    pub prepare: Prepare,
}

impl Function {
    const fn new(name: &'static str, calls: u32, gives: usize, prepare: Prepare) -> Self {
        Self { name, calls, gives, prepare }
    }
}

/// Every function, in the order of the table.
pub fn functions() -> impl Iterator<Item = Function> {
    [codec::FUNCTIONS, server::FUNCTIONS, client::FUNCTIONS].into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_does_all_it_should() {
        for function in functions() {
            let mut call = (function.prepare)();
            for round in 0..3 {
                assert_eq!(call(), function.gives, "{} in round {round}", function.name);
            }
        }
    }

    #[test]
    fn names_are_there_once() {
        let mut names: Vec<_> = functions().map(|function| function.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
