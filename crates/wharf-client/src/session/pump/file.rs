//! A file at this end: its bytes are not copied more often than they have to be, and only a disk is waited for by a
//! thread.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::BytesMut;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::retry_on_intr;
use rustix::pipe::{SpliceFlags, splice};
use tokio::task::spawn_blocking;
use wharf_transport::{DataError, DataStream, EndMark, KernelPipe, has_no_disk};

use super::{CHUNK, DRAIN, FAREWELL, Moved, fill};

/// A file that is read or written here.
#[derive(Clone)]
struct LocalFile {
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

    /// Reads the next bytes into the room; none is the end.
    async fn read(&self, mut room: Vec<u8>) -> io::Result<Vec<u8>> {
        self.run(move |file| {
            room.clear();
            file.take(CHUNK as u64).read_to_end(&mut room).map(|_| room)
        })
        .await
    }

    /// Takes all of it out of the pipe.
    async fn pour(&self, pipe: &KernelPipe, length: usize) -> io::Result<()> {
        let out = Arc::clone(pipe.out());
        self.run(move |file| {
            let mut left = length;
            while left > 0 {
                match retry_on_intr(|| splice(&*out, None, file, None, left, SpliceFlags::MOVE))? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    poured => left = left.saturating_sub(poured),
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

/// Sends the file as it is, from where it stands to its end.
pub(super) async fn send(
    mut stream: DataStream,
    mut from: &File,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(u64, EndMark), Moved> {
    super::reset_when_dropped(&stream)?;
    // Not the files of /proc: they say that they are empty, and hold what only reading shows.
    let sent = if stream.tcp().is_some() && from.metadata().is_ok_and(|meta| meta.is_file() && meta.len() > 0)
    {
        let start = from.stream_position().map_err(Moved::Local)?;
        stream.cork(true);
        let sent = copied(&mut stream, from, start, moved, progress).await?;
        stream.cork(false);
        sent
    } else {
        read(&mut stream, from, moved, progress).await?
    };
    super::end_when_dropped(&stream)?;
    let end = stream.finish_send(DRAIN).await?;
    Ok((sent, end))
}

/// By the kernel.
async fn copied(
    stream: &mut DataStream,
    from: &File,
    start: u64,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, Moved> {
    let mut sent: u64 = 0;
    loop {
        let step = stream.send_file(from, start.saturating_add(sent), u64::MAX).await;
        let step = step.map_err(|error| match error {
            DataError::File(error) => Moved::Local(error),
            error @ (DataError::Io(_) | DataError::Tls(_) | _) => error.into(),
        })?;
        if step == 0 {
            return Ok(sent);
        }
        super::count(moved, step);
        sent += step as u64;
        progress(sent);
    }
}

/// Through this process; the next chunk is read while this one goes out.
async fn read(
    stream: &mut DataStream,
    from: &File,
    moved: &AtomicU64,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, Moved> {
    let file = LocalFile::new(from).map_err(Moved::Local)?;
    let mut sent = 0;
    let mut current = file.read(Vec::new()).await.map_err(Moved::Local)?;
    let mut next = Vec::new();
    while !current.is_empty() {
        let (gone, read) = tokio::join!(super::wire::write(stream, &current, moved), file.read(next));
        gone?;
        sent += current.len() as u64;
        progress(sent);
        next = core::mem::replace(&mut current, read.map_err(Moved::Local)?);
    }
    Ok(sent)
}
