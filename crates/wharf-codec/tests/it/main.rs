//! What the codec promises, tested through its public face only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod address;
mod command;
mod deflate;
mod errors;
mod facts;
mod framing;
mod listing;
mod listing_corpus;
mod listing_properties;
mod reply;
mod round_trip;
mod site;
mod text;
mod time;
#[cfg(feature = "tokio-util")]
mod tokio_util;

use bytes::BytesMut;
use wharf_codec::{Command, CommandError, Leniency, Limits, Line, LineError, LineFramer};

/// Reads one line as the default leniency does.
fn parse(line: &[u8]) -> Result<Command, CommandError> {
    Command::parse(&Line::new(line.to_vec()), &Leniency::default())
}

/// What a framer makes of a stream that comes in these pieces.
fn frame(pieces: &[&[u8]], limits: &Limits) -> Vec<Result<Vec<u8>, LineError>> {
    let (mut framer, mut src, mut out) = (LineFramer::new(limits), BytesMut::new(), Vec::new());
    for piece in pieces {
        src.extend_from_slice(piece);
        loop {
            match framer.next_line(&mut src) {
                Ok(None) => break,
                Ok(Some(line)) => out.push(Ok(line.as_bytes().to_vec())),
                Err(LineError::TooLong) => out.push(Err(LineError::TooLong)),
                Err(LineError::Flooded) => {
                    out.push(Err(LineError::Flooded));
                    return out;
                }
            }
        }
    }
    out
}
