//! What the machine can do at most: the parts of a transfer alone, with no FTP around them.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustix::fs::sendfile;
use rustix::net::sockopt::set_tcp_cork;
use rustix::net::{RecvFlags, recv};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::gauge::{Gauge, Measured, thread_cpu};
use crate::limit_tls;
use crate::mode::usage;
use crate::wishes::Wishes;

/// Bytes moved by one call.
const PIECE: usize = 1 << 20;
/// What a server that reads and writes moves by one call.
const COPIED: usize = 256 << 10;
/// The plaintext of a full TLS record (RFC 8446 §5.1).
const RECORD: usize = 16 << 10;

/// Measures one limit.
pub(crate) fn run(what: &str, wishes: &Wishes) -> io::Result<Measured> {
    match what {
        "sendfile" => moved(wishes, |stream| Ok(by_sendfile(stream)), |stream| Ok(move || discard(&stream))),
        "copy" => moved(wishes, |stream| Ok(by_copy(stream)), |stream| Ok(move || discard(&stream))),
        "tls" => {
            let (server, client) = (limit_tls::server(wishes)?, limit_tls::client(wishes)?);
            moved(
                wishes,
                |stream| limit_tls::sender(server, stream),
                |stream| limit_tls::receiver(client, stream),
            )
        }
        "seal" => seal(wishes),
        _ => Err(usage()),
    }
}

/// Runs a sender and a receiver on cores of their own; the processor time of the sender is told as `server_cpu`. Both
/// get a socket and make themselves ready before the clock starts.
fn moved<Sends, Receives>(
    wishes: &Wishes,
    sender: impl FnOnce(TcpStream) -> io::Result<Sends> + Send,
    receiver: impl FnOnce(TcpStream) -> io::Result<Receives> + Send,
) -> io::Result<Measured>
where
    Sends: FnOnce(&File, u64) -> io::Result<()>,
    Receives: FnOnce() -> io::Result<u64>,
{
    let (file, size) = (File::open(&wishes.file)?, wishes.size);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let receiving = TcpStream::connect(listener.local_addr()?)?;
    let (sending, _) = listener.accept()?;
    sending.set_nodelay(true)?;
    let begin = Barrier::new(3);
    thread::scope(|scope| {
        let sends = scope.spawn(|| {
            stand_on(0);
            let ready = sender(sending);
            begin.wait();
            let before = thread_cpu();
            ready?(&file, size)?;
            Ok(thread_cpu() - before)
        });
        let receives = scope.spawn(|| {
            stand_on(1);
            let ready = receiver(receiving);
            begin.wait();
            ready?()
        });
        begin.wait();
        let gauge = Gauge::start();
        let bytes = receives.join().unwrap_or_else(|_| Err(io::Error::other("the receiver panicked")));
        let measured = gauge.stop(1, size)?;
        let cpu = sends.join().unwrap_or_else(|_| Err(io::Error::other("the sender panicked")))?;
        match bytes? {
            bytes if bytes == size => Ok(measured.with("server_cpu", cpu)),
            bytes => Err(io::Error::other(format!("{bytes} bytes came instead of {size}"))),
        }
    })
}

/// Binds this thread to a core, where there is such a core.
fn stand_on(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    // A machine with one core measures all the same.
    let _ = sched_setaffinity(None, &cores);
}

fn by_sendfile(stream: TcpStream) -> impl FnOnce(&File, u64) -> io::Result<()> {
    move |file, size| {
        // Only full segments leave.
        set_tcp_cork(&stream, true)?;
        let mut offset = 0;
        while offset < size {
            let left = usize::try_from(size - offset).unwrap_or(usize::MAX);
            if sendfile(&stream, file, Some(&mut offset), left)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        stream.shutdown(Shutdown::Write)
    }
}

fn by_copy(mut stream: TcpStream) -> impl FnOnce(&File, u64) -> io::Result<()> {
    move |file, size| {
        let mut file = file.take(size);
        let mut piece = vec![0; COPIED];
        loop {
            match file.read(&mut piece)? {
                0 => return stream.shutdown(Shutdown::Write),
                n => stream.write_all(&piece[..n])?,
            }
        }
    }
}

fn discard(stream: &TcpStream) -> io::Result<u64> {
    let mut room = vec![0; PIECE];
    let flags = if cfg!(target_os = "linux") { RecvFlags::TRUNC } else { RecvFlags::empty() };
    let mut bytes = 0;
    loop {
        match recv(stream, &mut room[..], flags)?.1 {
            0 => return Ok(bytes),
            n => bytes += n as u64,
        }
    }
}

/// Encrypts full records in place, the way TLS does it.
fn seal(wishes: &Wishes) -> io::Result<Measured> {
    let algorithm = match wishes.bits {
        128 => &AES_128_GCM,
        256 => &AES_256_GCM,
        _ => return Err(usage()),
    };
    let key = UnboundKey::new(algorithm, &[7; 32][..algorithm.key_len()]).map_err(io::Error::other)?;
    let key = LessSafeKey::new(key);
    stand_on(0);
    let mut record = vec![0x5a; RECORD];
    let records = wishes.size / RECORD as u64;
    let gauge = Gauge::start();
    for number in 0..records {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from([0; 5]), &mut record);
        drop(tag.map_err(io::Error::other)?);
    }
    gauge.stop(records, records * RECORD as u64)
}
