//! Uploads in MODE Z.
//!
//! A stream of a few KiB can hold some MiB: what comes out is taken in steps, and each one is stored before the next.

use bytes::BytesMut;
use tokio::task::yield_now;
use wharf_codec::{AsciiDecoder, InflateStep, Inflater};
use wharf_session::{DataFailure, DeflateFault};
use wharf_storage::Sink;
use wharf_transport::DataStream;

use super::{Meter, STEP, broken, fill, outgoing::fault};

/// So much may come out before the ratio counts: any short text of one byte has a large one.
const RATIO_FREE: u64 = 1024 * 1024;

/// Where expanded bytes go.
struct Store<'a> {
    sink: &'a mut dyn Sink,
    /// TYPE A.
    text: Option<AsciiDecoder>,
    stored: u64,
}

impl Store<'_> {
    async fn push(&mut self, bytes: &mut BytesMut) -> Result<(), DataFailure> {
        let ready = match &mut self.text {
            None => bytes.split().freeze(),
            Some(decoder) => {
                let mut lines = BytesMut::new();
                decoder.push(bytes, &mut lines);
                bytes.clear();
                lines.freeze()
            }
        };
        if ready.is_empty() {
            return Ok(());
        }
        self.stored += ready.len() as u64;
        self.sink.write(ready).await.map_err(DataFailure::Storage)
    }

    async fn finish(mut self) -> Result<u64, DataFailure> {
        if let Some(mut decoder) = self.text.take() {
            let mut lines = BytesMut::new();
            decoder.finish(&mut lines);
            self.push(&mut lines).await?;
        }
        Ok(self.stored)
    }
}

/// Receives a file to the end of its zlib stream and of the connection; returns the bytes that went into it.
///
/// `ratio` is how many bytes are taken for each one that comes.
pub(crate) async fn receive_inflated<F: Fn(u64) + Send>(
    stream: &mut DataStream,
    sink: &mut dyn Sink,
    text: bool,
    ratio: Option<u32>,
    meter: &mut Meter<F>,
) -> Result<u64, DataFailure> {
    let mut inflater = Inflater::new();
    let mut store = Store { sink, text: text.then(AsciiDecoder::new), stored: 0 };
    let mut current = BytesMut::new();
    let mut next = BytesMut::new();
    let mut filled = fill(stream, &mut current, STEP, meter).await;
    loop {
        let expand = expand(&mut inflater, &current, &mut store, ratio);
        if !matches!(filled, Ok(true)) {
            // What came before a break is stored, to be continued from there.
            expand.await?;
            filled.map_err(|error| broken(&error))?;
            return if inflater.is_ended() {
                store.finish().await
            } else {
                Err(DataFailure::Deflate(DeflateFault::Cut))
            };
        }
        // The next chunk is read while this one is stored. Whatever is wrong with this one ends it at once.
        let read = async { Ok(fill(stream, &mut next, STEP, meter).await) };
        ((), filled) = tokio::try_join!(expand, read)?;
        current.clear();
        core::mem::swap(&mut current, &mut next);
    }
}

/// Expands and stores all that is in `bytes`.
async fn expand(
    inflater: &mut Inflater,
    mut bytes: &[u8],
    store: &mut Store<'_>,
    ratio: Option<u32>,
) -> Result<(), DataFailure> {
    let mut out = BytesMut::new();
    loop {
        let step = inflater.step(&mut bytes, &mut out, STEP).map_err(fault)?;
        let too_much = ratio.is_some_and(|ratio| {
            inflater.written() > RATIO_FREE
                && inflater.written() > inflater.read().saturating_mul(u64::from(ratio))
        });
        if too_much {
            return Err(DataFailure::Deflate(DeflateFault::Ratio));
        }
        store.push(&mut out).await?;
        match step {
            // Neither expanding nor storing in memory waits for anything, and others have to have their turn.
            InflateStep::More => yield_now().await,
            InflateStep::Hungry | InflateStep::Ended => return Ok(()),
        }
    }
}
