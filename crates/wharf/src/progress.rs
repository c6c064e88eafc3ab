//! What is shown while files move: on a terminal only.

use std::cell::Cell;
use std::io::{self, IsTerminal as _};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::Global;
use crate::output;

/// Notes, warnings and progress, and how many files failed.
pub(crate) struct Console {
    quiet: bool,
    verbose: bool,
    progress: bool,
    /// One for each file that is on its way.
    bars: MultiProgress,
    failed: Cell<u64>,
}

impl Console {
    pub(crate) fn new(global: &Global) -> Self {
        let terminals = io::stderr().is_terminal() && io::stdout().is_terminal();
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            progress: terminals && !global.quiet && !global.verbose,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            failed: Cell::new(0),
        }
    }

    /// A bar for one file; it shows nothing where there is no terminal.
    pub(crate) fn bar(&self, name: &[u8], size: Option<u64>, offset: u64) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let template = if size.is_some() {
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
        } else {
            "{msg} {bytes} {bytes_per_sec}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden()).with_style(style);
        let bar = self.bars.add(bar);
        bar.set_message(output::name(name).to_string());
        bar.set_position(offset);
        bar.reset_eta();
        bar
    }

    /// Something that is good to know and no failure.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.bars.suspend(|| output::note(&format!("wharf: {text}")));
        }
    }

    /// Something for those who want to hear it all.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.bars.suspend(|| output::note(&format!("* {text}")));
        }
    }

    /// One file that could not be done; the others go on.
    pub(crate) fn failed(&self, text: &str) {
        self.failed.set(self.failed.get() + 1);
        self.bars.suspend(|| output::error(text));
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.get()
    }
}
