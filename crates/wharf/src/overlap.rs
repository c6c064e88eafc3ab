//! Going on with a file without splicing two together.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// So many bytes at the end of what is here are fetched again and compared.
pub(crate) const OVERLAP: u64 = 64 * 1024;

/// Compares the first bytes with what is here already, and writes what comes behind them.
pub(crate) struct Overlap<W> {
    here: Vec<u8>,
    /// So many were the same.
    same: usize,
    differs: bool,
    to: W,
}

impl<W: AsyncWrite + Unpin> Overlap<W> {
    /// With nothing here, everything is written.
    pub(crate) fn new(here: Vec<u8>, to: W) -> Self {
        Self { here, same: 0, differs: false, to }
    }

    /// Whether other bytes came than are here; none was written then.
    pub(crate) fn differs(&self) -> bool {
        self.differs
    }

    /// Flushes and gives back what is written to.
    pub(crate) async fn finish(mut self) -> (W, io::Result<()>) {
        let flushed = self.to.flush().await;
        (self.to, flushed)
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Overlap<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let left = &this.here[this.same..];
        if left.is_empty() {
            return Pin::new(&mut this.to).poll_write(cx, buf);
        }
        let length = left.len().min(buf.len());
        if left[..length] != buf[..length] {
            this.differs = true;
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        this.same += length;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_the_same_is_not_written_twice() {
        let mut overlap = Overlap::new(b"abc".to_vec(), Vec::new());
        for piece in ["a", "bcd", "ef"] {
            overlap.write_all(piece.as_bytes()).await.unwrap();
        }
        assert!(!overlap.differs());
        assert_eq!(overlap.finish().await.0, b"def");
    }

    #[tokio::test]
    async fn what_differs_is_not_written_at_all() {
        let mut overlap = Overlap::new(b"abc".to_vec(), Vec::new());
        overlap.write_all(b"abxdef").await.unwrap_err();
        assert!(overlap.differs());
        assert_eq!(overlap.finish().await.0, b"");
    }
}
