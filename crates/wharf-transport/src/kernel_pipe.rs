//! Bytes of a socket that stay in the kernel.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::retry_on_intr;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// The most bytes of one filling.
const SIZE: usize = 1024 * 1024;

/// A pipe that takes bytes of a socket without a copy in this process ([`DataStream::fill_pipe`]), for something that
/// takes them out again, such as a file.
///
/// [`DataStream::fill_pipe`]: crate::DataStream::fill_pipe
#[derive(Debug)]
pub struct KernelPipe {
    out: Arc<OwnedFd>,
    into: OwnedFd,
}

impl KernelPipe {
    /// An empty pipe.
    ///
    /// # Errors
    ///
    /// Too many open files.
    pub fn new() -> io::Result<Self> {
        let (out, into) = pipe_with(PipeFlags::CLOEXEC)?;
        // The system grants so much to each user as often as it likes; less works too.
        let _ = fcntl_setpipe_size(&into, SIZE);
        Ok(Self { out: Arc::new(out), into })
    }

    /// Where the bytes come out.
    #[must_use]
    pub const fn out(&self) -> &Arc<OwnedFd> {
        &self.out
    }

    /// Takes what has arrived, waiting only for the first of it; 0 is the end.
    pub(crate) async fn fill(&self, tcp: &TcpStream) -> io::Result<usize> {
        tcp.async_io(Interest::READABLE, || {
            let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
            Ok(retry_on_intr(|| splice(tcp, None, &self.into, None, SIZE, flags))?)
        })
        .await
    }
}
