//! The command line.

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
        /// Everything that has to pass before a change lands.
        cmd ci {}
    }
}
