//! The command line.

use std::path::PathBuf;

xflags::xflags! {
    /// The chores of this workspace.
    cmd xtask {
        /// Everything that runs without a network: unit, integration and documentation tests, examples, seed replay.
        cmd test {}
        /// Checks what no compiler checks: dependency edges, seeds, READMEs, white space, what tests name.
        cmd tidy {
            /// Lists every file behind the counts.
            optional -v, --verbose
            /// Makes docs/conformance.md anew.
            optional --write
        }
        /// Fuzzes one target, or all of them in turn.
        cmd fuzz {
            /// The name of a file in fuzz/fuzz_targets.
            optional target: String
            /// Seconds for each target (60 when not given).
            optional --time seconds: u64
        }
        /// Real clients against wharfd, and wharf against real servers.
        cmd interop {
            /// Gets missing peers from the system's packages; then anything skipped is a failure.
            optional --install
            /// Runs only the pairs whose name holds this text, as in `curl` or `proftpd`, or one of the small soaks:
            /// `sessions`, `uploads`, `closings`, `theft`, `aioftp`, `scan`.
            optional --only text: String
            /// Foreign clients against foreign servers: shows that the programme itself is right.
            optional --peers-only
            /// The same lines to wharfd and to the foreign servers; fails when an answer of wharfd is not the one in
            /// docs/differential.md (`WHARF_WRITE_DOCS=1` writes it), or differs from most others without a reason.
            /// Nothing else runs then; `--only` takes one verb, and prints.
            optional --differential
        }
        /// Long runs; without a name, lists them.
        cmd soak {
            /// Which one.
            optional name: String
        }
        /// wharfd and wharf beside their peers: rates, processor time and memory, on a quiet machine.
        cmd bench {
            /// How often everything is measured (5 when not given).
            optional --rounds count: u32
            /// Only rows whose key begins so, comma separated, as in `retr,files-get`.
            optional --rows keys: String
            /// Only these servers, comma separated: `wharfd`, `vsftpd`, `proftpd`, `pure-ftpd`, `pyftpdlib`, `libunftp`.
            optional --servers names: String
            /// Small sizes and one round, within a minute: shows that the programme works, not how fast anything is.
            optional --quick
            /// Also 15,000 idle sessions of wharfd.
            optional --full
            /// Writes all figures to this file.
            optional --json file: PathBuf
            /// Measures nothing: takes the figures of this file, made by --json.
            optional --from file: PathBuf
            /// Instructions of single functions of codec and session, against xtask/bench/micro.tsv; needs valgrind. Fails
            /// where they rose by more than 5 %. Nothing else is measured then; `--write` writes that file.
            optional --micro
            /// Writes docs/performance.md and its chart.
            optional --write
            /// Gets missing peers from the system's packages, from Python's index and as crates.
            optional --install
        }
        /// Everything that has to pass before a change lands.
        cmd ci {}
    }
}
