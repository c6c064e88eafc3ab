//! Time and processor time of a stretch of work, and how its outcome is told.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Runs since it was made.
#[derive(Debug)]
pub(crate) struct Gauge {
    began: Instant,
    cpu: f64,
    steps: bool,
}

impl Gauge {
    #[expect(clippy::disallowed_methods, reason = "a load generator measures")]
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), cpu: process_cpu(), steps: false }
    }

    /// Starts where whoever runs this load and counts what the server does may look at it first: with `steps`, it says
    /// `begin` in a line of its own and waits for a line, and says `end` and waits again when it is stopped.
    pub(crate) fn in_steps(steps: bool) -> io::Result<Self> {
        if steps {
            step("begin")?;
        }
        Ok(Self { steps, ..Self::start() })
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// What was measured so far, with what was moved meanwhile.
    pub(crate) fn stop(&self, count: u64, bytes: u64) -> io::Result<Measured> {
        let seconds = self.seconds();
        let cpu = process_cpu() - self.cpu;
        if self.steps {
            step("end")?;
        }
        Ok(Measured { seconds, cpu, count, bytes, more: String::new() })
    }
}

fn step(word: &str) -> io::Result<()> {
    println!("{word}");
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new()).map(drop)
}

/// The outcome of one mode: one JSON object on one line.
#[derive(Debug)]
pub(crate) struct Measured {
    seconds: f64,
    /// Processor seconds of this process within them: where they come near `seconds`, the load was the bottleneck.
    cpu: f64,
    /// Files, logins, commands.
    count: u64,
    bytes: u64,
    more: String,
}

impl Measured {
    /// Adds a number of another name.
    pub(crate) fn with(mut self, name: &str, value: f64) -> Self {
        let _ = write!(self.more, ",\"{name}\":{value:.6}");
        self
    }

    pub(crate) fn json(&self) -> String {
        let Self { seconds, cpu, count, bytes, more } = self;
        format!("{{\"seconds\":{seconds:.6},\"cpu\":{cpu:.6},\"count\":{count},\"bytes\":{bytes}{more}}}")
    }
}

/// Processor seconds of this process.
fn process_cpu() -> f64 {
    seconds_of(ClockId::ProcessCPUTime)
}

/// Processor seconds of this thread.
pub(crate) fn thread_cpu() -> f64 {
    seconds_of(ClockId::ThreadCPUTime)
}

fn seconds_of(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object() {
        let measured = Measured { seconds: 1.5, cpu: 0.25, count: 3, bytes: 10, more: String::new() };
        assert_eq!(
            measured.with("resumed", 2.0).json(),
            "{\"seconds\":1.500000,\"cpu\":0.250000,\"count\":3,\"bytes\":10,\"resumed\":2.000000}"
        );
    }
}
