//! `cargo xtask soak`: runs that are too long for every change.

use xshell::cmd;

use crate::Outcome;
use crate::workspace::{cargo, root, shell, target};

/// A long run: its name, which is also that of its script `xtask/interop/soak_NAME.py`, and what it shows.
struct Soak {
    name: &'static str,
    shows: &'static str,
}

const SOAKS: &[Soak] = &[
    Soak {
        name: "transfers",
        shows: "10,000 small uploads by wharf to wharfd under TLS: all arrive, and the server ends no larger than it was",
    },
    Soak {
        name: "matrix",
        shows: "200 transfers on one session for every client, server, TLS version and way to talk: none lacks a session",
    },
    Soak {
        name: "uploads",
        shows: "10,000 uploads by wharf, curl, lftp and ftplib through a network that delays, and uploads that are cut",
    },
    Soak {
        name: "closings",
        shows: "100,000 connections that end in every way: the server ends as it was, honest clients get in throughout",
    },
    Soak {
        name: "theft",
        shows: "10,000 races of thieves at passive ports under each policy: nothing is stolen",
    },
    Soak { name: "scan", shows: "what sslscan says of wharfd, explicit and implicit" },
    Soak {
        name: "deflate",
        shows: "MODE Z: bombs of 10 MiB that hold 10 GiB stop at 100 MiB; lftp, ProFTPD and zlib agree with both programs",
    },
    Soak {
        name: "certificates",
        shows: "certificates exchanged every 50 ms for a minute under 50 sessions that transfer: none of them notices",
    },
    Soak {
        name: "aioftp",
        shows: "200 files up, listed and down by aioftp on each session, under each policy",
    },
];

/// Runs the named soak, or lists what there is.
pub(crate) fn run(name: Option<&str>) -> Outcome {
    let Some(name) = name else {
        for soak in SOAKS {
            println!("{}: {}", soak.name, soak.shows);
        }
        return Ok(());
    };
    if !SOAKS.iter().any(|soak| soak.name == name) {
        return Err(format!("no soak {name}; `cargo xtask soak` lists them").into());
    }
    let sh = shell()?;
    cargo(&sh)
        .args(["build", "--release", "--locked", "-p", "wharfd", "-p", "wharf", "-p", "wharf-bench"])
        .run()?;
    let (target, script) = (target(), root().join(format!("xtask/interop/soak_{name}.py")));
    let (wharfd, wharf) = (target.join("release/wharfd"), target.join("release/wharf"));
    cmd!(sh, "python3 -B {script} --target {target} --wharfd {wharfd} --wharf {wharf}").run()?;
    Ok(())
}
