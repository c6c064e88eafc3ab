//! What the machine can do at most: the parts of a transfer alone, with no FTP around them.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustix::fs::sendfile;
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
        "sendfile" => moved(wishes, by_sendfile, discard),
        "copy" => moved(wishes, by_copy, discard),
        "tls" => {
            let (server, client) = (limit_tls::server(wishes)?, limit_tls::client(wishes)?);
            moved(
                wishes,
                |file, stream, size| limit_tls::send(server, file, stream, size),
                |stream| limit_tls::receive(client, stream),
            )
        }
        "seal" => seal(wishes),
        _ => Err(usage()),
    }
}

/// Runs a sender and a receiver on cores of their own; the processor time of the sender is told as `server_cpu`.
fn moved(
    wishes: &Wishes,
    send: impl FnOnce(File, TcpStream, u64) -> io::Result<()> + Send,
    receive: impl FnOnce(TcpStream) -> io::Result<u64>,
) -> io::Result<Measured> {
    let file = File::open(&wishes.file)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let receiving = TcpStream::connect(listener.local_addr()?)?;
    let (sending, _) = listener.accept()?;
    sending.set_nodelay(true)?;
    thread::scope(|scope| {
        let gauge = Gauge::start();
        let sender = scope.spawn(move || {
            stand_on(0);
            send(file, sending, wishes.size)?;
            Ok(thread_cpu())
        });
        stand_on(1);
        let bytes = receive(receiving)?;
        let measured = gauge.stop(1, bytes)?;
        let cpu = sender.join().unwrap_or_else(|_| Err(io::Error::other("the sender panicked")))?;
        if bytes == wishes.size {
            Ok(measured.with("server_cpu", cpu))
        } else {
            Err(io::Error::other(format!("{bytes} bytes came instead of {}", wishes.size)))
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

fn by_sendfile(file: File, stream: TcpStream, size: u64) -> io::Result<()> {
    let mut offset = 0;
    while offset < size {
        let left = usize::try_from(size - offset).unwrap_or(PIECE).min(PIECE);
        if sendfile(&stream, &file, Some(&mut offset), left)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    stream.shutdown(Shutdown::Write)
}

fn by_copy(file: File, mut stream: TcpStream, size: u64) -> io::Result<()> {
    let mut file = file.take(size);
    let mut piece = vec![0; COPIED];
    loop {
        match file.read(&mut piece)? {
            0 => return stream.shutdown(Shutdown::Write),
            n => stream.write_all(&piece[..n])?,
        }
    }
}

fn discard(stream: TcpStream) -> io::Result<u64> {
    let mut room = vec![0; PIECE];
    let flags = if cfg!(target_os = "linux") { RecvFlags::TRUNC } else { RecvFlags::empty() };
    let mut bytes = 0;
    loop {
        match recv(&stream, &mut room[..], flags)?.1 {
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
