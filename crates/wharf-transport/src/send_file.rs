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
pub(crate) async fn step(
    tcp: &TcpStream,
    (file, waits): (&File, Option<FileWaits>),
    offset: u64,
    most: u64,
) -> io::Result<usize> {
    let most = usize::try_from(most).unwrap_or(STEP).min(STEP);
    // A socket whose peer reads as fast as this is always writable.
    consume_budget().await;
    loop {
        tcp.writable().await?;
        let at_once = match waits {
            Some(FileWaits::Never) => true,
            Some(FileWaits::Disk) => in_memory(file, offset, most).unwrap_or(false),
            Some(FileWaits::Unknown) => false,
            None => in_memory(file, offset, most).unwrap_or_else(|| has_no_disk(file)),
        };
        let sent = if at_once {
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

/// Whether the next step needs no disk, as far as a look at some of its bytes tells; `None` where the file system cannot
/// say.
fn in_memory(file: &File, offset: u64, most: usize) -> Option<bool> {
    for at in (0..most).step_by(LOOK) {
        let mut byte = [0];
        let at = offset.saturating_add(at as u64);
        match preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT) {
            // It is there, or lies behind the end.
            Ok(_) => {}
            Err(Errno::OPNOTSUPP) => return None,
            Err(_) => return Some(false),
        }
    }
    Some(true)
}

/// What copying from a file may have to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileWaits {
    /// For nothing: it lies in memory (tmpfs).
    Never,
    /// For a disk of this machine, unless the bytes are in memory; the file system is asked.
    Disk,
    /// For another program or another machine. Nothing is asked of it but by a thread that may wait.
    Unknown,
}

/// Whether a file lies in a file system that has no disk (tmpfs): such a one does not say what is in memory, but all is,
/// and no thread has to wait for it.
#[must_use]
pub fn has_no_disk(file: &File) -> bool {
    fstatfs(file).is_ok_and(|found| found.f_type == 0x0102_1994)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_file_goes_whole_whatever_it_waits_for() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..3 * STEP + 17).map(|at| (at ^ (at >> 8)) as u8).collect();
        file.write_all(&bytes).unwrap();
        for waits in [Some(FileWaits::Never), Some(FileWaits::Disk), Some(FileWaits::Unknown), None] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut peer, _) = listener.accept().await.unwrap();
            let send = async move {
                let mut sent: usize = 0;
                loop {
                    match step(&tcp, (&file, waits), sent as u64, u64::MAX).await.unwrap() {
                        0 => return file,
                        more => sent += more,
                    }
                }
            };
            let mut got = Vec::new();
            let (back, read) = tokio::join!(send, peer.read_to_end(&mut got));
            file = back;
            read.unwrap();
            assert!(got == bytes, "{waits:?}");
        }
    }
}
