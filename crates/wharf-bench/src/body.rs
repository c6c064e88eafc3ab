//! What is sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// The longest pause between two pieces.
const LONGEST_PAUSE_MS: u64 = 20;
/// The largest piece, in bytes.
const LARGEST_PIECE: u64 = 64 * 1024;

/// Numbers that look random and come again with the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// From 0 up to `most`.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.next() % most.saturating_add(1)
    }
}

/// Bytes that differ from file to file and within a file.
pub(crate) fn content(number: usize, size: usize) -> Vec<u8> {
    let mut dice = Dice::new(number as u64);
    core::iter::repeat_with(|| dice.next() as u8).take(size).collect()
}

/// Gives its bytes in pieces of random lengths, with random pauses before them.
pub(crate) struct Jitter<'a> {
    rest: &'a [u8],
    dice: Dice,
    pause: Pin<Box<Sleep>>,
    /// What is left of the piece that is being given.
    piece: usize,
}

impl<'a> Jitter<'a> {
    pub(crate) fn new(bytes: &'a [u8], dice: Dice) -> Self {
        Self { rest: bytes, dice, pause: Box::pin(sleep(Duration::ZERO)), piece: 0 }
    }
}

impl AsyncRead for Jitter<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        ready!(this.pause.as_mut().poll(cx));
        if this.piece == 0 {
            this.piece = 1 + usize::try_from(this.dice.up_to(LARGEST_PIECE - 1)).unwrap_or(0);
        }
        let length = this.piece.min(this.rest.len()).min(buf.remaining());
        let (now, later) = this.rest.split_at(length);
        buf.put_slice(now);
        this.rest = later;
        this.piece -= length;
        if this.piece == 0 {
            let pause = Duration::from_millis(this.dice.up_to(LONGEST_PAUSE_MS));
            this.pause.as_mut().reset(Instant::now() + pause);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn jitter_loses_nothing() {
        let sent = content(3, 300_000);
        let mut got = Vec::new();
        Jitter::new(&sent, Dice::new(7)).read_to_end(&mut got).await.unwrap();
        assert!(got == sent);
    }
}
