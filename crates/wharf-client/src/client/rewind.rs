//! A source that can be read again from its beginning, as long as little of it was read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

/// Keeps what was read, up to a limit.
pub(super) struct Rewind<'a> {
    source: &'a mut (dyn AsyncRead + Unpin + Send),
    kept: BytesMut,
    limit: usize,
    /// More was read than is kept.
    gone: bool,
    /// What is read again before the source goes on.
    again: Bytes,
}

impl<'a> Rewind<'a> {
    /// With a limit of 0 bytes only a source that was not read at all can be read again.
    pub(super) fn new(source: &'a mut (dyn AsyncRead + Unpin + Send), limit: usize) -> Self {
        Self { source, kept: BytesMut::new(), limit, gone: false, again: Bytes::new() }
    }

    /// Whether [`rewind`](Self::rewind) brings everything back.
    pub(super) fn is_whole(&self) -> bool {
        !self.gone
    }

    /// Begins anew.
    pub(super) fn rewind(&mut self) {
        self.again = self.kept.clone().freeze();
    }
}

impl AsyncRead for Rewind<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.again.is_empty() {
            let part = this.again.len().min(buf.remaining());
            buf.put_slice(&this.again[..part]);
            this.again.advance(part);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut *this.source).poll_read(cx, buf))?;
        let read = &buf.filled()[before..];
        if !this.gone && !read.is_empty() {
            if this.kept.len() + read.len() > this.limit {
                this.gone = true;
                this.kept = BytesMut::new();
            } else {
                this.kept.extend_from_slice(read);
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn little_is_read_again_and_much_is_not() {
        let mut text = &b"abcdefgh"[..];
        let mut source = Rewind::new(&mut text, 4);
        let mut three = [0; 3];
        source.read_exact(&mut three).await.unwrap();
        assert!(source.is_whole());
        source.rewind();
        let mut four = [0; 4];
        source.read_exact(&mut four).await.unwrap();
        assert_eq!((&three, &four), (b"abc", b"abcd"));
        assert!(source.is_whole());
        source.rewind();
        let mut all = Vec::new();
        source.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"abcdefgh");
        assert!(!source.is_whole());
    }
}
