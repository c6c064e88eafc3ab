//! TLS records taken off a stream one by one, and never a byte more: what lies behind the close_notify of a
//! connection that goes back to clear text belongs to the clear text.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

/// Content type, version, length.
const HEADER: usize = 5;
/// The longest record that TLS 1.2 allows (RFC 5246 §6.2.3).
const LONGEST: usize = 16_384 + 2048;

/// What came.
pub(crate) enum Taken {
    /// A whole record, or a header that begins none and is shown to TLS for a proper alert.
    Record(BytesMut),
    /// The end of the stream.
    End,
}

/// A record that is on its way.
#[derive(Debug, Default)]
pub(crate) struct RecordReader(BytesMut);

impl RecordReader {
    /// Reads on to the end of the record.
    pub(crate) fn poll_record(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Taken>> {
        loop {
            let whole = self.whole();
            if self.0.len() == whole {
                return Poll::Ready(Ok(Taken::Record(self.0.split())));
            }
            if ready!(self.poll_some(io, cx, whole))? == 0 {
                return Poll::Ready(Ok(Taken::End));
            }
        }
    }

    /// Reads one byte or finds the end, where no record is expected any more. The byte is kept.
    pub(crate) fn poll_byte(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let whole = self.0.len() + 1;
        self.poll_some(io, cx, whole)
    }

    /// What was read and belongs to no record.
    pub(crate) fn into_rest(self) -> BytesMut {
        self.0
    }

    /// Keeps no room while nothing is in it.
    pub(crate) fn give_back(&mut self) {
        if self.0.is_empty() {
            self.0 = BytesMut::new();
        }
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn whole(&self) -> usize {
        match self.0.first_chunk::<HEADER>() {
            Some([20..=24, _, _, high, low]) => {
                let body = usize::from(u16::from_be_bytes([*high, *low]));
                if body <= LONGEST { HEADER + body } else { HEADER }
            }
            Some(_) | None => HEADER,
        }
    }

    fn poll_some(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        whole: usize,
    ) -> Poll<io::Result<usize>> {
        let mut space = [0; 4096];
        let most = space.len().min(whole - self.0.len());
        let mut read = ReadBuf::new(&mut space[..most]);
        ready!(Pin::new(io).poll_read(cx, &mut read))?;
        self.0.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }
}
