//! Calls one function so and so often: what `cargo xtask bench --micro` runs under valgrind, one process for each.

use std::{hint::black_box, process::ExitCode};

use wharf_micro::functions;

const USAGE: &str = "usage: wharf-micro list | wharf-micro run NAME CALLS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["list"] => {
            for function in functions() {
                println!("{}\t{}", function.name, function.calls);
            }
            true
        }
        ["run", name, calls] => calls.parse().is_ok_and(|calls| run(name, calls)),
        _ => false,
    };
    if done {
        ExitCode::SUCCESS
    } else {
        eprintln!("{USAGE}");
        ExitCode::from(2)
    }
}

/// Whether there is a function of that name; it has been called then.
fn run(name: &str, calls: u32) -> bool {
    let Some(function) = functions().find(|function| function.name == name) else { return false };
    let mut call = (function.prepare)();
    for _ in 0..calls {
        black_box(call());
    }
    true
}
