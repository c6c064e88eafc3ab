//! What holds for any input, as plain functions: they take bytes and panic on a finding.
//!
//! The fuzz targets of `fuzz/`, the property tests and the replay of the committed seeds all call these. Each reads
//! its input as it likes; none of them knows of a fuzzer.

mod ascii;
mod chunking;
mod command;
mod host_port;
mod inflate;
mod listing;
mod ops;
mod reply;
mod server_ops;

pub use ascii::ascii;
pub use chunking::chunking;
pub use command::{command_line, command_round_trip};
pub use host_port::host_port;
pub use inflate::inflate;
pub use listing::listing;
pub use reply::{reply_round_trip, reply_stream};
pub use server_ops::server_ops;

/// A property: it panics when `data` refutes it.
pub type Property = fn(data: &[u8]);

/// Every property under the name that its fuzz target and its folder of seeds have.
pub const ALL: [(&str, Property); 10] = [
    ("ascii", ascii),
    ("chunking", chunking),
    ("command_line", command_line),
    ("command_round_trip", command_round_trip),
    ("host_port", host_port),
    ("inflate", inflate),
    ("listing", listing),
    ("reply_round_trip", reply_round_trip),
    ("reply_stream", reply_stream),
    ("server_ops", server_ops),
];
