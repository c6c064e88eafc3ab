//! `cargo xtask`: the chores of this workspace, one file per subcommand.

mod bench;
mod ci;
mod flags;
mod fuzz;
mod interop;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use flags::XtaskCmd;

/// What a subcommand ends in; the text of the error is shown as it is.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let outcome = match flags::Xtask::from_env_or_exit().subcommand {
        XtaskCmd::Test(_) => test::run(),
        XtaskCmd::Tidy(flags) => tidy::run(flags.verbose, flags.write),
        XtaskCmd::Fuzz(flags) => fuzz::run(flags.target.as_deref(), fuzz::Effort::Search(flags.time)),
        XtaskCmd::Interop(flags) => interop::run(&flags),
        XtaskCmd::Soak(flags) => soak::run(flags.name.as_deref()),
        XtaskCmd::Bench(flags) => bench::run(&flags),
        XtaskCmd::Ci(_) => ci::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
