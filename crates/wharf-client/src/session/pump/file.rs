//! A file at this end: its bytes are not copied more often than they have to be, and only a disk is waited for by a
//! thread.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::BytesMut;
use rustix::buffer::spare_capacity;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, pread, read, retry_on_intr};
use rustix::pipe::{SpliceFlags, splice};
use tokio::task::spawn_blocking;
use wharf_session::DataMode;
use wharf_transport::{DataError, DataStream, EndMark, KernelPipe, has_no_disk};

use super::{CHUNK, DRAIN, FAREWELL, Input, Moved, fill};

/// A file that is read or written here.
#[derive(Clone)]
pub(super) struct LocalFile {
    file: Arc<File>,
    no_disk: bool,
}

impl LocalFile {
    fn new(file: &File) -> io::Result<Self> {
        Ok(Self { file: Arc::new(file.try_clone()?), no_disk: has_no_disk(file) })
    }

    /// Does `work`, by a thread if it may have to wait.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&File) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        if self.no_disk {
            return work(&self.file);
        }
        let file = Arc::clone(&self.file);
        spawn_blocking(move || work(&file)).await.map_err(io::Error::other)?
    }

    /// Writes it all, and gives the room back.
    async fn write(&self, bytes: BytesMut) -> io::Result<BytesMut> {
        if bytes.is_empty() {
            return Ok(bytes);
        }
        self.run(move |mut file| file.write_all(&bytes).map(|()| bytes)).await
    }

    /// Reads what stands at that offset; none is the end. The position of the file does not count and does not change:
    /// a reading that was given up may still be under way when the next one begins elsewhere.
    pub(super) async fn read(&self, mut room: Vec<u8>, at: u64) -> io::Result<Vec<u8>> {
        self.run(move |file| {
            room.clear();
            room.reserve(CHUNK);
            while room.len() < CHUNK {
                let at = at.saturating_add(room.len() as u64);
                if retry_on_intr(|| pread(file, spare_capacity(&mut room), at))? == 0 {
                    break;
                }
            }
            Ok(room)
        })
        .await
    }

    /// Takes all of it out of the pipe.
    async fn pour(&self, pipe: &KernelPipe, length: usize) -> io::Result<()> {
        let out = Arc::clone(pipe.out());
        self.run(move |file| {
            let mut left = length;
            while left > 0 {
                match retry_on_intr(|| splice(&*out, None, file, None, left, SpliceFlags::MOVE)) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(poured) => left = left.saturating_sub(poured),
                    // Some file systems take nothing from a pipe.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return copy(&out, file, left),
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        })
        .await
    }

    /// A pipe for it. What is opened for appending takes nothing from one.
    fn pipe(&self) -> Option<KernelPipe> {
        let appends = fcntl_getfl(&*self.file).map_or(true, |flags| flags.contains(OFlags::APPEND));
        (!appends).then(KernelPipe::new)?.ok()
    }
}

/// Takes so many bytes out of the pipe by way of this process.
fn copy(pipe: &OwnedFd, mut file: &File, mut left: usize) -> io::Result<()> {
    let mut room = Vec::with_capacity(CHUNK);
    while left > 0 {
        room.clear();
        let read = retry_on_intr(|| read(pipe, spare_capacity(&mut room)))?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_all(&room)?;
        left = left.saturating_sub(read);
    }
    Ok(())
}

/// Writes what comes to the file, as it is, from where the file stands.
pub(super) async fn receive(
    mut stream: DataStream,
    to: &File,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, EndMark), Moved> {
    match store(&mut stream, to, moved, progress).await {
        Ok(written) => {
            let end = stream.end_mark();
            stream.finish_receive(FAREWELL).await?;
            Ok((written, end))
        }
        Err(Moved::Local(error)) => {
            stream.abort();
            Err(Moved::Local(error))
        }
        Err(other) => Err(other),
    }
}

async fn store(
    stream: &mut DataStream,
    to: &File,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, Moved> {
    let file = LocalFile::new(to).map_err(Moved::Local)?;
    let mut written = 0;
    let mut current = BytesMut::with_capacity(CHUNK);
    let mut next = BytesMut::new();
    let mut filled = fill(stream, &mut current, CHUNK, moved).await;
    loop {
        written += current.len() as u64;
        if !matches!(filled, Ok(true)) {
            // What came before a break is good, to go on from there.
            file.write(current).await.map_err(Moved::Local)?;
            progress(written);
            return filled.map(|_| written).map_err(Moved::from);
        }
        // Behind so many bytes it is no small file: what a pipe costs does not count.
        if written >= CHUNK as u64
            && stream.tcp().is_some()
            && let Some(pipe) = file.pipe()
        {
            file.write(current).await.map_err(Moved::Local)?;
            return spliced(stream, &file, &pipe, written, moved, progress).await;
        }
        // The next chunk comes while this one is written.
        next.clear();
        let (kept, more) = tokio::join!(file.write(current), fill(stream, &mut next, CHUNK, moved));
        progress(written);
        current = core::mem::replace(&mut next, kept.map_err(Moved::Local)?);
        filled = more;
    }
}

/// The rest of the file, which stays in the kernel.
async fn spliced(
    stream: &mut DataStream,
    file: &LocalFile,
    pipe: &KernelPipe,
    mut written: u64,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, Moved> {
    loop {
        progress(written);
        let filled = stream.fill_pipe(pipe).await?;
        if filled == 0 {
            return Ok(written);
        }
        super::count(moved, filled);
        file.pour(pipe, filled).await.map_err(Moved::Local)?;
        written += filled as u64;
    }
}

/// Sends the file from where it stands to its end.
pub(super) async fn send(
    mut stream: DataStream,
    mut from: &File,
    (text, mode): (bool, DataMode),
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, EndMark), Moved> {
    let start = from.stream_position().map_err(Moved::Local)?;
    // Not the files of /proc: they say that they are empty, and hold what only reading shows.
    let plain = !text
        && !mode.is_deflate()
        && stream.tcp().is_some()
        && from.metadata().is_ok_and(|meta| meta.is_file() && meta.len() > 0);
    if plain {
        super::reset_when_dropped(&stream)?;
        stream.cork(true);
        let sent = copied(&mut stream, from, start, moved, progress).await?;
        stream.cork(false);
        if let Some(sent) = sent {
            super::end_when_dropped(&stream)?;
            let end = stream.finish_send(DRAIN).await?;
            return Ok((sent, end));
        }
    }
    let file = LocalFile::new(from).map_err(Moved::Local)?;
    super::send(stream, Input::File { file, at: start }, (text, mode), moved, progress).await
}

/// By the kernel; `None` where it does not do so with such a file.
async fn copied(
    stream: &mut DataStream,
    from: &File,
    start: u64,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Option<u64>, Moved> {
    let mut sent: u64 = 0;
    loop {
        let step = match stream.send_file(from, start.saturating_add(sent), u64::MAX).await {
            Ok(0) => return Ok(Some(sent)),
            Ok(step) => step,
            Err(DataError::File(error)) => return Err(Moved::Local(error)),
            Err(DataError::Io(error)) if sent == 0 && error.kind() == io::ErrorKind::InvalidInput => {
                return Ok(None);
            }
            Err(error @ (DataError::Io(_) | DataError::Tls(_) | _)) => return Err(error.into()),
        };
        super::count(moved, step);
        sent += step as u64;
        progress(sent);
    }
}
