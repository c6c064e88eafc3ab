//! Files that the kernel copies to a socket by itself.

use std::fs::File;
use std::io::{self, IoSliceMut};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::fs::{fstatfs, sendfile};
use rustix::io::{Errno, ReadWriteFlags, preadv2, retry_on_intr};
use rustix::net::sockopt;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::{coop::consume_budget, spawn_blocking};

/// The most bytes of one call: others have their turn in between.
const STEP: usize = 1024 * 1024;
/// How far apart a file is looked at to tell whether it is in memory: about what the system reads ahead.
const LOOK: usize = 128 * 1024;

/// Sends at most `most` bytes from `offset` on, and says how many went; 0 is the end of the file.
///
/// What is in memory is sent at once; what has to come from a disk is sent from a thread that may wait for it.
///
/// Cancel safe but for the bytes, which may be sent and not counted: whoever drops the future closes the connection.
pub(crate) async fn step(tcp: &TcpStream, file: &File, offset: u64, most: u64) -> io::Result<usize> {
    let most = usize::try_from(most).unwrap_or(STEP).min(STEP);
    // A socket whose peer reads as fast as this is always writable.
    consume_budget().await;
    loop {
        tcp.writable().await?;
        let sent = if in_memory(file, offset, most) {
            tcp.try_io(Interest::WRITABLE, || send(tcp, file, offset, most))
        } else {
            let (file, socket) = (rustix::io::dup(file)?, rustix::io::dup(tcp)?);
            let sent = spawn_blocking(move || send(socket, file, offset, most));
            let sent = sent.await.map_err(io::Error::other)?;
            match sent {
                // The runtime has to see it for itself that nothing more can be written.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => tcp
                    .try_io(Interest::WRITABLE, || is_writable(tcp))
                    .and_then(|()| Err(io::ErrorKind::WouldBlock.into())),
                sent => sent,
            }
        };
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return sent,
        }
    }
}

/// Whether small packets are held back until more follows: while a file is sent, so that none but the last one is.
/// Best effort: it costs time and nothing else.
pub(crate) fn cork(tcp: &TcpStream, on: bool) {
    let _ = sockopt::set_tcp_cork(tcp, on);
}

fn send(socket: impl AsFd, file: impl AsFd, mut offset: u64, most: usize) -> io::Result<usize> {
    Ok(retry_on_intr(|| sendfile(&socket, &file, Some(&mut offset), most))?)
}

fn is_writable(tcp: &TcpStream) -> io::Result<()> {
    let mut fds = [PollFd::new(tcp, PollFlags::OUT)];
    let ready = retry_on_intr(|| poll(&mut fds, Some(&Timespec::default())))?;
    if ready > 0 { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

/// Whether the next step needs no disk, as far as a look at some of its bytes tells.
fn in_memory(file: &File, offset: u64, most: usize) -> bool {
    (0..most).step_by(LOOK).all(|at| {
        let mut byte = [0];
        let at = offset.saturating_add(at as u64);
        match preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT) {
            // It is there, or lies behind the end.
            Ok(_) => true,
            Err(Errno::OPNOTSUPP) => has_no_disk(file),
            Err(_) => false,
        }
    })
}

/// Whether a file lies in a file system that has no disk (tmpfs): such a one does not say what is in memory, but all is,
/// and no thread has to wait for it.
#[must_use]
pub fn has_no_disk(file: &File) -> bool {
    fstatfs(file).is_ok_and(|found| found.f_type == 0x0102_1994)
}
