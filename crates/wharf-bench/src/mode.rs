//! The modes: each does one thing to one server, measures it, and tells it as one JSON object.

use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::sync::Barrier;
use std::thread;

use wharf_transport::CipherOrder;

use crate::gauge::{Gauge, Measured};
use crate::limit;
use crate::line::runtime;
use crate::session::{Account, Content, Session};
use crate::wishes::Wishes;

/// Says how the modes are called.
pub(crate) const USAGE: &str = "\
usage: wharf-bench MODE HOST:PORT USER clear|tls|tls128 [--OPTION VALUE]...
  fetch     download PATH, SIZE bytes long
  store     upload the local FILE as PATH
  files     download COUNT files, PATH/f0 and so on
  stores    upload COUNT files of SIZE bytes, PATH/f0 and so on
  login     connect, log in and leave, COUNT times, PARALLEL at a time
  list      list PATH with VERB, COUNT times
  parallel  download PATH on PARALLEL sessions at the same time
  uploads   upload SIZE bytes on PARALLEL sessions at the same time
  commands  NOOP, COUNT times, DEPTH at a time
  idle      open COUNT sessions, say so, and keep them until the input ends
  With `--seconds N` no file and no login is begun after that time.
  With `--steps yes` each says `begin` and `end` around what it measures, and waits for a line behind each word.
usage: wharf-bench limit sendfile|copy|seal|tls [--OPTION VALUE]...
  sendfile  a file to a socket within the kernel; SIZE bytes of FILE
  copy      a file to a socket by read and write
  seal      AES-GCM alone, BITS 128 or 256
  tls       a file to a socket under TLS 1.3 and nothing else: CERT, KEY and CA in PEM, BITS
  A limit runs its sending thread on core 0 and the other on core 1.";

/// The modes, as the first word of the command line.
const MODES: &[&str] = &[
    "fetch", "store", "files", "stores", "login", "list", "parallel", "uploads", "commands", "idle", "limit",
];

/// Whether this command line is one of a mode.
pub(crate) fn is_one(args: &[String]) -> bool {
    args.first().is_some_and(|word| MODES.contains(&word.as_str()))
}

/// Runs the mode of this command line and gives what is to be printed.
///
/// # Errors
/// Whatever went wrong; a command line that cannot be read as `InvalidInput`.
pub(crate) fn run(args: &[String], password: String) -> io::Result<String> {
    let [mode, rest @ ..] = args else { return Err(usage()) };
    if mode == "limit" {
        let [what, rest @ ..] = rest else { return Err(usage()) };
        return limit::run(what, &Wishes::parse(rest).ok_or_else(usage)?).map(|measured| measured.json());
    }
    let [server, user, protection, rest @ ..] = rest else { return Err(usage()) };
    let account = Account {
        server: server.parse().map_err(|_| usage())?,
        user: user.clone(),
        password,
        tls: match protection.as_str() {
            "clear" => None,
            "tls" => Some(CipherOrder::Strongest),
            "tls128" => Some(CipherOrder::Fastest),
            _ => return Err(usage()),
        },
    };
    let wishes = Wishes::parse(rest).ok_or_else(usage)?;
    let measured = match mode.as_str() {
        "fetch" => fetch(&account, &wishes),
        "store" => store(&account, &wishes),
        "files" => files(&account, &wishes),
        "stores" => stores(&account, &wishes),
        "login" => login(&account, &wishes),
        "list" => list(&account, &wishes),
        "parallel" => parallel(&account, &wishes, false),
        "uploads" => parallel(&account, &wishes, true),
        "commands" => commands(&account, &wishes),
        "idle" => idle(&account, &wishes),
        _ => Err(usage()),
    }?;
    Ok(measured.json())
}

/// The command line cannot be read.
pub(crate) fn usage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, USAGE)
}

fn of_size(path: &str, found: u64, expected: u64) -> io::Result<()> {
    if found == expected {
        Ok(())
    } else {
        Err(io::Error::other(format!("{path}: {found} bytes instead of {expected}")))
    }
}

fn fetch(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let mut session = Session::open(account, &runtime()?)?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let bytes = session.fetch(&format!("RETR {}", wishes.path))?;
    let measured = gauge.stop(1, bytes)?;
    of_size(&wishes.path, bytes, wishes.size)?;
    session.quit()?;
    Ok(measured)
}

fn store(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let file = File::open(&wishes.file)?;
    let size = file.metadata()?.len();
    let mut session = Session::open(account, &runtime()?)?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let bytes = session.store(&format!("STOR {}", wishes.path), &Content::File(&file, size))?;
    let measured = gauge.stop(1, bytes)?;
    session.quit()?;
    Ok(measured)
}

fn files(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let mut session = Session::open(account, &runtime()?)?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let mut done = 0;
    while done < wishes.count && gauge.seconds() < wishes.seconds {
        let path = format!("{}/f{done}", wishes.path);
        let bytes = session.fetch(&format!("RETR {path}"))?;
        of_size(&path, bytes, wishes.size)?;
        done += 1;
    }
    let measured = gauge.stop(done, done * wishes.size)?;
    with_sessions(session, measured)
}

fn stores(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let content = vec![0x5a; usize::try_from(wishes.size).map_err(io::Error::other)?];
    let mut session = Session::open(account, &runtime()?)?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let mut done = 0;
    while done < wishes.count && gauge.seconds() < wishes.seconds {
        session.store(&format!("STOR {}/f{done}", wishes.path), &Content::Bytes(&content))?;
        done += 1;
    }
    let measured = gauge.stop(done, done * wishes.size)?;
    with_sessions(session, measured)
}

/// Ends a session, and tells how many of its data connections resumed.
fn with_sessions(session: Session, measured: Measured) -> io::Result<Measured> {
    let (resumed, full) = (session.resumed, session.full);
    session.quit()?;
    Ok(measured.with("resumed", resumed as f64).with("full", full as f64))
}

fn list(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let mut session = Session::open(account, &runtime()?)?;
    session.line().ask(&format!("CWD {}", wishes.path), 250)?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let mut bytes = 0;
    for _ in 0..wishes.count {
        bytes += session.fetch(&wishes.verb)?;
    }
    let measured = gauge.stop(wishes.count, bytes)?;
    session.quit()?;
    Ok(measured)
}

/// Everybody is logged in before the first transfer begins; the time ends when the last one has said goodbye.
fn parallel(account: &Account, wishes: &Wishes, upwards: bool) -> io::Result<Measured> {
    let length = if upwards { wishes.size } else { 0 };
    let content = vec![0x5a; usize::try_from(length).map_err(io::Error::other)?];
    let everybody = usize::try_from(wishes.parallel + 1).map_err(io::Error::other)?;
    let (logged_in, begin) = (Barrier::new(everybody), Barrier::new(everybody));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..wishes.parallel)
            .map(|lane| {
                let (logged_in, begin, content) = (&logged_in, &begin, &content);
                scope.spawn(move || {
                    let session = runtime().and_then(|runtime| Session::open(account, &runtime));
                    logged_in.wait();
                    begin.wait();
                    let mut session = session?;
                    let bytes = if upwards {
                        session.store(&format!("STOR {}/p{lane}", wishes.path), &Content::Bytes(content))?
                    } else {
                        session.fetch(&format!("RETR {}", wishes.path))?
                    };
                    of_size(&wishes.path, bytes, wishes.size)?;
                    session.quit()
                })
            })
            .collect();
        // Nobody is left waiting, whatever becomes of this.
        logged_in.wait();
        let gauge = Gauge::in_steps(wishes.steps);
        begin.wait();
        let gauge = gauge?;
        // All are waited for, whatever the first of them says.
        let ends: Vec<_> = threads.into_iter().map(|thread| joined(thread.join())).collect();
        let measured = gauge.stop(wishes.parallel, wishes.parallel * wishes.size);
        ends.into_iter().collect::<io::Result<()>>().and(measured)
    })
}

/// Everybody has logged in once before the time begins: the first handshake of a thread seeds its random numbers.
fn login(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let lanes = usize::try_from(wishes.parallel.max(1)).map_err(io::Error::other)?;
    let (warm, begin) = (Barrier::new(lanes + 1), Barrier::new(lanes + 1));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..lanes as u64)
            .map(|lane| {
                let (warm, begin) = (&warm, &begin);
                scope.spawn(move || {
                    let once = |runtime| Session::login(account, &runtime)?.quit().map(|()| runtime);
                    let runtime = runtime().and_then(once);
                    warm.wait();
                    begin.wait();
                    let (runtime, clock) = (runtime?, Gauge::start());
                    let mut done = 0;
                    for _ in (lane..wishes.count).step_by(lanes) {
                        if clock.seconds() < wishes.seconds {
                            Session::login(account, &runtime)?.quit()?;
                            done += 1;
                        }
                    }
                    Ok(done)
                })
            })
            .collect();
        warm.wait();
        let gauge = Gauge::in_steps(wishes.steps);
        begin.wait();
        let gauge = gauge?;
        let ends: Vec<_> = threads.into_iter().map(|thread| joined(thread.join())).collect();
        // The clock stands before anything that failed is told.
        let count = ends.iter().flatten().sum();
        let measured = gauge.stop(count, 0);
        ends.into_iter().collect::<io::Result<Vec<u64>>>().and(measured)
    })
}

fn joined<T>(outcome: thread::Result<io::Result<T>>) -> io::Result<T> {
    outcome.unwrap_or_else(|_| Err(io::Error::other("a thread of the load panicked")))
}

fn commands(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let mut session = Session::open(account, &runtime()?)?;
    let depth = wishes.depth.max(1);
    let batch = b"NOOP\r\n".repeat(usize::try_from(depth).map_err(io::Error::other)?);
    let line = session.line();
    let gauge = Gauge::in_steps(wishes.steps)?;
    for _ in 0..wishes.count / depth {
        line.send(&batch)?;
        for _ in 0..depth {
            line.expect(200)?;
        }
    }
    let measured = gauge.stop(wishes.count / depth * depth, 0)?;
    session.quit()?;
    Ok(measured)
}

/// Says `ready` in a line of its own once all sessions are there, and keeps them until standard input ends.
fn idle(account: &Account, wishes: &Wishes) -> io::Result<Measured> {
    let runtime = runtime()?;
    let gauge = Gauge::in_steps(wishes.steps)?;
    let sessions: Vec<Session> =
        (0..wishes.count).map(|_| Session::login(account, &runtime)).collect::<io::Result<_>>()?;
    let measured = gauge.stop(wishes.count, 0)?;
    println!("ready");
    io::stdout().flush()?;
    io::stdin().lock().lines().for_each(drop);
    drop(sessions);
    Ok(measured)
}
